"""What a message that was cut short still tells of a secret: its beginning, or its end."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable

#: So much of a secret is a secret too.
TELLING = 6


class Beginnings:
    """Texts that are looked up by what they begin with, however many of them begin alike."""

    def __init__(self, texts: Iterable[str]) -> None:
        self._sorted = sorted(one for one in texts if len(one) >= TELLING)
        self._firsts = {one[:TELLING] for one in self._sorted}
        self._longest = max(map(len, self._sorted), default=0)

    def firsts(self, text: str) -> list[str]:
        """Those first characters of them that are somewhere in ``text``."""
        return [one for one in self._firsts if one in text]

    def overlap(self, text: str, firsts: Iterable[str]) -> int:
        """How many of the last characters of ``text`` one of them begins with; 0 if that tells
        nothing. ``firsts``: see above."""
        text = text[-self._longest :]
        found = (at for first in firsts if (at := self._at(text, first)) >= 0)
        return len(text) - min(found, default=len(text))

    def _at(self, text: str, first: str) -> int:
        at = text.find(first)
        while at >= 0 and not self._begins(text[at:]):
            at = text.find(first, at + 1)
        return at

    def _begins(self, part: str) -> bool:
        at = bisect_left(self._sorted, part)
        return at < len(self._sorted) and self._sorted[at].startswith(part)
