"""Those who look at what passed, on a thread of their own: traffic never waits for them."""

from __future__ import annotations

import queue
import threading
import traceback
from collections.abc import Callable, Sequence

from ..har.document import HarError
from ..traffic.seen import Seen
from .record import Record

#: The most exchanges that wait; their bodies are bounded by ``record.MAX_HELD``.
_WAITING = 10_000
#: So many faults of observers are told.
_FAULTS = 5


class Observers:
    """Hands each exchange to all ``observers``, in the order in which the exchanges ended.

    ``missed`` counts exchanges nobody was shown: too many waited, or a body was too large, or
    nobody wanted to wait any longer for the end.
    ``faults`` are those of the observers themselves, a line each.
    """

    def __init__(self, observers: Sequence[Callable[[Seen], object]]) -> None:
        self._observers = observers
        self._queue: queue.Queue[Record | Seen | None] = queue.Queue(_WAITING)
        self._given_up = threading.Event()
        self._counting = threading.Lock()
        self._thread = threading.Thread(target=self._run, name="sampan-observers", daemon=True)
        self._thread.start()
        self.missed = 0
        self.faults: list[str] = []

    def add(self, record: Record) -> None:
        """Never waits."""
        if not record.whole or not self._put(record):
            self._miss()
            record.discard()

    def add_seen(self, seen: Seen) -> None:
        """An exchange that did not pass through the proxy."""
        if not self._put(seen):
            self._miss()

    def close(self) -> None:
        """Return when all that waits has been looked at, or after :meth:`give_up`."""
        self._queue.put(None)
        self._thread.join()

    def give_up(self) -> None:
        """Look at nothing more."""
        self._given_up.set()

    @property
    def waiting(self) -> int:
        """About how many exchanges wait."""
        return self._queue.qsize()

    def _put(self, item: Record | Seen) -> bool:
        try:
            self._queue.put_nowait(item)
        except queue.Full:
            return False
        return True

    def _run(self) -> None:
        while (item := self._queue.get()) is not None:
            if self._given_up.is_set():
                self._miss()
            else:
                self._show(item)
            if isinstance(item, Record):
                item.discard()

    def _show(self, item: Record | Seen) -> None:
        """One exchange that we can't judge must not end the judging of all others."""
        try:
            seen = item if isinstance(item, Seen) else item.seen()
        except Exception as fault:
            self._note_fault(fault, "an exchange")
            return
        for observe in self._observers:
            try:
                observe(seen)
            except HarError as problem:  # it is raised once
                self._note(str(problem))
            except Exception as fault:
                self._note_fault(fault, seen.request.method)

    def _miss(self) -> None:
        with self._counting:
            self.missed += 1

    def _note_fault(self, fault: Exception, where: str) -> None:
        """Not its text, which may quote what passed."""
        if not self.faults:
            traceback.print_tb(fault.__traceback__)
        self._note(f"fault of the kit: {type(fault).__name__} at {where}")

    def _note(self, line: str) -> None:
        if len(self.faults) < _FAULTS:
            self.faults.append(line)
