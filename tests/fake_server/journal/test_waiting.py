"""How many clients may wait for requests at once."""

from __future__ import annotations

import socket
from contextlib import ExitStack

import pytest

from sampan import ControlRefused, FakeServer, NotInTime
from sampan.fake_server.admin import requests
from tests.support.processes import wait_for

BODY = b'{"match": {"path": "/nothing"}, "timeout": "60s"}'
WAIT = (
    b"POST /__admin/requests/wait HTTP/1.1\r\nHost: localhost\r\n"
    b"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n%b" % (len(BODY), BODY)
)


def test_no_more_can_wait_than_each_request_can_be_compared_with(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(requests, "MAX_WAITING", 2)
    with FakeServer() as server, ExitStack() as stack:
        journal = server._started.app.service.journal
        address = ("127.0.0.1", server.port)
        waits = [stack.enter_context(socket.create_connection(address)) for _ in range(2)]
        for connection in waits:
            connection.sendall(WAIT)
        wait_for(lambda: journal.waiting == 2)
        with pytest.raises(ControlRefused, match="too-many: 2 clients wait for requests"):
            server.admin.wait_for(path="/nothing")
        waits[0].close()
        wait_for(lambda: journal.waiting == 1)
        with pytest.raises(NotInTime):
            server.admin.wait_for(path="/nothing", timeout=0)
        assert journal.waiting == 1
