"""A request as it came, and what became of it.

An :class:`Exchange` holds the raw parts, secrets included: only ``journal.py`` shows it to
anybody, redacted.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Coroutine
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, TypeVar
from urllib.parse import quote

from ..contract.document import Operation
from ..contract.errors import ApiError
from . import urls
from .forwarded import nearest_client
from .responses import Response
from .types import Address, Receive, RequestHeaders, Scope

#: What a client may send, in bytes; a head's trailers, which are dropped, count as part of it.
MAX_BODY = 1 << 20
MAX_HEAD = 64 << 10
#: And in header lines: each takes some two hundred bytes, however short it is.
MAX_HEADERS = 1000
#: As many as the journal's flat size of an exchange allows for, and what each beyond them takes.
_USUAL_HEADERS, _HEADER_BYTES = 16, 150

#: The key of ``scope["state"]`` under which a server of ours puts the connection's transport.
TRANSPORT = "sampan.transport"


class Disconnected(Exception):
    """The client left before it had sent its request, or while it was kept waiting."""


T = TypeVar("T")


@dataclass(slots=True, eq=False)
class Exchange:
    """One request and its response.

    ``path`` is relative to ``root_path``, where the application is mounted; ``scheme`` and
    ``server`` are those of the connection. ``at`` is in ms, ``began`` and ``took`` are in ns.
    ``account`` is the id of the account that it belongs to, ``now`` that account's time (ms);
    ``found`` is whether there was something at its address. ``fault`` is the id of the fault that
    acted on it, ``lost`` whether its response did not reach the client whole, ``cut`` whether not
    all of a body is kept. ``number`` is 0 until the journal has it, ``size`` what the journal
    counts for it, in bytes.
    """

    method: str
    path: str
    headers: list[tuple[bytes, bytes]]
    scheme: str = "http"
    server: Address | None = None
    root_path: str = ""
    query: bytes = b""
    body: bytes = b""
    operation: Operation | None = None
    account: int | None = None
    now: int | None = None
    found: bool = True
    answer: Response | None = None
    fault: str | None = None
    lost: bool = False
    cut: bool = False
    number: int = 0
    size: int = 0
    took: int = 0
    at: int = field(default_factory=lambda: time.time_ns() // 1_000_000)
    began: int = field(default_factory=time.perf_counter_ns)

    def check_size(self, headers: RequestHeaders) -> None:
        """Note the head's size. Raises ``ApiError`` where it, or the coming body, is too large."""
        self.size += len(self.path) + sum([len(name) + len(value) for name, value in self.headers])
        if self.size > MAX_HEAD:
            raise _refused_head(f"the headers are larger than {MAX_HEAD} bytes")
        if len(self.headers) > MAX_HEADERS:
            raise _refused_head(f"there are more than {MAX_HEADERS} headers")
        if len(self.headers) > _USUAL_HEADERS:
            self.size += _HEADER_BYTES * (len(self.headers) - _USUAL_HEADERS)
        declared = headers.get(b"content-length", b"0")
        if declared.isdigit() and (len(declared) > 18 or int(declared) > MAX_BODY):
            raise _too_large()


def _refused_head(reason: str) -> ApiError:
    """As the protocols refuse it that find it too large before it is whole."""
    return ApiError("invalid-parameter", reason, http_status=400, closes=True)


def route_path(scope: Scope) -> str:
    """A request's path below where the application is mounted."""
    path, mounted = scope["path"], scope.get("root_path", "")
    rest = path[len(mounted) :]
    if path.startswith(mounted) and rest[:1] in ("", "/"):
        return rest or "/"
    return str(path)


def of_scope(scope: Scope) -> Exchange:
    """The exchange that an ASGI call begins."""
    exchange = Exchange(
        scope["method"],
        route_path(scope),
        scope["headers"],
        scope["scheme"],
        scope.get("server"),
    )
    exchange.root_path = scope.get("root_path", "")
    exchange.query = scope["query_string"]
    exchange.size = len(exchange.query)
    return exchange


async def receive(exchange: Exchange, headers: RequestHeaders, receive: Receive) -> None:
    """Read the body. Raises :class:`Disconnected`, and ``ApiError`` on a request too large."""
    exchange.check_size(headers)
    exchange.body = await read(receive, MAX_BODY)


async def read(receive: Receive, limit: int) -> bytes:
    """The whole body. Raises :class:`Disconnected`, and ``ApiError`` beyond ``limit`` bytes."""
    parts, size = [], 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Disconnected
        parts.append(message.get("body", b""))
        size += len(parts[-1])
        if size > limit:
            raise _too_large()
        if not message.get("more_body", False):
            return b"".join(parts)


async def left(receive: Receive) -> None:
    """Wait until the client has left; its body has been read."""
    while (await receive())["type"] != "http.disconnect":
        pass


async def unless_left(waiting: Coroutine[Any, Any, T], receive: Receive) -> T:
    """What ``waiting`` returns. Raises :class:`Disconnected` when the client leaves before that."""
    work, leaving = asyncio.ensure_future(waiting), asyncio.ensure_future(left(receive))
    try:
        await asyncio.wait((work, leaving), return_when=asyncio.FIRST_COMPLETED)
        if not work.done():
            raise Disconnected
        return work.result()
    finally:
        work.cancel()
        leaving.cancel()


def _too_large() -> ApiError:
    return ApiError("invalid-parameter", f"the body is larger than {MAX_BODY} bytes")


def base(external: str | None, exchange: Exchange, headers: RequestHeaders) -> str:
    """Where this fake is, as its client sees it: picture links start there.

    A header that could be in no link is passed over; of a list, the first is nearest the client.
    ``Forwarded`` counts where the older ``X-Forwarded-`` headers do not say.
    """
    if external is not None:
        return external
    standard = nearest_client(headers.get(b"forwarded"))
    host = (
        _host(headers.get(b"x-forwarded-host"))
        or _host(standard.get(b"host"))
        or _host(headers.get(b"host"))
    )
    if host is None:
        host = _own_host(exchange.server)
    port = _first(headers.get(b"x-forwarded-port", b""))
    if (
        port.isdigit()
        and len(port) < 6
        and 0 < int(port) <= 0xFFFF
        and _HAS_PORT.search(host) is None
    ):
        host = f"{host}:{port.decode()}"
    scheme = _first(headers.get(b"x-forwarded-proto", standard.get(b"proto", b""))).lower()
    proto = scheme.decode() if scheme in (b"http", b"https") else exchange.scheme
    prefix = headers.get(b"x-forwarded-prefix")
    before = "" if prefix is None else _prefix(prefix)
    return f"{proto}://{host}{before}{quote(exchange.root_path)}"


_HAS_PORT = re.compile(":[0-9]*$")
#: The longest path that a proxy is believed to have taken away: it stands in every link of a
#: response, and a find has thousands.
_MAX_PREFIX = 500


def _own_host(server: Address | None) -> str:
    """The host that the server itself names, for a request that names none."""
    name, port = server or ("127.0.0.1", None)
    try:
        return str(urls.authority(f"[{name}]" if ":" in name else name)._replace(port=port or None))
    except ValueError:  # the path of a socket in the file system
        return "localhost"


def _first(value: bytes) -> bytes:
    """The first item of a header that may be a list."""
    return value.partition(b",")[0].strip()


@lru_cache(maxsize=64)
def _host(value: bytes | None) -> str | None:
    """The first host that a header names, as it is written; ``None`` for what is no host."""
    if value is None:
        return None
    try:
        text = _first(value).decode("ascii")
        urls.authority(text)
    except ValueError:
        return None
    return text


@lru_cache(maxsize=64)
def _prefix(value: bytes) -> str:
    """The path that a proxy says it took away; empty for what is no path."""
    text = _first(value).decode("latin-1").rstrip("/")
    return text if len(text) <= _MAX_PREFIX and urls.is_path(text) else ""
