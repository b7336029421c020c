"""Clients that never end, never read, or left: what they take is bounded, and they are let go of.

Each test is one of a fake in this process, on both protocols, under limits made short.
"""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import partial

import pytest

from sampan import FakeServer
from sampan.fake_server.armed.fault import FaultType
from sampan.fake_server.server import connection, limits
from sampan.fake_server.server.connection import Phase
from tests.support.examples import in_turn, sampled
from tests.support.fakes import Served
from tests.support.network.raw_http import CHUNKED, chunk, connected, request

_LOGIN = b'{"username":"abc","password":"abc-secret"}'
_GET = b"GET /openapi.json HTTP/1.1\r\nHost: x\r\n\r\n"


def control(path: str, body: bytes, extra: str = "") -> bytes:
    """A POST to the control API, which takes JSON, at an address of its own."""
    sent = request(f"/__admin/{path}", body, extra=f"Content-Type: application/json\r\n{extra}")
    return sent.replace(b"Host: fake.test", b"Host: 127.0.0.1")


_WAIT = control("requests/wait", b'{"timeout":"10m","count":99999}')


@pytest.fixture(params=["quick", "stock"])
def server(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeServer]:
    """A fake whose connections are looked at often; no limit is reached unless a test says so."""
    monkeypatch.setattr(connection, "LOOK_SECONDS", 0.02)
    with FakeServer(fast=request.param == "quick") as running:
        yield running


def short(monkeypatch: pytest.MonkeyPatch, *phases: Phase) -> None:
    """Have a phase end a connection soon; the others never do."""
    limits = dict.fromkeys(Phase, float("inf")) | dict.fromkeys(phases, 0.1)
    monkeypatch.setattr(connection, "LIMITS", limits)


def open_connections(server: FakeServer) -> int:
    assert server._running is not None
    return len(server._running._server.server_state.connections)


def tasks(server: FakeServer) -> int:
    assert server._running is not None
    return len(server._running._server.server_state.tasks)


def eventually(condition: Callable[[], bool]) -> bool:
    """Whether it comes true in as much time as any machine needs."""
    deadline = time.monotonic() + 20
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True


# What never ends


def test_a_silent_connection_is_closed(server: FakeServer, monkeypatch: pytest.MonkeyPatch) -> None:
    short(monkeypatch, Phase.IDLE)
    with connected(server) as wire:
        assert wire.is_closed()
    with connected(server) as wire:
        wire.send(_GET)
        assert wire.hear().status == 200
        assert wire.is_closed()


HALVES = {
    "a byte": b"P",
    "half a head": b"POST /auth/login HTTP/1.1\r\nHo",
    "half a body": request("/auth/login", _LOGIN)[:-5],
    "half a long body": request("/auth/login", b" " * 200_000)[:-5],
    "half a chunk": request("/auth/login", b"", extra=CHUNKED) + b"5\r\nab",
    "half its trailers": request("/auth/login", b"", extra=CHUNKED) + b"0\r\nX: y",
    "half a page's body": request("/", _LOGIN)[:-5],
    "half a body of the control API": control("reset", b"{ }")[:-2],
}


@pytest.mark.parametrize("name", HALVES)
def test_a_request_that_stops_is_closed(
    server: FakeServer, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    short(monkeypatch, Phase.COMING)
    with connected(server) as wire:
        wire.send(HALVES[name])
        heard = wire.hear()
        assert (heard.status, heard.errno) == (408, 301)
        assert "did not come whole" in heard.headers["x-fake-reason"]
        assert wire.is_closed()


@pytest.mark.parametrize(
    ("start", "drop"),
    [
        (b"POST /auth/login HTTP/1.1\r\n", b"X: x\r\n"),
        (request("/auth/login", b"", extra=CHUNKED), b"1\r\n \r\n"),
        (request("/nowhere", b"", extra=CHUNKED), b"1\r\n \r\n"),
    ],
)
def test_a_request_that_drips_is_closed(
    server: FakeServer, monkeypatch: pytest.MonkeyPatch, start: bytes, drop: bytes
) -> None:
    short(monkeypatch, Phase.COMING)
    with connected(server) as wire:
        wire.send(start)
        deadline = time.monotonic() + 20
        while not wire.has_answer():
            assert time.monotonic() < deadline, "it would take a request for ever"
            wire.send(drop)
            time.sleep(0.005)
        assert wire.hear().status == 408


def test_the_rest_of_a_body_that_was_refused_gets_no_second_answer(
    server: FakeServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    short(monkeypatch, Phase.COMING)
    with connected(server) as wire:
        wire.send(request("/jobs/find", b"").replace(b"Length: 0", b"Length: 9999999999"))
        assert wire.hear().errno == 301
        assert wire.is_closed()


def test_an_answer_that_is_late_is_waited_for(
    server: FakeServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    short(monkeypatch, Phase.IDLE, Phase.COMING, Phase.UNREAD)
    server.admin.fault("DELAY", delay=0.6, operation="login", times=1)
    with connected(server) as wire:
        wire.send(request("/auth/login", _LOGIN) + b"POST /jobs/fi")
        assert wire.hear().errno == 0


@pytest.mark.parametrize("many", [True, False])
def test_an_answer_that_is_not_read_is_dropped(
    server: FakeServer, monkeypatch: pytest.MonkeyPatch, many: bool
) -> None:
    short(monkeypatch, Phase.UNREAD)
    with socket.socket() as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.connect(("127.0.0.1", server.port))
        client.settimeout(20)
        closing = b"GET /openapi.json HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
        client.sendall(_GET * (500 if many else 200) + closing)
        assert eventually(lambda: open_connections(server) == 0)


# Who left


@pytest.mark.parametrize("behind", sampled([b"", _GET, _GET * 20, _GET[:-9]], 2))
@pytest.mark.parametrize("way", ["close", "reset"])
@pytest.mark.parametrize("what", ["wait", "delay", "trickle", "frozen"])
def test_a_client_that_left_is_let_go_of(
    server: FakeServer, what: str, way: str, behind: bytes
) -> None:
    sent = _WAIT if what == "wait" else request("/auth/login", _LOGIN)
    if what == "frozen":
        server.admin.freeze()
    if what != "wait":
        kind: FaultType = "TRICKLE" if what == "trickle" else "DELAY"
        server.admin.fault(kind, delay=100, operation="login")
    server.admin.close()
    clients = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(5)]
    for client in clients:
        client.sendall(sent + behind)
    assert eventually(lambda: tasks(server) == 5)
    for client in clients:
        if way == "reset":
            linger = (1).to_bytes(4, "little") + bytes(4)
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        client.close()
    assert eventually(lambda: open_connections(server) == tasks(server) == 0)


def test_a_client_that_closed_its_half_has_its_answers_first(server: FakeServer) -> None:
    with connected(server) as wire:
        wire.send(_GET * 3 + request("/auth/login", _LOGIN) * 40 + _GET * 3)
        wire.socket.shutdown(socket.SHUT_WR)
        assert [wire.hear().status for _ in range(46)] == [200] * 46
        assert wire.is_closed()


# What is sent ahead


@pytest.mark.parametrize(
    ("option", "read"), sampled(in_turn(["--fast", "--no-fast"], [False, True]), 2)
)
def test_requests_sent_ahead_take_no_memory(
    serve: Callable[..., Served], option: str, read: bool
) -> None:
    served = serve(option)
    sent = b"GET / HTTP/1.1\r\nHost:\r\n\r\n" * 20_000
    with connected(served) as first:
        first.send(_GET)
        first.hear()
    before = resident(served)
    with socket.create_connection(("127.0.0.1", served.port)) as client:
        client.setblocking(False)
        deadline = time.monotonic() + 2
        left = 20 << 20
        while left > 0 and time.monotonic() < deadline:
            left -= _push(client, sent)
            if read:
                _pull(client)
            time.sleep(0.001)
        assert resident(served) - before < 24 << 20
        with connected(served) as other:
            other.send(_GET)
            assert other.hear().status == 200


def _push(client: socket.socket, data: bytes) -> int:
    try:
        return client.send(data)
    except BlockingIOError:
        return 0


def _pull(client: socket.socket) -> None:
    try:
        client.recv(1 << 20)
    except BlockingIOError:
        return


def resident(served: Served) -> int:
    """The bytes that the fake has in memory."""
    with open(f"/proc/{served.process.pid}/statm") as status:
        return int(status.read().split()[1]) * 4096


# Trailers and many headers


def test_trailers_are_dropped(server: FakeServer) -> None:
    end = b"0\r\nHost: evil\r\nAuthorization: Bearer x\r\nExpect: 100-continue\r\n\r\n"
    for start in (
        request("/auth/login", b"", extra=CHUNKED),
        control("faults", b"", CHUNKED),
        request("/nowhere", b"", extra=CHUNKED),
    ):
        with connected(server) as wire:
            for _ in range(3):
                wire.send(start + chunk(_LOGIN[:10]))
                wire.send(chunk(_LOGIN[10:]) + end)
                assert wire.hear().status in (200, 400, 404)
    for shown in server.admin.requests():
        assert set(shown["request_headers"]) == {"host", "transfer-encoding"}
        assert "evil" not in json.dumps(shown)


@pytest.mark.parametrize("path", ["/auth/login", "/__admin/requests/wait", "/nowhere"])
@pytest.mark.parametrize("shape", ["one", "many", "few bytes", "with the head", "an extension"])
def test_head_and_trailers_have_one_bound(server: FakeServer, path: str, shape: str) -> None:
    extra = CHUNKED + (f"X-Large: {'x' * 40_000}\r\n" if shape == "with the head" else "")
    end = {
        "one": b"0\r\nX: " + b"x" * 100_000,
        "many": b"0\r\n" + b"X: x\r\n" * 30_000,
        "few bytes": b"0\r\n" + b"X:\r\n" * 1000 + b"\r\n",
        "with the head": b"0\r\nX: " + b"x" * 40_000 + b"\r\n\r\n",
        "an extension": b"1;" + b"x" * 100_000,
    }
    with connected(server) as wire:
        start = request(path, b"", extra=extra)
        if path.startswith("/__admin/"):
            start = control(path.removeprefix("/__admin/"), b"", extra)
        wire.send(start + chunk(b"{"))
        wire.send(end[shape])
        heard = wire.hear()
        assert (heard.status, heard.errno) == (400, 301)
        assert wire.is_closed()


def test_trailers_without_end_take_no_memory(serve: Callable[..., Served]) -> None:
    for option in ("--fast", "--no-fast"):
        served = serve(option)
        with connected(served) as wire:
            wire.send(request("/auth/login", _LOGIN))
            assert wire.hear().errno == 0
            before = resident(served)
            wire.send(request("/auth/login", b"", extra=CHUNKED) + chunk(_LOGIN) + b"0\r\n")
            sent = 0
            while not wire.has_answer():
                wire.send(b"X-Trailer: x\r\n" * 1000)
                sent += 14_000
                assert sent < 40 << 20, "it would take trailers for ever"
            assert wire.hear().status == 400
        assert resident(served) - before < 16 << 20


def test_header_lines_are_counted(server: FakeServer) -> None:
    with connected(server) as wire:
        wire.send(request("/auth/login", _LOGIN, extra="a:\r\n" * 990))
        assert wire.hear().errno == 0
        wire.send(request("/auth/login", _LOGIN, extra="a:\r\n" * 1100))
        heard = wire.hear()
        assert (heard.status, heard.errno) == (400, 301)
        assert wire.is_closed()


# How many


def test_beyond_its_descriptors_a_client_is_told_so(
    server: FakeServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "max_connections", lambda: 2)
    with connected(server) as one, connected(server) as two:
        for wire in (one, two):
            wire.send(_GET)
            assert wire.hear().status == 200
        with connected(server) as three:
            heard = three.hear()
            assert (heard.status, heard.errno) == (503, 501)
            assert "more than 2 open connections" in heard.headers["x-fake-reason"]
            assert three.is_closed()
        one.send(_GET)
        assert one.hear().status == 200


def test_a_thousand_silent_clients_shut_nobody_out(serve: Callable[..., Served]) -> None:
    """Where a process begins with 1,024 descriptors, it may have more."""
    served = serve(before=_few_descriptors)
    clients = [socket.create_connection(("127.0.0.1", served.port)) for _ in range(1200)]
    with connected(served) as wire:
        wire.send(_GET)
        assert json.loads(wire.hear().body)["openapi"]
    for client in clients:
        client.close()


@pytest.mark.parametrize("limit", sampled([70, 100, 140], 3))
def test_with_few_descriptors_a_few_are_served_and_the_others_told(
    serve: Callable[..., Served], limit: int
) -> None:
    import resource

    served = serve(before=partial(resource.setrlimit, resource.RLIMIT_NOFILE, (limit, limit)))
    with ExitStack() as stack:
        heard = []
        for _ in range(limit):
            wire = stack.enter_context(connected(served))
            wire.send(_GET)
            heard.append(wire.hear().status)
        assert 30 <= heard.count(200) == limit - heard.count(503)
    assert eventually(lambda: _is_served(served))


def _is_served(served: Served) -> bool:
    with connected(served) as wire:
        wire.send(_GET)
        return wire.hear().status == 200


def _few_descriptors() -> None:
    import resource

    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (1024, hard))
