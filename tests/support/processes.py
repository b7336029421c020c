"""What goes on beside a test, in other processes and threads."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path


def wait_for(holds: Callable[[], bool]) -> None:
    """Wait until it holds; fail after 30 s."""
    end = time.monotonic() + 30
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.02)


def state(pid: int) -> str:
    """``T`` of a process that is stopped, ``Z`` of one that has ended, whether or not anybody has
    waited for it."""
    try:
        found = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return "Z"
    return "Z" if found == "X" else found


def lives(pid: int) -> bool:
    """Whether there is such a process, and it has not ended."""
    return state(pid) != "Z"
