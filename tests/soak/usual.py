"""The usual client, without end: logins, wrong ones, finds, creates, pictures, the journal."""

from __future__ import annotations

import asyncio
import itertools
import re
import time
from collections.abc import Iterator
from functools import partial
from typing import cast

from bench.load import request
from bench.processes import Process

_CONNECTIONS = 16
_LENGTH = re.compile(rb"\r\ncontent-length: (\d+)\r\n", re.IGNORECASE)


class Usage:
    """How many requests have been answered of ``wanted``, and until when they may be."""

    def __init__(self, wanted: int, seconds: float) -> None:
        self.wanted = wanted
        self.answered = 0
        self.began = time.perf_counter()
        self.seconds = seconds

    @property
    def part(self) -> float:
        """How much of it is done, from 0 to 1, by number or by time."""
        passed = (time.perf_counter() - self.began) / self.seconds
        return max(self.answered / self.wanted, passed)


class _Client(asyncio.Protocol):
    """Sends one request after the other until the usage is over."""

    def __init__(self, usage: Usage, sent: Iterator[bytes], done: asyncio.Future[None]) -> None:
        self._usage, self._sent, self._done = usage, sent, done
        self._buffer = b""
        self._missing = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's is one by shape only
        self._transport.write(next(self._sent))

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        head = self._buffer.find(b"\r\n\r\n")
        if head < 0:
            return
        found = _LENGTH.search(self._buffer, 0, head + 2)
        if found is None or len(self._buffer) < head + 4 + int(found[1]):
            return
        self._buffer = b""
        self._usage.answered += 1
        if self._usage.part < 1:
            self._transport.write(next(self._sent))
        else:
            self._transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        if self._usage.part < 1:
            self._done.set_exception(exc or ConnectionError("the fake closed a usual connection"))
        else:
            self._done.set_result(None)


async def use(server: Process, usage: Usage) -> float:
    """Use the server until it is over; returns its memory (MB) after the first tenth."""
    loop = asyncio.get_running_loop()
    ends = []
    for number in range(_CONNECTIONS):
        done: asyncio.Future[None] = loop.create_future()
        client = _Client(usage, _requests(server, f"usual-{number}"), done)
        await loop.create_connection(partial(_itself, client), "127.0.0.1", server.port)
        ends.append(done)
    all_ended = asyncio.gather(*ends)
    while usage.part < 0.1 and not all_ended.done():
        await asyncio.sleep(0.05)
    first = server.memory()
    await all_ended
    return first


def _itself(client: _Client) -> _Client:
    return client


def _requests(server: Process, name: str) -> Iterator[bytes]:
    """What one account sends, without end. Its jobs are deleted each round, as a suite's are."""
    port = server.port
    server.post("/__admin/accounts", {"username": name, "password": "right"})
    token = server.login(name, "right")
    server.post("/jobs/create", {"content": "a cat"}, token)
    answer = server.post("/jobs/find", {"limit": 1}, token)
    assert isinstance(answer, dict)
    link: str = answer["data"]["res"][0]["img_thumb"]
    login = b'{"username":"%b","password":"right"}' % name.encode()
    finds = [request(port, "/jobs/find", b'{"limit":%d}' % n, token) for n in (1, 5, 10)]
    create = request(port, "/jobs/create", b'{"content":"Shanghai cyberpunk"}', token)
    usual = [
        request(port, "/auth/login", login),
        request(port, "/auth/login", login.replace(b"right", b"wrong")),
        create,
        *finds,
        create,
        *finds,
        _get(port, link.removeprefix(f"http://127.0.0.1:{port}")),
        *finds,
    ]
    last = [
        _get(port, f"/__admin/requests?account={name}&limit=10"),
        request(port, "/__admin/reset", b'{"account":"%b"}' % name.encode()),
    ]
    return itertools.cycle([*(usual * 10), *last])


def _get(port: int, path: str) -> bytes:
    return f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n".encode()
