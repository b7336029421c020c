"""Somebody's traffic with a fake in this process, as an observer would have seen it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx

from sampan.conformance.http.connection import Failure, Reply, Request
from sampan.conformance.traffic.seen import Seen
from sampan.fake_server.http.exchange import TRANSPORT
from sampan.fake_server.settings import Settings
from sampan.fake_server.web.app import App
from tests.support.fakes import ADDRESS, START
from tests.support.tampering.server import settings

#: How long (s, on the machine's clock) an application may take over an answer.
_PATIENCE = 0.3
#: Requests without an answer after which a client gives up.
_GONE = 12

JSON = dict[str, Any]


class GoneError(Exception):
    """Too many requests got no answer."""


class _Transport:
    """What a server in a thread has below it; this one only knows that it was closed."""

    def __init__(self) -> None:
        self.closed = False

    def abort(self) -> None:
        self.closed = True

    close = abort


@dataclass
class Clock:
    """A wall clock (ms) that stands until it is moved."""

    now: int = START

    def settings(self, **named: Any) -> Settings:
        """A fake with the kit's accounts, whose jobs take 20 s by this clock."""
        return settings(20.0, wall=lambda: self.now, **named)


@dataclass
class Observed:
    """Sends to ``app`` and keeps what passed, in ``seen``; every request takes 20 ms."""

    app: App
    clock: Clock
    seen: list[Seen] = field(default_factory=list)
    observer: Callable[[Seen], object] = lambda _: None
    unanswered: int = 0
    _runner: asyncio.Runner = field(default_factory=asyncio.Runner)

    def close(self) -> None:
        self._runner.close()
        self.app.service.close()

    def wait(self, seconds: float) -> None:
        self.clock.now += round(seconds * 1000)

    def send(
        self, method: str, target: str, body: bytes = b"", headers: Mapping[str, str] | None = None
    ) -> Reply:
        """One request, to a path or to a whole URL."""
        url = target if target.startswith("http") else f"{ADDRESS}{target}"
        request = Request(method, url, tuple((headers or {}).items()), body)
        at = self.clock.now / 1000
        reply = self._runner.run(_answered(self.app, request))
        self.clock.now += 20
        seen = Seen(request, reply, at)
        self.seen.append(seen)
        self.observer(seen)
        self.unanswered += reply.failure is not None
        if self.unanswered > _GONE:
            raise GoneError
        return reply

    def post(self, path: str, body: object, token: str | None = None, **headers: str) -> JSON:
        """The answer to a POST of JSON, an empty object if it is none."""
        sent = {"Content-Type": "application/json", **headers}
        if token is not None:
            sent["Authorization"] = f"Bearer {token}"
        reply = self.send("POST", path, json.dumps(body, ensure_ascii=False).encode(), sent)
        try:
            found = json.loads(reply.body)
        except ValueError:
            return {}
        return found if isinstance(found, dict) else {}


async def _answered(app: App, request: Request) -> Reply:
    transport = _Transport()
    try:
        reply = await asyncio.wait_for(_exchange(app, request, transport), _PATIENCE)
    except TimeoutError:
        return Reply(failure=Failure.TIMEOUT, sent=True, elapsed=_PATIENCE)
    except (OSError, RuntimeError):
        reply = None
    if reply is None or transport.closed:
        return Reply(failure=Failure.DROPPED, sent=True, elapsed=0.02)
    return reply


async def _exchange(app: App, request: Request, transport: _Transport) -> Reply | None:
    url = httpx.URL(request.target)
    parts: list[Any] = []
    unread = [request.body]

    async def receive() -> Any:
        if unread:
            return {"type": "http.request", "body": unread.pop(), "more_body": False}
        return await asyncio.Event().wait()

    async def send(message: Any) -> None:
        parts.append(message)

    headers = [(k.lower().encode(), v.encode("latin-1")) for k, v in request.headers]
    headers += [(b"host", url.netloc), (b"content-length", b"%d" % len(request.body))]
    await app(
        {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": request.method,
            "headers": headers,
            "scheme": "http",
            "path": url.path,
            "raw_path": url.raw_path.partition(b"?")[0],
            "query_string": url.query,
            "server": (url.host, url.port),
            "client": ("127.0.0.1", 123),
            "root_path": "",
            "state": {TRANSPORT: transport},
        },
        receive,
        send,
    )
    if not parts:
        return None
    start, *bodies = parts
    body = b"".join(one.get("body", b"") for one in bodies)
    named = [(k.decode("latin-1").lower(), v.decode("latin-1")) for k, v in start["headers"]]
    coding = dict(named).get("content-encoding", "")
    if coding:
        body = httpx.Response(200, headers={"content-encoding": coding}, content=body).content
    return Reply(start["status"], tuple(named), body, None, "", True, 0.02)
