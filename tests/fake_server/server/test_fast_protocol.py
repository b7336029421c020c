"""A request that is answered where it is parsed: in order, in time, and written once.

The protocol runs on a loop and a transport made here, so that time passes as a test says.
"""

from __future__ import annotations

import json
from collections.abc import Callable

import httpx
import pytest

from sampan.fake_server.server.fast_protocol import FastProtocol
from sampan.fake_server.server.threaded import FakeServer
from tests.support.fakes import Served
from tests.support.network.line import LOGIN, Line
from tests.support.network.raw_http import CHUNKED, chunk, connected, request


@pytest.fixture
def line() -> Line:
    return Line()


def test_answers_are_written_together_when_all_that_came_is_worked_off(line: Line) -> None:
    line.protocol.data_received(request("/auth/login", LOGIN) + request("/auth/login", b"{}"))
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
    line.protocol.data_received(request("/auth/login", LOGIN))
    end(line.protocol)
    (written,) = line.transport.written
    assert json.loads(_bodies(written)[0])["errno"] == 0


def test_after_the_end_nothing_is_written(line: Line) -> None:
    line.protocol.data_received(request("/auth/login", LOGIN))
    line.transport.close()
    line.loop.come_round()
    assert line.transport.written == []


def test_what_goes_either_way_is_answered_in_order(served: Served) -> None:
    sent = [
        request("/auth/login", LOGIN),
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


@pytest.mark.parametrize("fast", [True, False])
def test_another_label_is_seen_on_either_way(fast: bool) -> None:
    """Question other-content-type."""
    with FakeServer(fast=fast, profile="mixed") as fake:
        said = [
            httpx.post(f"{fake.url}/auth/login", content=LOGIN, headers={"Content-Type": label})
            for label in ("application/json; charset=utf-8", "text/plain")
        ]
    assert [(one.status_code, one.json()["errno"]) for one in said] == [(201, 0), (415, 301)]
    assert "'text/plain'" in said[1].headers["x-fake-reason"]


@pytest.mark.parametrize("size", [100_000, 900_000])
def test_a_long_body_changes_ways_in_its_middle(served: Served, size: int) -> None:
    body = json.dumps({"username": "abc", "password": "abc-secret", "note": "x" * size}).encode()
    with connected(served) as wire:
        wire.send(request("/auth/login", b"", extra=CHUNKED))
        for start in range(0, len(body), 30_000):
            wire.send(chunk(body[start : start + 30_000]))
        wire.send(b"0\r\n\r\n")
        assert wire.hear().errno == 0
        wire.send(request("/auth/login", LOGIN))
        assert wire.hear().errno == 0


def test_a_fault_armed_before_the_body_has_come_applies_to_the_request(served: Served) -> None:
    armed = b'{"type":"HTTP_STATUS","status":503,"times":1}'
    with connected(served) as wire, connected(served) as other:
        sent = request("/auth/login", LOGIN)
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
