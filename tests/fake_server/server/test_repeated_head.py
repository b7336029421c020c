"""A head that comes again is not parsed again, and its request is what it would have been."""

from __future__ import annotations

import json
import re
from functools import cache

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from sampan.fake_server.http.exchange import Exchange
from sampan.fake_server.journal.journal import RequestMatch
from sampan.fake_server.server.fast_protocol import FastProtocol
from tests.support.examples import examples
from tests.support.network.line import LOGIN, Line
from tests.support.network.raw_http import CHUNKED, chunk, request

_FIND = request("/jobs/find", b"{}")
_CREATE = request("/jobs/create", b"{}")
#: A request that begins so has the first line of the next in a header.
_BEGUN = b"POST /jobs/find HTTP/1.1\r\nNote: "
_NOTED = request("/jobs/find", b"{}", extra="Note: x\r\n")
#: What a client may send: whole requests with the same head and others, parts, and what is none.
_PIECES = (
    _FIND,
    _FIND,
    _FIND[:-2] + b"[]",
    request("/jobs/find", b'{"limit":10}'),
    request("/jobs/find", b"{}").replace(b"Length: 2", b"Length: 02"),
    request("/jobs/find", b"{}").replace(b"Length: 2", b"Length:2"),
    request("/jobs/find", b"{} ").replace(b"Length: 3", b"Length: 4"),
    request("/jobs/find", b"{}").replace(b"Length: 2", b"Length: 2, 2"),
    request("/jobs/find", b"{}", extra="Note: x\r\n Content-Length: 2\r\n"),
    _FIND[:-2],
    _FIND[:30],
    _FIND[30:],
    b"{}",
    b"\r\n",
    b"\r\n\r\n",
    _FIND + b"\r\n",
    b"\r\n" + _FIND,
    _FIND + _FIND[:-1],
    request("/jobs/find", b"\r\n\r\n{}"),
    request("/jobs/find", b""),
    _CREATE,
    _BEGUN,
    _NOTED,
    request("/jobs/find", chunk(b"{}") + chunk(b""), extra=CHUNKED),
    request("/jobs/find", b"{}", extra="Connection: Upgrade\r\nUpgrade: h2c\r\n"),
)


class _Parsing(FastProtocol):
    """Parses every request, and counts what it is given to parse."""

    parsed = 0

    def _parse(self, data: bytes | memoryview) -> None:
        self.parsed += 1
        super()._parse(data)


class _Always(_Parsing):
    """Knows no head again."""

    def _answer_again(self, data: bytes) -> bool:
        return False


_line = cache(Line)


def _said(kind: type[FastProtocol], pieces: list[bytes]) -> tuple[bytes, list[object]]:
    """What is answered to a client that sends these, less the date, and what the journal has."""
    line = _line(kind).another()
    journal = line.app.service.journal
    journal.clear()
    for piece in pieces:
        line.protocol.data_received(piece)
        line.loop.come_round()
    kept = [(each.path, each.body, each.headers, each.size) for each in journal.find(_ANY)]
    return re.sub(rb"date: [^\r]*\r\n", b"", b"".join(line.transport.written)), [*kept]


_ANY = RequestMatch()


@settings(max_examples=examples(250), deadline=None)
@given(st.lists(st.sampled_from(_PIECES), max_size=12))
@example([_FIND] * 4)
@example([_FIND, _FIND, _FIND.replace(b"fake", b"here")])
@example([_NOTED, _NOTED, _NOTED.replace(b"x\r", b"y\r")])
@example([_BEGUN, _CREATE, _BEGUN, _CREATE, _CREATE])
@example([_CREATE, _CREATE, _BEGUN, _CREATE])
@example([_FIND + _CREATE[:-1], _CREATE[-1:], _FIND + _CREATE[:-1], _CREATE[-1:], _FIND])
@example([request("/jobs/find", b"\r\n\r\n{}")] * 3)
@example([_FIND + b"\r\n\r\n"] * 3)
@example([_FIND, _FIND, request("/jobs/find", b'{"limit":10}'), _FIND])
@example([_FIND, request("/jobs/find", b'{"limit":10}'), request("/jobs/find", b"")])
@example([_FIND, _FIND, _FIND + _FIND])
@example([_FIND, _FIND, _FIND[:-3], b"\n{}"])
def test_whatever_comes_is_answered_and_recorded_as_if_it_were_parsed(pieces: list[bytes]) -> None:
    assert _said(FastProtocol, pieces) == _said(_Always, pieces)


def test_a_head_that_came_twice_is_not_parsed_again() -> None:
    line = Line(_Parsing)
    assert isinstance(line.protocol, _Parsing)
    for _ in range(5):
        line.ask()
    for body in (LOGIN[:-1] + b"]", b"{}"):
        line.protocol.data_received(request("/auth/login", body))
        line.loop.come_round()
    assert line.protocol.parsed == 2
    assert [_errno(written) for written in line.transport.written] == [0] * 5 + [301] * 2


def test_a_fault_acts_on_a_head_that_is_known() -> None:
    line = Line(_Parsing)
    for _ in range(3):
        line.ask()
    line.app.service.faults.arm({"type": "EMPTY_RESPONSE"})
    assert not line.protocol._answer_again(request("/auth/login", LOGIN))


def test_what_can_not_be_answered_is_500_and_logged(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    line = Line(_Parsing)
    for _ in range(3):
        line.ask()

    def fail(exchange: Exchange, answer: object) -> None:
        raise RuntimeError("no room")

    monkeypatch.setattr(line.app.service.journal, "record", fail)
    line.ask()
    assert line.transport.written[-1].startswith(b"HTTP/1.1 500 ")
    assert "no room" in caplog.text


def _errno(written: bytes) -> int:
    errno: int = json.loads(written.partition(b"\r\n\r\n")[2])["errno"]
    return errno
