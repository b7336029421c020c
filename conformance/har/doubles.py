"""Exchanges that a browser has written twice, as it does for a service worker."""

from __future__ import annotations

import hashlib

from ..traffic.seen import Seen

#: Exchanges that are compared with new ones.
_RECENT = 200


class Doubles:
    """Told of each exchange in the order of the file."""

    def __init__(self) -> None:
        self._recent: dict[bytes, tuple[float, float]] = {}

    def again(self, seen: Seen) -> bool:
        """Whether the same came before: all of it is the same, at the same time."""
        request, reply = seen.request, seen.reply
        parts = request.method, request.target, request.headers, request.body, reply.body
        key = hashlib.sha256(repr(parts).encode()).digest()
        began, ended = seen.at, seen.at + reply.elapsed
        before = self._recent.get(key)
        self._recent[key] = began, ended
        if len(self._recent) > _RECENT:
            del self._recent[next(iter(self._recent))]
        return before is not None and began < before[1] and before[0] < ended
