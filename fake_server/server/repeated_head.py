"""The head of a request that a client sends again and again, with one body or another.

What it says was parsed once, and its parsing costs a fifth of an answer. So a connection remembers
the head that came twice in a row, and takes what begins with it for its request: the parser
stands between two messages then, and would make the same of the same bytes.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from ..http.exchange import Exchange
from ..http.types import Address

_HEAD_END = b"\r\n\r\n"
_LENGTH = re.compile(rb"\r\ncontent-length: ?(\d+)\r\n", re.IGNORECASE)

#: A head before and after its body's length, in which alone two may differ and be the same.
Halves = tuple[bytes, bytes]


class RepeatedHead(NamedTuple):
    """A head and what was parsed of it; ``size`` is what the journal counts for it."""

    before: bytes
    after: bytes
    path: str
    headers: list[tuple[bytes, bytes]]
    named: dict[bytes, bytes]
    size: int

    @classmethod
    def of(cls, halves: Halves, path: str, headers: list[tuple[bytes, bytes]]) -> RepeatedHead:
        """The head of a request that was answered."""
        measured, named = Exchange("POST", path, headers), dict(headers)
        measured.check_size(named)
        return cls(*halves, path, headers, named, measured.size)

    def again(
        self, data: bytes, scheme: str, server: Address | None
    ) -> tuple[Exchange, dict[bytes, bytes]] | None:
        """The request in ``data`` and its headers by name, where it has this head."""
        start = len(self.before)
        end = data.find(b"\r\n", start)
        if not (data.startswith(self.before) and data.startswith(self.after, end)):
            return None
        body, length = data[end + len(self.after) :], data[start:end]
        if length != b"%d" % len(body):
            return None
        usual, headers, named = self.named[b"content-length"], self.headers, self.named
        if length != usual:
            named = {**named, b"content-length": length}
            headers = list(named.items())
        exchange = Exchange("POST", self.path, headers, scheme, server)
        exchange.body = body
        exchange.size = self.size + len(length) - len(usual)
        return exchange, named


def halves(data: bytes, body: bytes) -> Halves | None:
    """The head in ``data``, which began with a request that was answered, and had ``body``.

    ``None`` where anything else is in it, such as chunks or a second request: what follows a head
    is known by its length alone.
    """
    end = data.find(_HEAD_END) + len(_HEAD_END)
    length = _LENGTH.search(data, 0, end)
    if length is None or end + len(body) != len(data):
        return None
    return data[: length.start(1)], data[length.end(1) : end]
