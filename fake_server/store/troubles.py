"""What keeps the store from working, in the log: seldom enough to be read, and with its end.

A client repeats at once what is refused, and each refusal would be a line that says the same.
"""

from __future__ import annotations

import logging

from ..clock import real_time

log = logging.getLogger("sampan")

#: A reason is logged again after this time (s), and is over when nothing was refused for as long.
EVERY = 1.0
#: How many reasons are known at a time.
_MOST = 100


class Troubles:
    """The reasons why requests are refused at the moment."""

    def __init__(self) -> None:
        #: By reason: when it was logged, and how often it has come since.
        self._logged: dict[str, tuple[float, int]] = {}
        self._count = 0
        self._first = self._last = 0.0

    def tell(self, request: str, reason: str) -> None:
        """Log why a request is refused, unless that was just logged."""
        now = self._last = real_time.seconds()
        if not self._logged:
            self._first, self._count = now, 0
        self._count += 1
        at, more = self._logged.get(reason, (now - EVERY, 0))
        if now - at < EVERY:
            self._logged[reason] = at, more + 1
            return
        if len(self._logged) >= _MOST:
            self._logged.clear()
        self._logged[reason] = now, 0
        log.error(
            "%s: %s%s", request, reason, f" (and {more} more since the last line)" * bool(more)
        )

    def look(self) -> None:
        """Say that it is over, when it is. Called when a request has its answer."""
        if self._logged and real_time.seconds() - self._last >= EVERY:
            self._logged.clear()
            log.warning(
                "sampan: no request is refused any more: %d were, within %.1f s",
                self._count,
                self._last - self._first,
            )
