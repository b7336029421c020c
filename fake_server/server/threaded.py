"""A fake in a thread of this process, on a free port.

with FakeServer(job_seconds=60) as server:
    client = MyClient(server.url, "abc", "abc-secret")
    server.admin.freeze()
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import itertools
import os
import socket
import threading
from collections.abc import Callable, Iterator
from types import TracebackType
from typing import Any, Self, Unpack

from ..client.account import Account
from ..client.admin import Admin
from ..client.errors import is_for_the_caller
from ..client.monkey_patches import check_unpatched
from ..settings import Options, settings
from ..store.account import AccountPlan
from ..web.app import App, application
from .forks import let_go_in_children
from .uvicorn_server import Server, bind, url

__tracebackhide__ = is_for_the_caller

#: Seconds that requests under way have to end when the fake is stopped.
_GRACE = 0.05
#: How often the Date header is looked after, in seconds.
_DATE_SECONDS = 1.0


class FakeServer:
    """A fake that other threads, and other processes on this machine, can reach by HTTP.

    Takes the settings of ``sampan serve`` by keyword: see ``Options``.
    Nothing runs until :meth:`start`, or until it is entered as a context manager. Each start is a
    new fake, on a new port unless ``port`` names one; what must outlive a stop needs ``data``.
    """

    def __init__(
        self, *, host: str = "127.0.0.1", port: int = 0, **options: Unpack[Options]
    ) -> None:
        """Raises ``TypeError`` or ``ValueError`` on settings that can't be."""
        self._settings = settings(**options)
        if isinstance(port, bool) or not isinstance(port, int) or not 0 <= port <= 65535:
            raise ValueError(f"port must be a number from 0 to 65535, not {port!r}; 0 picks one")
        if not isinstance(host, str) or not host:
            raise ValueError(
                f"host must be an address or a name, such as '127.0.0.1', not {host!r}"
            )
        self._host, self._port = host, port
        self._running: _Running | None = None
        self._admin: Admin | None = None
        self._names = itertools.count(1)

    def start(self) -> Self:
        """Start, and return when the fake answers.

        Raises ``SpecError``, ``ProfileError``, ``StoreError``, or ``OSError`` on a port that is
        taken; ``RuntimeError`` when it is running already, or where gevent or eventlet has replaced
        Python's threads.
        """
        if self._running is not None:
            raise RuntimeError(f"the fake is already running on {self.url}")
        check_unpatched("a FakeServer", "threading")
        app = self._application()
        service = app.service
        try:
            listening = bind(self._host, self._port)
        except OSError as problem:
            service.close()
            where = f"can't listen on {self._host}:{self._port}"
            hint = "; port=0 picks a free one" if problem.errno == errno.EADDRINUSE else ""
            raise OSError(problem.errno, f"{where}: {problem.strerror}{hint}") from None
        except BaseException:
            service.close()
            raise
        self._running = _Running(app, listening)
        return self

    def _application(self) -> App:
        """What is served from the next start on."""
        return application(self._settings)

    def stop(self) -> None:
        """Stop, and return when the port is free and the data file closed. Once is enough."""
        running, self._running = self._running, None
        admin, self._admin = self._admin, None
        if admin is not None:
            admin.close()
        if running is not None:
            running.stop()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    @property
    def port(self) -> int:
        """The port it listens on."""
        return self._started.port

    @property
    def url(self) -> str:
        """Where it is, ``http://127.0.0.1:40123``: the base address for a client."""
        return url(self._host, self.port)

    @property
    def admin(self) -> Admin:
        """The control of the whole fake; ``account().admin`` is that of one account."""
        if self._admin is None:
            self._admin = Admin(self.url, token=self._started.app.service.admin_token)
        return self._admin

    def account(
        self,
        username: str | None = None,
        *,
        password: str | None = None,
        plan: AccountPlan = "unlimited",
        name: str | None = None,
    ) -> Account:
        """A sandbox: a new account with jobs, clock, faults and journal of its own.

        As ``Admin.account``, with a username made up where none is given. ``name`` is the display
        name that a login returns.
        """
        while username is None:
            made = f"sandbox-{next(self._names)}"
            if not self._has(made):  # in a data file, perhaps
                username = made
        return self.admin.account(username, password=password, plan=plan, name=name)

    def _has(self, username: str) -> bool:
        return self._started.app.service.store.account(username) is not None

    @property
    def _started(self) -> _Running:
        if self._running is None:
            raise RuntimeError("the fake is not running; call start() or use it in 'with'")
        return self._running


class _Running:
    """The thread that serves one application until it is told to stop."""

    def __init__(self, app: App, listening: socket.socket) -> None:
        """Returns when the application is served; raises what kept it from that."""
        self.port: int = listening.getsockname()[1]
        self.app = app
        self._listening = listening
        self._server = _Server(app, self._is_up)
        self._up = threading.Event()
        let_go_in_children(self)
        self._problem: BaseException | None = None
        self._thread = threading.Thread(target=self._serve, name="sampan", daemon=True)
        self._thread.start()
        self._up.wait()
        if self._problem is not None:
            self._thread.join()
            raise self._problem

    def descriptors(self) -> Iterator[int]:
        """Those of its sockets: see ``forks.py``."""
        yield self._listening.fileno()
        for connection in self._server.server_state.connections:
            yield connection.transport.get_extra_info("socket").fileno()

    def _is_up(self) -> None:
        self._up.set()

    def _serve(self) -> None:
        try:
            self._server.run(sockets=[self._listening])
        except BaseException as problem:  # whatever it is, the thread that started us raises it
            self._problem = problem
        finally:
            self._listening.close()
            self.app.service.close()
            self._up.set()

    def stop(self) -> None:
        """End the thread. Raises what ended it before its time."""
        self._server.end()
        self._thread.join()
        if self._problem is not None:
            raise self._problem


class _Server(Server):
    """A server in a thread that is not the main one: no signals, and it ends when it is told.

    uvicorn looks every 100 ms whether it should end and then sleeps 100 ms more. That is on the
    path of every test that has a fake of its own, so here an event is waited for instead.
    """

    def __init__(self, app: App, ready: Callable[[], None]) -> None:
        super().__init__(app, ready)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._wish = asyncio.Event()

    def end(self) -> None:
        """End soon; from any thread, once or more."""
        if self._loop is not None:
            with contextlib.suppress(RuntimeError):  # the loop is closed: it has ended already
                self._loop.call_soon_threadsafe(self._wish.set)

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Signals are the main thread's."""
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        self._loop = asyncio.get_running_loop()
        await super().startup(sockets)

    async def main_loop(self) -> None:
        while not self._wish.is_set():
            await self.on_tick(0)  # the Date header of the next second
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._wish.wait(), _DATE_SECONDS)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for listening in sockets or ():
            _end_for_all(listening)
        for server in self.servers:
            server.close()
        for connection in list(self.server_state.connections):
            connection.shutdown()
        if self.server_state.tasks:
            await asyncio.wait(self.server_state.tasks, timeout=_GRACE)
        for connection in list(self.server_state.connections):
            _end_for_all(connection.transport.get_extra_info("socket"))
            connection.transport.abort()
        await asyncio.sleep(0)  # the transports tell their connections
        # What still runs, such as a wait for requests, is cancelled with the loop.


def _end_for_all(ended: Any) -> None:
    """End a socket in every process that has it.

    A child that was forked a moment ago has not closed its copy yet: see ``forks.py``.
    """
    with contextlib.suppress(OSError), socket.socket(fileno=os.dup(ended.fileno())) as same:
        same.shutdown(socket.SHUT_RDWR)  # or it has ended already
