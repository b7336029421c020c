"""Records are rendered once, and remembered while they can't change."""

from __future__ import annotations


class RecordCache:
    """Records that will not change any more, as JSON text: the last ones that were asked for.

    A text holds for one epoch of its account and one base of its links.
    """

    MAX = 1024

    def __init__(self) -> None:
        self._texts: dict[int, tuple[int, str, bytes]] = {}

    def get(self, id: int, epoch: int, base: str) -> bytes | None:
        """The text kept of the record of that id."""
        kept = self._texts.get(id)
        return kept[2] if kept is not None and kept[0] == epoch and kept[1] == base else None

    def keep(self, id: int, epoch: int, base: str, text: bytes) -> None:
        """Keep a text in place of the record's last; the oldest goes when there are too many."""
        if len(self._texts) >= self.MAX and id not in self._texts:
            del self._texts[next(iter(self._texts))]
        self._texts[id] = (epoch, base, text)
