"""Checks and probes, and how a module of ``checks/`` registers them.

A check answers for one requirement and returns findings; a probe answers one open question and
returns an observation. Neither prints, and neither raises because a server misbehaves.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from enum import IntEnum

from ..findings import Finding, Observation
from .context import Context


class Phase(IntEnum):
    """When a check runs. The shared jobs run between BEFORE and AFTER."""

    BEFORE = 0  # needs no job: login, tokens, refusals
    AFTER = 1  # looks at the jobs, or derives from them
    QUIET = 2  # compares listings: nothing is submitted any more
    LAST = 3  # judges the log of the whole run, and sends nothing


CheckFunction = Callable[[Context], Finding | Iterable[Finding]]
ProbeFunction = Callable[[Context], Observation]


@dataclass(frozen=True, slots=True)
class _Registered:
    """``needs`` names the shared jobs (``shared_jobs/catalogue.py``) without which it is
    untestable, ``wants`` those that it uses if they are there."""

    id: str
    phase: Phase
    needs: tuple[str, ...]
    wants: tuple[str, ...]
    refusals: bool  # sends what the server must refuse: needs a budget of 1


@dataclass(frozen=True, slots=True)
class Check(_Registered):
    """The check of a requirement."""

    function: CheckFunction


@dataclass(frozen=True, slots=True)
class Probe(_Registered):
    """The probe of a question."""

    function: ProbeFunction


@dataclass(slots=True)
class Registry:
    """Everything that the modules of ``checks/`` have registered, by id."""

    checks: dict[str, Check] = field(default_factory=dict)
    probes: dict[str, Probe] = field(default_factory=dict)


REGISTRY = Registry()


def check(
    id: str,
    *,
    needs: tuple[str, ...] = (),
    wants: tuple[str, ...] = (),
    refusals: bool = False,
    phase: Phase | None = None,
) -> Callable[[CheckFunction], CheckFunction]:
    """Make the function the one check of requirement ``id``."""

    def register(function: CheckFunction) -> CheckFunction:
        checks = REGISTRY.checks
        if id in checks:
            raise ValueError(f"{id} has two checks: {checks[id].function.__name__} and another")
        checks[id] = Check(id, _phase(phase, needs + wants), needs, wants, refusals, function)
        return function

    return register


def probe(
    id: str,
    *,
    needs: tuple[str, ...] = (),
    wants: tuple[str, ...] = (),
    refusals: bool = False,
    phase: Phase | None = None,
) -> Callable[[ProbeFunction], ProbeFunction]:
    """Make the function the one probe of question ``id``."""

    def register(function: ProbeFunction) -> ProbeFunction:
        if id in REGISTRY.probes:
            raise ValueError(f"question {id} has two probes")
        when = _phase(phase, needs + wants)
        REGISTRY.probes[id] = Probe(id, when, needs, wants, refusals, function)
        return function

    return register


def _phase(given: Phase | None, jobs: tuple[str, ...]) -> Phase:
    if given is not None:
        return given
    return Phase.AFTER if jobs else Phase.BEFORE
