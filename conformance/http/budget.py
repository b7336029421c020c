"""The job budget of a run: reserved before a submission, settled after it.

A crash, a timeout or a lost answer counts as spent, so that no more jobs than allowed can start.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from ..verdict import UnavailableError, Verdict


class Budget:
    """``allowed`` jobs, ``None`` for any number. Safe to use from several threads."""

    def __init__(self, allowed: int | None) -> None:
        if allowed is not None and allowed < 0:
            raise ValueError(f"a job budget can't be negative: {allowed}")
        self.allowed = allowed
        self._changed = threading.Condition()
        self._spent = 0
        self._stray = 0  # spent by submissions that the server had to refuse
        self._open = 0

    @property
    def spent(self) -> int:
        return self._spent

    @property
    def stray_cap(self) -> int | None:
        """How many jobs may go to a server that accepts what it must refuse.

        A fifth: otherwise such a server would use up the budget of more valuable checks.
        """
        return None if self.allowed is None else max(1, self.allowed // 5)

    def affords(self, *, planned: bool = False) -> bool:
        """Whether a submission could be sent once those under way are settled."""
        if self.allowed is None:
            return True
        cap = self.stray_cap
        stray_ok = planned or cap is None or self._stray < cap
        return self._spent < self.allowed and stray_ok

    @contextmanager
    def reserve(self, *, planned: bool, patience: float) -> Iterator[Reservation]:
        """Set one job aside; it is spent on leaving the ``with`` block unless it was given back.

        Waits for other reservations to be settled if none is left. ``planned``: a submission that
        is meant to be accepted. Raises ``UnavailableError`` if the budget does not allow it, or if
        no other is settled within ``patience`` seconds.
        """
        self._set_aside(planned, time.monotonic() + patience)
        reservation = Reservation()
        try:
            yield reservation
        finally:
            with self._changed:
                self._open -= 1
                self._spent += reservation.spent
                self._stray += reservation.spent and not planned
                self._changed.notify_all()

    def _set_aside(self, planned: bool, deadline: float) -> None:
        with self._changed:
            while True:
                if not self.affords(planned=planned):
                    raise UnavailableError(Verdict.UNTESTABLE, self._why_not())
                if self.allowed is None or self._spent + self._open < self.allowed:
                    self._open += 1
                    return
                if not self._changed.wait(deadline - time.monotonic()):
                    raise UnavailableError(
                        Verdict.INCONCLUSIVE, "no other submission was settled in time"
                    )

    def _why_not(self) -> str:
        if not self.allowed:
            return "the job budget is 0 (--budget-jobs)"
        if self._spent < self.allowed:
            return (
                f"{self._stray} of {self.allowed} jobs went to submissions that had to be refused;"
                " the rest is kept for planned submissions"
            )
        return f"the job budget of {self.allowed} is spent (--budget-jobs)"


@dataclass(slots=True)
class Reservation:
    """One job set aside."""

    spent: bool = True

    def give_back(self) -> None:
        """The submission was refused, or never left: it started no job."""
        self.spent = False
