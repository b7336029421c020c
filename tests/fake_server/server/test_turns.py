"""Nobody keeps others waiting: what comes at once is done little by little, in turns."""

from __future__ import annotations

import asyncio
import json
import signal
import socket
from collections.abc import Callable
from contextlib import ExitStack
from itertools import pairwise
from pathlib import Path
from typing import cast

import pytest

from sampan import FakeServer
from sampan.fake_server.server import connection
from sampan.fake_server.server.connection import Connection, look_at_all
from sampan.fake_server.server.turns import Turns
from tests.support.examples import examples, in_turn, sampled
from tests.support.fakes import Served
from tests.support.network.line import LOGIN, Line, Loop
from tests.support.network.raw_http import CHUNKED, chunk, connected, request

_GET = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"


def as_loop(loop: Loop) -> asyncio.AbstractEventLoop:
    return cast(asyncio.AbstractEventLoop, loop)


def test_so_many_have_their_turn_in_a_round_and_in_order() -> None:
    loop, turns, had = Loop(), Turns(2), list[int]()
    for number in range(5):
        turns.wait(as_loop(loop), lambda number=number: had.append(number))
    rounds = []
    while loop.soon:
        loop.come_round()
        rounds.append(len(had))
    assert had == [0, 1, 2, 3, 4]
    assert max(now - before for before, now in pairwise([0, *rounds])) == 2
    turns.wait(as_loop(loop), lambda: had.append(5))
    loop.come_round()
    loop.come_round()
    assert had[-1] == 5


def statuses(line: Line) -> list[int]:
    parts = b"".join(line.transport.written).split(b"HTTP/1.1 ")[1:]
    return [int(part[:3]) for part in parts]


def test_requests_sent_ahead_are_answered_in_several_rounds(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("sampan.fake_server.server.fast_protocol.TURN", 0)
    line = Line()
    line.protocol.data_received(request("/auth/login", LOGIN) * 200)
    answered = [0]
    while line.loop.soon:
        line.loop.come_round()
        answered.append(len(statuses(line)))
    assert answered[-1] == 200
    assert max(after - before for before, after in pairwise(answered)) < 20


def test_the_last_answers_are_written_before_the_end_though_they_wait_for_their_turn(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("sampan.fake_server.server.fast_protocol.TURN", 0)
    line = Line()
    line.protocol.data_received(request("/auth/login", LOGIN) * 200 + b"POST /jo")
    assert line.protocol.eof_received()
    while line.loop.soon:
        line.loop.come_round()
    assert len(statuses(line)) == 200
    assert line.transport.closed


def test_who_is_refused_and_goes_on_sending_is_read_in_turns() -> None:
    line = Line()
    line.protocol.data_received(b"no HTTP\r\n\r\n")
    assert statuses(line) == [400]
    for _ in range(3):
        line.protocol.data_received(b"x" * 100_000)
        assert line.transport.paused
        line.loop.come_round()
        line.loop.come_round()
        assert not line.transport.paused


def test_many_that_leave_at_once_are_let_go_of_in_turns() -> None:
    first = Line()
    lines = [first, *(first.another() for _ in range(99))]
    for line in lines:
        assert line.protocol.eof_received()
    closed = [0]
    while first.loop.soon:
        first.loop.come_round()
        closed.append(sum(line.transport.closed for line in lines))
    assert closed[-1] == 100
    assert max(after - before for before, after in pairwise(closed)) < 50


def test_a_few_connections_are_looked_at_in_a_round() -> None:
    class Noted:
        def look(self, now: float) -> None:
            seen.append(now)

    loop, seen = Loop(), list[float]()
    connections = cast(set[Connection], {Noted() for _ in range(1_000)})
    look_at_all(as_loop(loop), connections)
    assert 0 < len(seen) < 500
    loop.pass_to(1)
    assert len(seen) == 1_000
    loop.pass_to(connection.LOOK_SECONDS + 1)
    assert len(seen) == 2_000


@pytest.mark.parametrize(
    ("sent", "fast"), sampled(in_turn(["chunks", "pages", "operations"], [True, False]), 3)
)
def test_what_is_sent_ahead_comes_whole_and_in_order(fast: bool, sent: str) -> None:
    tiny = request("/auth/login", b"", extra=CHUNKED)
    tiny += b"".join(chunk(LOGIN[at : at + 1]) for at in range(len(LOGIN))) + b"0\r\n\r\n"
    each = {"pages": _GET, "operations": request("/auth/login", LOGIN), "chunks": tiny}[sent]
    count = examples(2_500)
    with FakeServer(fast=fast, job_seconds=0) as server, connected(server) as wire:
        wire.socket.setblocking(True)
        wire.send(each * (count // 2) + _GET + each * (count // 2))
        heard = [wire.hear() for _ in range(count + 1)]
        assert [each.status for each in heard] == [200] * (count + 1)
        pages = [each.headers["content-type"].startswith("text/html") for each in heard]
        assert pages.count(True) == (1 if sent != "pages" else count + 1)
        assert pages[count // 2]


def cpu(served: Served) -> float:
    """The seconds of a processor that the fake has used."""
    return int(Path(f"/proc/{served.process.pid}/schedstat").read_text().split()[0]) / 1e9


def test_who_comes_after_a_thousand_others_is_answered_soon(serve: Callable[..., Served]) -> None:
    """However busy those keep it who are there already: what counts is the fake's own time."""
    served = serve("--job-seconds", "0")
    with ExitStack() as stack:
        busy = [stack.enter_context(connected(served)) for _ in range(30)]
        served.process.send_signal(signal.SIGSTOP)
        try:
            for wire in busy:
                wire.socket.setblocking(False)
                wire.socket.send(_GET * 2_000)
            for _ in range(1_500):
                client = socket.create_connection(("127.0.0.1", served.port), timeout=20)
                stack.callback(client.close)
            asking = stack.enter_context(connected(served))
            asking.send(b"GET /__admin/health HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
            before = cpu(served)
        finally:
            served.process.send_signal(signal.SIGCONT)
        assert json.loads(asking.hear().body)["status"] == "ok"
        # Each of the thousand takes a tenth of a millisecond to accept.
        assert cpu(served) - before < 2.5
