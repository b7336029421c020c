"""How long something has taken, whatever the tests around do to time.

Tools such as freezegun replace ``time.monotonic``, and a limit in real time that is measured with
it never ends. They leave ``time.clock_gettime`` alone where it is asked for the monotonic clock.
Windows has none; there the function is bound before it can be replaced.
"""

from __future__ import annotations

import asyncio
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any, Protocol

#: By more than this (s) no loop's clock is off that runs.
_ASTRAY = 1.0

if sys.platform == "win32":
    # Bound: what such tools look for are names of modules that hold the function itself.
    seconds = partial(time.monotonic)
else:
    seconds = partial(time.clock_gettime, time.CLOCK_MONOTONIC)


class Timer(Protocol):
    """What :func:`call_later` returns."""

    def cancel(self) -> None:
        """Call nothing."""


def call_later(
    loop: asyncio.AbstractEventLoop, after: float, callback: Callable[..., object], *args: Any
) -> Timer:
    """Have ``loop`` call something ``after`` so many seconds, whatever its clock is made to say.

    The loop of an application that is called without a socket is the test's, and its timers never
    end where time is frozen; a thread's do.
    """
    if abs(loop.time() - seconds()) < _ASTRAY:
        return loop.call_later(after, callback, *args)

    def call() -> None:
        with suppress(RuntimeError):  # the loop is closed: nobody waits
            loop.call_soon_threadsafe(callback, *args)

    timer = threading.Timer(after, call)
    timer.daemon = True
    timer.start()
    return timer


async def reached(at: float) -> None:
    """Wait until :func:`seconds` says ``at``, whatever a test has done to the loop's clock."""
    loop = asyncio.get_running_loop()
    while (left := at - seconds()) > 0:
        there = asyncio.Event()
        timer = call_later(loop, left, there.set)
        try:
            await there.wait()
        finally:
            timer.cancel()


class RealTimeLoop(asyncio.SelectorEventLoop):
    """An event loop whose timers run in real time."""

    def time(self) -> float:
        return seconds()
