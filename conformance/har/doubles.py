"""Exchanges that are in a file twice: a browser writes one again for a service worker, and files
that were put together may have some in common."""

from __future__ import annotations

import hashlib

from ..traffic.seen import Seen

#: Exchanges that are compared with new ones which are a little longer or shorter.
_RECENT = 200


class Doubles:
    """Told of each exchange in the order of the file, which bounds how many there are."""

    def __init__(self) -> None:
        self._recent: dict[bytes, tuple[float, float]] = {}
        self._all: set[tuple[bytes, float, float]] = set()
        self._last = b""

    def again(self, seen: Seen, *, ours: bool) -> bool:
        """Whether the same came before: all of it is the same, at the same time.

        ``ours``: our own writer, which writes none twice, wrote it. Two that are the same and stand
        side by side have passed side by side.
        """
        request, reply = seen.request, seen.reply
        parts = request.method, request.target, request.headers, request.body, reply.body
        key = hashlib.sha256(repr(parts).encode()).digest()
        beside, self._last = self._last == key, key
        same = (key, seen.at, reply.elapsed) in self._all
        self._all.add((key, seen.at, reply.elapsed))
        if ours:
            return same and not beside
        return self._overlaps(key, seen.at, seen.at + reply.elapsed) or same

    def _overlaps(self, key: bytes, began: float, ended: float) -> bool:
        before = self._recent.get(key)
        self._recent[key] = began, ended
        if len(self._recent) > _RECENT:
            del self._recent[next(iter(self._recent))]
        return before is not None and began < before[1] and before[0] < ended
