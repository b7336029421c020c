"""Requests per second of createJob and findJobs beside a bare route, round after round."""

from __future__ import annotations

import statistics
from collections.abc import Iterator
from dataclasses import dataclass

from .load import load, request
from .processes import Process, bare, fake

_FIND = b'{"limit":10}'
_ACCOUNTS = ("--account", "reader:secret", "--account", "writer:secret")
_CREATE = b'{"content":"Shanghai cyberpunk"}'


@dataclass(frozen=True, slots=True)
class Row:
    """Medians over the rounds; ``ratio`` is the median of each round's own."""

    name: str
    rate: float
    ratio: float
    low: float
    high: float
    micros: float


def measure(rounds: int, seconds: float) -> Iterator[Row]:
    """A row for the bare route, and one for each operation, quick, not quick, and logged."""
    with (
        fake("--job-seconds", "0", *_ACCOUNTS) as quick,
        fake("--job-seconds", "0", "--no-fast", *_ACCOUNTS) as slow,
        fake("--job-seconds", "0", "--log", *_ACCOUNTS) as logged,
        bare(100) as small,
        bare(22_000) as large,
    ):
        cases = {
            "bare route": (small, request(small.port, "/", _CREATE)),
            "bare, 22 kB": (large, request(large.port, "/", _FIND)),
            **_operations(quick, ""),
            **_operations(slow, ", --no-fast"),
            **_operations(logged, ", --log"),
        }
        found: dict[str, list[tuple[float, float]]] = {name: [] for name in cases}
        for _ in range(rounds):
            for name, (process, sent) in cases.items():
                found[name].append(_once(process, sent, seconds))
    yardstick = [rate for rate, _ in found["bare route"]]
    for name, samples in found.items():
        ratios = [rate / bare for (rate, _), bare in zip(samples, yardstick, strict=True)]
        rate = statistics.median(rate for rate, _ in samples)
        micros = statistics.median(micros for _, micros in samples)
        yield Row(name, rate, statistics.median(ratios), min(ratios), max(ratios), micros)


def _operations(server: Process, suffix: str) -> dict[str, tuple[Process, bytes]]:
    """What is asked of a fake, the finds of an account with 1,000 jobs."""
    token, writer = server.login("reader", "secret"), server.login("writer", "secret")
    for _ in range(1000):
        server.post("/jobs/create", {"content": "Shanghai cyberpunk"}, token)
    return {
        f"findJobs{suffix}": (server, request(server.port, "/jobs/find", _FIND, token)),
        f"createJob{suffix}": (server, request(server.port, "/jobs/create", _CREATE, writer)),
    }


def _once(process: Process, sent: bytes, seconds: float) -> tuple[float, float]:
    """Requests per second, and CPU microseconds of the server per request."""
    before = process.cpu()
    measured = load(process.port, sent, seconds)
    if b'"errno":0' not in measured.answer:
        raise RuntimeError(f"not a success: {measured.answer[:300]!r}")
    used = process.cpu() - before
    return measured.rate, 1e6 * used / (measured.rate * seconds)
