"""Waiting for something to change, without looking again and again.

Who waits may be in another thread's event loop than who rings: an application without a socket is
called by its client's loop and by the control handle's.
"""

from __future__ import annotations

import asyncio
import contextlib


class Bell:
    """Wakes everybody who waits for it when it rings."""

    def __init__(self) -> None:
        self._waiting: set[asyncio.Future[None]] = set()

    def __bool__(self) -> bool:
        """Whether anybody waits."""
        return bool(self._waiting)

    def ring(self) -> None:
        """Wake everybody who waits."""
        waiting, self._waiting = self._waiting, set()
        for future in waiting:
            with contextlib.suppress(RuntimeError):  # its loop is closed: nobody waits any more
                future.get_loop().call_soon_threadsafe(_wake, future)

    async def heard(self, seconds: float | None = None) -> bool:
        """Wait for the next ring, ``seconds`` at the most; whether it rang."""
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.add(future)
        try:
            await asyncio.wait_for(future, seconds)
        except TimeoutError:
            return False
        finally:
            self._waiting.discard(future)
        return True


def _wake(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)
