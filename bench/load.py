"""A load of one request, repeated over some connections: requests per second, and latencies."""

from __future__ import annotations

import asyncio
import re
import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

_LENGTH = re.compile(rb"\r\ncontent-length: (\d+)\r\n", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Load:
    """What a load measured. ``latency`` is the median in microseconds."""

    rate: float
    latency: float
    answer: bytes


class _Connection(asyncio.Protocol):
    """Sends the request, waits for its whole answer, sends it again."""

    def __init__(self, request: bytes, until: float, done: asyncio.Future[None]) -> None:
        self._request, self._until, self._done = request, until, done
        self._buffer = b""
        self._sent = 0.0
        self.spans: list[float] = []
        self.answer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's is one by shape only
        self._send()

    def _send(self) -> None:
        self._sent = time.perf_counter()
        self._transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        head = self._buffer.find(b"\r\n\r\n")
        if head < 0:
            return
        found = _LENGTH.search(self._buffer, 0, head + 2)
        if found is None:
            raise ValueError(f"an answer without content-length: {self._buffer[:200]!r}")
        if len(self._buffer) < head + 4 + int(found[1]):
            return
        self.spans.append(time.perf_counter() - self._sent)
        self.answer, self._buffer = self._buffer[head + 4 :], b""
        if time.perf_counter() < self._until:
            self._send()
        else:
            self._transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        if not self._done.done():
            if exc is None:
                self._done.set_result(None)
            else:
                self._done.set_exception(exc)


def request(port: int, path: str, body: bytes, token: str | None = None) -> bytes:
    """The bytes of a POST."""
    authorization = f"authorization: Bearer {token}\r\n" if token else ""
    head = (
        f"POST {path} HTTP/1.1\r\nhost: 127.0.0.1:{port}\r\nuser-agent: bench\r\naccept: */*\r\n"
        f"content-type: application/json\r\n{authorization}content-length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def load(port: int, sent: bytes | Sequence[bytes], seconds: float, connections: int = 16) -> Load:
    """Send ``sent`` over and over for ``seconds``; of several, each connection sends one."""
    import uvloop

    return uvloop.run(_load(port, sent, seconds, connections))


async def _load(port: int, sent: bytes | Sequence[bytes], seconds: float, connections: int) -> Load:
    some = [sent] if isinstance(sent, bytes) else sent
    loop = asyncio.get_running_loop()
    start = time.perf_counter()
    ends, protocols = [], []
    for number in range(connections):
        done: asyncio.Future[None] = loop.create_future()
        protocol = _Connection(some[number % len(some)], start + seconds, done)
        await loop.create_connection(lambda protocol=protocol: protocol, "127.0.0.1", port)
        ends.append(done)
        protocols.append(protocol)
    await asyncio.gather(*ends)
    span = time.perf_counter() - start
    spans = [each for protocol in protocols for each in protocol.spans]
    return Load(len(spans) / span, 1e6 * statistics.median(spans), protocols[0].answer)
