"""The fake as ``sampan serve`` serves it, in this process or in several."""

from __future__ import annotations

import logging
import os
import socket
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import partial
from typing import Literal, NamedTuple

from ..contract.profile import ProfileError
from ..contract.yaml_files import SpecError
from ..service import FakeService
from ..settings import Settings
from ..store.database import StoreError
from ..store.opening import load
from ..web.app import App
from ..web.app import application as begin
from .starting import RefusedStartError, affordable
from .uvicorn_server import Server, doors

#: Called when the fake answers, with the admin token that was generated and the workers' processes.
Ready = Callable[[str | None, Sequence[int]], None]


class LogOptions(NamedTuple):
    """How requests are logged, if they are."""

    wanted: bool
    format: Literal["text", "json"] | None
    control: bool


def application(settings: Settings) -> App:
    """The fake as asked for. Raises :class:`RefusedStartError`."""
    try:
        return begin(settings)
    except (ValueError, SpecError, ProfileError, StoreError) as problem:
        raise RefusedStartError(str(problem)) from problem


def serve(app: App, listening: socket.socket, ready: Ready, log: LogOptions) -> None:
    """Serve in this process. Raises :class:`RefusedStartError`."""
    _serve(app, doors(listening), lambda server: ready(server.generated_token, ()), log)


def serve_with(
    count: int, settings: Settings, listening: socket.socket, ready: Ready, log: LogOptions
) -> None:
    """Serve in several processes. Raises :class:`RefusedStartError`."""
    import tempfile

    from ..log.turns import turn
    from . import outage
    from .worker import Worker
    from .workers import PACE, StartError, Workers

    load(settings.data)
    file = outage.SameFile(settings.data)
    with tempfile.TemporaryFile() as lock:

        def work(worker: Worker) -> int:
            def up(server: Server) -> None:
                worker.ready(server.give_up, server.generated_token)

            try:
                with affordable(), _said_once(worker.first):
                    if not worker.first:
                        file.check()
                    app = application(settings)
                # One of them: who looks first would else take all that wait.
                _serve(app, [listening], up, log, partial(turn, lock.fileno()))
            except RefusedStartError as problem:
                worker.refuse(str(problem))
                if worker.deputy:
                    outage.answer(settings, str(problem), listening, PACE)
                return 2
            return 0

        workers = Workers(count, work)

        def all_up(admin_token: str | None) -> None:
            file.keep()
            ready(admin_token, workers.pids)

        try:
            workers.run(all_up)
        except StartError as problem:
            raise RefusedStartError(str(problem)) from problem


def _serve(
    app: App,
    sockets: list[socket.socket],
    up: Callable[[Server], None],
    log: LogOptions,
    turn: Callable[[], AbstractContextManager[None]] = nullcontext,
) -> None:
    try:
        server = Server(app, lambda: up(server))
        logged = _logged(app.service, log, turn) if log.wanted else nullcontext()
        with affordable(lambda: not server.started), logged:
            server.run(sockets=sockets)
    finally:
        app.service.close()


@contextmanager
def _said_once(first: bool) -> Iterator[None]:
    """What is found out about the data is logged by the first worker alone, unless it is wrong."""
    logger = logging.getLogger("sampan")
    before = logger.level
    if not first:
        logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        logger.setLevel(before)


@contextmanager
def _logged(
    service: FakeService, log: LogOptions, turn: Callable[[], AbstractContextManager[None]]
) -> Iterator[None]:
    """Log requests to standard error, in colour where a terminal shows it (no-color.org)."""
    from ..log import lines
    from ..log.request_log import RequestLog
    from ..log.writer import LineWriter

    coloured = sys.stderr.isatty() and os.environ.get("TERM") != "dumb"
    line = lines.as_json
    if log.format != "json":
        plain = os.environ.get("NO_COLOR") or not coloured
        line = lines.as_text if plain else lines.as_coloured_text
    writer = LineWriter(sys.stderr.fileno(), sys.stderr.encoding, turn=turn)
    RequestLog(service, line, writer.write, control=log.control)
    try:
        yield
    finally:
        writer.close()
