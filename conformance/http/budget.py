"""How many jobs may be spent, and how many were: reserved before a submission, settled after it.

A reservation that is never settled counts as spent, so that a crash, a timeout or a lost answer
can't lead to more jobs than were allowed.
"""

from __future__ import annotations

import threading
import time
from types import TracebackType

from ..verdict import UnavailableError, Verdict


class Budget:
    """``allowed`` jobs, ``None`` for any number. Safe to use from several threads."""

    def __init__(self, allowed: int | None) -> None:
        if allowed is not None and allowed < 0:
            raise ValueError(f"a job budget can't be negative: {allowed}")
        self.allowed = allowed
        self._changed = threading.Condition()
        self._spent = 0
        self._stray = 0  # spent by submissions that ought to have been refused
        self._open = 0

    @property
    def spent(self) -> int:
        return self._spent

    @property
    def left(self) -> int | None:
        """What may still be spent, with open reservations taken as spent; ``None``: any number."""
        return None if self.allowed is None else self.allowed - self._spent - self._open

    @property
    def stray_cap(self) -> int | None:
        """How many jobs may go to a server that takes what it ought to refuse.

        A fifth: else such a server would eat the budget before what is worth most is tried.
        """
        return None if self.allowed is None else max(1, self.allowed // 5)

    def affords(self, *, planned: bool = False) -> bool:
        """Whether a submission could be sent once those under way are settled."""
        if self.allowed is None:
            return True
        cap = self.stray_cap
        stray_ok = planned or cap is None or self._stray < cap
        return self._spent < self.allowed and stray_ok

    def reserve(self, *, planned: bool, patience: float) -> Reservation:
        """Set one job aside, waiting for open reservations to settle if none is left.

        ``planned``: a submission that is meant to be accepted. Raises ``UnavailableError`` if
        the budget does not allow it, or if none is settled within ``patience`` seconds.
        """
        deadline = time.monotonic() + patience
        with self._changed:
            while True:
                if not self.affords(planned=planned):
                    raise UnavailableError(Verdict.UNTESTABLE, self._why_not())
                if self.allowed is None or self._spent + self._open < self.allowed:
                    self._open += 1
                    return Reservation(self, planned)
                if not self._changed.wait(deadline - time.monotonic()):
                    raise UnavailableError(
                        Verdict.INCONCLUSIVE, "no other submission was settled in time"
                    )

    def settle(self, *, spent: bool, planned: bool) -> None:
        with self._changed:
            self._open -= 1
            self._spent += spent
            self._stray += spent and not planned
            self._changed.notify_all()

    def _why_not(self) -> str:
        if not self.allowed:
            return "the job budget is 0 (--budget-jobs)"
        if self._spent < self.allowed:
            return (
                f"{self._stray} of {self.allowed} jobs went to submissions that ought to have"
                " been refused; the rest is kept for what is worth more"
            )
        return f"the job budget of {self.allowed} is spent (--budget-jobs)"


class Reservation:
    """One job set aside. On leaving the ``with`` block it is spent, unless it was given back."""

    def __init__(self, budget: Budget, planned: bool) -> None:
        self._budget = budget
        self._planned = planned
        self._spent = True

    def give_back(self) -> None:
        """The submission was refused, or never left: no job came of it."""
        self._spent = False

    def __enter__(self) -> Reservation:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._budget.settle(spent=self._spent, planned=self._planned)
