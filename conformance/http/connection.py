"""One request and its answer on a connection of its own, within one deadline.

The deadline is for all of it: a server that drips its answer, or streams for ever, runs into it
just as one that is silent. A connection serves one request only, so that no answer can be lost to
a connection that the server was about to close, and nothing is ever sent twice. Mechanism only:
``gate.py`` decides what may be sent.
"""

from __future__ import annotations

import functools
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from importlib.metadata import version
from typing import TYPE_CHECKING
from urllib.parse import quote, urljoin, urlsplit

import h11

from ..json_access import shortened
from .addresses import Address, resolved
from .content_coding import CodingError, TooLargeError, unpacked

if TYPE_CHECKING:
    import ssl

_CHUNK = 65_536
#: A run sends most of its requests to a few addresses: so many are kept in the form for the wire.
_TARGETS = 64
#: A server's words about a failure may be as long as it likes.
_DETAIL = 300


class Failure(Enum):
    """Why no complete answer came."""

    CONNECT = "no connection"
    TIMEOUT = "timed out"
    DROPPED = "the connection was closed before the answer was complete"
    PROTOCOL = "the answer is not valid HTTP"
    TOO_LARGE = "the answer is too large"
    CODING = "the answer's content coding can't be undone"
    PRIVATE = "not fetched"
    GATEWAY = "the answer is not this API's"


@dataclass(frozen=True, slots=True)
class Request:
    """``target`` is an absolute http or https URL."""

    method: str
    target: str
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""


REDIRECTS = (301, 302, 303, 307, 308)


@dataclass(frozen=True, slots=True)
class Reply:
    """``status`` is 0 if none came; ``sent`` whether any byte of the request may have arrived;
    ``peer`` the IP address that the connection went to."""

    status: int = 0
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    failure: Failure | None = None
    detail: str = ""
    sent: bool = False
    elapsed: float = 0.0
    peer: str = ""

    def header(self, name: str) -> str:
        """The first header of that name, or an empty string."""
        return next((value for key, value in self.headers if key == name.lower()), "")

    def redirect(self, url: str) -> str:
        """Where it leads from ``url``, if it is a redirect, or else an empty string. What is no URL
        is given as it stands."""
        location = self.header("location") if self.status in REDIRECTS else ""
        try:
            return urljoin(url, location) if location else ""
        except ValueError:  # http://[x
            return location


class _BrokenError(Exception):
    def __init__(self, failure: Failure, detail: str = "") -> None:
        super().__init__(detail)
        self.failure = failure
        self.detail = detail


def transmit(
    request: Request, timeout: float, cap: int, admits: Callable[[str], bool] = lambda _: True
) -> Reply:
    """Send and receive. Never raises for what the network or the server does.

    ``timeout`` in seconds for everything, ``cap`` the most bytes of a body, packed or unpacked.
    ``admits``: whether an IP address may be connected to; it is asked about those that the host's
    name resolves to.
    """
    talk = _Transfer(request, time.monotonic() + timeout, cap, admits)
    started = time.monotonic()
    failure, detail = None, ""
    try:
        talk.run()
    except _BrokenError as broken:
        failure, detail = broken.failure, broken.detail
    return Reply(
        talk.status,
        talk.headers,
        bytes(talk.body),
        failure,
        shortened(detail, _DETAIL),
        talk.sent,
        time.monotonic() - started,
        talk.peer,
    )


class _Transfer:
    """The state of one exchange; what has arrived stays readable when it breaks off."""

    def __init__(
        self, request: Request, deadline: float, cap: int, admits: Callable[[str], bool]
    ) -> None:
        self.request = request
        self.admits = admits
        self.deadline = deadline
        self.cap = cap
        self.status = 0
        self.headers: tuple[tuple[str, str], ...] = ()
        self.body = bytearray()
        self.sent = False
        self.peer = ""
        self.ended = False  # the server has closed its side

    def run(self) -> None:
        connection = self._connect()
        try:
            self._send(connection)
            self._receive(connection)
        except TimeoutError:
            raise _BrokenError(Failure.TIMEOUT) from None
        except h11.RemoteProtocolError as error:
            failure = Failure.DROPPED if self.ended else Failure.PROTOCOL
            raise _BrokenError(failure, str(error)) from None
        except OSError as error:
            raise _BrokenError(Failure.DROPPED, str(error)) from None
        finally:
            connection.close()
        self._unpack()

    def _left(self) -> float:
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError
        return left

    def _connect(self) -> socket.socket:
        parts = urlsplit(self.request.target)
        secure = parts.scheme == "https"
        host = parts.hostname or ""
        port = parts.port or (443 if secure else 80)
        try:
            plain = self._reach(resolved(host, port, self._left()))
        except TimeoutError:
            raise _BrokenError(Failure.CONNECT, "timed out") from None
        except (OSError, UnicodeError) as error:
            raise _BrokenError(Failure.CONNECT, str(error)) from None
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if not secure:
            return plain
        try:
            plain.settimeout(self._left())
            return _tls().wrap_socket(plain, server_hostname=host)
        except (OSError, ValueError) as error:
            plain.close()
            raise _BrokenError(Failure.CONNECT, str(error)) from None

    def _reach(self, addresses: list[Address]) -> socket.socket:
        """A connection to the first address that takes one, of those that are admitted."""
        admitted = [one for one in addresses if self.admits(one.ip)]
        if addresses and not admitted:
            detail = f"{addresses[0].ip} is an address of a private network"
            raise _BrokenError(Failure.PRIVATE, detail)
        problem: OSError = OSError("the name has no address")
        for address in admitted:
            try:
                connection = address.connect(self._left())
                self.peer = address.ip
                return connection
            except TimeoutError:
                raise
            except OSError as error:
                problem = error
        raise problem

    def _send(self, connection: socket.socket) -> None:
        self.http = h11.Connection(h11.CLIENT)
        try:
            head = h11.Request(
                method=self.request.method,
                target=_path(self.request.target),
                headers=self._headers(),
            )
        except (h11.LocalProtocolError, UnicodeEncodeError) as error:
            # A link or a token that a server made up may not fit into a request at all.
            raise _BrokenError(Failure.CONNECT, str(error)) from None
        packet = self.http.send(head) or b""
        if self.request.body:
            packet += self.http.send(h11.Data(self.request.body)) or b""
        packet += self.http.send(h11.EndOfMessage()) or b""
        connection.settimeout(self._left())
        self.sent = True
        try:
            connection.sendall(packet)
        except TimeoutError:
            raise
        except OSError:
            # A server may refuse a large body before it has read it: its answer is what counts.
            return

    def _headers(self) -> list[tuple[bytes, bytes]]:
        given = [(key, value) for key, value in self.request.headers if key.lower() != "host"]
        fixed = [("Host", _authority(self.request.target)), ("User-Agent", user_agent())]
        fixed += [("Connection", "close"), ("Accept-Encoding", "gzip, deflate")]
        if self.request.body or self.request.method in ("POST", "PUT", "PATCH"):
            fixed.append(("Content-Length", str(len(self.request.body))))
        return [(key.encode(), value.encode()) for key, value in fixed + given]

    def _receive(self, connection: socket.socket) -> None:
        while True:
            event = self.http.next_event()
            if event is h11.NEED_DATA:
                connection.settimeout(self._left())
                arrived = connection.recv(_CHUNK)
                self.ended = not arrived
                self.http.receive_data(arrived)
            elif isinstance(event, h11.Response):
                self.status = event.status_code
                self.headers = tuple(
                    (key.decode("latin-1"), value.decode("latin-1")) for key, value in event.headers
                )
            elif isinstance(event, h11.Data):
                self.body += event.data
                if len(self.body) > self.cap:
                    raise _BrokenError(Failure.TOO_LARGE, f"over {self.cap} bytes")
            elif isinstance(event, h11.EndOfMessage | h11.ConnectionClosed):
                return

    def _unpack(self) -> None:
        codings = [value.lower() for key, value in self.headers if key == "content-encoding"]
        coding = ",".join(codings).replace(" ", "")
        if coding in ("", "identity") or not self.body:
            return
        try:
            self.body = bytearray(unpacked(bytes(self.body), coding, self.cap))
        except CodingError as error:
            raise _BrokenError(Failure.CODING, str(error)) from None
        except TooLargeError:
            raise _BrokenError(Failure.TOO_LARGE, f"over {self.cap} bytes when unpacked") from None


@functools.cache
def user_agent() -> str:
    """What the operator of a server finds in the log."""
    return f"sampan/{version('sampan')} (conformance check of the API)"


@functools.cache
def _tls() -> ssl.SSLContext:
    import ssl  # not at import: most runs are on loopback

    return ssl.create_default_context()


@functools.lru_cache(_TARGETS)
def _authority(target: str) -> str:
    parts = urlsplit(target)
    host = parts.hostname or ""
    try:
        # As the resolver asks for it.
        host = f"[{host}]" if ":" in host else host.encode("idna").decode()
    except UnicodeError:
        raise _BrokenError(Failure.CONNECT, f"{host!r} is not a host name") from None
    return host if parts.port is None else f"{host}:{parts.port}"


#: Characters that need no escape in a path or a query.
_SAFE = "/?%:@!$&'()*+,;=~-._[]|"


@functools.lru_cache(_TARGETS)
def _path(target: str) -> str:
    parts = urlsplit(target)
    path = parts.path or "/"
    if "/." in path and not path.startswith("//"):
        path = "/" + urljoin("/", path).lstrip("/")  # as every client does (RFC 3986, 5.2.4)
    whole = path + (f"?{parts.query}" if parts.query else "")
    return quote(whole.encode("utf-8", "backslashreplace"), safe=_SAFE)
