"""Bytes made at random around HTTP, on both protocols: every request gets an envelope or a page,
nothing ends as a traceback, and nothing stays open.
"""

from __future__ import annotations

import contextlib
import socket
import time
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sampan import FakeServer
from tests.support.examples import examples

_PATHS = (
    b"/ /auth/login /jobs/find /nowhere /image/x.png /__admin/health /__admin/reset * http://x"
    b" http://x/jobs/find //x /%00%ff /?a=b http:// HTTP://[::1]/ http://a@b/ x /#a"
).split()
_LINES = [
    *(b"Host: x", b"Host: y", b"host:", b"Host: a b", b"Host : x", b" folded", b"X: \xff", b":"),
    *(b"Content-Length: 2", b"Content-Length: 5", b"Content-Length: x", b"content-length: +2"),
    *(b"Transfer-Encoding: chunked", b"Transfer-Encoding: gzip, chunked"),
    *(b"Connection: close", b"Connection: Upgrade", b"Upgrade: h2c", b"Upgrade: websocket"),
    *(b"Expect: 100-continue", b"Content-Encoding: gzip", b"X: " + b"x" * 3000, b"Connection: x"),
]  # fmt: skip
_BODIES = [
    *(b"", b"{}", b"{}{}", b"2\r\n{}\r\n0\r\n\r\n", b"0\r\nHost: z\r\n\r\n", b"2;a=b\r\n{}\r\n"),
    *(b"0\r\n", b"xyz\r\n", b"ffffffffffffffff\r\n", b"\r\n", b"\n", b"\x00", b"-1\r\n\r\n"),
]
_ENDS = st.sampled_from([b"\r\n"] * 6 + [b"\n", b"\r", b"\r\r\n"])


@st.composite
def _requests(draw: st.DrawFn) -> bytes:
    method = draw(st.sampled_from([b"GET", b"POST", b"HEAD", b"CONNECT", b"PRI", b"get", b"P\x00"]))
    version = draw(st.sampled_from([b"HTTP/1.1"] * 6 + [b"HTTP/1.0", b"HTTP/2.0", b"HTTP/9", b""]))
    lines = [b"%b %b %b" % (method, draw(st.sampled_from(_PATHS)), version)]
    lines += draw(st.lists(st.sampled_from(_LINES), max_size=5))
    if draw(st.booleans()):
        lines.insert(1, b"Host: x")
    return b"".join(line + draw(_ENDS) for line in [*lines, b""]) + draw(st.sampled_from(_BODIES))


_BYTES = st.lists(st.one_of(_requests(), _requests(), st.binary(max_size=40)), max_size=4)


@pytest.fixture(scope="module", params=["quick", "stock"])
def server(request: pytest.FixtureRequest) -> Iterator[FakeServer]:
    with FakeServer(fast=request.param == "quick") as running:
        yield running


@given(pieces=_BYTES, cut=st.integers(0, 200))
@settings(
    max_examples=examples(300),
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_any_bytes_get_answers_and_an_end(
    server: FakeServer, caplog: pytest.LogCaptureFixture, pieces: list[bytes], cut: int
) -> None:
    sent = b"".join(pieces)
    heard = b""
    with socket.create_connection(("127.0.0.1", server.port), timeout=20) as client:
        with contextlib.suppress(ConnectionError):  # it has closed on what it did not want to read
            client.sendall(sent[:cut])
            client.sendall(sent[cut:])
        with contextlib.suppress(OSError):
            client.shutdown(socket.SHUT_WR)
        with contextlib.suppress(ConnectionError):
            while more := client.recv(1 << 16):
                heard += more
    assert heard == b"" or heard.startswith(b"HTTP/1.1 "), heard[:100]
    assert not [record for record in caplog.records if record.exc_info], caplog.text
    assert b" 500 " not in heard[:20]


def test_nothing_stays_open(server: FakeServer) -> None:
    assert server._running is not None
    state = server._running._server.server_state
    deadline = time.monotonic() + 20
    while (state.connections or state.tasks) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not state.connections
    assert not state.tasks
