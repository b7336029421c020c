"""What keeps the store from working, in the log: seldom enough to be read, and with its end.

A client repeats at once what is refused, and each refusal would be a line that says the same.
"""

from __future__ import annotations

import logging

from ..clock import real_time

log = logging.getLogger("sampan")

#: A reason is told again after so long (s), and is over when nothing was refused for so long.
EVERY = 1.0
#: How many reasons are known at a time.
_MOST = 100


class Troubles:
    """The reasons why requests are refused at the moment."""

    def __init__(self) -> None:
        #: By reason: when it was told, and how often it has come since.
        self._told: dict[str, tuple[float, int]] = {}
        self._count = 0
        self._first = self._last = 0.0

    def tell(self, request: str, reason: str) -> None:
        """Log why a request is refused, unless that was just logged."""
        now = self._last = real_time.seconds()
        if not self._told:
            self._first, self._count = now, 0
        self._count += 1
        at, more = self._told.get(reason, (now - EVERY, 0))
        if now - at < EVERY:
            self._told[reason] = at, more + 1
            return
        if len(self._told) >= _MOST:
            self._told.clear()
        self._told[reason] = now, 0
        log.error(
            "%s: %s%s", request, reason, f" (and {more} more since the last line)" * bool(more)
        )

    def look(self) -> None:
        """Say that it is over, when it is. Called when the store has answered."""
        if self._told and real_time.seconds() - self._last >= EVERY:
            self._told.clear()
            log.warning(
                "sampan: no request is refused any more: %d were, within %.1f s",
                self._count,
                self._last - self._first,
            )
