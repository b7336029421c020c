"""Records are rendered once, and cached when they can no longer change."""

from __future__ import annotations


class RecordCache:
    """The JSON of the latest records that can no longer change, by the record's id.

    A text is valid for one epoch of its account and one base URL of its links.
    """

    MAX = 1024

    def __init__(self) -> None:
        self._texts: dict[int, tuple[int, str, bytes]] = {}

    def get(self, id: int, epoch: int, base: str) -> bytes | None:
        """A record's text; ``None`` if none is valid for this epoch and base."""
        entry = self._texts.get(id)
        return entry[2] if entry is not None and entry[:2] == (epoch, base) else None

    def keep(self, id: int, epoch: int, base: str, text: bytes) -> None:
        """Store a record's text in place of its last; beyond :attr:`MAX` the oldest is dropped."""
        if len(self._texts) >= self.MAX and id not in self._texts:
            del self._texts[next(iter(self._texts))]
        self._texts[id] = (epoch, base, text)
