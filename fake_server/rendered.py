"""Records are rendered once, and remembered while they can't change."""

from __future__ import annotations


class Rendered:
    """Records that will not change any more, as JSON text: the last ones that were asked for.

    A key is (record id, epoch of its account, base of its links).
    """

    MOST = 1024

    def __init__(self) -> None:
        self._texts: dict[tuple[int, int, str], bytes] = {}

    def get(self, key: tuple[int, int, str]) -> bytes | None:
        """The text kept under ``key``."""
        return self._texts.get(key)

    def keep(self, key: tuple[int, int, str], text: bytes) -> None:
        """Keep a text; the oldest goes when there are too many."""
        if len(self._texts) >= self.MOST:
            del self._texts[next(iter(self._texts))]
        self._texts[key] = text
