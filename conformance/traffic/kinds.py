"""How often each kind of something came, within bounds, for a line of the report."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from ..json_access import printable

#: Kinds that are told apart, and that the report names.
_KINDS, _NAMED = 100, 5
#: Characters of one.
_LENGTH = 200


@dataclass(slots=True)
class Kinds:
    """``str`` of it: the most frequent, each with how often it came, and how many were others."""

    _counts: Counter[str] = field(default_factory=Counter)
    _others: int = 0

    def add(self, kind: str) -> None:
        kind = kind[:_LENGTH]
        if kind in self._counts or len(self._counts) < _KINDS:
            self._counts[kind] += 1
        else:
            self._others += 1

    @property
    def total(self) -> int:
        return self._counts.total() + self._others

    def __str__(self) -> str:
        named = self._counts.most_common(_NAMED)
        rest = self.total - sum(times for _, times in named)
        parts = [f"{times} × {kind}" for kind, times in named]
        return printable(", ".join([*parts, f"{rest} × others"] if rest else parts))
