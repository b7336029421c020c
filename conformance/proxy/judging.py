"""Those who look at what passed, on a thread of their own: traffic never waits for them."""

from __future__ import annotations

import queue
import threading
import traceback
from collections.abc import Callable, Sequence

from ..traffic.seen import Seen
from .record import Record

#: The most exchanges that wait; their bodies are bounded by ``record.MAX_HELD``.
_WAITING = 10_000


class Observers:
    """Hands each exchange to all ``observers``, in the order in which the exchanges ended.

    ``missed`` counts exchanges nobody was shown: too many waited, or a body was too large.
    ``faults`` are those of the observers themselves: one line each, the first few.
    """

    def __init__(self, observers: Sequence[Callable[[Seen], object]]) -> None:
        self._observers = observers
        self._queue: queue.Queue[Record | None] = queue.Queue(_WAITING)
        self._thread = threading.Thread(target=self._run, name="sampan-judge", daemon=True)
        self._thread.start()
        self.missed = 0
        self.faults: list[str] = []

    def add(self, record: Record) -> None:
        """Never waits."""
        if not record.whole:
            self.missed += 1
            record.discard()
            return
        try:
            self._queue.put_nowait(record)
        except queue.Full:
            self.missed += 1
            record.discard()

    def close(self) -> None:
        """Return when all that waits has been looked at."""
        self._queue.put(None)
        self._thread.join()

    def _run(self) -> None:
        while (record := self._queue.get()) is not None:
            try:
                seen = record.seen()
                for observe in self._observers:
                    observe(seen)
            except Exception as fault:
                # One exchange that we can't judge must not end the judging of all others.
                self._note(fault)
            finally:
                record.discard()

    def _note(self, fault: Exception) -> None:
        if not self.faults:
            traceback.print_exception(fault)
        if len(self.faults) < 5:
            self.faults.append(f"fault of the kit: {type(fault).__name__}")
