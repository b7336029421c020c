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


def measure(finds: int = _FINDS) -> dict[int, tuple[float, float]]:
    """By the number of records found: CPU milliseconds to pass the find on, and to judge it."""
    with fake("--job-seconds", "0") as server, _proxy(server) as proxy:
        token = proxy.login("abc", "abc-secret")
        for _ in range(max(_LIMITS)):
            proxy.post("/jobs/create", {"content": "Shanghai cyberpunk"}, token)
        connection = http.client.HTTPConnection("127.0.0.1", proxy.port, timeout=60)
        found = {limit: _cost(proxy, connection, limit, token, finds) for limit in _LIMITS}
        connection.close()
        return found


def _proxy(server: Process) -> contextlib.AbstractContextManager[Process]:
    port = free_port()
    target = f"http://127.0.0.1:{server.port}"
    return running("-m", "sampan", "proxy", target, "--port", str(port), port=port)


def _cost(
    proxy: Process, connection: http.client.HTTPConnection, limit: int, token: str, finds: int
) -> tuple[float, float]:
    for _ in range(20):
        _find(connection, limit, token)
    _settle(proxy)
    passing, every = proxy.cpu(), _every_thread(proxy)
    for _ in range(finds):
        _find(connection, limit, token)
    passed = proxy.cpu() - passing
    _settle(proxy)
    judged = _every_thread(proxy) - every - passed
    return 1000 * passed / finds, 1000 * judged / finds


def _find(connection: http.client.HTTPConnection, limit: int, token: str) -> None:
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {token}"}
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
