"""What a fake has acknowledged, and what may be true of a change that a kill cut short."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable
from typing import Any, TypeVar

from sampan import Disconnected, Unreachable

_Answer = TypeVar("_Answer")

#: Kind of fact, then what it is about.
Key = tuple[str, Hashable]


class KilledError(Exception):
    """The fake was killed under the change: nobody knows whether it was made."""


class Facts:
    """The values that each fact may have: one, or two where the last change was not acknowledged.

    Safe to use from several threads, each of which changes facts of its own.
    """

    def __init__(self) -> None:
        self.may_be: dict[Key, list[Any]] = {}
        self.acknowledged = 0
        #: Set when nothing more is to be changed in this round.
        self.over = threading.Event()
        self._lock = threading.Condition()

    def change(self, key: Key, value: Any, make: Callable[[], _Answer]) -> _Answer:
        """Make a change. Raises :class:`KilledError` if its answer was lost."""
        before = self.may_be.get(key, [None])
        with self._lock:
            self.may_be[key] = [*before, value]
        try:
            answer = make()
        except (Disconnected, Unreachable) as lost:
            raise KilledError from lost
        with self._lock:
            self.may_be[key] = [value]
            self._count()
        return answer

    def learn(self, key: Key, value: Any) -> None:
        """Something is so, which only the answer could tell."""
        with self._lock:
            self.may_be[key] = [value]
            self._count()

    def wait_for(self, count: int) -> bool:
        """Wait until so many changes are acknowledged in all; ``False`` after a minute."""
        with self._lock:
            return self._lock.wait_for(lambda: self.acknowledged >= count, timeout=60)

    def _count(self) -> None:
        self.acknowledged += 1
        self._lock.notify_all()

    def settle(self, key: Key, value: Any) -> bool:
        """Whether ``value``, as it was found, can be; from now on it is."""
        possible = value in self.may_be[key]
        if possible:
            self.may_be[key] = [value]
        return possible
