"""The head of a request that a client sends again and again, byte for byte: a poll's, above all.

What it says was parsed once, and its parsing costs a fifth of an answer. So a connection remembers
the head that came twice in a row, and takes what begins with it for its request: the parser
stands between two messages then, and would make the same of the same bytes.
"""

from __future__ import annotations

from typing import NamedTuple

from ..http.exchange import Exchange
from ..http.types import Address

_HEAD_END = b"\r\n\r\n"


class RepeatedHead(NamedTuple):
    """A head, ``length`` bytes with its body, and the request that was parsed of it."""

    raw: bytes
    length: int
    path: str
    headers: list[tuple[bytes, bytes]]
    named: dict[bytes, bytes]
    size: int

    @classmethod
    def of(
        cls, raw: bytes, length: int, path: str, headers: list[tuple[bytes, bytes]]
    ) -> RepeatedHead:
        """The head ``raw`` of a request of ``length`` bytes, which was answered."""
        measured, named = Exchange("POST", path, headers), dict(headers)
        measured.check_size(named)
        return cls(raw, length, path, headers, named, measured.size)

    def again(self, data: bytes, scheme: str, server: Address | None) -> Exchange | None:
        """The request in ``data``, where that is this head and a body of the same length."""
        if len(data) != self.length or not data.startswith(self.raw):
            return None
        exchange = Exchange("POST", self.path, self.headers, scheme, server)
        exchange.body = data[len(self.raw) :]
        exchange.size = self.size
        return exchange


def head_of(data: bytes, body: bytes) -> bytes:
    """The head in ``data``, which began with a request that was answered, and had ``body``.

    Empty where anything else is in it, such as chunks or a second request: what follows a head is
    known by its length alone.
    """
    end = data.find(_HEAD_END) + len(_HEAD_END)
    return data[:end] if end + len(body) == len(data) else b""
