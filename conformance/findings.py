"""What a check finds and an observer observes, and what they show for it. Nothing here does I/O."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Protocol

from .http.exchange import Exchange
from .verdict import Verdict


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
