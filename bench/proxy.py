"""CPU that ``sampan proxy`` takes for a find: to pass it on, and to judge it on another thread."""

from __future__ import annotations

import contextlib
import http.client
import json
import time
from pathlib import Path

from .processes import Process, fake, free_port, running

_FINDS = 500
_LIMITS = (1, 10, 100)


#: CPU milliseconds to pass a find on, to judge one that repeats the one before, and any other.
Cost = tuple[float, float, float]


def measure(finds: int = _FINDS) -> dict[int, Cost]:
    """What a find costs, by the number of records found."""
    with fake("--job-seconds", "0") as server, _proxy(server) as proxy:
        token = proxy.login("abc", "abc-secret")
        for _ in range(max(_LIMITS)):
            proxy.post("/jobs/create", {"content": "Shanghai cyberpunk"}, token)
        connection = http.client.HTTPConnection("127.0.0.1", proxy.port, timeout=60)
        found: dict[int, Cost] = {}
        for limit in _LIMITS:
            passed, again = _cost(proxy, connection, limit, token, finds, repeats=True)
            found[limit] = passed, again, _cost(proxy, connection, limit, token, finds)[1]
        connection.close()
        return found


def _proxy(server: Process) -> contextlib.AbstractContextManager[Process]:
    port = free_port()
    target = f"http://127.0.0.1:{server.port}"
    return running("-m", "sampan", "proxy", target, "--port", str(port), port=port)


def _cost(
    proxy: Process,
    connection: http.client.HTTPConnection,
    limit: int,
    token: str,
    finds: int,
    *,
    repeats: bool = False,
) -> tuple[float, float]:
    """CPU milliseconds to pass a find on, and to judge it."""
    for _ in range(20):
        _find(connection, limit, token)
    _settle(proxy)
    passing, every = proxy.cpu(), _every_thread(proxy)
    for number in range(finds):
        _find(connection, limit, token, 0 if repeats else number)
    passed = proxy.cpu() - passing
    _settle(proxy)
    judged = _every_thread(proxy) - every - passed
    return 1000 * passed / finds, 1000 * judged / finds


def _find(connection: http.client.HTTPConnection, limit: int, token: str, number: int = 0) -> None:
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {token}"}
    headers["X-Request-Id"] = str(number)
    connection.request("POST", "/jobs/find", json.dumps({"limit": limit}).encode(), headers)
    answer = json.load(connection.getresponse())
    if len(answer["data"]["res"]) != limit:
        raise RuntimeError(f"{len(answer['data']['res'])} records, not {limit}")


def _settle(proxy: Process) -> None:
    """Wait until the judge has nothing left to do."""
    before = -1.0
    while (now := _every_thread(proxy)) - before > 0.01:
        before = now
        time.sleep(0.2)


def _every_thread(proxy: Process) -> float:
    """CPU seconds of all threads."""
    tasks = Path(f"/proc/{proxy.pid}/task").glob("*/schedstat")
    return sum(int(task.read_text().split()[0]) for task in tasks) / 1e9
