"""Finds that repeat the one before, byte for byte, as clients that poll send them.

Nothing new can be seen in them but how long it lasts, so the first few are judged, and of all that
follow the last, for all of them. Pure.
"""

from __future__ import annotations

from ..http.connection import Reply
from .seen import Seen

#: Rules count looks up to this (``rules/finds.py``): so many are judged before any is held back.
_JUDGED = 4
#: The most that are held back, so that a finding is told while its cause is fresh.
_HELD = 50
#: What differs between answers that say the same.
_CHANGING = frozenset({"date", "age", "x-request-id"})


class Repeats:
    """What is held back of a run of exchanges that say the same."""

    def __init__(self) -> None:
        self._first: Seen | None = None
        self._judged = 0
        self._last: Seen | None = None
        self._held = 0

    def holds_back(self, seen: Seen) -> bool:
        """Whether ``seen`` need not be judged yet; if it is, what is :meth:`taken` comes first."""
        if self._judged < _JUDGED or self._held >= _HELD or not self._repeats(seen):
            return False
        self._last, self._held = seen, self._held + 1
        return True

    def taken(self) -> tuple[Seen | None, int]:
        """The last one that was held back, if any, and how many it stands for."""
        taken, self._last, self._held = (self._last, self._held), None, 0
        return taken

    def was_judged(self, seen: Seen, *, is_find: bool) -> None:
        """``is_find``: whether it is a find that was answered, which alone may be held back."""
        if not is_find:
            self._first = None
        elif self._repeats(seen):
            self._judged += 1
        else:
            self._first, self._judged = seen, 1

    def _repeats(self, seen: Seen) -> bool:
        return self._first is not None and _same(self._first, seen)


def _same(one: Seen, other: Seen) -> bool:
    return (
        one.request == other.request
        and one.reply.body == other.reply.body
        and other.reply.failure is None
        and one.reply.status == other.reply.status
        and _lasting(one.reply) == _lasting(other.reply)
    )


def _lasting(reply: Reply) -> list[tuple[str, str]]:
    return [one for one in reply.headers if one[0] not in _CHANGING]
