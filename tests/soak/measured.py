"""The server under load, as the system sees it, and what is measured beside a bound."""

from __future__ import annotations

import asyncio
import os
from dataclasses import dataclass
from pathlib import Path

from bench.processes import Process


@dataclass(frozen=True, slots=True)
class Row:
    """A figure of the table; ``bound`` is ``None`` where there is none to keep.

    ``wanted`` is what it should have come to, which the table says where it has not.
    """

    name: str
    value: float
    unit: str
    bound: float | None = None
    wanted: float | None = None

    @property
    def is_breach(self) -> bool:
        return self.bound is not None and self.value > self.bound

    def __str__(self) -> str:
        bound = "" if self.bound is None else f"at most {self.bound:,.1f}"
        verdict = "BREACH" if self.is_breach else ""
        if self.wanted is not None:
            bound = f"of {self.wanted:,.0f}"
            verdict = "FEWER THAN ASKED" if self.value < self.wanted else ""
        return f"  {self.name:46}{self.value:>12,.1f} {self.unit:5}{bound:20}{verdict}".rstrip()


def descriptors(server: Process) -> int:
    """How many the server has open."""
    return len(os.listdir(Path("/proc") / str(server.pid) / "fd"))


class Peak:
    """The most memory (MB) that a server had while this was entered."""

    def __init__(self, server: Process) -> None:
        self._server = server
        self.megabytes = server.memory()

    async def __aenter__(self) -> Peak:
        self._task = asyncio.create_task(self._watch())
        return self

    async def __aexit__(self, *_: object) -> None:
        self._task.cancel()
        self.megabytes = max(self.megabytes, self._server.memory())

    async def _watch(self) -> None:
        while True:
            self.megabytes = max(self.megabytes, self._server.memory())
            await asyncio.sleep(0.1)
