"""A request as it came, and what became of it.

An :class:`Exchange` holds the raw parts, secrets included: only ``journal.py`` shows it to
anybody, redacted.
"""

from __future__ import annotations

import re
import time
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from typing import Any

from ..contract.document import Operation
from ..contract.errors import ApiError
from .responses import Response

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Headers = Mapping[bytes, bytes]
#: A server's name and port, as ASGI has it.
Address = tuple[str, int | None]

#: What a client may send, in bytes.
MAX_BODY = 1 << 20
MAX_HEAD = 64 << 10


class Disconnected(Exception):
    """The client left before it had sent its request."""


class Exchange:
    """One request and its answer.

    ``account`` is the id of the account that it is of, ``now`` that account's time (ms); ``found``
    says whether there was something at its address. ``number`` is 0 until the journal has it.
    ``fault`` is the id of the fault that befell it, ``lost`` says that its answer did not reach
    the client whole, ``cut`` that not all of a body is kept. ``took`` is in ns; ``size`` is what
    the journal counts for it, in bytes. ``scheme`` and ``server`` are those of its connection.
    """

    __slots__ = (
        "account",
        "answer",
        "at",
        "began",
        "body",
        "cut",
        "fault",
        "found",
        "headers",
        "lost",
        "method",
        "now",
        "number",
        "operation",
        "path",
        "query",
        "scheme",
        "server",
        "size",
        "took",
    )

    def __init__(
        self,
        method: str,
        path: str,
        headers: list[tuple[bytes, bytes]],
        scheme: str = "http",
        server: Address | None = None,
    ) -> None:
        self.at = time.time_ns() // 1_000_000
        self.began = time.perf_counter_ns()
        self.method = method
        self.path = path
        self.query = b""
        self.headers = headers
        self.scheme = scheme
        self.server = server
        self.body = b""
        self.operation: Operation | None = None
        self.account: int | None = None
        self.now: int | None = None
        self.found = True
        self.answer: Response | None = None
        self.fault: str | None = None
        self.lost = False
        self.cut = False
        self.number = 0
        self.size = len(path)
        self.took = 0


def of_scope(scope: Scope) -> Exchange:
    """The exchange that an ASGI call begins."""
    exchange = Exchange(
        scope["method"], scope["path"], scope["headers"], scope["scheme"], scope.get("server")
    )
    exchange.query = scope["query_string"]
    exchange.size = len(scope.get("raw_path", b"")) + len(exchange.query)
    return exchange


async def receive(exchange: Exchange, headers: Headers, receive: Receive) -> None:
    """Fill in the body. Raises :class:`Disconnected`, and :class:`ApiError` on too large ones."""
    refuse_large(exchange, headers)
    exchange.body = await read(receive, MAX_BODY)


def refuse_large(exchange: Exchange, headers: Headers) -> None:
    """Note the head's size. Raises :class:`ApiError` where it, or the coming body, is too large."""
    exchange.size += sum([len(name) + len(value) for name, value in exchange.headers])
    if exchange.size > MAX_HEAD:
        raise ApiError("invalid-parameter", f"the headers are larger than {MAX_HEAD} bytes")
    declared = headers.get(b"content-length", b"0")
    if declared.isdigit() and (len(declared) > 18 or int(declared) > MAX_BODY):
        raise _too_large()


async def read(receive: Receive, most: int) -> bytes:
    """The whole body. Raises :class:`Disconnected`, and :class:`ApiError` beyond ``most`` bytes."""
    body: bytes = b""
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Disconnected
        body += message.get("body", b"")
        if len(body) > most:
            raise _too_large()
        if not message.get("more_body", False):
            return body


def _too_large() -> ApiError:
    return ApiError("invalid-parameter", f"the body is larger than {MAX_BODY} bytes")


#: A name or address, perhaps with a port: what may stand in a link.
_HOST = re.compile(rb"(?:[\w.-]+|\[[0-9a-fA-F:.]+\])(?::\d{1,5})?", re.ASCII)


def base(external: str | None, exchange: Exchange, headers: Headers) -> str:
    """Where this fake is, as its client sees it: picture links start there.

    A header that could be in no link is passed over.
    """
    if external is not None:
        return external
    host = _first(headers, b"x-forwarded-host") or _first(headers, b"host")
    prefix = headers.get(b"x-forwarded-prefix", b"").decode("latin-1").rstrip("/")
    if not host:
        name, number = exchange.server or ("127.0.0.1", None)
        name = f"[{name}]" if ":" in name else name
        host = (f"{name}:{number}" if number else name).encode()
    first = host.decode("latin-1")
    port = headers.get(b"x-forwarded-port")
    if port is not None and port.isdigit() and ":" not in first:
        first = f"{first}:{port.decode()}"
    scheme = headers.get(b"x-forwarded-proto", b"").split(b",")[0].strip().lower()
    proto = scheme.decode() if scheme in (b"http", b"https") else exchange.scheme
    return f"{proto}://{first}{prefix}"


def _first(headers: Headers, name: bytes) -> bytes | None:
    """The first host that a header names, nearest to the client; ``None`` for what is no host."""
    host = headers.get(name, b"").partition(b",")[0].strip()
    return host if _HOST.fullmatch(host) else None


async def send(send: Send, answer: Response, head: bool) -> None:
    """Send an answer; to HEAD without its body."""
    headers = [*answer.headers]
    if answer.status != 304:  # which has no body to measure (RFC 9110, 8.6)
        headers.append((b"content-length", b"%d" % len(answer.body)))
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": b"" if head else answer.body})
