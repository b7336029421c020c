"""The machine's time, except that it never goes back by itself.

A machine's clock is set back by NTP, when a virtual machine is resumed, and by a test that travels.
A job that was seen finished must stay so: time then runs on from where it was, at the machine's
pace, until the machine's clock jumps ahead of it again.
"""

from __future__ import annotations

from collections.abc import Callable

from . import real_time

#: A step of the machine's clock beyond what has really passed is a jump, not the course of time.
_JUMP_MS = 1000


class SteadyWall:
    """A wall clock (ms) that goes forward alone."""

    def __init__(self, wall: Callable[[], int], since: int | None = None) -> None:
        """``since``: the latest time (ms) of an earlier process."""
        self._wall = wall
        self._seen = self._said = wall()
        if since is not None:
            self._said = max(self._seen, since)
        self._looked = real_time.seconds()

    def __call__(self) -> int:
        ms = self._wall()
        if ms >= self._said and self._seen == self._said:
            self._seen = self._said = ms
            return ms
        return self._behind(ms)

    def _behind(self, ms: int) -> int:
        """The time while the machine's clock is behind it."""
        looked = real_time.seconds()
        passed, really = ms - self._seen, (looked - self._looked) * 1000
        if self._seen != self._said and passed > really + _JUMP_MS and ms >= self._said:
            self._seen = self._said = ms  # it has been set right
            return ms
        self._seen, self._looked = ms, looked
        self._said += max(passed, 0)
        return self._said
