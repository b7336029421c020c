"""CPU of a picture: its first GET, the next one, and its thumb, over a connection that is kept."""

from __future__ import annotations

import http.client
from urllib.parse import urlsplit

from .processes import Process, fake

_PICTURES = 300


def measure() -> dict[str, float]:
    """CPU milliseconds of the server per GET: a job's first picture, the same again, its thumb."""
    with fake("--job-seconds", "0") as server:
        token = server.login("abc", "abc-secret")
        for _ in range(_PICTURES + 1):
            server.post("/jobs/create", {"content": "Shanghai cyberpunk"}, token)
        links: list[tuple[int, str, str]] = []
        cursor = 2**53 - 1
        while found := _links(server, cursor, token):
            links += found
            cursor = found[-1][0]
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
        for link in links.pop()[1:]:
            _get(connection, link)  # draws the geometry, once for all jobs
        first = again = thumb = 0.0
        for _, link, small in links:
            first += _cost(server, connection, link)
            again += _cost(server, connection, link)
            thumb += _cost(server, connection, small)
        connection.close()
        count = len(links)
        return {
            "first": first / count,
            "again": again / count,
            "thumb": thumb / count,
            "pictures": float(count),
        }


def _links(server: Process, before: int, token: str) -> list[tuple[int, str, str]]:
    """A page of (timestamp, link, thumb), newest first, once all its jobs are finished."""
    while True:
        answer = server.post("/jobs/find", {"limit": 100, "timestamp_smaller_than": before}, token)
        assert isinstance(answer, dict)
        records = answer["data"]["res"]
        if all(r["img_buffer"] for r in records):
            return [
                (int(each["timestamp"]), each["img_buffer"], each["img_thumb"]) for each in records
            ]


def _cost(server: Process, connection: http.client.HTTPConnection, link: str) -> float:
    before = server.cpu()
    _get(connection, link)
    return 1000 * (server.cpu() - before)


def _get(connection: http.client.HTTPConnection, link: str) -> None:
    connection.request("GET", urlsplit(link).path)
    answer = connection.getresponse()
    answer.read()
    if answer.status != 200:
        raise RuntimeError(f"{link}: {answer.status}")
