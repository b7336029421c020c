"""What "copy as curl" copies sends that request to that fake, whatever a client has put into it."""

from __future__ import annotations

import socket
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest

from sampan import FakeServer

from .chromium import expect
from .conftest import OpenPage

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.xdist_group("browser")

#: Added by curl or by whoever sent the request, and not the request's own.
_NOT_COMPARED = {"host", "connection", "content-length", "accept", "user-agent", "content-type"}

#: A request: its line's method and target, its headers, its body. ``MARK`` is a file's name.
_REQUESTS: tuple[tuple[str, str, dict[str, str], str], ...] = (
    # An address in the path, of another host, with the token of whoever pastes the line
    ("POST", "/http://evil.test/x", {"Authorization": "Bearer abc"}, "{}"),
    ("POST", "//evil.test/x", {}, "{}"),
    ("POST", "/javascript:x", {}, "{}"),
    # What curl reads as something else
    ("POST", "/nope", {}, "@MARK"),
    ("POST", "/nope[1-3]{x,y}", {}, "{}"),
    ("POST", "/a/../b/./c", {}, "{}"),
    ("POST", "/nope?a=%41&b=[1-2]&c=%2523", {}, "{}"),
    ("HEAD", "/nope", {}, ""),
    ("GET", "/nope", {}, "a body"),
    ("DELETE", "/nope", {"X-Empty": ""}, ""),
    # What a shell would run
    ("POST", "/nope", {"X-Said": "$TOKEN$(touch MARK.ran)`touch MARK.ran`"}, "{}"),
    ("POST", "/nope", {"X-Said": "Bearer $TOKEN", "X-'`touch": "1"}, "$(touch MARK.ran) ' \\' \""),
    ("POST", "/nope'`touch$IFS'MARK.ran'`'", {}, "{}"),
    # What a terminal would, and what a person would not see
    ("POST", "/nope", {}, "a\x1b[201~\rtouch MARK.ran\r\tb\nc \u202etxt.exe\u200b \x7f"),
    ("POST", "/nope", {}, '{"content": "a \u202ecat\\u0000 \U0001f408"}'),
)


def _send(server: FakeServer, method: str, target: str, body: str, headers: dict[str, str]) -> None:
    """One request as it is written here: a client's library would correct it."""
    address = urlsplit(server.url)
    raw = body.encode()
    whole = {"Host": address.netloc, **headers, "Connection": "close"}
    if raw:
        whole["Content-Length"] = str(len(raw))
    head = "".join(f"{name}: {value}\r\n" for name, value in whole.items())
    with socket.create_connection((address.hostname, address.port)) as connection:
        connection.sendall(f"{method} {target} HTTP/1.1\r\n{head}\r\n".encode() + raw)
        while connection.recv(4096):
            pass


def _shown(request: dict[str, Any]) -> dict[str, Any]:
    shown = {name: request[name] for name in ("method", "path", "request_body")}
    headers = request["request_headers"].items()
    return {**shown, "headers": {each for each in headers if each[0] not in _NOT_COMPARED}}


def _copied(page: Page) -> list[str]:
    """The command of each request, oldest first."""
    commands = []
    for row in reversed(page.locator(".requests > li").all()):
        row.locator("summary").click()
        row.get_by_role("button", name="Copy as curl").click()
        commands.append(str(page.evaluate("navigator.clipboard.readText()")))
        row.locator("summary").click()
    return commands


def test_what_is_copied_sends_that_request_and_does_nothing_else(
    open_page: OpenPage, server: FakeServer, tmp_path: Path
) -> None:
    mark = tmp_path / "mark"
    mark.write_text("what is in a file")
    for method, target, headers, body in _REQUESTS:
        sent = {name: value.replace("MARK", f"{mark}") for name, value in headers.items()}
        _send(server, method, *(text.replace("MARK", f"{mark}") for text in (target, body)), sent)
    wanted = [_shown(each) for each in server.admin.requests()]
    assert len(wanted) == len(_REQUESTS)
    page = open_page(f"{server.url}/#requests", permissions=["clipboard-read", "clipboard-write"])
    expect(page.locator(".requests > li")).to_have_count(len(_REQUESTS))
    for command in _copied(page):
        assert all(each.isprintable() for each in command.replace("\n", " ")), command
        again = ["bash", "-c", f"TOKEN=abc; {command} -s -o {tmp_path}/answer --max-time 20"]
        subprocess.run(again, check=True, timeout=30)
    assert [_shown(each) for each in server.admin.requests()[len(wanted) :]] == wanted
    assert {each.name for each in tmp_path.iterdir()} <= {"mark", "answer"}
