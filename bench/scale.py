"""Find with a million stored jobs over a thousand accounts, beside a thousand stored jobs."""

from __future__ import annotations

import statistics
import tempfile
from pathlib import Path

from .load import load, request
from .million import fill_file
from .processes import Process, fake

_BODIES = {
    "findJobs": b'{"limit":10}',
    "by cursor": b'{"limit":10,"timestamp_smaller_than":1700000500000}',
    "by type": b'{"limit":10,"job_type":["upscale"]}',
}


def measure(accounts: int, rounds: int, seconds: float) -> dict[str, float]:
    """How many times as long a find takes with so many accounts of 1,000 jobs as with one."""
    with tempfile.TemporaryDirectory() as folder:
        small, large = Path(folder, "small.db"), Path(folder, "large.db")
        fill_file(small, 1, upscales=True)
        fill_file(large, accounts, upscales=True)
        with fake("--data", str(small)) as few, fake("--data", str(large)) as many:
            return {
                name: _ratio(few, many, body, rounds, seconds) for name, body in _BODIES.items()
            }


def _ratio(few: Process, many: Process, body: bytes, rounds: int, seconds: float) -> float:
    ratios = []
    for _ in range(rounds):
        base, other = (_rate(process, body, seconds) for process in (few, many))
        ratios.append(base / other)
    return statistics.median(ratios)


def _rate(process: Process, body: bytes, seconds: float) -> float:
    token = process.login("user0", "secret")
    measured = load(process.port, request(process.port, "/jobs/find", body, token), seconds)
    if b'"total":1000' not in measured.answer and b'"total":500' not in measured.answer:
        raise RuntimeError(f"not the jobs that were stored: {measured.answer[-100:]!r}")
    return measured.rate
