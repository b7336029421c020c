"""A connection on the quick protocol, on a loop and a transport made here: time passes as told."""

from __future__ import annotations

import asyncio
import copy
from asyncio import Future
from collections.abc import Callable, Coroutine
from functools import partial
from typing import Any, cast

from uvicorn.server import ServerState

from sampan.fake_server.server.asgi import asgi_app
from sampan.fake_server.server.fast_protocol import FastProtocol
from sampan.fake_server.server.turns import Config
from tests.support.network.raw_http import request

LOGIN = b'{"username":"abc","password":"abc-secret"}'
KEPT = 75.0


class Timer:
    """A call that is due at ``at`` (s)."""

    def __init__(self, at: float, call: Callable[[], object]) -> None:
        self.at, self.call = at, call

    def cancel(self) -> None:
        self.call = lambda: None


class Loop:
    """As much of an event loop as a request answered at once needs."""

    def __init__(self) -> None:
        self.now = 0.0
        self.soon: list[Callable[[], object]] = []
        self.timers: list[Timer] = []

    def time(self) -> float:
        return self.now

    def call_soon(self, call: Callable[..., object], *arguments: object) -> None:
        self.soon.append(partial(call, *arguments))

    def call_later(self, delay: float, call: Callable[..., object], *arguments: object) -> Timer:
        self.timers.append(Timer(self.now + delay, partial(call, *arguments)))
        return self.timers[-1]

    def call_at(self, at: float, call: Callable[[], None]) -> Timer:
        self.timers.append(Timer(at, call))
        return self.timers[-1]

    def create_task(self, work: Coroutine[Any, Any, object], **named: object) -> Any:
        """A request that goes uvicorn's way is never answered."""
        work.close()
        return Future(loop=cast(asyncio.AbstractEventLoop, self))

    def get_debug(self) -> bool:
        return False

    def come_round(self) -> None:
        """Call what was to be called soon."""
        due, self.soon = self.soon, []
        for call in due:
            call()

    def pass_to(self, now: float) -> None:
        """Let time pass, and call what is due until then, in order."""
        while due := [timer for timer in self.timers if timer.at <= now]:
            timer = min(due, key=lambda each: each.at)
            self.timers.remove(timer)
            self.now = timer.at
            timer.call()
        self.now = now


class Transport:
    """Notes what is written."""

    def __init__(self) -> None:
        self.written: list[bytes] = []
        self.closed = self.paused = False

    def get_write_buffer_size(self) -> int:
        return 0

    def get_extra_info(self, name: str) -> Any:
        return {"sockname": ("127.0.0.1", 8091), "peername": ("127.0.0.1", 5)}.get(name)

    def pause_reading(self) -> None:
        assert not self.paused
        self.paused = True

    def resume_reading(self) -> None:
        assert self.paused
        self.paused = False

    def write_eof(self) -> None:
        assert not self.closed

    def write(self, data: bytes) -> None:
        assert not self.closed
        self.written.append(data)

    def is_closing(self) -> bool:
        return self.closed

    def close(self) -> None:
        self.closed = True


class Line:
    """A connection to a fake: the protocol, and what it stands on."""

    def __init__(self, kind: type[FastProtocol] = FastProtocol) -> None:
        self._kind = kind
        self.app = asgi_app()
        self.config = Config(self.app)
        self.config.timeout_keep_alive = int(KEPT)
        self.config.load()
        self.loop, self.state = Loop(), ServerState()
        self._connect()

    def _connect(self) -> None:
        self.transport = Transport()
        self.protocol = self._kind(
            self.config, self.state, {}, cast(asyncio.AbstractEventLoop, self.loop)
        )
        self.protocol.connection_made(cast(asyncio.Transport, self.transport))

    def another(self) -> Line:
        """One more connection to the same server."""
        line = copy.copy(self)
        line._connect()
        return line

    def ask(self) -> None:
        """Send a login, and let it be answered."""
        self.protocol.data_received(request("/auth/login", LOGIN))
        self.loop.come_round()
