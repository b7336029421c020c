"""How long something has taken, whatever the tests around do to time.

Tools such as freezegun replace ``time.monotonic``, and a limit in real time that is measured with
it never ends. They leave ``time.clock_gettime`` alone where it is asked for the monotonic clock.
Windows has none; there the function is bound before it can be replaced.
"""

from __future__ import annotations

import asyncio
import sys
import time
from functools import partial

if sys.platform == "win32":
    # Bound: what such tools look for are names of modules that hold the function itself.
    seconds = partial(time.monotonic)
else:
    seconds = partial(time.clock_gettime, time.CLOCK_MONOTONIC)


async def reached(at: float) -> None:
    """Wait until :func:`seconds` says ``at``, whatever a test has done to the loop's clock."""
    while (left := at - seconds()) > 0:
        await asyncio.sleep(left)


class RealTimeLoop(asyncio.SelectorEventLoop):
    """An event loop whose timers run in real time."""

    def time(self) -> float:
        return seconds()
