"""A way to an ASGI application without a socket."""

from __future__ import annotations

import asyncio
import contextlib
import threading
import weakref
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

from .errors import Disconnected
from .transport import ASGI, PATIENCE, Reply


class AppTransport:
    """Calls an ASGI application in a thread of its own.

    So it works where the caller's thread runs an event loop already, as in an asynchronous test.
    """

    base = "http://fake.test"

    def __init__(self, app: ASGI) -> None:
        self._app = app
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(
            target=_run, args=(self._loop,), name="sampan in-process", daemon=True
        )
        self._thread.start()
        weakref.finalize(self, _stop, self._loop, self._thread)

    def send(
        self,
        method: str,
        path: str,
        headers: Mapping[str, str],
        body: bytes | None = None,
        patience: float = PATIENCE,
    ) -> Reply:
        call = _Call(body or b"")
        scope = _scope(method, path, headers, body)
        done = asyncio.run_coroutine_threadsafe(call.run(self._app, scope), self._loop)
        try:
            done.result(patience)
        except TimeoutError as late:
            done.cancel()
            raise Disconnected(f"{method} {path}: no answer in {patience:g} s") from late
        except ConnectionError as lost:
            raise Disconnected(f"{method} {path}: {lost}") from lost
        if call.status is None:
            raise Disconnected(f"{method} {path}: no answer")
        return Reply(call.status, call.headers, b"".join(call.parts))

    def close(self) -> None:
        """Nothing is kept open between calls."""


class _Call:
    """The two ends of one ASGI call."""

    def __init__(self, body: bytes) -> None:
        self._body: bytes | None = body
        self.status: int | None = None
        self.headers: dict[str, str] = {}
        self.parts: list[bytes] = []

    async def run(self, app: ASGI, scope: dict[str, Any]) -> None:
        """The call, from end to end."""
        await app(scope, self.receive, self.send)

    async def receive(self) -> dict[str, Any]:
        body, self._body = self._body, None
        if body is None:
            await asyncio.Event().wait()  # the caller stays, and has no more to say
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(self, message: Mapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.headers = {
                name.decode("latin-1").lower(): value.decode("latin-1")
                for name, value in message["headers"]
            }
        elif message["type"] == "http.response.body":
            self.parts.append(message.get("body", b""))


def _scope(
    method: str, path: str, headers: Mapping[str, str], body: bytes | None
) -> dict[str, Any]:
    plain, _, query = path.partition("?")
    given = {"host": AppTransport.base.removeprefix("http://"), **headers}
    if body is not None:
        given["content-length"] = str(len(body))
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": unquote(plain),
        "raw_path": plain.encode("ascii"),
        "query_string": query.encode("ascii"),
        "root_path": "",
        "headers": [(k.lower().encode("latin-1"), v.encode("latin-1")) for k, v in given.items()],
        "client": ("127.0.0.1", 0),
        "server": ("127.0.0.1", 0),
    }


def _run(loop: asyncio.AbstractEventLoop) -> None:
    try:
        loop.run_forever()
    finally:
        loop.close()


def _stop(loop: asyncio.AbstractEventLoop, thread: threading.Thread) -> None:
    with contextlib.suppress(RuntimeError):  # closed already
        loop.call_soon_threadsafe(loop.stop)
    if thread is not threading.current_thread():
        thread.join()
