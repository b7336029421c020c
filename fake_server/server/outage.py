"""What a worker answers while its store can't be opened and no other worker is there: errno 501.

Without it connections would be accepted by the system, and wait for an answer that nobody gives.
"""

from __future__ import annotations

import asyncio
import socket
import time
from pathlib import Path

import uvicorn

from ..admin.call import ControlError, refused
from ..api import table
from ..contract import document, yaml_files
from ..contract.errors import ApiError, Envelopes
from ..contract.profile_files import load_profile, shipped_questions
from ..http.responses import JSON, Response, text_header
from ..http.types import Receive, Scope, Send
from ..settings import Settings
from ..store.data_file import identity
from ..store.database_url import DatabaseUrl
from .starting import RefusedStartError
from .turns import Config

_CLOSE = ((b"connection", b"close"),)
#: How long (s) those have to send their requests who connected just before the end.
_PATIENCE = 1.0


class Outage:
    """An application that refuses everything, as the fake does whose store can't be reached."""

    def __init__(self, settings: Settings, reason: str) -> None:
        """Raises ``ProfileError``."""
        spec = document.compile(yaml_files.read("openapi.yaml"))
        profile = load_profile(settings.profile, shipped_questions())
        self._envelopes = Envelopes(spec.errors, profile)
        self._operations = table.by_path(spec)
        self._reason = reason

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        while (await receive()).get("more_body"):
            pass  # who has not sent all does not read the answer
        await self._answer(scope["path"])(scope, receive, send)

    def _answer(self, path: str) -> Response:
        if path.startswith("/__admin"):
            return refused(ControlError("not-ready", self._reason, _CLOSE))
        operation = self._operations.get(path)
        name = self._envelopes.service_error(submission=bool(operation and operation.submits))
        error = ApiError(name, self._reason)
        envelope = self._envelopes.of(error, None if operation is None else operation.id)
        headers = (*JSON, text_header(b"x-fake-reason", self._reason), *_CLOSE)
        return Response(envelope.status, envelope.body, headers)


class _Server(uvicorn.Server):
    """A uvicorn that answers who has connected before it ends: no other process can."""

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for each in self.servers:
            each.close()
        end = time.monotonic() + _PATIENCE
        while self.server_state.connections and time.monotonic() < end:
            await asyncio.sleep(0.01)
        await super().shutdown(sockets)


def answer(settings: Settings, reason: str, listening: socket.socket, seconds: float) -> None:
    """Serve an :class:`Outage` for so long."""
    server = _Server(Config(Outage(settings, reason), timeout_graceful_shutdown=1))

    async def serve() -> None:
        asyncio.get_running_loop().call_later(seconds, setattr, server, "should_exit", True)
        await server.serve([listening])

    asyncio.run(serve())


class SameFile:
    """The data file of all workers: one that is started again must not make or take another.

    Those that live have the first one open, and there would be two fakes behind one port.
    """

    def __init__(self, data: Path | DatabaseUrl | None) -> None:
        self._path = data.absolute() if isinstance(data, Path) else None
        self._kept: tuple[int, int] | None = None

    def keep(self) -> None:
        """Note which file there is, once the workers are ready."""
        self._kept = None if self._path is None else identity(self._path)

    def check(self) -> None:
        """Raises :class:`RefusedStartError` where there is none, or another."""
        if self._path is None:
            return
        found = identity(self._path)
        if found is None or self._kept not in (None, found):
            what = "deleted or moved away" if found is None else "replaced by another file"
            raise RefusedStartError(
                f"data file {self._path} was {what} while workers use it; export the state of those"
                " that live, stop all and start them again"
            )
