"""A request as it came, and what became of it.

An :class:`Exchange` holds the raw parts, secrets included: only ``journal.py`` shows it to
anybody, redacted.
"""

from __future__ import annotations

import re
import time
from urllib.parse import quote

from ..contract.document import Operation
from ..contract.errors import ApiError
from .responses import Response
from .types import Address, Receive, RequestHeaders, Scope

#: What a client may send, in bytes.
MAX_BODY = 1 << 20
MAX_HEAD = 64 << 10

#: The key of ``scope["state"]`` under which a server of ours puts the connection's transport.
TRANSPORT = "sampan.transport"


class Disconnected(Exception):
    """The client left before it had sent its request."""


class Exchange:
    """One request and its response.

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
        "root_path",
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
        self.root_path = ""
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

    def check_size(self, headers: RequestHeaders) -> None:
        """Note the head's size. Raises ``ApiError`` where it, or the coming body, is too large."""
        self.size += sum([len(name) + len(value) for name, value in self.headers])
        if self.size > MAX_HEAD:
            raise ApiError("invalid-parameter", f"the headers are larger than {MAX_HEAD} bytes")
        declared = headers.get(b"content-length", b"0")
        if declared.isdigit() and (len(declared) > 18 or int(declared) > MAX_BODY):
            raise _too_large()


def with_origin_form(scope: Scope) -> Scope:
    """The scope of a request for an absolute URL, as proxies are sent it, as one for its path.

    The URL's authority stands in place of the Host header's (RFC 9112, 3.2.2).
    """
    found = _ABSOLUTE.match(scope["path"])
    if found is None:
        return scope
    authority, path = found["authority"], found["path"] or "/"
    raw = scope.get("raw_path") or b""
    raw_found = _ABSOLUTE.match(raw.decode("latin-1"))
    headers = [header for header in scope["headers"] if header[0] != b"host"]
    return {
        **scope,
        "path": path,
        "raw_path": (raw_found["path"] or "/").encode("latin-1") if raw_found else raw,
        "headers": [(b"host", authority.encode("latin-1")), *headers],
    }


_ABSOLUTE = re.compile(r"https?://(?P<authority>[^/?#]*)(?P<path>/.*)?", re.DOTALL | re.IGNORECASE)


def route_path(scope: Scope) -> str:
    """A request's path below where the application is mounted."""
    path, mounted = scope["path"], scope.get("root_path", "")
    if mounted and path.startswith(mounted):
        return path[len(mounted) :] or "/"
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
    exchange.size = len(scope.get("raw_path", b"")) + len(exchange.query)
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


def _too_large() -> ApiError:
    return ApiError("invalid-parameter", f"the body is larger than {MAX_BODY} bytes")


#: A name or address, perhaps with a port: what may stand in a link.
_HOST = re.compile(rb"(?:[\w.-]+|\[[0-9a-fA-F:.]+\])(?::\d{1,5})?", re.ASCII)


def base(external: str | None, exchange: Exchange, headers: RequestHeaders) -> str:
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
    return f"{proto}://{first}{prefix}{quote(exchange.root_path)}"


def _first(headers: RequestHeaders, name: bytes) -> bytes | None:
    """The first host that a header names, nearest to the client; ``None`` for what is no host."""
    host = headers.get(name, b"").partition(b",")[0].strip()
    return host if _HOST.fullmatch(host) else None
