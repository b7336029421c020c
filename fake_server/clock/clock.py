"""What time it is, for everybody or for one account.

One clock rules jobs, tokens, timestamps and delays. It runs with the wall's, moved by an offset,
or stands still; an account can have one of its own. Times are milliseconds since 1970 UTC.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import NamedTuple

from ..jobs.lifecycle import LATEST
from .notifier import Notifier
from .steady import SteadyWall

Wall = Callable[[], int]


def wall() -> int:
    """The machine's time in milliseconds."""
    return time.time_ns() // 1_000_000


class ClockState(NamedTuple):
    """A clock that runs ``offset`` ms ahead of the wall's, or stands at ``frozen``.

    ``auto``: a poll moves it part of the way to the next thing that happens.
    """

    offset: int = 0
    frozen: int | None = None
    auto: bool = False

    def read(self, wall_ms: int) -> int:
        """This clock's time when the wall's says ``wall_ms``."""
        return wall_ms + self.offset if self.frozen is None else self.frozen

    def freeze(self, wall_ms: int) -> ClockState:
        """Stand still from now on."""
        return ClockState(self.offset, self.read(wall_ms), self.auto)

    def set(self, wall_ms: int, to: int) -> ClockState:
        """Say ``to``; a frozen clock stays frozen."""
        frozen = None if self.frozen is None else to
        return ClockState(to - wall_ms, frozen, self.auto)

    def resume(self, wall_ms: int) -> ClockState:
        """Run again, from the time at which it stood."""
        return ClockState(self.read(wall_ms) - wall_ms, None, self.auto)

    def bounded(self) -> ClockState:
        """The nearest clock within the times that there are: see :meth:`Clocks.now`."""
        frozen = None if self.frozen is None else min(max(self.frozen, 0), LATEST)
        return ClockState(min(max(self.offset, -LATEST), LATEST), frozen, self.auto)


class Clocks:
    """The clock of each account that has one, over the one that the rest share (``None``)."""

    def __init__(
        self,
        states: Mapping[int | None, ClockState],
        wall: Wall = wall,
        since: int | None = None,
    ) -> None:
        """``since``: the latest time (ms) of an earlier run, to go on from."""
        self._states = {None: ClockState(), **states}
        self._wall = SteadyWall(wall, since)
        #: Notified when a clock is moved, and not as time passes.
        self.changed = Notifier()

    def now(self, account: int | None = None) -> int:
        """The account's time, or everybody's: no time before 1970, or after the last."""
        ms = self.state(account).read(self._wall())
        if 0 <= ms <= LATEST:
            return ms
        return 0 if ms < 0 else LATEST

    def state(self, account: int | None = None) -> ClockState:
        """The clock that rules the account."""
        own = self._states.get(account)
        return self._states[None] if own is None else own

    def put(self, account: int | None, state: ClockState) -> None:
        """Give an account, or everybody, another clock."""
        self._states[account] = state
        self.changed.notify()

    def load(self, states: Mapping[int | None, ClockState]) -> None:
        """Have these clocks and no others."""
        self._states = {None: ClockState(), **states}
        self.changed.notify()

    def own(self, account: int | None) -> ClockState | None:
        """The account's own clock; ``None`` for one that follows the shared clock."""
        return self._states.get(account)

    def drop(self, account: int | None) -> None:
        """Take an account's own clock away; ``None``: the shared clock starts anew."""
        if account is None:
            self._states[None] = ClockState()
        else:
            self._states.pop(account, None)
        self.changed.notify()

    async def reached(self, account: int | None, at: int) -> None:
        """Wait until the account's clock says ``at`` ms; a frozen one holds until it is moved."""
        since = self.changed.version
        while (left := at - self.now(account)) > 0:
            running = self.state(account).frozen is None
            await self.changed.wait(since, left / 1000 if running else None)
            since = self.changed.version

    def wall(self) -> int:
        """The machine's time, which no clock moves and which never goes back."""
        return self._wall()
