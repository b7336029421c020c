"""What a check finds and an observer observes, and what they show for it. Nothing here does I/O."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, IntEnum
from typing import Protocol

from .http.exchange import Exchange


class Verdict(IntEnum):
    """How a requirement came out; of several findings the worst wins, and the worst is last."""

    PASS = 0
    SKIPPED = 1  # not asked for
    UNTESTABLE = 2  # an account, the budget or something to look at is missing
    INCONCLUSIVE = 3  # tried, but the wait ran out or the network failed
    FAIL = 4
    ERROR = 5  # the kit's own fault

    @property
    def word(self) -> str:
        return self.name.lower()


@dataclass(frozen=True, slots=True)
class Shown:
    """Evidence that is no exchange: a record, a history of sightings, a picture.

    ``picture`` makes a small PNG, or ``None`` if there is none to be shown; it is called by the
    report that shows it.
    """

    title: str
    text: str
    picture: Callable[[], bytes | None] | None = None


class Evident(Protocol):
    """Anything that can be shown as evidence: an answer, a job's trace, a picture."""

    def exhibits(self) -> tuple[Exchange | Shown, ...]: ...


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check found about a requirement. ``expected`` and ``actual`` are plain texts.

    ``untried``: what of the requirement could not be tried, on a pass of the rest.
    """

    id: str
    verdict: Verdict
    message: str
    expected: str = ""
    actual: str = ""
    evidence: tuple[Exchange | Shown, ...] = ()
    untried: str = ""


class Seen(Enum):
    """How an open question came out; never a failure."""

    ANSWERED = "answered"  # one of the variants
    UNKNOWN = "unknown"  # something else, which nobody listed
    UNOBSERVED = "unobserved"  # could not be tried


@dataclass(frozen=True, slots=True)
class Observation:
    """``answer`` is the variant seen (or, for ``UNKNOWN``, what was seen); ``None`` if none was."""

    id: str
    seen: Seen
    answer: str | None
    reason: str = ""
    evidence: tuple[Exchange | Shown, ...] = ()


class UnavailableError(Exception):
    """Something a check needs is not there, and why: the runner makes the verdict of it.

    Raised by the context, the gate and the evidence, not by checks. Findings that a check has
    already yielded count all the same.
    """

    def __init__(self, verdict: Verdict, reason: str, *evidence: Evident) -> None:
        super().__init__(reason)
        self.verdict = verdict
        self.reason = reason
        self.evidence = tuple(shown for one in evidence for shown in one.exhibits())
