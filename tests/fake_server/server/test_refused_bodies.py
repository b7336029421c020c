"""A body that is refused before it has come is read to its end, and the connection goes on."""

from __future__ import annotations

import socket
from http.client import HTTPResponse

import pytest

from sampan import FakeServer
from sampan.fake_server.server import fast_protocol, stock_protocol

LARGE = b"x" * (2 << 20)


def _request(body: bytes) -> bytes:
    head = b"POST /jobs/find HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n"
    return head % len(body) + body


def _reason(client: socket.socket) -> str:
    """Why a request was refused; its whole answer is read."""
    response = HTTPResponse(client)
    response.begin()
    response.read()
    return response.headers["X-Fake-Reason"]


@pytest.mark.parametrize("fast", [True, False])
def test_what_is_refused_unread_is_read_on(fast: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    # So short a turn ends within what was read at once.
    monkeypatch.setattr(stock_protocol if not fast else fast_protocol, "TURN", 1e-4)
    with FakeServer(fast=fast) as server:
        for _ in range(5):
            with socket.create_connection(("127.0.0.1", server.port), timeout=20) as client:
                client.sendall(_request(LARGE))
                assert "the body is larger than" in _reason(client)
                client.sendall(_request(b"{}"))
                assert "the Authorization header is missing" in _reason(client)
