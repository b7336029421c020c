"""Writes lines to a file descriptor from a thread of its own: whoever logs never waits.

A terminal or a pipe that nobody reads holds up the thread alone. Lines wait for it, as many as fit;
of those beyond that, a line says how many there were.
"""

from __future__ import annotations

import os
import select
import threading
from collections import deque
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext

#: As many lines wait at most: a few seconds of the fastest clients.
MAX_WAITING = 10_000
#: Lines are written together, this often at most (in seconds): a write for each would wake the
#: thread, which costs as much as the request.
_PAUSE = 0.05
#: How long the end of the process waits for what is not written yet, in seconds.
_LAST = 1.0


class LineWriter:
    """Lines to ``descriptor``. A reader that has gone is no error: the rest is dropped.

    ``turn`` keeps other processes from writing at the same time.
    """

    def __init__(
        self,
        descriptor: int,
        encoding: str = "utf-8",
        most: int = MAX_WAITING,
        turn: Callable[[], AbstractContextManager[None]] = nullcontext,
    ) -> None:
        self._descriptor, self._encoding, self._most = descriptor, encoding, most
        self._turn = turn
        self._lines: deque[str] = deque()
        self._lost = 0
        self._some = threading.Event()
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run, name="sampan-log", daemon=True)
        self._thread.start()

    def write(self, line: str) -> None:
        """Have a line written soon."""
        if len(self._lines) >= self._most:
            self._lost += 1
            return
        self._lines.append(line)
        if not self._some.is_set():
            self._some.set()

    def close(self) -> None:
        """Write what is left, unless nobody reads it."""
        self._ending.set()
        self._some.set()
        self._thread.join(_LAST)

    def _run(self) -> None:
        ending = False
        while not ending:  # what comes before the end is taken by one more round
            self._some.wait()
            ending = self._ending.wait(_PAUSE)
            self._some.clear()
            try:
                taken = self._taken()
                if taken:
                    with self._turn():
                        self._put(taken)
            except OSError:  # nobody reads, and nobody will
                self._most = 0
                self._lines.clear()
                return

    def _taken(self) -> bytes:
        """Everything that waits."""
        lines = [self._lines.popleft() for _ in range(len(self._lines))]
        lost, self._lost = self._lost, 0
        if lost:
            lines.append(f"sampan: {lost} requests are not in this log: it was read too slowly")
        return "".join(f"{line}\n" for line in lines).encode(self._encoding, "backslashreplace")

    def _put(self, data: bytes) -> None:
        while data:
            try:
                data = data[os.write(self._descriptor, data) :]
            except BlockingIOError:  # somebody else made it so
                select.select([], [self._descriptor], [])
