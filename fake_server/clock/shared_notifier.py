"""Waiting for what another process changes.

While somebody waits, his process looks: a statement every 20 ms, however many wait, and nothing
while nobody does. A database that tells its listeners (NOTIFY) would take a lock over the whole
server in every commit that does.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from weakref import WeakKeyDictionary

from . import real_time
from .notifier import Notifier

#: Seconds between two looks.
INTERVAL = 0.02


class Looks:
    """The looks of a process, as long as anybody waits for what they may find."""

    def __init__(self, look: Callable[[], object]) -> None:
        """``look`` notifies of what it finds."""
        self._look = look
        self._next = 0.0
        #: How many wait in each event loop that has a timer.
        self._waiting: WeakKeyDictionary[asyncio.AbstractEventLoop, int] = WeakKeyDictionary()

    @contextmanager
    def go_on(self) -> Iterator[None]:
        """Look during the block, which a task of the running loop has."""
        loop = asyncio.get_running_loop()
        if loop in self._waiting:
            self._waiting[loop] += 1
        else:
            self._waiting[loop] = 1
            self._set_timer(loop)
        try:
            yield
        finally:
            self._waiting[loop] -= 1

    def _set_timer(self, loop: asyncio.AbstractEventLoop) -> None:
        after = max(self._next - real_time.seconds(), 0)
        real_time.call_later(loop, after, self._tick, loop)

    def _tick(self, loop: asyncio.AbstractEventLoop) -> None:
        if not self._waiting[loop]:
            del self._waiting[loop]
            return
        try:
            if real_time.seconds() >= self._next:  # no other loop has looked
                self._look()
                self._next = real_time.seconds() + INTERVAL
        finally:
            self._set_timer(loop)


class SharedNotifier(Notifier):
    """A notifier that is also notified by looks."""

    def __init__(self, looks: Looks) -> None:
        super().__init__()
        self._looks = looks

    async def wait(self, since: object, seconds: float | None = None) -> bool:
        with self._looks.go_on():
            return await super().wait(since, seconds)
