"""A fake on a socket, served by uvicorn."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
from collections.abc import Callable, Iterator
from typing import Any

import uvicorn

from ..http.exchange import MAX_HEAD
from ..http.loopback import is_loopback
from ..web.app import App
from .connection import LIMITS, Phase, look_at_all
from .protocols import choose
from .signals import caught
from .turns import Config

#: How many connections are accepted in a round of the event loop.
_ACCEPTED = 16


class Server(uvicorn.Server):
    """A uvicorn that says when it is ready, and ends on a signal as if that were its wish."""

    def __init__(self, app: App, ready: Callable[[], None]) -> None:
        super().__init__(
            Config(
                app,
                http=choose(fast=app.service.settings.fast),
                h11_max_incomplete_event_size=MAX_HEAD,
                timeout_keep_alive=round(LIMITS[Phase.IDLE]),
            )
        )
        self._service = app.service
        self._ready = ready
        logging.getLogger("uvicorn.error").addFilter(_not_given_up)

    @property
    def generated_token(self) -> str | None:
        """The admin token that the fake requires and has generated itself."""
        service = self._service
        generated = service.exposed and service.settings.admin_token is None
        return service.admin_token if generated else None

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Give up what is still being answered: its clients see the connection close."""
        connections: Any = self.server_state.connections  # each a Connection of ours
        for connection in connections:
            connection.abandon()
        await super().shutdown(sockets)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if any(not is_loopback(each.getsockname()[0]) for each in sockets or ()):
            self._service.expose()
        connections: Any = self.server_state.connections
        look_at_all(asyncio.get_running_loop(), connections)
        self._ready()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """End on them; uvicorn would raise the signal again, no clean end, and knows no SIGHUP."""
        with caught(lambda *_: self.give_up()):
            yield

    def give_up(self) -> None:
        """End, without an answer to what is still being answered."""
        self.should_exit = True
        # A request held back by a delay must not hold up the end.
        self.force_exit = True


def _not_given_up(record: logging.LogRecord) -> bool:
    """Whether a record tells of anything but a request that was given up at the end."""
    return record.exc_info is None or not isinstance(record.exc_info[1], asyncio.CancelledError)


def bind(host: str, port: int) -> socket.socket:
    """A listening socket; port 0 takes a free one. Raises ``OSError``."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    bound = socket.socket(family, socket.SOCK_STREAM)
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind((host, port))
        bound.listen(2048)
    except BaseException:
        bound.close()
        raise
    return bound


def doors(listening: socket.socket) -> list[socket.socket]:
    """The listening socket, as often as connections are to be accepted in a round of the loop.

    uvloop accepts one from each socket. Where a round takes ten milliseconds, a client that comes
    behind 2,000 others would wait for twenty seconds. Raises ``OSError``.
    """
    with contextlib.ExitStack() as opened:
        sockets = [listening]
        while len(sockets) < _ACCEPTED:
            sockets.append(opened.enter_context(listening.dup()))
        opened.pop_all()
    return sockets


def url(host: str, port: int) -> str:
    """The address of a server, for a client on the same machine."""
    name = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, f"[{host}]" if ":" in host else host)
    return f"http://{name}:{port}"
