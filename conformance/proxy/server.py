"""The proxy on a socket: uvicorn, which ends on a signal as if that were its wish."""

from __future__ import annotations

import contextlib
import logging
import signal
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from types import FrameType

import uvicorn
from starlette.types import ASGIApp

from ..runner.interrupts import heeded
from .client_side import MAX_CONNECTIONS, ClientSide

#: How long (s) a connection without a request is kept open: clients poll once a minute.
_KEPT = 75
#: How long (s) exchanges that are under way may go on when the proxy is to end.
_ENDING = 1
_DESCRIPTORS = 2 * MAX_CONNECTIONS + 100


class Server(uvicorn.Server):
    """Calls ``ready`` once it listens, and ``again`` for each signal after the first."""

    def __init__(
        self, app: ASGIApp, ready: Callable[[], None], again: Callable[[], None] = lambda: None
    ) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                http=ClientSide,
                ws="none",
                lifespan="off",
                log_config=None,
                access_log=False,
                server_header=False,
                date_header=False,
                proxy_headers=False,
                timeout_keep_alive=_KEPT,
                timeout_graceful_shutdown=_ENDING,
            )
        )
        self._ready = ready
        self._again = again
        logging.getLogger("uvicorn.error").addFilter(_not_cut_short)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._ready()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """End on what ends a run.

        The handler stays: a second signal must not end the process before its report.
        """
        if threading.current_thread() is not threading.main_thread():
            yield  # no other thread receives signals
            return
        for number in heeded():
            signal.signal(number, self._stop)
        yield

    def _stop(self, _signal: int, _frame: FrameType | None) -> None:
        if self.should_exit:
            self._again()
        self.should_exit = True


def _not_cut_short(record: logging.LogRecord) -> bool:
    """Whether a record tells of anything but exchanges that were under way at the end."""
    return not record.getMessage().startswith("Cancel ")


def bind(host: str, port: int) -> socket.socket:
    """A listening socket; port 0 takes a free one. Raises ``OSError`` and ``UnicodeError``."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with contextlib.ExitStack() as failed:
        bound = failed.enter_context(socket.socket(family, socket.SOCK_STREAM))
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind((host, port))
        bound.listen(MAX_CONNECTIONS)
        failed.pop_all()
    return bound


def allow_many_connections() -> None:
    """Have this process open two descriptors for each client, if it may."""
    if sys.platform == "win32":
        return
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    enough = _DESCRIPTORS if hard == resource.RLIM_INFINITY else min(hard, _DESCRIPTORS)
    if soft != resource.RLIM_INFINITY and soft < enough:
        with contextlib.suppress(ValueError, OSError):  # macOS allows less than it says
            resource.setrlimit(resource.RLIMIT_NOFILE, (enough, hard))
