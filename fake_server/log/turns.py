"""Whose turn it is to write, of several processes that write to the same log."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def turn(descriptor: int) -> Iterator[None]:
    """Hold the lock of a file that all of them have open; the kernel takes it from a killed one.

    A pipe takes no more than 4 kB at once: what is longer would be mixed with others' lines.
    """
    fcntl.lockf(descriptor, fcntl.LOCK_EX)
    try:
        yield
    finally:
        fcntl.lockf(descriptor, fcntl.LOCK_UN)
