"""Clients that do not keep to HTTP: an envelope all the same, and a connection that is usable or
closed cleanly (GEN-5). Bytes on a socket, against a fake in a process of its own.
"""

from __future__ import annotations

import json
import socket
from pathlib import Path
from typing import Any

import pytest

from tests.support.fakes import STOCK, Served
from tests.support.network.raw_http import CHUNKED, chunk, connected, request, still_usable


@pytest.fixture(scope="module")
def token(served: Served) -> str:
    with connected(served) as wire:
        wire.send(request("/auth/login", b'{"username":"abc","password":"abc-secret"}'))
        data: dict[str, Any] = json.loads(wire.hear().body)["data"]
    return str(data["token"])


JOBS = ("create", "find", "variation", "upscale", "blend", "describe")
OPERATIONS = ("/auth/login", *(f"/jobs/{job}" for job in JOBS))

#: Bytes that are no request.
NO_REQUEST: dict[str, bytes] = {
    "rubbish": b"\x00\x01\x02\x03\r\n\r\n",
    "TLS": bytes.fromhex("16030100a5010000a10303") + bytes(160),
    "HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "HTTP/3.7": b"GET / HTTP/3.7\r\n\r\n",
    "no such method": b"B\xffEW / HTTP/1.1\r\nHost: x\r\n\r\n",
    "no path": b"POST HTTP/1.1\r\nHost: x\r\n\r\n",
    "path that is not ASCII": "GET /小船 HTTP/1.1\r\nHost: x\r\n\r\n".encode(),
    "header without a colon": b"GET / HTTP/1.1\r\nHost x\r\n\r\n",
    "header with a blank": b"GET / HTTP/1.1\r\nHost : x\r\n\r\n",
    "NUL in a header": b"GET / HTTP/1.1\r\nHost: x\0y\r\n\r\n",
    "two lengths": b"POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxx",
    "a length and chunks": b"POST / HTTP/1.1\r\nContent-Length: 1\r\n"
    b"Transfer-Encoding: chunked\r\n\r\n",
    "length of letters": b"POST / HTTP/1.1\r\nContent-Length: ten\r\n\r\n",
    "negative length": b"POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
    "length beyond numbers": b"POST / HTTP/1.1\r\nContent-Length: " + b"9" * 40 + b"\r\n\r\n",
    "bad chunk": b"POST /jobs/find HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n",
    "chunk beyond numbers": b"POST /x HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n" + b"f" * 40,
}


@pytest.mark.parametrize("name", NO_REQUEST)
def test_what_is_no_request_gets_an_envelope_and_a_clean_end(served: Served, name: str) -> None:
    with connected(served) as wire:
        wire.send(NO_REQUEST[name])
        heard = wire.hear()
        assert (heard.status, heard.errno) == (400, 301)
        assert heard.headers["connection"] == "close"
        assert heard.headers["x-fake-reason"]
        assert wire.is_closed()


def test_an_answer_outlives_what_is_still_being_sent(served: Served) -> None:
    with connected(served) as wire:
        wire.send(b"rubbish\r\n\r\n" + bytes(1 << 20))
        wire.send(bytes(1 << 20))
        assert wire.hear().errno == 301
        assert wire.is_closed()


# Large


@pytest.mark.parametrize("path", OPERATIONS)
@pytest.mark.parametrize("framed", ["length", "chunks"])
def test_a_large_body_is_refused_and_the_connection_goes_on(
    served: Served, token: str, path: str, framed: str
) -> None:
    body = b'{"content":"' + b"x" * (2 << 20) + b'"}'
    with connected(served) as wire:
        if framed == "length":
            wire.send(request(path, body, token))
        else:
            wire.send(request(path, b"", token, extra=CHUNKED))
            for start in range(0, len(body), 50_000):
                wire.send(chunk(body[start : start + 50_000]))
            wire.send(b"0\r\n\r\n")
        assert wire.hear().errno == 301
        assert still_usable(wire, token)


def test_a_body_without_end_is_answered_before_its_end(served: Served, token: str) -> None:
    piece = chunk(bytes(65_536))
    with connected(served) as wire:
        wire.send(request("/jobs/create", b"", token, extra=CHUNKED))
        sent = 0
        while not wire.has_answer():
            wire.send(piece)
            sent += len(piece)
            assert sent < 200 << 20, "it would take a body for ever"
        assert wire.hear().errno == 301
        for _ in range(20):
            wire.send(piece)
        wire.send(b"0\r\n\r\n")
        assert still_usable(wire, token)


def test_a_declared_body_is_refused_before_it_comes(served: Served, token: str) -> None:
    with connected(served) as wire:
        head = request("/jobs/create", b"", token).replace(b"Length: 0", b"Length: 999999999999")
        wire.send(head)
        assert wire.hear().errno == 301


@pytest.mark.parametrize("form", ["one line", "many lines", "a long path", "a long name"])
def test_a_large_head_is_refused(served: Served, token: str, form: str) -> None:
    size = 100 << 10
    forms = {
        "one line": request("/jobs/find", b"{}", token, extra=f"X-Large: {'x' * size}\r\n"),
        "many lines": request("/jobs/find", b"{}", token, extra="X-Many: x\r\n" * (size // 9)),
        "a long path": request(f"/jobs/find?{'x' * size}", b"{}", token),
        "a long name": request("/jobs/find", b"{}", token, extra=f"{'X' * size}: x\r\n"),
    }
    with connected(served) as wire:
        wire.send(forms[form])
        heard = wire.hear()
        assert (heard.status, heard.errno) == (400, 301)
        wire.socket.shutdown(socket.SHUT_WR)
        assert wire.is_closed()


@pytest.mark.parametrize("line", [b"X: " + b"x" * 65_536, b"X: x\r\n" * 10_000])
def test_a_head_without_end_is_cut_off_and_not_hoarded(served: Served, line: bytes) -> None:
    before = resident(served)
    with connected(served) as wire:
        wire.send(b"GET / HTTP/1.1\r\n")
        sent = 0
        while not wire.has_answer():
            wire.send(line)
            sent += len(line)
            assert sent < 64 << 20, "it would take a head for ever"
        heard = wire.hear()
        assert (heard.status, heard.errno) == (400, 301)
        assert "headers" in heard.headers["x-fake-reason"]
    assert resident(served) - before < 16 << 20


def resident(served: Served) -> int:
    """The bytes that the fake has in memory; 0 where the system does not tell."""
    status = Path(f"/proc/{served.process.pid}/statm")
    return int(status.read_text().split()[1]) * 4096 if status.exists() else 0


# HTTP's corners


def test_a_request_may_come_byte_by_byte(served: Served, token: str) -> None:
    with connected(served) as wire:
        wire.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for byte in request("/jobs/find", b'{"limit":1}', token):
            wire.send(bytes([byte]))
        assert wire.hear().errno == 0
        assert still_usable(wire, token)


def test_requests_may_be_sent_at_once_and_are_answered_in_order(served: Served, token: str) -> None:
    with connected(served) as wire:
        good, bad = b"{}", b'{"limit":0}'
        wire.send(b"".join(request("/jobs/find", body, token) for body in (good, bad, good, bad)))
        assert [wire.hear().errno for _ in range(4)] == [0, 301, 0, 301]


def test_a_client_may_close_its_half_before_the_answer(served: Served, token: str) -> None:
    with connected(served) as wire:
        wire.send(request("/jobs/find", b"{}", token) * 50)
        wire.socket.shutdown(socket.SHUT_WR)
        assert [wire.hear().errno for _ in range(50)] == [0] * 50
        assert wire.is_closed()


@pytest.mark.parametrize("size", [0, 5, 100])
def test_a_client_that_leaves_in_the_middle_harms_no_one(
    served: Served, token: str, size: int
) -> None:
    whole = request("/jobs/create", b'{"content":"never asked for"}', token)
    for _ in range(5):
        with connected(served) as wire:
            wire.send(whole[:-1][: size or None])
    with connected(served) as wire:
        assert still_usable(wire, token)
        wire.send(request("/jobs/find", b'{"prompt":"never asked for"}', token))
        assert json.loads(wire.hear().body)["data"]["total"] == 0


def test_a_client_that_asks_first_is_told_to_go_on(served: Served, token: str) -> None:
    with connected(served) as wire:
        whole = request("/jobs/find", b"{}", token, extra="Expect: 100-continue\r\n")
        wire.send(whole[:-2])
        assert wire.hear().status == 100
        wire.send(whole[-2:])
        assert wire.hear().errno == 0
        assert still_usable(wire, token)


def test_a_client_of_http_1_0_is_told_nothing_before_its_answer(served: Served, token: str) -> None:
    with connected(served) as wire:
        whole = request("/jobs/find", b"{}", token, extra="Expect: 100-continue\r\n")
        wire.send(whole.replace(b" HTTP/1.1", b" HTTP/1.0", 1))
        assert wire.hear().errno == 0


def test_a_client_that_asks_first_is_not_told_to_send_too_much(served: Served, token: str) -> None:
    with connected(served) as wire:
        whole = request("/jobs/find", b" " * (2 << 20), token, extra="Expect: 100-continue\r\n")
        wire.send(whole[: -(2 << 20)])
        heard = wire.hear()
        assert heard.errno == 301
        assert heard.headers["connection"] == "close"
        assert wire.is_closed()


@pytest.mark.parametrize("protocol", ["h2c", "websocket", "TLS/1.3"])
def test_an_offer_of_another_protocol_is_passed_over(
    served: Served, token: str, protocol: str
) -> None:
    offer = f"Connection: Upgrade\r\nUpgrade: {protocol}\r\n"
    with connected(served) as wire:
        for framed in ("", CHUNKED):
            body = chunk(b'{"limit":1}') + b"0\r\n\r\n" if framed else b'{"limit":1}'
            whole = request("/jobs/find", body, token, extra=offer + framed)
            wire.send(whole)
            assert wire.hear().errno == 0
            wire.send(whole[:-5])
            wire.send(whole[-5:] + whole + whole)
            assert [wire.hear().errno for _ in range(3)] == [0, 0, 0]
        assert still_usable(wire, token)


def test_http_1_0_is_answered_and_closed(served: Served, token: str) -> None:
    with connected(served) as wire:
        wire.send(request("/jobs/find", b"{}", token, version="1.0"))
        assert wire.hear().errno == 0
        assert wire.is_closed()


@pytest.mark.parametrize(
    ("line", "status"),
    [
        (b"OPTIONS * HTTP/1.1", 404),
        (b"OPTIONS /jobs/find HTTP/1.1", 404),
        (b"TRACE / HTTP/1.1", 404),
        (b"GET //jobs/find HTTP/1.1", 404),
        (b"GET /jobs/../ HTTP/1.1", 404),
        (b"GET /./jobs/find HTTP/1.1", 404),
        (b"GET /%00%0d%0a%ff HTTP/1.1", 404),
        (b"GET /jobs/find#top HTTP/1.1", 404),
        (b"GET http://elsewhere.test/jobs/find HTTP/1.1", 404),
        (b"GET /image/%2e%2e/%2e%2e/etc/passwd HTTP/1.1", 404),
    ],
)
def test_odd_targets_are_not_found(served: Served, token: str, line: bytes, status: int) -> None:
    with connected(served) as wire:
        wire.send(line + b"\r\nHost: fake.test\r\n\r\n")
        heard = wire.hear()
        assert (heard.status, heard.errno) == (status, 410)
        assert still_usable(wire, token)


def test_it_is_no_proxy(served: Served) -> None:
    with connected(served) as wire:
        wire.send(b"CONNECT elsewhere.test:80 HTTP/1.1\r\nHost: elsewhere.test:80\r\n\r\n")
        heard = wire.hear()
        assert (heard.status, heard.errno) == (400, 301)
        assert wire.is_closed()


def test_an_absolute_target_is_its_path(served: Served, token: str) -> None:
    with connected(served) as wire:
        wire.send(request("http://fake.test/jobs/find", b"{}", token))
        assert wire.hear().errno == 0


def test_a_head_has_the_headers_of_a_get_and_no_body(served: Served, token: str) -> None:
    with connected(served) as wire:
        heard = {}
        for method in (b"GET", b"HEAD"):
            wire.send(method + b" /openapi.json HTTP/1.1\r\nHost: fake.test\r\n\r\n")
            heard[method] = wire.hear(body=method == b"GET")
        assert heard[b"HEAD"].headers == heard[b"GET"].headers
        assert len(heard[b"GET"].body) == int(heard[b"HEAD"].headers["content-length"])
        assert still_usable(wire, token)


def test_a_path_of_control_characters_gets_no_header_of_its_own(served: Served, token: str) -> None:
    with connected(served) as wire:
        wire.send(request("/x%0d%0aX-Evil:%20yes%00%7f", b"{}", token))
        heard = wire.hear()
        assert heard.errno == 410
        assert "x-evil" not in heard.headers
        assert still_usable(wire, token)


@pytest.mark.parametrize("path", ["/auth/login", "/__admin/reset", "/"])
@pytest.mark.parametrize("coding", ["gzip, chunked", "identity, chunked", "x, Chunked"])
def test_a_transfer_coding_that_is_not_undone_is_refused(
    served: Served, path: str, coding: str
) -> None:
    head = f"POST {path} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: {coding}\r\n\r\n"
    with connected(served) as wire:
        wire.send(head.encode() + chunk(b'{"username":"abc","password":"abc-secret"}') + chunk(b""))
        heard = wire.hear()
        assert (heard.status, heard.errno) == (400, 301)
        assert heard.headers["connection"] == "close"


_NO_HTTP = "the request is not valid HTTP/1.1: "
_REQUEST = request("/auth/login", b'{"password":"abc-secret"}\r\n\r\n')


@pytest.mark.parametrize(
    ("sent", "reason"),
    [
        (NO_REQUEST["TLS"], "the client speaks TLS"),
        (NO_REQUEST["HTTP/2"], "HTTP/2 is not supported"),
        (NO_REQUEST["two lengths"], f"{_NO_HTTP}Duplicate Content-Length"),
        (NO_REQUEST["negative length"], f"{_NO_HTTP}Invalid character in Content-Length"),
        (NO_REQUEST["a length and chunks"], f"{_NO_HTTP}Transfer-Encoding can't be present"),
        (NO_REQUEST["header with a blank"], f"{_NO_HTTP}Invalid header token"),
        (NO_REQUEST["rubbish"], f"{_NO_HTTP}it begins with no method such as POST; was more sent"),
        (b"post / HTTP/1.1\r\nHost : x\r\n\r\n", f"{_NO_HTTP}the method is POST, in capitals"),
    ],
)
def test_what_is_wrong_is_named(served: Served, sent: bytes, reason: str) -> None:
    with connected(served) as wire:
        wire.send(sent)
        told = wire.hear().headers["x-fake-reason"]
    # uvicorn's stock protocol does not say what it was sent.
    assert told.startswith("the request is not valid HTTP/1.1" if STOCK else reason)


def test_what_a_length_has_cut_off_is_not_repeated(served: Served) -> None:
    with connected(served) as wire:
        wire.send(_REQUEST.replace(b"Length: 29", b"Length: 10"))
        assert wire.hear().errno == 301
        told = wire.hear().headers["x-fake-reason"]
    assert told.startswith(_NO_HTTP.split(":")[0])
    assert "secret" not in told
    assert STOCK or "was more sent than its Content-Length says?" in told


@pytest.mark.parametrize("path", ["/jobs/find", "/__admin/reset"])
def test_two_tokens_are_refused(served: Served, token: str, path: str) -> None:
    with connected(served) as wire:
        wire.send(request(path, b"{}", token, extra="authorization: Bearer other\r\n"))
        heard = wire.hear()
    assert (heard.status, heard.errno) == (400, 301)
    reason = "the request has 2 Authorization headers; HTTP allows one"
    assert heard.headers["x-fake-reason"] == reason
