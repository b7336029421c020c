"""Records are rendered once, and cached when they can no longer change."""

from __future__ import annotations

from collections.abc import Iterable


class RecordCache:
    """The JSON of the latest records that can no longer change, by the record's id.

    A text is valid for one epoch of its account and one base URL of its links.
    """

    MAX = 1024

    def __init__(self) -> None:
        self._texts: dict[int, tuple[tuple[int, str], bytes]] = {}

    def get(self, ids: Iterable[int], epoch: int, base: str) -> dict[int, bytes | None]:
        """The records' texts by id; ``None`` where none is valid for this epoch and base."""
        texts, valid = self._texts, (epoch, base)
        found: dict[int, bytes | None] = {}
        for id in ids:
            entry = texts.get(id)
            found[id] = None if entry is None or entry[0] != valid else entry[1]
        return found

    def keep(self, id: int, epoch: int, base: str, text: bytes) -> None:
        """Store a record's text in place of its last; beyond :attr:`MAX` the oldest is dropped."""
        if len(self._texts) >= self.MAX and id not in self._texts:
            del self._texts[next(iter(self._texts))]
        self._texts[id] = ((epoch, base), text)
