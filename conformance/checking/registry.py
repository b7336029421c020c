"""Checks and observers, and how a module of ``checks/`` registers them.

A check answers for one requirement and returns findings; an observer answers one open question
and returns an observation. Neither prints, and neither raises because a server misbehaves.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from enum import IntEnum

from ..findings import Finding, Observation
from .context import Context


class Phase(IntEnum):
    """When a check runs. The jobs of the shared evidence run between BEFORE and AFTER."""

    BEFORE = 0  # needs no job: login, tokens, refusals
    AFTER = 1  # looks at the jobs, or derives from them
    QUIET = 2  # compares listings: nothing is submitted any more
    LAST = 3  # judges the log of the whole run; only exhaustive checks still send


CheckFunction = Callable[[Context], Finding | Iterable[Finding]]
ObserverFunction = Callable[[Context], Observation]


@dataclass(frozen=True, slots=True)
class Check:
    """A requirement's check.

    ``needs`` names the jobs of the shared evidence (``waves.py``) without which it is untestable,
    ``wants`` those that it looks at if they are there.
    """

    id: str
    function: CheckFunction
    phase: Phase
    needs: tuple[str, ...] = ()
    wants: tuple[str, ...] = ()
    refusals: bool = False  # sends what ought to be refused: needs a budget of 1
    exhaustive: bool = False  # runs in the exhaustive tier only, beside the plain check


@dataclass(frozen=True, slots=True)
class Observer:
    """A question's observer; the fields are those of a check."""

    id: str
    function: ObserverFunction
    phase: Phase
    needs: tuple[str, ...] = ()
    wants: tuple[str, ...] = ()
    refusals: bool = False


@dataclass(slots=True)
class Registry:
    """What the modules of ``checks/`` have registered, by id."""

    checks: dict[str, Check] = field(default_factory=dict)
    deeper: dict[str, Check] = field(default_factory=dict)
    observers: dict[str, Observer] = field(default_factory=dict)


REGISTRY = Registry()


def check(
    id: str,
    *,
    needs: tuple[str, ...] = (),
    wants: tuple[str, ...] = (),
    refusals: bool = False,
    phase: Phase | None = None,
    exhaustive: bool = False,
) -> Callable[[CheckFunction], CheckFunction]:
    """Make the function the one check of requirement ``id``.

    ``exhaustive``: a second, generative check of a requirement that has a plain one; it runs with
    ``--exhaustive`` alone and its findings join those of the plain one.
    """

    def register(function: CheckFunction) -> CheckFunction:
        house = REGISTRY.deeper if exhaustive else REGISTRY.checks
        if id in house:
            raise ValueError(f"{id} has two checks: {house[id].function.__name__} and another")
        when = _phase(phase, needs + wants)
        house[id] = Check(id, function, when, needs, wants, refusals, exhaustive)
        return function

    return register


def observes(
    id: str,
    *,
    needs: tuple[str, ...] = (),
    wants: tuple[str, ...] = (),
    refusals: bool = False,
    phase: Phase | None = None,
) -> Callable[[ObserverFunction], ObserverFunction]:
    """Make the function the one observer of question ``id``."""

    def register(function: ObserverFunction) -> ObserverFunction:
        if id in REGISTRY.observers:
            raise ValueError(f"question {id} has two observers")
        when = _phase(phase, needs + wants)
        REGISTRY.observers[id] = Observer(id, function, when, needs, wants, refusals)
        return function

    return register


def _phase(asked: Phase | None, needs: tuple[str, ...]) -> Phase:
    if asked is not None:
        return asked
    return Phase.AFTER if needs else Phase.BEFORE
