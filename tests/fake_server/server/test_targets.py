"""What a request is for: its target and its Host (RFC 9112, 3.2), on both protocols."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from typing import Any

import pytest

from sampan import FakeServer
from sampan.fake_server.http import target
from sampan.fake_server.web.app import App
from tests.support.network.raw_http import connected, request

_FIND = b'{"limit":1}'


@pytest.fixture(scope="module", params=["quick", "stock"])
def server(request: pytest.FixtureRequest) -> Iterator[FakeServer]:
    with FakeServer(fast=request.param == "quick", job_seconds=0) as running:
        yield running


@pytest.fixture(scope="module")
def token(server: FakeServer) -> str:
    account = server.account()
    account.create("a cat")
    with connected(server) as wire:
        body = {"username": account.username, "password": account.password}
        wire.send(request("/auth/login", json.dumps(body).encode()))
        data: dict[str, Any] = json.loads(wire.hear().body)["data"]
    return str(data["token"])


# Absolute targets


@pytest.mark.parametrize("line", ["/", "?a", "/?a=b", "", "/docs", "?", ":80", "/%2e"])
@pytest.mark.parametrize("scheme", ["http", "HTTP", "https"])
def test_an_absolute_target_is_answered_as_its_path(
    server: FakeServer, scheme: str, line: str
) -> None:
    path = line.removeprefix(":80")
    path = path if path.startswith("/") else f"/{path}"
    heard = []
    for each in (path, f"{scheme}://x{line}"):
        with connected(server) as wire:
            wire.send(f"GET {each} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
            heard.append(wire.hear())
    assert heard[0].status == heard[1].status


@pytest.mark.parametrize(
    ("authority", "start"),
    [
        ("164.90.147.104:8091", "http://164.90.147.104:8091/"),
        ("pictures.test", "http://pictures.test/"),
        ("[::1]:80", "http://[::1]:80/"),
        ("my_service:8091", "http://my_service:8091/"),
    ],
)
@pytest.mark.parametrize("query", ["", "?x=http://other.test/"])
def test_links_start_at_the_authority_of_an_absolute_target(
    server: FakeServer, token: str, authority: str, start: str, query: str
) -> None:
    with connected(server) as wire:
        wire.send(request(f"http://{authority}/jobs/find{query}", _FIND, token))
        (record,) = json.loads(wire.hear().body)["data"]["res"]
    assert record["img_buffer"].startswith(start)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (b"/jobs/find", target.Target(b"/jobs/find")),
        (b"*", target.Target(b"*")),
        (b"http://x", target.Target(b"/", b"x")),
        (b"http://x/a%2Fb", target.Target(b"/a%2Fb", b"x")),
        (b"HtTp://x:1//a", target.Target(b"//a", b"x:1")),
        (b"http:///a", target.Target(b"http:///a")),
        (b"/http://x/", target.Target(b"/http://x/")),
    ],
)
def test_targets_are_taken_apart(text: bytes, expected: target.Target) -> None:
    assert target.parse(text) == expected


@pytest.mark.parametrize("bad", ["me:secret@x", "x:y", "x|y", "[::1", "a]b", '"x"'])
def test_an_authority_that_is_none_is_refused(server: FakeServer, token: str, bad: str) -> None:
    with connected(server) as wire:
        wire.send(request(f"http://{bad}/jobs/find", _FIND, token))
        heard = wire.hear()
        assert (heard.status, heard.errno) == (400, 301)
        assert wire.is_closed()


# Host

LINES = {
    "a POST": ("POST /jobs/find HTTP/1.1", _FIND),
    "a page": ("GET / HTTP/1.1", b""),
    "nowhere": ("GET /nowhere HTTP/1.1", b""),
    "the control API": ("POST /__admin/reset HTTP/1.1", b"{}"),
    "an absolute target": ("GET http://x/ HTTP/1.1", b""),
    "health": ("GET /__admin/health HTTP/1.1", b""),
}
WRONG = {
    "none": "",
    "two": "Host: x\r\nHost: y\r\n",
    "twice the same": "Host: x\r\nhost: x\r\n",
    "a blank in it": "Host: a b\r\n",
    "a list": "Host: a, b\r\n",
    "a URL": "Host: http://x/\r\n",
    "a user": "Host: me@x\r\n",
    "quotes": 'Host: x"y\r\n',
    "a port of letters": "Host: x:http\r\n",
    "brackets": "Host: [::1\r\n",
}


@pytest.mark.parametrize("line", LINES)
@pytest.mark.parametrize("wrong", WRONG)
def test_a_request_without_one_valid_host_is_refused(
    server: FakeServer, line: str, wrong: str
) -> None:
    start, body = LINES[line]
    head = f"{start}\r\n{WRONG[wrong]}Content-Length: {len(body)}\r\n\r\n".encode()
    with connected(server) as wire:
        wire.send(head + body)
        heard = wire.hear()
        assert (heard.status, heard.errno) == (400, 301)
        assert wire.is_closed()


@pytest.mark.parametrize(
    "host", ["x", "x:8091", "x:", "", "[::1]:8091", "my_service", "a%20b", "1.2.3.4", "X.Test."]
)
def test_any_valid_host_is_taken(server: FakeServer, token: str, host: str) -> None:
    with connected(server) as wire:
        wire.send(request("/jobs/find", _FIND, token).replace(b"fake.test", host.encode()))
        assert wire.hear().errno == 0


def test_http_1_0_needs_no_host(server: FakeServer, token: str) -> None:
    for where, start in (("", "http://127.0.0.1:"), ("http://pictures.test", "http://pictures.")):
        sent = request(f"{where}/jobs/find", _FIND, token, version="1.0")
        with connected(server) as wire:
            wire.send(sent.replace(b"Host: fake.test\r\n", b""))
            (record,) = json.loads(wire.hear().body)["data"]["res"]
        assert record["img_buffer"].startswith(start)


# In order, and whatever happens


def test_what_was_asked_before_is_answered_before_a_refusal(
    server: FakeServer, token: str, caplog: pytest.LogCaptureFixture
) -> None:
    asked = [
        b"GET /openapi.json HTTP/1.1\r\nHost: x\r\n\r\n",
        request("/jobs/find", _FIND, token),
        b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
    ]
    ends = [
        b"rubbish\r\n\r\n",
        request("/nowhere", b"").replace(b"Length: 0", b"Length: x"),
        request("/nowhere", b"", extra="Transfer-Encoding: chunked\r\n") + b"xyz\r\n",
        request("/jobs/find", b"", extra="Transfer-Encoding: chunked\r\n") + b"xyz\r\n",
        b"GET / HTTP/1.1\r\n\r\n",
    ]
    for end in ends:
        with connected(server) as wire:
            wire.send(b"".join(asked) + end)
            assert [wire.hear().status for _ in asked] == [200, 200, 200]
            heard = wire.hear()
            assert (heard.status, heard.errno) == (400, 301)
            assert wire.is_closed()
    assert not [record for record in caplog.records if record.exc_info], caplog.text


def test_what_is_refused_already_gets_no_second_answer(server: FakeServer) -> None:
    with connected(server) as wire:
        wire.send(request("/nowhere", b"", extra="Transfer-Encoding: chunked\r\n"))
        for _ in range(40):
            wire.send(b"10000\r\n" + bytes(65_536) + b"\r\n")
            if wire.has_answer():
                break
        assert wire.hear().errno == 301
        wire.send(b"xyz\r\n")
        wire.socket.shutdown(socket.SHUT_WR)
        assert wire.is_closed()


def test_a_mistake_of_the_fake_ends_as_an_envelope(
    server: FakeServer, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fails(*_: object) -> None:
        raise KeyError("of our own")

    monkeypatch.setattr(App, "respond_now", fails)
    monkeypatch.setattr("sampan.fake_server.api.respond.operate", fails)
    with connected(server) as wire:
        wire.send(request("/jobs/find", _FIND))
        assert wire.hear().errno == 501
    assert "of our own" in caplog.text
    caplog.clear()
