"""Findings of checks, observations of probes, and the evidence for both. Nothing here does I/O."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Protocol

from .http.exchange import Exchange
from .verdict import Verdict


@dataclass(frozen=True, slots=True)
class Exhibit:
    """Evidence that is not an exchange: a record, the history of a job, a picture.

    ``picture`` makes a small PNG, or ``None`` if there is no picture; the report that displays it
    makes the call.
    """

    title: str
    text: str
    picture: Callable[[], bytes | None] | None = None


EvidenceItem = Exchange | Exhibit


class EvidenceSource(Protocol):
    """Anything that can serve as evidence: an answer, a job's trace, a picture."""

    def exhibits(self) -> tuple[EvidenceItem, ...]: ...

    def summary(self) -> str:
        """In a few words."""
        ...


@dataclass(frozen=True, slots=True)
class Finding:
    """The result of a check, or a part of it. ``expected`` and ``actual`` are plain texts.

    ``not_covered``: which part of the requirement could not be tried, on a pass of the rest.
    ``held``: how often traffic that was only seen has shown the requirement to hold.
    """

    id: str
    verdict: Verdict
    message: str
    expected: str = ""
    actual: str = ""
    evidence: tuple[EvidenceItem, ...] = ()
    not_covered: str = ""
    held: int = 0


class Seen(Enum):
    """The result of a probe; never a failure."""

    ANSWERED = "answered"  # one of the variants
    UNKNOWN = "unknown"  # something that no variant describes
    UNOBSERVED = "unobserved"  # could not be tried


@dataclass(frozen=True, slots=True)
class Observation:
    """``answer`` is the variant, or for ``UNKNOWN`` a description; ``None`` for ``UNOBSERVED``."""

    id: str
    seen: Seen
    answer: str | None
    reason: str = ""
    evidence: tuple[EvidenceItem, ...] = ()


def grouped(texts: Mapping[str, str]) -> str:
    """``430 (findJobs, createJob), 301 (varyJob)``."""
    by_text: dict[str, list[str]] = {}
    for operation, text in texts.items():
        by_text.setdefault(text, []).append(operation)
    return ", ".join(f"{text} ({', '.join(names)})" for text, names in by_text.items())
