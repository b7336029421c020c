"""How fast requests follow one another: the rate of a run, waits, and slowing down.

A gateway that answers 429, or 503 with Retry-After, asks for fewer requests. The rest of the run is
slower then; if a slower rate does not lower the share of such answers, they do not depend on it.
"""

from __future__ import annotations

import threading
import time

#: Requests a second, one step after the other. Slower than the last would be no run.
_STEPS = (10.0, 5.0, 2.0, 1.0)
#: The share of refusals at one rate is known after so many requests.
_SAMPLE = 30
#: A share below this is bearable, and above the second one every step helps.
_BEARABLE, _OVERWHELMING = 0.25, 0.5
#: Seconds that a request waits at most because a gateway asked for it.
LONGEST_HOLD = 300.0
#: A step down has helped if the share fell to this part of what it was.
_HELPED = 0.7


class TimeUpError(Exception):
    """There is no time for a wait; the text says why it would be needed."""


class Pace:
    """At most ``rate`` requests a second over all threads; ``None``: as fast as it goes."""

    def __init__(self, rate: float | None) -> None:
        self.rate = rate
        self.slowed = False
        self._lock = threading.Lock()
        self._next = 0.0
        self._held = (0.0, "")  # until when, and why
        self._sent = self._refused = 0
        self._before: tuple[float | None, float] | None = None  # the rate before, and its share
        self._settled = False

    def wait(self, left: float | None) -> None:
        """Wait for one's turn. Raises ``TimeUpError`` at once if it is ``left`` seconds away."""
        with self._lock:
            now = time.monotonic()
            until, why = self._held
            start = max(now, self._next, until)
            if until - now > LONGEST_HOLD or (left is not None and 0 < left <= until - now):
                raise TimeUpError(why)
            if left is not None and start - now >= left:
                raise TimeUpError("the time limit of the run is reached")
            self._next = start + (0.0 if self.rate is None else 1.0 / self.rate)
            self._sent += 1
        if start > now:
            time.sleep(start - now)

    def hold(self, seconds: float, why: str) -> None:
        """No request leaves for so many seconds; one that can't wait so long fails with ``why``."""
        with self._lock:
            self._held = max(self._held, (time.monotonic() + seconds, why))

    def refused(self, *, asked: bool) -> None:
        """A request was one too many. ``asked``: the gateway says that it was; otherwise many such
        answers say so."""
        with self._lock:
            self._refused += 1
            if asked and not self.slowed:
                self._step(1.0)
            elif not self._settled and self._sent >= _SAMPLE:
                self._judge(self._refused / self._sent)

    def _judge(self, share: float) -> None:
        """Whether this rate is slow enough, or a slower one is worth a try, or no rate helps."""
        before, formerly = self._before or (None, 1.0)
        helped = before is None or share < _HELPED * formerly or share >= _OVERWHELMING
        if share < _BEARABLE:
            self._sent = self._refused = 0
        elif helped:
            self._step(share)
        else:
            self.rate, self._settled = before, True

    def _step(self, share: float) -> None:
        slower = [step for step in _STEPS if self.rate is None or step < self.rate]
        if slower:
            self._before = (self.rate if self.slowed else None, share)
            self.rate, self.slowed = slower[0], True
        else:
            self._settled = True
        self._sent = self._refused = 0
