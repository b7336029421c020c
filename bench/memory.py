"""Resident memory after the start, and what 10,000 jobs add."""

from __future__ import annotations

from .load import load, request
from .processes import Process, fake

_JOBS = 10_000


def measure() -> dict[str, float]:
    """Megabytes: ``start`` after the first login, ``jobs`` what 10,000 of them add."""
    with fake("--job-seconds", "0") as server:
        token = server.login("abc", "abc-secret")
        start = server.memory()
        _submit(server, token)
        after = server.memory()
        server.post("/jobs/find", {"limit": 100}, token)
        return {"start": start, "jobs": after - start, "found": server.memory() - after}


def _submit(server: Process, token: str) -> None:
    """Submit at full speed until there are 10,000, and forget how fast it was."""
    sent = request(server.port, "/jobs/create", b'{"content":"Shanghai cyberpunk"}', token)
    total = 0
    while total < _JOBS:
        load(server.port, sent, 0.2, connections=4)
        answer = server.post("/jobs/find", {"limit": 1}, token)
        assert isinstance(answer, dict)
        total = answer["data"]["total"]
    if total > 1.3 * _JOBS:
        raise RuntimeError(f"{total} jobs were submitted, which says nothing of {_JOBS}")
