"""What is killed under the load: the fake's one process, or workers while the others go on."""

from __future__ import annotations

import os
import random
import signal
import time
from pathlib import Path
from typing import Protocol

from tests.support.fakes import Served
from tests.support.stores import postgres


class Target(Protocol):
    """A fake that is killed round after round."""

    def begin(self) -> str:
        """Have it run whole; its address."""

    def kill(self) -> None:
        """Kill -9 of some of it."""

    def close(self) -> str:
        """End it; what it wrote to stderr."""


class OneProcess:
    """A fake with a data file of its own, started anew for each round."""

    def __init__(self, data: Path) -> None:
        self._data = data
        self._served: Served | None = None

    def begin(self) -> str:
        """Start it."""
        self._served = Served("--data", str(self._data))
        return self._served.url

    def kill(self) -> None:
        """All there is of it."""
        if self._served is not None:
            self._served.process.kill()
            self._served.process.communicate(timeout=20)
            self._served = None

    def close(self) -> str:
        """Nothing of it is left."""
        self.kill()
        return ""


class Workers:
    """Processes on one port and one database or file, of which some are killed, or all."""

    def __init__(self, count: int, data: str, seed: int) -> None:
        self._count = count
        self._drawn = random.Random(seed)
        self._served = Served("--workers", str(count), "--data", data)
        self._killed: set[int] = set()

    def begin(self) -> str:
        """Wait until those that were killed are started again."""
        end = time.monotonic() + 30
        while len(self._running() - self._killed) < self._count:
            if time.monotonic() > end:
                raise RuntimeError("a worker that was killed is not started again")
            time.sleep(0.05)
        return self._served.url

    def kill(self) -> None:
        """One at least."""
        running = sorted(self._running())
        for pid in self._drawn.sample(running, self._drawn.randint(1, len(running))):
            os.kill(pid, signal.SIGKILL)
            self._killed.add(pid)

    def close(self) -> str:
        """End it as an operator does."""
        return self._served.stop()

    def _running(self) -> set[int]:
        pid = self._served.process.pid
        text = Path(f"/proc/{pid}/task/{pid}/children").read_text()
        return {int(each) for each in text.split()}


def target(workers: int, data: str, folder: Path, seed: int) -> Target:
    """``data`` is ``file`` or ``postgres``; ``RuntimeError`` where there is no PostgreSQL."""
    file = folder / "sampan.db"
    if data == "file":
        return OneProcess(file) if workers == 1 else Workers(workers, str(file), seed)
    reason = postgres.why_not()
    if reason is not None:
        raise RuntimeError(reason)
    return Workers(max(workers, 2), postgres.server().url().secret, seed)
