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
    """A head and what was parsed of it; ``size`` is what the journal counts for it.

    ``raw`` is the whole head as it came last, and ``length`` how long it was with its body.
    """

    halves: Halves
    raw: bytes
    length: int
    path: str
    headers: list[tuple[bytes, bytes]]
    named: dict[bytes, bytes]
    size: int

    @classmethod
    def of(cls, halves: Halves, path: str, named: dict[bytes, bytes]) -> RepeatedHead:
        """The head of a request that was answered."""
        headers, length = list(named.items()), named[b"content-length"]
        measured, raw = Exchange("POST", path, headers), length.join(halves)
        measured.check_size(named)
        return cls(halves, raw, len(raw) + int(length), path, headers, named, measured.size)

    def fitting(self, data: bytes) -> RepeatedHead | None:
        """The same head as it stands in ``data``, with the length of the body there."""
        if len(data) == self.length and data.startswith(self.raw):
            return self
        before, after = self.halves
        end = data.find(b"\r\n", len(before))
        if not (data.startswith(before) and data.startswith(after, end)):
            return None
        length = data[len(before) : end]
        if length != b"%d" % (len(data) - end - len(after)):
            return None
        return self.of(self.halves, self.path, {**self.named, b"content-length": length})

    def again(self, data: bytes, scheme: str, server: Address | None) -> Exchange:
        """The request in ``data``, which this head fits."""
        exchange = Exchange("POST", self.path, self.headers, scheme, server)
        exchange.body = data[len(self.raw) :]
        exchange.size = self.size
        return exchange


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
