"""Bodies: large, both ways at once, with trailers, waiting for a 100, refused unread."""

from __future__ import annotations

import contextlib
import gzip
import threading

import pytest

from sampan.conformance.http.connection import Failure
from sampan.conformance.proxy import record
from sampan.conformance.proxy.record import Store
from tests.support.network.proxies import HANG, Line, OddServer, Proxied

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
EXPECTS = b"POST /x HTTP/1.1\r\nHost: a.test\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n"
MIB = 1024 * 1024


def test_a_client_waits_for_the_servers_100(server: OddServer, proxied: Proxied) -> None:
    go = threading.Event()

    def behave(line: Line) -> None:
        head = line.head()
        assert head is not None
        assert head.values(b"expect") == [b"100-continue"]
        assert go.wait(HANG)
        line.send(b"HTTP/1.1 100 Go On\r\n\r\n")
        assert line.read_more()
        line.send(OK)

    server.behave = behave
    with proxied.client() as client:
        client.send(EXPECTS)
        client.socket.settimeout(0.1)
        with pytest.raises(TimeoutError):
            client.socket.recv(1)  # no 100 of the proxy's own
        client.socket.settimeout(HANG)
        go.set()
        first = client.head()
        assert first is not None
        assert first.start == b"HTTP/1.1 100 Go On"
        client.send(b"body")
        got = client.message()
    assert got is not None
    assert got.body == b"ok"


def test_a_server_may_refuse_what_it_is_not_sent(server: OddServer, proxied: Proxied) -> None:
    rest: list[bool] = []

    def behave(line: Line) -> None:
        line.head()
        line.send(b"HTTP/1.1 417 No\r\nContent-Length: 0\r\n\r\n")
        rest.append(line.read_more())

    server.behave = behave
    with proxied.client() as client:
        client.send(EXPECTS)
        got = client.message()
    assert got is not None
    assert got.status == 417
    assert rest in ([], [False])


def test_a_client_need_not_wait_for_a_100(server: OddServer, proxied: Proxied) -> None:
    server.answers(OK)
    with proxied.client() as client:
        client.send(EXPECTS + b"body")
        got = client.message()
    assert got is not None
    assert got.status == 200
    assert server.requests[0].body == b"body"


def test_early_hints_pass(server: OddServer, proxied: Proxied) -> None:
    """Without what is for one connection only, as any other message (RFC 9110, 7.6)."""
    hop = b"Connection: X-Hop\r\nX-Hop: 1\r\nKeep-Alive: timeout=1\r\n"
    server.answers(b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n" + hop + b"\r\n" + OK)
    with proxied.client() as client:
        client.send(b"GET /x HTTP/1.1\r\nHost: a\r\n\r\n")
        first, second = client.head(), client.message()
    assert first is not None
    assert (first.status, first.fields[:-1]) == (103, [(b"Link", b"</a>")])
    assert first.fields[-1][0] == b"Via"
    assert second is not None
    assert second.body == b"ok"


def test_trailers_pass_both_ways(server: OddServer, proxied: Proxied) -> None:
    server.answers(
        b"HTTP/1.1 200 OK\r\nTrailer: X-Sum\r\nTransfer-Encoding: chunked\r\n\r\n"
        b"2\r\nok\r\n0\r\nX-Sum: 7\r\n\r\n"
    )
    with proxied.client() as client:
        client.send(
            b"POST /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
            b"3\r\nabc\r\n0\r\nX-Check: 9\r\n\r\n"
        )
        got = client.message()
    assert got is not None
    assert got.trailers == [(b"X-Sum", b"7")]
    assert got.values(b"trailer") == [b"X-Sum"]
    assert server.requests[0].trailers == [(b"X-Check", b"9")]


def test_what_a_client_sends_arrives_while_it_still_sends(
    server: OddServer, proxied: Proxied
) -> None:
    def behave(line: Line) -> None:
        line.head()
        line.send(b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n")
        for _ in range(3):
            line.send(line._exactly(2))

    server.behave = behave
    with proxied.client() as client:
        client.send(b"POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\n\r\n")
        assert client.head() is not None
        for pair in (b"ab", b"cd", b"ef"):
            client.send(pair)
            assert client._exactly(2) == pair


def test_a_large_body_is_not_held(server: OddServer, proxied: Proxied) -> None:
    """Neither side reads on until the other does: the proxy holds a few hundred kilobytes."""
    sent = 0
    stop = threading.Event()

    def behave(line: Line) -> None:
        nonlocal sent
        line.head()
        line.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % (64 * MIB))
        line.socket.settimeout(0.3)
        try:
            for _ in range(1024):
                line.send(bytes(MIB // 16))
                sent += MIB // 16
        except TimeoutError:
            stop.set()

    server.behave = behave
    with proxied.client() as client:
        client.send(b"GET /x HTTP/1.1\r\nHost: a\r\n\r\n")
        assert stop.wait(HANG)
    assert sent < 32 * MIB


def test_a_large_body_passes_whole(server: OddServer, proxied: Proxied) -> None:
    body = bytes(range(256)) * (4 * 3 * 1024)
    server.answers(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body))
    proxied.forget()
    with proxied.client() as client:
        client.send(b"POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n" % len(body))
        client.send(body)
        got = client.message()
    assert got is not None
    assert got.body == body
    assert server.requests[0].body == body
    (seen,) = proxied.shown(1)
    assert (seen.request.body, seen.reply.body) == (body, body)


def test_a_server_may_answer_and_close_before_it_has_read_all(
    server: OddServer, proxied: Proxied
) -> None:
    def behave(line: Line) -> None:
        line.head()
        line.send(b"HTTP/1.1 413 Too Large\r\nContent-Length: 3\r\nConnection: close\r\n\r\nbig")
        line.socket.shutdown(1)
        while line.read_more():
            line._held = b""

    server.behave = behave
    with proxied.client() as client:
        client.send(b"POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n" % (8 * MIB))
        client.send(bytes(8 * MIB))
        got = client.message()
        assert got is not None
        assert (got.status, got.body) == (413, b"big")


def test_a_length_beside_chunks_is_dropped(server: OddServer, proxied: Proxied) -> None:
    """It would be believed by somebody (RFC 9112, 6.3)."""
    both = b"Content-Length: 40\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n"
    server.answers(b"HTTP/1.1 200 OK\r\n" + both)
    with proxied.client() as client:
        client.send(b"POST /x HTTP/1.1\r\nHost: a\r\n" + both)
        got = client.message()
    assert got is not None
    for message in (got, server.requests[0]):
        assert message.body == b"hi"
        assert message.values(b"content-length") == []


def test_an_answer_without_reading_the_request_ends_both(
    server: OddServer, proxied: Proxied
) -> None:
    answered, ended = threading.Event(), threading.Event()

    def behave(line: Line) -> None:
        line.head()
        threading.Event().wait(0.3)  # until everything between the two is full
        line.send(OK)
        assert answered.wait(HANG)
        while line.read_more():
            line._held = b""
        ended.set()

    server.behave = behave
    with proxied.client() as client:
        client.send(b"POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n" % (64 * MIB))
        sending = threading.Thread(target=_send_all, args=(client, 64 * MIB), daemon=True)
        sending.start()
        got = client.message()
        assert got is not None
        assert got.body == b"ok"
        proxied.forget()  # nothing is under way any more, although the server has not read on
        answered.set()
        assert ended.wait(HANG)
        sending.join(HANG)


def test_what_was_answered_before_it_had_come_is_not_shown_as_if_it_were_whole(
    server: OddServer, proxied: Proxied
) -> None:
    def behave(line: Line) -> None:
        line.head()
        line.send(OK)
        line.read_more()

    server.behave = behave
    records: list[record.Record] = []
    proxied.forget()
    shows, proxied.proxy._observe = proxied.proxy._observe, records.append
    with proxied.client() as client:
        client.send(b'POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 12\r\n\r\n{"limit":')
        got = client.message()
    proxied.forget()
    proxied.proxy._observe = shows
    assert got is not None
    assert got.body == b"ok"
    assert [one.whole for one in records] == [False]


def _send_all(client: Line, size: int) -> None:
    with contextlib.suppress(OSError):
        client.send(bytes(size))


@pytest.mark.parametrize("room", [0, 3])
def test_what_there_is_no_room_for_passes_and_is_not_kept(server: OddServer, room: int) -> None:
    server.answers(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello")
    store = Store(room)
    proxied = Proxied(server.url, store=store)
    records: list[record.Record] = []
    proxied.proxy._observe = records.append
    try:
        with proxied.client() as client:
            for _ in range(2):
                client.send(b"GET /x HTTP/1.1\r\nHost: a\r\n\r\n")
                got = client.message()
                assert got is not None
                assert got.body == b"hello"
    finally:
        proxied.close()
    assert [one.whole for one in records] == [False, False]
    assert store.take(room)  # everything was given back


@pytest.mark.parametrize(
    ("coding", "body", "failure"),
    [
        (b"gzip", gzip.compress(b"hello", mtime=0), None),
        (b"gzip", b"no gzip", Failure.CODING),
        (b"br", b"hello", Failure.CODING),
        (b"identity", b"hello", None),
    ],
)
def test_a_coded_body_passes_as_it_is_and_is_shown_without_the_coding(
    server: OddServer, proxied: Proxied, coding: bytes, body: bytes, failure: Failure | None
) -> None:
    server.answers(
        b"HTTP/1.1 200 OK\r\nContent-Encoding: %b\r\nContent-Length: %d\r\n\r\n%b"
        % (coding, len(body), body)
    )
    proxied.forget()
    with proxied.client() as client:
        client.send(b"GET /x HTTP/1.1\r\nHost: a\r\n\r\n")
        got = client.message()
    assert got is not None
    assert got.body == body
    (seen,) = proxied.shown(1)
    assert seen.reply.failure is failure
    if failure is None:
        assert seen.reply.body == b"hello"
