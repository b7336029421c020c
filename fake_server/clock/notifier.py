"""Waiting for something to change, without looking again and again.

A waiter may run in another thread's event loop than the notifier: an application without a socket
is called by its client's loop and by the control handle's. To miss no notification between looking
and waiting, pass the version that you last saw:

    version = notifier.version
    while not there():
        await notifier.wait(version)
        version = notifier.version
"""

from __future__ import annotations

import asyncio
import contextlib

from . import real_time


class Notifier:
    """Wakes everybody waiting when it is notified. ``version`` changes each time."""

    def __init__(self) -> None:
        self.version = object()
        self._waiting: set[asyncio.Future[bool]] = set()

    def notify(self) -> None:
        """Wake everybody who waits. Any thread may call it."""
        self.version = object()
        if self._waiting:
            for future in tuple(self._waiting):
                with contextlib.suppress(RuntimeError):  # its loop is closed: nobody waits
                    future.get_loop().call_soon_threadsafe(_end, future, True)

    async def wait(self, since: object, seconds: float | None = None) -> bool:
        """Wait for a version other than ``since``, ``seconds`` at the most; whether it came."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[bool] = loop.create_future()
        timer = None
        self._waiting.add(future)
        try:
            # Compared only now: whoever notifies from here on sees the future.
            if self.version is not since:
                return True
            if seconds is not None:
                timer = real_time.call_later(loop, seconds, _end, future, False)
            return await future
        finally:
            self._waiting.discard(future)
            if timer is not None:
                timer.cancel()


def _end(future: asyncio.Future[bool], told: bool) -> None:
    if not future.done():
        future.set_result(told)
