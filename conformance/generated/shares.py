"""How many generated requests a run sends, by kind: the quote prints it, the generators keep to it.

Pure. What costs nothing is sent at any budget; what the server must refuse from a budget of 1 on;
what costs a job only from what the plain checks leave.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from ..http.request_kinds import ALARMING, Kind
from ..settings import RunOptions

#: Of a hundred requests; finds have the rest.
_PARTS: Mapping[Kind, int] = {
    Kind.SUBMISSION: 32,
    Kind.NO_TOKEN: 7,
    Kind.FORGED: 8,
    Kind.WRONG_LOGIN: 8,
    Kind.MALFORMED: 8,
    Kind.LOGIN: 3,
    Kind.PICTURE: 5,
}
#: Kinds that serve nothing where no job may be spent.
_COSTLY = (Kind.SUBMISSION, Kind.PICTURE)
#: Kinds of which some go to operations that start jobs.
_RISKY = (Kind.SUBMISSION, Kind.NO_TOKEN, Kind.FORGED, Kind.MALFORMED)
#: The most requests that reduce failing ones to their smallest.
_REDUCTIONS = 60

#: How often a walk waits for its jobs, with finds that count for no share.
WAITS = 4


@dataclass(frozen=True, slots=True)
class Shares:
    """``jobs``: of the submissions, so many may be meant to be accepted. ``reductions``: finds and
    logins that reduce a failing one, if one fails."""

    kinds: Counter[Kind]
    jobs: int
    reductions: int

    @property
    def total(self) -> int:
        return self.kinds.total()

    @property
    def risks(self) -> int:
        """Requests that might start a job although the server must refuse them."""
        return sum(self.kinds[kind] for kind in _RISKY) - self.jobs


def shares(options: RunOptions) -> Shares:
    """The shares of a run."""
    total = options.generate
    left_out = set(ALARMING if options.gentle else ())
    if options.jobs == 0:
        left_out.update(_COSTLY)
    kinds = Counter(
        {kind: -(-total * part // 100) for kind, part in _PARTS.items() if kind not in left_out}
    )
    for kind in reversed(list(_PARTS)):  # of a few requests there is none of each kind
        kinds[kind] -= min(kinds[kind], max(0, kinds.total() + 1 - total))
    kinds = +kinds
    kinds[Kind.FIND] = total - kinds.total()
    jobs = 0 if options.sampled else kinds[Kind.SUBMISSION] // 3
    if options.jobs is not None:
        jobs = min(jobs, options.jobs)
    return Shares(kinds, jobs, min(total, _REDUCTIONS))


class Quota:
    """What is left of the shares while they are used."""

    def __init__(self, given: Shares) -> None:
        self._left = given.kinds.copy()
        self.jobs = given.jobs
        self.jobs_at_first = given.jobs
        self.reductions = given.reductions
        self.waits = WAITS
        self.sent: Counter[Kind] = Counter()

    def left(self, kind: Kind) -> int:
        return self._left[kind]

    def settle(self) -> None:
        """Jobs are waited for once more. Raises ``UsedUpError`` if that was often enough."""
        if self.waits <= 0:
            raise UsedUpError("waits")
        self.waits -= 1

    def has(self, kind: Kind) -> bool:
        return self._left[kind] > 0

    @property
    def total_left(self) -> int:
        return self._left.total()

    @property
    def empty(self) -> bool:
        return not self.total_left

    def take(self, kind: Kind, *, job: bool = False) -> None:
        """One request of that kind. Raises ``UsedUpError`` if none is left."""
        if not self.has(kind) or (job and not self.jobs):
            raise UsedUpError(kind.value)
        self._left[kind] -= 1
        self.jobs -= job
        self.sent[kind] += 1

    def reduce(self, stop_at: int) -> bool:
        """Whether one more request may be sent to reduce a failing one; counts it. ``stop_at``: so
        many are kept for other failures."""
        if self.reductions <= stop_at:
            return False
        self.reductions -= 1
        return True


class UsedUpError(Exception):
    """No more requests of a kind: its share is used up."""
