"""What every start of ``sampan serve`` passes, before anything large is loaded."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager

#: A search among all that lives: when 400,000 objects have been added, twenty thousand connections.
_GARBAGE = (2_000, 10, 20)


class RefusedStartError(RuntimeError):
    """The fake can't be started as asked: says why in one line."""


@contextmanager
def affordable(starts: Callable[[], bool] = lambda: True) -> Iterator[None]:
    """Refuse a start that the machine has no descriptors or no memory for, while it starts."""
    try:
        yield
    except (ImportError, MemoryError, OSError) as problem:  # a library that can't be mapped, too
        if isinstance(problem, ModuleNotFoundError) or not starts():
            raise
        reason = getattr(problem, "strerror", None) or str(problem) or "out of memory"
        raise RefusedStartError(f"the fake can't start: {reason}") from problem


@contextmanager
def no_collections() -> Iterator[None]:
    """No search for garbage while modules are loaded, which are none: a fortieth of the start.

    Nor is it searched for among them later, and among all that lives only where there is much more
    of that than before: such a search stops everything for 5 ms for each thousand connections.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.set_threshold(*_GARBAGE)
        gc.enable()
