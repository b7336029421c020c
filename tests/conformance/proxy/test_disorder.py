"""Whatever either side sends, and wherever it stops: the other is let go, nothing is logged."""

from __future__ import annotations

import logging
import socket
import struct

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.examples import examples
from tests.support.network.proxies import Line, OddServer, Proxied

REQUESTS = [
    b"GET /x HTTP/1.1\r\nHost: a\r\n\r\n",
    b"HEAD /x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
    b"POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello",
    b"PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\nX: y\r\n\r\n",
    b"POST /x HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\nhi",
    b"GET /x HTTP/1.0\r\n\r\n",
    b"GET /x HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\n",
    b"CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n",
]
ANSWERS = [
    b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\nX: y\r\n\r\n",
    b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n",
    b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\nxx",
    b"HTTP/1.0 200 OK\r\n\r\nall that there is",
    b"HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhiHTTP/1.1 200 OK\r\n\r\n",
]


@st.composite
def bent(draw: st.DrawFn, messages: list[bytes]) -> bytes:
    """Messages in a row, with a few bytes changed, and cut anywhere."""
    raw = bytearray(b"".join(draw(st.lists(st.sampled_from(messages), min_size=1, max_size=3))))
    for _ in range(draw(st.integers(0, 3))):
        at = draw(st.integers(0, len(raw) - 1))
        raw[at : at + draw(st.integers(0, 3))] = draw(st.binary(max_size=3))
        raw = raw or bytearray(b"x")
    return bytes(raw[: draw(st.one_of(st.just(len(raw)), st.integers(0, len(raw))))])


ENDS = st.sampled_from(["close", "half", "reset"])


def end(line: Line, how: str) -> None:
    if how == "half":
        line.socket.shutdown(socket.SHUT_WR)
    elif how == "reset":
        line.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


@settings(
    max_examples=examples(80),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(bent(REQUESTS), bent(ANSWERS), ENDS, ENDS)
def test_disorder_ends_and_is_not_logged(
    server: OddServer,
    proxied: Proxied,
    caplog: pytest.LogCaptureFixture,
    sent: bytes,
    answer: bytes,
    client_ends: str,
    server_ends: str,
) -> None:
    def behave(line: Line) -> None:
        line.read_more()
        line.send(answer)
        end(line, server_ends)

    server.behave = behave
    with caplog.at_level(logging.WARNING):
        with proxied.client() as client:
            client.send(sent)
            end(client, client_ends)
            if client_ends == "half":
                while client.read_more():  # it is closed sooner or later
                    pass
        proxied.forget()
    assert caplog.messages == []


def test_the_proxy_still_works_afterwards(server: OddServer, proxied: Proxied) -> None:
    server.answers(ANSWERS[0])
    with proxied.client() as client:
        client.send(REQUESTS[0])
        got = client.message()
    assert got is not None
    assert got.body == b"hello"
