"""What a worker does that can't open its store, in this process."""

from __future__ import annotations

import json
import socket
import threading
import time

from sampan.fake_server.server import outage
from sampan.fake_server.settings import Settings

REQUEST = (
    b"POST /jobs/find HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
    b"Content-Length: 2\r\n\r\n{}"
)


def test_who_has_connected_is_answered_though_the_time_is_over() -> None:
    """The connection is this process's: those that follow it know nothing of it."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        serving = threading.Thread(
            target=outage.answer, args=(Settings(), "the disk is away", listening, 0.1)
        )
        with socket.create_connection(("127.0.0.1", port), timeout=20) as client:
            serving.start()
            for each in REQUEST[:20]:  # slowly, until long after
                client.sendall(bytes([each]))
                time.sleep(0.02)
            client.sendall(REQUEST[20:])
            with client.makefile("rb") as reader:
                head, body = reader.read().split(b"\r\n\r\n")
        serving.join(20)
    assert b"x-fake-reason: the disk is away" in head
    assert json.loads(body)["errno"] == 501
