"""The request log: which requests, when, where, and never a secret."""

from __future__ import annotations

import json
import os
import pty
import re
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest

from sampan.fake_server.log.lines import Entry, as_json
from sampan.fake_server.log.request_log import RequestLog
from tests.support.fakes import STOCK, Caller, Fake, Served

Serve = Callable[..., Served]
JSON_HEADER = {"Content-Type": "application/json"}


def logged(fake: Fake, *, control: bool = False) -> list[Entry]:
    """What is logged from now on."""
    entries: list[Entry] = []
    lines: list[str] = []

    def keep(entry: Entry) -> str:
        entries.append(entry)
        return as_json(entry)

    RequestLog(fake.app.service, keep, lines.append, control=control)
    return entries


def test_each_request_is_a_line_with_its_account_and_outcome(fake: Fake, abc: Caller) -> None:
    entries = logged(fake)
    abc.create()
    abc.post("/jobs/create", {})
    fake.post("/jobs/find", {})
    fake.get("/reference")
    fake.get("/image/f052f826-0568-45a1-8797-0a120c92aa42.png")
    assert [(e.account, e.operation, e.errno, e.status) for e in entries] == [
        ("abc", "createJob", 0, 200),
        ("abc", "createJob", 301, 200),
        (None, "findJobs", 430, 200),
        (None, None, None, 200),
        (None, None, 410, 404),
    ]
    assert entries[1].reason == '"content" is a required property'
    assert all(entry.took > 0 for entry in entries)


def test_a_picture_belongs_to_its_job_s_account(fake: Fake, abc: Caller) -> None:
    link = abc.picture()["img_thumb"]
    entries = logged(fake)
    fake.get(link.removeprefix("http://fake.test"))
    assert [(e.account, e.status, e.errno) for e in entries] == [("abc", 200, None)]


@pytest.mark.parametrize(
    ("kind", "terms"),
    [("ERRNO", {"errno": 501}), ("HTTP_STATUS", {"status": 502}), ("MALFORMED_JSON", {})],
)
def test_a_fault_is_named_by_its_type(
    fake: Fake, abc: Caller, kind: str, terms: dict[str, int]
) -> None:
    body = {"type": kind, "match": {"account": "abc"}, "times": 1, **terms}
    fake.send("POST", "/__admin/faults", json.dumps(body).encode(), JSON_HEADER)
    entries = logged(fake)
    abc.post("/jobs/create", {"content": "a cat"})
    assert [entry.fault for entry in entries] == [kind]


def test_the_control_api_is_logged_where_that_is_asked_for(fake: Fake) -> None:
    entries = logged(fake)
    fake.get("/__admin/health")
    assert entries == []
    entries = logged(fake, control=True)
    fake.get("/__admin/health")
    fake.get("/__admin/healt")
    assert [(e.address, e.status) for e in entries] == [
        ("/__admin/health", 200),
        ("/__admin/healt", 404),
    ]
    assert entries[0].reason is None
    assert "did you mean" in str(entries[1].reason)


def test_what_a_browser_asks_before_a_page_s_request_is_logged(
    make_fake: Callable[..., Fake],
) -> None:
    fake = make_fake(cors=("http://a.test",))
    entries = logged(fake)
    for origin in ("http://a.test", "http://b.test"):
        asked = {"Origin": origin, "Access-Control-Request-Method": "POST"}
        fake.send("OPTIONS", "/jobs/find", headers=asked)
    fake.send("OPTIONS", "/jobs/find")
    assert [(entry.method, entry.status) for entry in entries] == [
        ("OPTIONS", 200),
        ("OPTIONS", 400),
        ("OPTIONS", 404),
    ]
    assert entries[1].reason == "Disallowed CORS origin"


def test_no_secret_is_logged(make_fake: Callable[..., Fake]) -> None:
    fake = make_fake(admin_token="the-admin-token-itself")
    token = fake.login().token
    entries = logged(fake, control=True)
    for secret in (token, "abc-secret", "the-admin-token-itself", "tried-with-this"):
        fake.post("/auth/login", {"username": secret, "password": "tried-with-this"})
        fake.get(f"/nowhere/{secret}?password=x{secret}&q={secret}")
        fake.get(f"/jobs/find?token={secret}")
        fake.get(f"/__admin/accounts/{secret}?account={secret}")
        assert secret not in "".join(map(as_json, entries)), secret
    assert len(entries) == 16


@contextmanager
def on_terminal(serve: Serve, *arguments: str, **environment: str) -> Iterator[tuple[Served, int]]:
    """A fake whose standard error is a terminal, and the other end of that."""
    ours, theirs = pty.openpty()

    def attach() -> None:
        os.dup2(theirs, 2)
        os.environ.update(environment)

    try:
        yield serve(*arguments, before=attach), ours
    finally:
        os.close(theirs)
        os.close(ours)


def until(read: Callable[[], str], what: str) -> str:
    """What has been read when ``what`` was among it."""
    text, deadline = "", time.monotonic() + 20
    while what not in text and time.monotonic() < deadline:
        text += read()
    assert what in text
    return text


def test_a_terminal_gets_it_unasked_and_in_colour(serve: Serve) -> None:
    with on_terminal(serve) as (served, terminal):
        httpx.post(f"{served.url}/auth/login", json={"username": "abc", "password": "abc-secret"})
        httpx.post(f"{served.url}/jobs/find", json={})
        text = until(lambda: os.read(terminal, 4096).decode(), "findJobs")
        assert "\x1b[32mok" in text
        assert "\x1b[31merrno 430" in text


def test_what_is_not_a_terminal_gets_nothing_unasked(serve: Serve) -> None:
    served = serve()
    httpx.post(f"{served.url}/jobs/find", json={})
    assert served.stop() == ""


@pytest.mark.parametrize("arguments", [("--log-format", "json"), ("--log", "--no-fast")])
def test_it_covers_the_quick_way_and_what_is_no_request(
    serve: Serve, arguments: tuple[str, ...]
) -> None:
    served = serve(*arguments)
    httpx.post(f"{served.url}/auth/login", json={"username": "abc", "password": "abc-secret"})
    with socket.create_connection(("127.0.0.1", served.port)) as connection:
        connection.sendall(b"\x16\x03\x01 is TLS\r\n\r\n")
        connection.recv(1000)
    # uvicorn's stock protocol has a warning of its own for what is not HTTP.
    found = served.stop().splitlines()
    lines = [line for line in found if line != "Invalid HTTP request received."]
    assert len(lines) == 2
    if "--log" in arguments:
        assert re.search(r"ok +abc +login$", lines[0])
        assert "HTTP 400" in lines[1]
        return
    login, refused = (json.loads(line) for line in lines)
    assert (login["account"], login["operation"], login["errno"]) == ("abc", "login", 0)
    assert (refused["status"], refused["path"]) == (400, "-")
    told = "the request is not valid HTTP/1.1" if STOCK else "the client speaks TLS"
    assert refused["reason"].startswith(told)


def test_a_closed_standard_error_is_no_error(serve: Serve) -> None:
    def close() -> None:
        os.close(2)

    served = serve("--log", before=close)
    answer: Any = httpx.post(f"{served.url}/jobs/find", json={}).json()
    assert answer["errno"] == 430
    served.stop()
    assert served.process.returncode == 0
