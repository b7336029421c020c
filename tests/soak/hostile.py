"""Clients that mean no good: they stop in the middle, stay silent, come and go, or never read."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import resource
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import NamedTuple

from bench.load import request

_HEAD = b"POST /auth/login HTTP/1.1\r\nHost: 127.0.0.1\r\n"
_BODY = _HEAD + b"Content-Length: 100000\r\n\r\n"
_CHUNKED = _HEAD + b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n"
_GET = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
_MEGABYTE = 1 << 20
_ADDRESSES = itertools.cycle(range(2, 12))


def allow_descriptors() -> int:
    """Let this process open as many as it may; returns how many connections that is good for."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard - 2_000


@contextlib.asynccontextmanager
async def connections(port: int, count: int, first: bytes) -> AsyncIterator[list[socket.socket]]:
    """Connections that have sent ``first`` and are open until the end."""
    loop = asyncio.get_running_loop()
    opened: list[socket.socket] = []
    try:
        for number in range(count):
            opened.append(await _connect(loop, port))
            if first:
                await loop.sock_sendall(opened[-1], first)
            if number % 100 == 0:
                await asyncio.sleep(0)
        yield opened
    finally:
        for client in opened:
            client.close()


async def _connect(loop: asyncio.AbstractEventLoop, port: int) -> socket.socket:
    client = socket.socket()
    client.setblocking(False)
    # One address has too few ports for all that come and go, and for who asks for health.
    client.bind((f"127.0.0.{next(_ADDRESSES)}", 0))
    try:
        await loop.sock_connect(client, ("127.0.0.1", port))
    except BaseException:
        client.close()
        raise
    return client


async def _drip(clients: list[socket.socket], drop: bytes, seconds: float) -> None:
    """Send a few bytes on each, again and again."""
    end = asyncio.get_running_loop().time() + seconds
    while asyncio.get_running_loop().time() < end:
        for client in clients:
            with contextlib.suppress(OSError):  # the fake has had enough of it
                client.send(drop)
        await asyncio.sleep(0.5)


async def slow_heads(port: int, count: int, seconds: float) -> None:
    async with connections(port, count, _HEAD) as clients:
        await _drip(clients, b"X-Slow: x\r\n", seconds)


async def slow_bodies(port: int, count: int, seconds: float) -> None:
    async with connections(port, count, _BODY) as clients:
        await _drip(clients, b"          ", seconds)


async def idle(port: int, count: int, seconds: float) -> None:
    """Connect, in half the time, and say nothing."""
    loop = asyncio.get_running_loop()
    end = loop.time() + seconds
    async with contextlib.AsyncExitStack() as opened:
        async for number in _paced(range(0, count, 10), seconds / 2):
            await opened.enter_async_context(connections(port, min(10, count - number), b""))
        await asyncio.sleep(end - loop.time())


async def _paced(numbers: range, seconds: float) -> AsyncIterator[int]:
    """The numbers, one after the other, over so many seconds.

    Who is late, since others had the processor, makes up for a twentieth of a second at once: more
    would be an attack of its own. It takes half as long again at most, however late it is.
    """
    loop = asyncio.get_running_loop()
    step = seconds / len(numbers)
    due = loop.time()
    end = due + 1.5 * seconds
    for number in numbers:
        now = loop.time()
        if now < end:
            due = max(due, now - 0.05)
            await asyncio.sleep(due - now)
        yield number
        due += step


async def churned(port: int, count: int, seconds: float) -> None:
    """Come and go all the while, half of them with a request that they do not wait for."""
    loop = asyncio.get_running_loop()
    asked = request(port, "/jobs/find", b"{}")
    async for number in _paced(range(count), seconds):
        client = await _connect(loop, port)
        if number % 2:
            await loop.sock_sendall(client, asked)
        client.close()


async def unread(port: int, count: int, seconds: float) -> None:
    """Send requests ahead and never read."""
    async with connections(port, count, b"") as clients:
        await asyncio.gather(*(_push(client, _GET, 40 * _MEGABYTE, seconds) for client in clients))


async def read(port: int, count: int, seconds: float) -> None:
    """Send requests ahead and read what comes."""
    async with connections(port, count, b"") as clients:
        pulls = [asyncio.create_task(_pull(client)) for client in clients]
        await asyncio.gather(*(_push(client, _GET, 40 * _MEGABYTE, seconds) for client in clients))
        for pull in pulls:
            pull.cancel()
        await asyncio.gather(*pulls, return_exceptions=True)


async def trailers(port: int, count: int, seconds: float) -> None:
    """Send trailers without end."""
    async with connections(port, count, _CHUNKED) as clients:
        pushes = (_push(client, b"X: x\r\n", 40 * _MEGABYTE, seconds) for client in clients)
        await asyncio.gather(*pushes)


async def _push(client: socket.socket, data: bytes, size: int, seconds: float) -> None:
    loop = asyncio.get_running_loop()
    piece = data * (65_536 // len(data))
    with contextlib.suppress(TimeoutError, OSError):  # the fake does not read, or has closed
        async with asyncio.timeout(seconds):
            for _ in range(size // len(piece)):
                await loop.sock_sendall(client, piece)


async def _pull(client: socket.socket) -> None:
    loop = asyncio.get_running_loop()
    while await loop.sock_recv(client, _MEGABYTE):
        pass


class Attack(NamedTuple):
    """What ``count`` clients do for so many seconds, if ``at_once`` each on its own connection."""

    run: Callable[[int, int, float], Awaitable[None]]
    count: int
    at_once: bool = True

    def clients(self, spare: int) -> int:
        """How many there are where ``spare`` connections may be open."""
        return min(self.count, spare) if self.at_once else self.count


HOSTILE: dict[str, Attack] = {
    "slow heads": Attack(slow_heads, 600),
    "slow bodies": Attack(slow_bodies, 600),
    "idle connections": Attack(idle, 10_000),
    "connections that come and go": Attack(churned, 20_000, at_once=False),
    "pipelines that are not read": Attack(unread, 20),
    "pipelines that are read": Attack(read, 4),
    "trailers without end": Attack(trailers, 20),
}
#: Those that any server survives, so that one of no content can be the yardstick.
FAIR = ("slow heads", "slow bodies", "idle connections", "connections that come and go")
