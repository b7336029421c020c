"""A request that is answered where it is parsed: in order, in time, and written once.

The protocol runs on a loop and a transport made here, so that time passes as a test says.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any, cast

import pytest
from uvicorn import Config
from uvicorn.server import ServerState

from sampan.fake_server.server.asgi import asgi_app
from sampan.fake_server.server.fast_protocol import FastProtocol
from tests.support.fakes import Served
from tests.support.raw_http import CHUNKED, chunk, connected, request

_LOGIN = b'{"username":"abc","password":"abc-secret"}'
_KEPT = 75.0


class Timer:
    """A call that is due at ``at`` (s)."""

    def __init__(self, at: float, call: Callable[[], None]) -> None:
        self.at, self.call = at, call

    def cancel(self) -> None:
        self.call = lambda: None


class Loop:
    """As much of an event loop as a request answered at once needs."""

    def __init__(self) -> None:
        self.now = 0.0
        self.soon: list[Callable[[], None]] = []
        self.timers: list[Timer] = []

    def time(self) -> float:
        return self.now

    def call_soon(self, call: Callable[[], None]) -> None:
        self.soon.append(call)

    def call_at(self, at: float, call: Callable[[], None]) -> Timer:
        self.timers.append(Timer(at, call))
        return self.timers[-1]

    def come_round(self) -> None:
        """Call what was to be called soon."""
        due, self.soon = self.soon, []
        for call in due:
            call()

    def pass_to(self, now: float) -> None:
        """Let time pass, and call what is due until then, in order."""
        while due := [timer for timer in self.timers if timer.at <= now]:
            timer = min(due, key=lambda each: each.at)
            self.timers.remove(timer)
            self.now = timer.at
            timer.call()
        self.now = now


class Transport:
    """Notes what is written."""

    def __init__(self) -> None:
        self.written: list[bytes] = []
        self.closed = False

    def get_write_buffer_size(self) -> int:
        return 0

    def get_extra_info(self, name: str) -> Any:
        return {"sockname": ("127.0.0.1", 8091), "peername": ("127.0.0.1", 5)}.get(name)

    def write(self, data: bytes) -> None:
        assert not self.closed
        self.written.append(data)

    def is_closing(self) -> bool:
        return self.closed

    def close(self) -> None:
        self.closed = True


class Line:
    """A connection to a fake: the protocol, and what it stands on."""

    def __init__(self) -> None:
        self.app = asgi_app()
        self.config = Config(
            self.app, lifespan="off", ws="none", log_config=None, proxy_headers=False
        )
        self.config.timeout_keep_alive = int(_KEPT)
        self.config.load()
        self.loop, self.transport, self.state = Loop(), Transport(), ServerState()
        self.protocol = FastProtocol(
            self.config, self.state, {}, cast(asyncio.AbstractEventLoop, self.loop)
        )
        self.protocol.connection_made(cast(asyncio.Transport, self.transport))

    def ask(self) -> None:
        """Send a login, and let it be answered."""
        self.protocol.data_received(request("/auth/login", _LOGIN))
        self.loop.come_round()


@pytest.fixture
def line() -> Line:
    return Line()


def test_answers_are_written_together_when_all_that_came_is_worked_off(line: Line) -> None:
    line.protocol.data_received(request("/auth/login", _LOGIN) + request("/auth/login", b"{}"))
    line.protocol.data_received(request("/jobs/find", b"{}"))
    assert line.transport.written == []
    line.loop.come_round()
    (written,) = line.transport.written
    assert [json.loads(part)["errno"] for part in _bodies(written)] == [0, 301, 430]


def test_the_date_is_the_one_of_the_second(line: Line) -> None:
    for date in (b"one", b"another"):
        line.state.default_headers = [(b"date", date)]
        line.ask()
        assert b"\r\ndate: " + date + b"\r\n" in line.transport.written[-1]


@pytest.mark.parametrize("end", [FastProtocol.shutdown, FastProtocol.eof_received])
def test_what_is_answered_is_written_before_the_end(
    line: Line, end: Callable[[FastProtocol], object]
) -> None:
    line.protocol.data_received(request("/auth/login", _LOGIN))
    end(line.protocol)
    (written,) = line.transport.written
    assert json.loads(_bodies(written)[0])["errno"] == 0


def test_after_the_end_nothing_is_written(line: Line) -> None:
    line.protocol.data_received(request("/auth/login", _LOGIN))
    line.transport.close()
    line.loop.come_round()
    assert line.transport.written == []


def test_what_goes_either_way_is_answered_in_order(served: Served) -> None:
    sent = [
        request("/auth/login", _LOGIN),
        b"GET /openapi.json HTTP/1.1\r\nHost: x\r\n\r\n",
        request("/auth/login", b"{}"),
        request("/nowhere", b""),
        request("/jobs/find", b"{}"),
    ]
    with connected(served) as wire:
        wire.send(b"".join(sent))
        bodies = [json.loads(wire.hear().body) for _ in sent]
    assert [body.get("errno", body.get("openapi")) for body in bodies] == [
        0,
        "3.1.0",
        301,
        410,
        430,
    ]


@pytest.mark.parametrize("size", [100_000, 900_000])
def test_a_long_body_changes_ways_in_its_middle(served: Served, size: int) -> None:
    body = json.dumps({"username": "abc", "password": "abc-secret", "note": "x" * size}).encode()
    with connected(served) as wire:
        wire.send(request("/auth/login", b"", extra=CHUNKED))
        for start in range(0, len(body), 30_000):
            wire.send(chunk(body[start : start + 30_000]))
        wire.send(b"0\r\n\r\n")
        assert wire.hear().errno == 0
        wire.send(request("/auth/login", _LOGIN))
        assert wire.hear().errno == 0


def test_a_fault_armed_before_the_body_has_come_befalls_the_request(served: Served) -> None:
    armed = b'{"type":"HTTP_STATUS","status":503,"times":1}'
    with connected(served) as wire, connected(served) as other:
        sent = request("/auth/login", _LOGIN)
        wire.send(sent[:-1])
        program = b"Host: localhost\r\nContent-Type: application/json"
        other.send(request("/__admin/faults", armed).replace(b"Host: fake.test", program))
        assert other.hear().status in (200, 201)
        wire.send(sent[-1:])
        assert wire.hear().status == 503
        wire.send(sent)
        assert wire.hear().errno == 0


def _bodies(written: bytes) -> list[bytes]:
    """The bodies of answers written one after the other."""
    found = []
    while written:
        head, _, rest = written.partition(b"\r\n\r\n")
        length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
        found.append(rest[:length])
        written = rest[length:]
    return found
