"""Command to first answered request, beside a bare uvicorn + starlette application."""

from __future__ import annotations

import statistics
import time
import urllib.request

from .processes import free_port, running


def measure(rounds: int) -> dict[str, float]:
    """Median milliseconds by name, and ``ratio``, the median of each round's own."""
    bare, fake = [], []
    for _ in range(rounds):
        bare.append(_start("-m", "bench.bare", "{port}", "100", path="/"))
        fake.append(_start("-m", "sampan", "serve", "--port", "{port}", path="/auth/login"))
    ratios = [ours / theirs for ours, theirs in zip(fake, bare, strict=True)]
    return {
        "bare": 1000 * statistics.median(bare),
        "fake": 1000 * statistics.median(fake),
        "ratio": statistics.median(ratios),
    }


def _start(*command: str, path: str) -> float:
    port = free_port()
    arguments = [word.replace("{port}", str(port)) for word in command]
    start = time.perf_counter()
    with running(*arguments, port=port):
        _ask(port, path)
        return time.perf_counter() - start


def _ask(port: int, path: str) -> None:
    body = b'{"username":"abc","password":"abc-secret"}'
    urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", body, timeout=30).read()
