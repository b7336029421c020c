"""Waiting for what another process changes.

Who waits looks: a statement every 20 ms, and nothing while nobody waits. A database that tells its
listeners (NOTIFY) would take a lock over the whole server in every commit that does.
"""

from __future__ import annotations

from collections.abc import Callable

from . import real_time
from .notifier import Notifier

#: Seconds between two looks.
INTERVAL = 0.02


class SharedNotifier(Notifier):
    """A notifier that is also notified by ``look``, which must not raise."""

    def __init__(self, look: Callable[[], object]) -> None:
        super().__init__()
        self._look = look

    async def wait(self, since: object, seconds: float | None = None) -> bool:
        end = None if seconds is None else real_time.seconds() + seconds
        while True:
            self._look()
            left = INTERVAL if end is None else min(end - real_time.seconds(), INTERVAL)
            if left <= 0:
                return self.version is not since
            if await super().wait(since, left):
                return True
