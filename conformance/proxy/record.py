"""Copies of what passes, within a bound, and what the judge is shown of them."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field

from ..http.connection import REDIRECTS, Failure, Reply, Request
from ..http.content_coding import CodingError, TooLargeError, unpacked
from ..traffic.seen import Seen
from .fields import Fields, values

#: The most bytes of one body that are kept: of a picture, as the kit itself takes it.
MAX_BODY = 32 * 1024 * 1024
#: What comes in the place of a picture.
_IN_ITS_PLACE = (*REDIRECTS, 404, 410)
#: The most bytes of all bodies that are under way or wait for the judge.
MAX_HELD = 256 * 1024 * 1024


class Store:
    """How many bytes of copies there may still be; safe to use from threads."""

    def __init__(self, size: int = MAX_HELD) -> None:
        self._left = size
        self._lock = threading.Lock()

    def take(self, count: int) -> bool:
        """Whether there was room."""
        with self._lock:
            fits = count <= self._left
            self._left -= count if fits else 0
        return fits

    def give(self, count: int) -> None:
        with self._lock:
            self._left += count


class Copy:
    """The bytes of one body; ``whole`` unless they are too many, or not all of them came."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._parts: list[bytes] = []
        self.size = 0
        self.whole = True

    def add(self, data: bytes) -> None:
        """Keep these, too, if there is room."""
        if not self.whole:
            return
        if self.size + len(data) > MAX_BODY or not self._store.take(len(data)):
            self.cut()
            return
        self._parts.append(data)
        self.size += len(data)

    def cut(self) -> None:
        """There is more than this, which nobody will see."""
        self.whole = False
        self.discard()

    def discard(self) -> None:
        """Give the room back."""
        self._store.give(self.size)
        self._parts, self.size = [], 0

    def bytes(self) -> bytes:
        return b"".join(self._parts)


@dataclass(slots=True)
class Record:
    """One exchange while it passes. ``at`` in seconds since the epoch."""

    method: str
    url: str
    request_fields: Fields
    at: float
    request: Copy
    answer: Copy
    status: int = 0
    answer_fields: Fields = field(default_factory=list)
    failure: Failure | None = None
    detail: str = ""
    sent: bool = False
    elapsed: float = 0.0
    peer: str = ""

    @property
    def whole(self) -> bool:
        """Whether both copies are."""
        return self.request.whole and self.answer.whole

    def is_picture(self) -> bool:
        """Whether a GET brought one, by what the server calls it, or what comes in the place of
        one: the way to it, or that there is none."""
        kinds = values(self.answer_fields, b"content-type")
        found = any(kind.startswith(b"image/") for kind in kinds)
        return self.method == "GET" and (found or self.status in _IN_ITS_PLACE)

    def discard(self) -> None:
        self.request.discard()
        self.answer.discard()

    def seen(self) -> Seen:
        """For the judge; content codings are undone here, since that takes time."""
        request = Request(self.method, self.url, _texts(self.request_fields), self._request_body())
        failure, detail = self.failure, self.detail
        headers = tuple((name.lower(), value) for name, value in _texts(self.answer_fields))
        body = self.answer.bytes()
        if failure is None:
            body, failure, detail = _without_coding(body, self.answer_fields)
        took, peer = self.elapsed, self.peer
        reply = Reply(self.status, headers, body, failure, detail, self.sent, took, peer)
        return Seen(request, reply, self.at)

    def _request_body(self) -> bytes:
        body = self.request.bytes()
        plain, failure, _ = _without_coding(body, self.request_fields)
        return body if failure is not None else plain


_FAILURES: Mapping[type[Exception], Failure] = {
    CodingError: Failure.CODING,
    TooLargeError: Failure.TOO_LARGE,
}


def _without_coding(body: bytes, fields: Fields) -> tuple[bytes, Failure | None, str]:
    coding = b",".join(values(fields, b"content-encoding")).decode("latin-1")
    if coding in ("", "identity") or not body:
        return body, None, ""
    try:
        return unpacked(body, coding, MAX_BODY), None, ""
    except (CodingError, TooLargeError) as problem:
        return body, _FAILURES[type(problem)], str(problem)


def _texts(fields: Fields) -> tuple[tuple[str, str], ...]:
    return tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in fields)
