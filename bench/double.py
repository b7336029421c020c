"""The fake in a test's thread, beside a bare uvicorn in a thread; sandboxes, resets, the plugin."""

from __future__ import annotations

import http.client
import json
import socket
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable
from typing import Any

import uvicorn

from sampan import FakeServer

Seconds = tuple[float, float]


def measure(rounds: int) -> dict[str, float]:
    """Medians in milliseconds by name; ``... bare`` is the yardstick's of the same rounds.

    ``first`` is the first start in a process that has imported everything, ``start`` and ``stop``
    those that follow.
    """
    fresh = [_fresh() for _ in range(rounds)]
    pairs = [(_fake(), _bare()) for _ in range(rounds)]
    found = {
        "first": _median(pair["fake"] for pair in fresh),
        "first bare": _median(pair["bare"] for pair in fresh),
        "start": _median(fake[0] for fake, _ in pairs),
        "start bare": _median(bare[0] for _, bare in pairs),
        "stop": _median(fake[1] for fake, _ in pairs),
        "stop bare": _median(bare[1] for _, bare in pairs),
        "plugin import": _plugin(rounds),
    }
    return found | _sandboxes(rounds * 20)


def _sandboxes(count: int) -> dict[str, float]:
    with FakeServer() as server:
        accounts = []
        made = [_timed(lambda: accounts.append(server.account())) for _ in range(count)]
        logged_in = [_timed(account.login) for account in accounts]
        for account in accounts:
            account.create("a cat")
        reset = [_timed(account.admin.reset) for account in accounts]
    return {
        "sandbox": _median(made),
        "its login": _median(logged_in),
        "reset of a sandbox": _median(reset),
        "reset of all, 1,000 jobs": _median(_reset() for _ in range(5)),
    }


def _reset() -> float:
    with FakeServer() as server:
        account = server.account()
        for _ in range(1000):
            account.create("a cat")
        return _timed(server.admin.reset)


def _timed(act: Callable[[], object]) -> float:
    start = time.perf_counter()
    act()
    return time.perf_counter() - start


def _fake() -> Seconds:
    start = time.perf_counter()
    server = FakeServer().start()
    _ask(server.port)
    answered = time.perf_counter()
    server.stop()
    return answered - start, time.perf_counter() - answered


class _Bare(uvicorn.Server):
    """A uvicorn that says when it is up."""

    def __init__(self, up: threading.Event) -> None:
        super().__init__(
            uvicorn.Config(
                _answer,
                http="httptools",
                ws="none",
                lifespan="off",
                log_config=None,
                access_log=False,
            )
        )
        self._up = up

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._up.set()


async def _answer(scope: Any, receive: Any, send: Any) -> None:
    headers = [(b"content-length", b"2")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": b"ok"})


def _bare() -> Seconds:
    start = time.perf_counter()
    listening = socket.create_server(("127.0.0.1", 0))
    up = threading.Event()
    server = _Bare(up)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    up.wait()
    _ask(listening.getsockname()[1])
    answered = time.perf_counter()
    server.should_exit = True
    thread.join()
    return answered - start, time.perf_counter() - answered


def _ask(port: int) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port)
    connection.request("POST", "/auth/login", b'{"username":"abc","password":"abc-secret"}')
    assert connection.getresponse().status == 200
    connection.close()


def _fresh() -> dict[str, float]:
    """The first start of each, in processes that have imported what they need."""
    found = {}
    for name in ("bare", "fake"):
        code = f"from bench import double; print(double._{name}()[0])"
        found[name] = float(subprocess.check_output([sys.executable, "-c", code]))
    return found


def _plugin(rounds: int) -> float:
    """What the plugin costs a project that does not use it, where pytest is imported already."""
    code = (
        "import pytest, time; start = time.perf_counter();"
        " import sampan.fake_server.pytest_plugin; print(time.perf_counter() - start)"
    )
    return _median(
        float(subprocess.check_output([sys.executable, "-c", code])) for _ in range(rounds)
    )


def _median(seconds: Iterable[float]) -> float:
    return 1000 * statistics.median(seconds)


if __name__ == "__main__":
    print(json.dumps(measure(int(sys.argv[1]) if len(sys.argv) > 1 else 9), indent=2))
