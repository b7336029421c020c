"""One of several processes that serve the same port: what it hears from its parent and tells it."""

from __future__ import annotations

import asyncio
import json
import os
import signal
from collections.abc import Callable
from typing import NamedTuple

from .signals import signals


class Told(NamedTuple):
    """What a worker tells its parent, once: that it answers, or why it can't.

    ``admin_token`` is the one that was generated, where the control API requires it.
    """

    refusal: str | None = None
    admin_token: str | None = None


class Worker:
    """This process, as one of several. ``first``: what can be said once is said by this one.

    ``deputy``: it is started again and no other serves, so that it must answer in any case.
    """

    def __init__(self, number: int, tell: int, alive: int, *, first: bool, deputy: bool) -> None:
        self.number = number
        self.first, self.deputy = first, deputy
        #: Where the parent hears from us, and where we see that it lives.
        self._tell, self._alive = tell, alive

    def ready(self, end: Callable[[], None], admin_token: str | None) -> None:
        """Tell the parent, and ``end`` when it has ended, however it did.

        Called in the event loop that serves.
        """
        asyncio.get_running_loop().add_reader(self._alive, end)
        self._send(Told(admin_token=admin_token))

    def refuse(self, reason: str) -> None:
        """Tell the parent why this process can't serve."""
        self._send(Told(refusal=reason))

    def _send(self, told: Told) -> None:
        data = json.dumps(told).encode() + b"\n"
        while data:
            data = data[os.write(self._tell, data) :]


def begin() -> None:
    """Take signals as a worker does that does not serve yet: the parent, which a terminal's signals
    also reach, says when to end.

    Called in a new process, before any signal can come to it.
    """
    signal.set_wakeup_fd(-1)
    for each in set(signals()) - {signal.SIGTERM}:  # ignored, one that waits would be lost
        signal.signal(each, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)


def told(line: bytes) -> Told:
    """What a worker has sent."""
    return Told(*json.loads(line))
