"""How a requirement came out, and what ends a check before it has come out."""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .findings import EvidenceSource


class Verdict(IntEnum):
    """How a requirement came out; of several findings the worst wins, and the worst is last."""

    PASS = 0
    SKIPPED = 1  # not asked for
    UNSEEN = 2  # nothing that passed has shown it (traffic that was only seen)
    UNTESTABLE = 3  # an account, the budget or something to look at is missing
    INCONCLUSIVE = 4  # tried, but the wait ran out or the network failed
    FAIL = 5
    ERROR = 6  # the kit's own fault

    @property
    def word(self) -> str:
        return self.name.lower()


class UnavailableError(Exception):
    """Something a check needs is not there, and why: the runner makes the verdict of it.

    Raised by the context, the gate and the evidence, not by checks. Findings that a check has
    already yielded count all the same.
    """

    def __init__(self, verdict: Verdict, reason: str, *evidence: EvidenceSource) -> None:
        super().__init__(reason)
        self.verdict = verdict
        self.reason = reason
        self.evidence = tuple(shown for item in evidence for shown in item.exhibits())
