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


class Notifier:
    """Wakes everybody waiting when it is notified. ``version`` changes each time."""

    def __init__(self) -> None:
        self.version = object()
        self._waiting: set[asyncio.Future[None]] = set()

    def notify(self) -> None:
        """Wake everybody who waits. Any thread may call it."""
        self.version = object()
        if self._waiting:
            for future in tuple(self._waiting):
                with contextlib.suppress(RuntimeError):  # its loop is closed: nobody waits
                    future.get_loop().call_soon_threadsafe(_wake, future)

    async def wait(self, since: object, seconds: float | None = None) -> bool:
        """Wait for a version other than ``since``, ``seconds`` at the most; whether it came."""
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.add(future)
        try:
            # Compared only now: whoever notifies from here on sees the future.
            if self.version is since:
                await asyncio.wait_for(future, seconds)
        except TimeoutError:
            return False
        finally:
            self._waiting.discard(future)
        return True


def _wake(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)
