"""Connections: kept, closed by either side at any point, never made, silent, half closed."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
from collections.abc import Iterator

import pytest

from sampan.conformance.http.connection import Failure
from tests.support.network.proxies import HANG, Line, OddServer, Proxied

GET = b"GET /x HTTP/1.1\r\nHost: a.test\r\n\r\n"
POST = b"POST /x HTTP/1.1\r\nHost: a.test\r\nContent-Length: 2\r\n\r\n{}"
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


@contextlib.contextmanager
def proxy(target: str, timeout: float) -> Iterator[Proxied]:
    one = Proxied(target, timeout=timeout)
    try:
        yield one
    finally:
        one.close()


def test_a_connection_is_kept_on_both_sides(server: OddServer, proxied: Proxied) -> None:
    server.answers(OK)
    before = server.connections
    with proxied.client() as client:
        for _ in range(3):
            client.send(POST)
            answer = client.message()
            assert answer is not None
            assert answer.body == b"ok"
    assert server.connections == before + 1


def test_requests_sent_ahead_are_answered_in_order(server: OddServer, proxied: Proxied) -> None:
    def behave(line: Line) -> None:
        while (request := line.message()) is not None:
            path = request.start.split()[1]
            line.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(path), path))

    server.behave = behave
    with proxied.client() as client:
        client.send(b"".join(b"GET /%d HTTP/1.1\r\nHost: a\r\n\r\n" % n for n in range(5)))
        answers = [client.message() for _ in range(5)]
    assert [answer.body for answer in answers if answer] == [b"/%d" % n for n in range(5)]


def test_each_client_has_a_connection_of_its_own(server: OddServer, proxied: Proxied) -> None:
    server.answers(OK)
    before = server.connections
    with proxied.client() as one, proxied.client() as other:
        for client in (one, other, one, other):
            client.send(GET)
            assert client.message() is not None
    assert server.connections == before + 2


def test_a_connection_that_the_server_closed_meanwhile_is_made_anew(
    server: OddServer, proxied: Proxied
) -> None:
    closed = threading.Event()

    def behave(line: Line) -> None:
        line.message()
        line.send(OK)
        line.socket.shutdown(socket.SHUT_RDWR)
        line.socket.close()
        closed.set()

    server.behave = behave
    with proxied.client() as client:
        for _ in range(3):
            closed.clear()
            client.send(POST)
            answer = client.message()
            assert answer is not None
            assert answer.body == b"ok"
            assert closed.wait(HANG)


@pytest.mark.parametrize("reset", [False, True])
@pytest.mark.parametrize("begun", [b"", b"HTTP/1.1 200 O"])
def test_a_server_that_closes_without_an_answer_closes_the_clients_connection(
    server: OddServer, proxied: Proxied, begun: bytes, reset: bool
) -> None:
    def behave(line: Line) -> None:
        line.message()
        line.send(begun)
        if reset:
            line.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    server.behave = behave
    proxied.forget()
    with proxied.client() as client:
        client.send(POST)
        assert client.is_closed()
    (seen,) = proxied.shown(1)
    assert seen.reply.failure is Failure.DROPPED
    assert seen.reply.sent


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\npart",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\npart\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\npart",
    ],
)
def test_an_answer_that_breaks_off_breaks_off(
    server: OddServer, proxied: Proxied, answer: bytes
) -> None:
    def behave(line: Line) -> None:
        line.message()
        line.send(answer)

    server.behave = behave
    proxied.forget()
    with proxied.client() as client:
        client.send(GET)
        got = client.message()
        assert got is not None
        assert got.body == b"part"
        assert not got.whole
        assert client.is_closed()
    (seen,) = proxied.shown(1)
    assert seen.reply.failure is Failure.DROPPED


@pytest.mark.parametrize("nonsense", [b"hello\r\n\r\n", b"\x00" * 40, b"HTTP/1.1 2000 OK\r\n\r\n"])
def test_what_is_not_http_is_a_bad_gateway(
    server: OddServer, proxied: Proxied, nonsense: bytes
) -> None:
    server.answers(nonsense)
    proxied.forget()
    with proxied.client() as client:
        client.send(GET)
        got = client.message()
    assert got is not None
    assert got.status == 502
    assert b"is not HTTP" in got.body
    assert b"bytearray" not in got.body
    assert b"hello" not in got.body
    (seen,) = proxied.shown(1)
    assert seen.reply.failure is Failure.PROTOCOL


def test_a_target_that_is_down_is_a_bad_gateway_with_the_reason() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # and does not listen
        target = f"http://127.0.0.1:{taken.getsockname()[1]}"
        with proxy(target, HANG) as proxied, proxied.client() as client:
            for _ in range(2):
                client.send(POST)
                got = client.message()
                assert got is not None
                assert got.status == 502
                assert got.values(b"proxy-status") == [b"sampan; error=destination_unavailable"]
                expected = f"sampan proxy: can't reach {target}: Connection refused\n"
                assert got.body.decode() == expected
            seen = proxied.shown(2)
    assert {one.reply.failure for one in seen} == {Failure.CONNECT}
    assert not any(one.reply.sent for one in seen)


def test_a_silent_target_is_a_gateway_timeout(server: OddServer) -> None:
    def behave(line: Line) -> None:
        line.message()
        line.message()

    server.behave = behave
    with proxy(server.url, 0.2) as proxied, proxied.client() as client:
        client.send(POST)
        got = client.message()
        assert got is not None
        assert got.status == 504
        assert b"for 0.2 s" in got.body
        (seen,) = proxied.shown(1)
    assert seen.reply.failure is Failure.TIMEOUT


def test_a_slow_answer_comes_whole(server: OddServer) -> None:
    def behave(line: Line) -> None:
        line.message()
        line.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        for _ in range(4):
            threading.Event().wait(0.15)
            line.send(b"2\r\nhi\r\n")
        line.send(b"0\r\n\r\n")

    server.behave = behave
    # Each piece comes long before the time is up, all of them together do not.
    with proxy(server.url, 0.5) as proxied, proxied.client() as client:
        client.send(GET)
        got = client.message()
        assert got is not None
        assert got.body == 4 * b"hi"
        (seen,) = proxied.shown(1)
    assert seen.reply.failure is None
    assert seen.reply.peer == "127.0.0.1"
    assert seen.reply.body == 4 * b"hi"
    assert seen.reply.elapsed >= 0.5


def test_a_client_that_leaves_is_gone_for_the_server_too(
    server: OddServer, proxied: Proxied
) -> None:
    gone, asked = threading.Event(), threading.Event()

    def behave(line: Line) -> None:
        line.message()
        asked.set()
        if not line.read_more():
            gone.set()

    server.behave = behave
    proxied.forget()
    with proxied.client() as client:
        client.send(POST)
        assert asked.wait(HANG)
    assert gone.wait(HANG)
    (seen,) = proxied.shown(1)
    assert seen.reply.failure is Failure.DROPPED
    assert seen.reply.detail == "the client closed the connection first"


@pytest.mark.parametrize(
    "head",
    [
        b"POST /x HTTP/1.1\r\nHost: a.test\r\nContent-Length: 2\r\nConnection: close\r\n\r\n",
        b"POST /x HTTP/1.0\r\nContent-Length: 2\r\n\r\n",
        POST.removesuffix(b"{}"),  # the client closes
    ],
)
def test_a_connection_that_ends_with_its_answer_has_had_it(
    server: OddServer, proxied: Proxied, head: bytes
) -> None:
    asked = threading.Event()

    def behave(line: Line) -> None:
        line.head()
        asked.set()  # head and body come apart, as Python's http.client sends them
        line.read_more()
        line.send(OK)

    server.behave = behave
    proxied.forget()
    with proxied.client() as client:
        client.send(head)
        assert asked.wait(HANG)
        client.send(b"{}")
        got = client.message()
        assert got is not None
        assert got.whole
    (seen,) = proxied.shown(1)
    assert (seen.reply.failure, seen.reply.body) == (None, b"ok")


def test_a_client_that_has_closed_its_half_gets_its_answer(
    server: OddServer, proxied: Proxied
) -> None:
    server.answers(OK)
    with proxied.client() as client:
        client.send(POST)
        client.socket.shutdown(socket.SHUT_WR)
        got = client.message()
        assert got is not None
        assert got.body == b"ok"
        assert client.is_closed()


def test_a_client_of_http_1_0_gets_no_chunks(
    server: OddServer, proxied: Proxied, caplog: pytest.LogCaptureFixture
) -> None:
    server.answers(
        b"HTTP/1.1 103 Early\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
        b"2\r\nhi\r\n0\r\nX-End: 1\r\n\r\n"
    )
    with proxied.client() as client:
        client.send(b"GET /x HTTP/1.0\r\n\r\n")
        got = client.message(to_end=True)
    assert got is not None
    assert got.body == b"hi"
    assert not got.values(b"transfer-encoding")
    (heard,) = server.requests
    assert heard.values(b"host") == [server.url.removeprefix("http://").encode()]
    assert heard.values(b"via")[0].startswith(b"1.0 sampan-")
    proxied.forget()
    assert caplog.messages == []


def test_the_clients_wish_to_close_is_kept_to(server: OddServer, proxied: Proxied) -> None:
    server.answers(OK)
    with proxied.client() as client:
        client.send(POST.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))
        got = client.message()
        assert got is not None
        assert got.values(b"connection") == [b"close"]
        assert client.is_closed()
