"""CPU of a picture: its first GET, and the next ones, over HTTP and in the drawing alone."""

from __future__ import annotations

import urllib.request
from collections.abc import Callable

from .processes import Process, fake

_PICTURES = 300


def measure() -> dict[str, float]:
    """CPU milliseconds of the server per GET: of a job's first picture, and of the same again."""
    with fake("--job-seconds", "0") as server:
        token = server.login("abc", "abc-secret")
        for _ in range(_PICTURES + 1):
            server.post("/jobs/create", {"content": "Shanghai cyberpunk"}, token)
        links: list[tuple[int, str]] = []
        cursor = 2**53 - 1
        while found := _links(server, cursor, token):
            links += found
            cursor = found[-1][0]
        _get(links.pop()[1])
        first = _cost(server.cpu, links)
        again = _cost(server.cpu, links)
        return {"first": first, "again": again, "pictures": float(len(links))}


def _links(server: Process, before: int, token: str) -> list[tuple[int, str]]:
    """A page of (timestamp, link), newest first, once all its jobs are finished."""
    while True:
        answer = server.post("/jobs/find", {"limit": 100, "timestamp_smaller_than": before}, token)
        assert isinstance(answer, dict)
        records = answer["data"]["res"]
        if all(record["img_buffer"] for record in records):
            return [(int(record["timestamp"]), record["img_buffer"]) for record in records]


def _cost(cpu: Callable[[], float], links: list[tuple[int, str]]) -> float:
    before = cpu()
    for _, link in links:
        _get(link)
    return 1000 * (cpu() - before) / len(links)


def _get(link: str) -> bytes:
    with urllib.request.urlopen(link, timeout=30) as answer:
        body: bytes = answer.read()
        return body
