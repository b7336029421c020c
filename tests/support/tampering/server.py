"""A tampered fake, and a server for any such application in a thread, on a free port."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager
from typing import Any

from sampan.fake_server.http.exchange import TRANSPORT
from sampan.fake_server.http.types import Receive, Scope, Send
from sampan.fake_server.server.uvicorn_server import Server, bind, url
from sampan.fake_server.service import FakeService
from sampan.fake_server.settings import NewAccount, Settings
from sampan.fake_server.web.app import App
from tests.support.tampering.exchange import DropError, Reply, Request, Tampering

ACCOUNTS = {
    "first": NewAccount("abc", "abc-secret"),
    "second": NewAccount("second", "second-secret"),
    "limited": NewAccount("limited", "limited-secret", "none"),
}


def settings(job_seconds: float = 0.3, **named: Any) -> Settings:
    """A fake with the accounts that the kit is given."""
    return Settings(accounts=tuple(ACCOUNTS.values()), job_ms=round(job_seconds * 1000), **named)


class TamperedFake(App):
    """The ASGI application of one world behind a tampering."""

    def __init__(self, service: FakeService, tampering: Tampering) -> None:
        super().__init__(service)
        self.targets = {}  # every request goes by the tampering
        self.tampering = tampering
        #: What the tampering raised of itself: it is broken then, and its server proves nothing.
        self.broken: Exception | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await super().__call__(scope, receive, send)
            return
        body = await _whole(receive)
        if body is None:
            return

        async def go(request: Request) -> Reply:
            return await self._plain(scope, request)

        try:
            reply = await self.tampering(_request(scope, body), go)
        except DropError:
            scope["state"][TRANSPORT].abort()
            return
        except asyncio.CancelledError:
            return  # the server ends
        except Exception as problem:
            self.broken = problem
            raise
        await _send(scope, send, reply)

    async def _plain(self, scope: Scope, request: Request) -> Reply:
        """What the fake itself answers to ``request``."""
        parts: list[MutableMapping[str, Any]] = []
        body = [request.body]

        async def receive() -> MutableMapping[str, Any]:
            if not body:
                await asyncio.Event().wait()  # nothing more comes, and the client stays
            return {"type": "http.request", "body": body.pop(), "more_body": False}

        async def send(message: MutableMapping[str, Any]) -> None:
            parts.append(message)

        headers = [pair for pair in request.headers if pair[0] != b"content-length"]
        headers.append((b"content-length", b"%d" % len(request.body)))
        asked = {
            **scope,
            "method": request.method,
            "path": request.path,
            "raw_path": request.path.encode(),
            "query_string": request.query,
            "headers": headers,
        }
        await super().__call__(asked, receive, send)
        kept = tuple(pair for pair in parts[0]["headers"] if pair[0] != b"content-length")
        return Reply(parts[0]["status"], kept, b"".join(part["body"] for part in parts[1:]))


async def _whole(receive: Receive) -> bytes | None:
    """A request's body; ``None`` if the client left."""
    parts = []
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return None
        parts.append(message.get("body", b""))
        if not message.get("more_body", False):
            return b"".join(parts)


def _request(scope: Scope, body: bytes) -> Request:
    headers = tuple((name.lower(), value) for name, value in scope["headers"])
    return Request(scope["method"], scope["path"], scope["query_string"], headers, body)


async def _send(scope: Scope, send: Send, reply: Reply) -> None:
    headers = list(reply.headers)
    if not reply.chunked and reply.status != 304:
        headers.append((b"content-length", b"%d" % len(reply.body)))
    await send({"type": "http.response.start", "status": reply.status, "headers": headers})
    body = b"" if scope["method"] == "HEAD" else reply.body
    if reply.cut:
        half = body[: len(body) // 2]
        await send({"type": "http.response.body", "body": half, "more_body": True})
        scope["state"][TRANSPORT].close()
        return
    middle = len(body) // 2
    first, rest = (body[:middle], body[middle:]) if reply.chunked else (b"", body)
    if first:
        await send({"type": "http.response.body", "body": first, "more_body": True})
    await send({"type": "http.response.body", "body": rest})


class _Threaded(Server):
    """A server in a thread that is not the main one: no signals, and it waits for nobody."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for server in self.servers:
            server.close()
        for connection in list(self.server_state.connections):
            connection.transport.abort()
        await asyncio.sleep(0)  # the transports tell their connections
        for task in list(self.server_state.tasks):
            task.cancel()  # a tampering that hangs


@contextmanager
def running(app: App) -> Iterator[str]:
    """Serve ``app`` on a free port of this machine; gives its address."""
    listening = bind("127.0.0.1", 0)
    ready = threading.Event()
    server = _Threaded(app, ready.set)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    if not ready.wait(20):
        raise RuntimeError("the tampered fake did not start")
    try:
        yield url("127.0.0.1", listening.getsockname()[1])
    finally:
        server.should_exit = True
        thread.join()
        listening.close()
        app.service.close()


def tampered(tampering: Tampering, settings: Settings) -> TamperedFake:
    """A new fake behind ``tampering``."""
    return TamperedFake(FakeService(settings), tampering)
