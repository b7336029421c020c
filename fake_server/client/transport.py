"""How a handle reaches a fake: by HTTP with the standard library, or without a socket.

Connections are kept alive and shared by threads. A request is sent once: whether one whose answer
was lost may be sent again, only its sender can know.
"""

from __future__ import annotations

import http.client
import socket
import threading
import weakref
from collections.abc import Awaitable, Callable, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple, Protocol
from urllib.parse import quote

from .arguments import server_address
from .errors import Disconnected, Unreachable, is_for_the_caller
from .forked import renew_in_children

__tracebackhide__ = is_for_the_caller

#: Seconds after which silence counts as a lost connection.
PATIENCE = 60.0


class Sent(NamedTuple):
    """A request. ``patience`` is how long (s) its answer may take."""

    method: str
    path: str
    headers: Mapping[str, str] = MappingProxyType({})
    body: bytes | None = None
    patience: float = PATIENCE


class Reply(NamedTuple):
    """An answer. Header names are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Transport(Protocol):
    """One way to a fake."""

    @property
    def base(self) -> str:
        """The address that paths are relative to, without a slash at its end."""

    def send(self, sent: Sent) -> Reply:
        """One request. Raises ``Unreachable`` or ``Disconnected``."""

    def close(self) -> None:
        """Let go of connections. The transport can be used again."""


ASGI = Callable[[Any, Any, Any], Awaitable[None]]

#: A fake: its address, its ASGI application, or an open transport to it.
Target = str | ASGI | Transport


def connect(target: Target) -> Transport:
    """The transport to ``target``. Nothing is sent yet.

    Raises ``ValueError`` on a bad address, ``TypeError`` on what is no target.
    """
    if isinstance(target, str):
        return SocketTransport(target)
    if not callable(target):
        if not hasattr(target, "send"):
            raise TypeError(
                f"a fake is an address like http://127.0.0.1:8091 or an ASGI application,"
                f" not {target!r}"
            )
        return target
    from .asgi_transport import AppTransport

    return AppTransport(target)


class SocketTransport:
    """HTTP/1.1 over TCP."""

    def __init__(self, address: str) -> None:
        """Raises ``ValueError`` unless ``address`` is like ``http://127.0.0.1:8091``."""
        found = server_address(address)
        self.base = address.rstrip("/")
        self._host, self._port = found.host, found.port
        self._prefix = quote(found.path, safe="/:@!$&'()*+,;=~").rstrip("/")
        self._idle: list[http.client.HTTPConnection] = []
        self._lock = threading.Lock()
        weakref.finalize(self, _close, self._idle)
        renew_in_children(self)

    def __reduce__(self) -> tuple[type[SocketTransport], tuple[str]]:
        """A copy, and what another process is sent, has connections of its own."""
        return SocketTransport, (self.base,)

    def renew_in_child(self) -> None:
        """Close the child's copies of the connections, which stand in the parent."""
        self._lock = threading.Lock()  # a thread of the parent's may hold the other
        _close(self._idle)

    def send(self, sent: Sent) -> Reply:
        connection = self._take(sent.patience)
        try:
            connection.request(sent.method, self._prefix + sent.path, sent.body, dict(sent.headers))
            response = connection.getresponse()
            text = response.read()
        except (OSError, http.client.HTTPException) as problem:
            connection.close()
            raise Disconnected(
                f"{sent.method} {self.base}{sent.path}: no complete response ({problem!r})"
            ) from problem
        except BaseException:
            connection.close()
            raise
        if not response.will_close:
            with self._lock:
                self._idle.append(connection)
        else:
            connection.close()
        found = {name.lower(): value for name, value in response.getheaders()}
        return Reply(response.status, found, text)

    def close(self) -> None:
        with self._lock:
            _close(self._idle)

    def _take(self, patience: float) -> http.client.HTTPConnection:
        """A connection of nobody else's: an idle one that still stands, or a new one."""
        while True:
            with self._lock:
                connection = self._idle.pop() if self._idle else None
            if connection is None:
                return self._open(patience)
            if connection.sock is not None and _is_idle(connection.sock):
                connection.sock.settimeout(patience)
                return connection
            connection.close()

    def _open(self, patience: float) -> http.client.HTTPConnection:
        connection = http.client.HTTPConnection(self._host, self._port, timeout=patience)
        try:
            connection.connect()
        except OSError as problem:
            connection.close()
            raise Unreachable(f"no server responds at {self.base}: {problem}") from problem
        return connection


def _is_idle(sock: socket.socket) -> bool:
    """Whether nothing has come: all that an idle connection can say is that it was closed.

    Looked at with ``recv``: ``select`` takes no descriptor above 1,023.
    """
    sock.settimeout(0)
    try:
        sock.recv(1, socket.MSG_PEEK)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False


def _close(idle: list[http.client.HTTPConnection]) -> None:
    while idle:
        idle.pop().close()
