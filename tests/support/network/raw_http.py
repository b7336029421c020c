"""HTTP byte by byte: what clients send that do not keep to it."""

from __future__ import annotations

import json
import select
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Protocol

#: A test waits this long (s) for an answer before it fails; none is ever so slow.
_HANG = 20.0


@dataclass(frozen=True)
class Heard:
    """An answer: its status, headers by their names in lower case, and body."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def errno(self) -> int:
        """The errno of the envelope, which there must be."""
        assert self.headers["content-type"] == "application/json", self
        found: int = json.loads(self.body)["errno"]
        return found


class Wire:
    """A connection, byte by byte."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=_HANG)
        self._held = b""

    def send(self, data: bytes) -> None:
        self.socket.sendall(data)

    def _until(self, end: bytes) -> bytes:
        while end not in self._held:
            more = self.socket.recv(65_536)
            assert more, f"the connection was dropped after {self._held!r}"
            self._held += more
        found, _, self._held = self._held.partition(end)
        return found

    def hear(self, *, body: bool = True) -> Heard:
        """The next answer; ``body`` False for one to a HEAD."""
        status, *lines = self._until(b"\r\n\r\n").decode("latin-1").split("\r\n")
        headers = {
            name.lower(): value.strip() for name, _, value in (x.partition(":") for x in lines)
        }
        length = int(headers.get("content-length", "0")) if body else 0
        while len(self._held) < length:
            more = self.socket.recv(65_536)
            assert more, "the connection was dropped in a body"
            self._held += more
        text, self._held = self._held[:length], self._held[length:]
        return Heard(int(status.split()[1]), headers, text)

    def is_closed(self) -> bool:
        """Whether the fake has closed in good order; waits for it, and raises on a reset."""
        return self.socket.recv(1) == b""

    def has_answer(self) -> bool:
        """Whether there is something to read now."""
        return bool(select.select([self.socket], [], [], 0)[0])


class HasPort(Protocol):
    """A server on this machine."""

    @property
    def port(self) -> int: ...


@contextmanager
def connected(served: HasPort) -> Iterator[Wire]:
    wire = Wire(served.port)
    try:
        yield wire
    finally:
        wire.socket.close()


def request(
    path: str, body: bytes, token: str = "", *, extra: str = "", version: str = "1.1"
) -> bytes:
    """A POST; ``extra`` are header lines, each with its line end."""
    bearer = f"Authorization: Bearer {token}\r\n" if token else ""
    length = "" if "Transfer-Encoding" in extra else f"Content-Length: {len(body)}\r\n"
    head = f"POST {path} HTTP/{version}\r\nHost: fake.test\r\n{bearer}{length}{extra}\r\n"
    return head.encode() + body


def still_usable(wire: Wire, token: str) -> bool:
    """Whether the connection takes another request."""
    wire.send(request("/jobs/find", b"{}", token))
    return wire.hear().errno == 0


def chunk(data: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(data), data)


CHUNKED = "Transfer-Encoding: chunked\r\n"
