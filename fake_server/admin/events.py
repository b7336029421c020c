"""Changes as they happen, as server-sent events: for the dashboard and for scripts.

An event says that something has changed and not what it is now: whoever listens asks for that. So
a thousand requests in a second are four events, and a fake that nobody watches does nothing here.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from urllib.parse import parse_qsl

import orjson

from ..http.exchange import Disconnected, unless_left
from ..http.types import Receive, Scope, Send
from ..service import FakeService
from .call import ControlError

#: How many streams may be open at once.
MAX_STREAMS = 32
#: The least time (s) between two events of a stream.
PAUSE = 0.25
#: After this time (s) without an event a comment is sent, so that proxies keep the stream open.
HEARTBEAT = 15.0

_HEADERS = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),  # nginx would collect events before it passes them on
]


class Events:
    """The event streams of one fake."""

    def __init__(self, service: FakeService) -> None:
        self._sources = {
            "requests": service.journal.changed,
            "clock": service.clocks.changed,
            "control": service.control,
        }
        self._open = 0

    def stream(self, query: bytes) -> EventStream:
        """The stream that a query asks for. Raises :class:`ControlError`."""
        if self._open >= MAX_STREAMS:
            raise ControlError("too-many", f"{MAX_STREAMS} event streams are open; close one")
        return EventStream(self, _limit(query))

    @contextmanager
    def counted(self) -> Iterator[None]:
        """Count one more stream as open."""
        self._open += 1
        try:
            yield
        finally:
            self._open -= 1

    def versions(self) -> dict[str, object]:
        """The version of each source: it is another one after each change."""
        return {name: notifier.version for name, notifier in self._sources.items()}

    async def wait(self, versions: dict[str, object]) -> bool:
        """Whether anything changes after ``versions`` within :data:`HEARTBEAT`; returns then."""
        waits = [
            asyncio.ensure_future(notifier.wait(versions[name]))
            for name, notifier in self._sources.items()
        ]
        try:
            done, _ = await asyncio.wait(
                waits, timeout=HEARTBEAT, return_when=asyncio.FIRST_COMPLETED
            )
        finally:
            for each in waits:
                each.cancel()
        return bool(done)


class EventStream:
    """One stream, sent as a response is. It ends with its client or after ``limit`` events."""

    def __init__(self, events: Events, limit: int | None) -> None:
        self._events = events
        self._limit = limit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": _HEADERS})
        if scope["method"] != "HEAD":
            with self._events.counted(), suppress(Disconnected):
                await unless_left(self._tell(send), receive)
        await send({"type": "http.response.body", "body": b""})

    async def _tell(self, send: Send) -> None:
        """Send events; the first at once, since who begins to listen knows of nothing yet."""
        seen: dict[str, object] = {}
        told = 0
        while True:
            versions = self._events.versions()
            changed = [name for name, version in versions.items() if seen.get(name) is not version]
            seen = versions
            if changed:
                data = orjson.dumps({"changed": changed})
                await _send(send, b"event: change\ndata: %b\n\n" % data)
                told += 1
                if told == self._limit:
                    return
                await asyncio.sleep(PAUSE)
            elif not await self._events.wait(versions):
                await _send(send, b": nothing has changed\n\n")


async def _send(send: Send, text: bytes) -> None:
    await send({"type": "http.response.body", "body": text, "more_body": True})


def _limit(query: bytes) -> int | None:
    """How many events are asked for; ``None`` for all. Raises :class:`ControlError`."""
    limit = None
    for name, text in parse_qsl(query.decode("latin-1"), keep_blank_values=True):
        if name != "limit":
            raise ControlError(
                "bad-request", f"{name!r} is not a parameter of events; valid: limit"
            )
        if not (text.isascii() and text.isdigit() and 0 < len(text) < 10 and int(text)):
            raise ControlError("bad-request", f"limit: must be a positive integer, not {text!r}")
        limit = int(text)
    return limit
