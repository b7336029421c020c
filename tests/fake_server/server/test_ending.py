"""``sampan serve`` ends at a signal, whatever it is doing."""

from __future__ import annotations

import signal
import socket
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from tests.support.examples import in_turn, sampled
from tests.support.fakes import Served

Serve = Callable[..., Served]


@pytest.mark.parametrize(
    ("busy", "name"),
    sampled(
        in_turn(
            ["idle", "a kept connection", "half a request", "half a head"],
            ["SIGTERM", "SIGINT", "SIGHUP"],
        ),
        2,
    ),
)
def test_a_signal_ends_it_cleanly(serve: Serve, name: str, busy: str, tmp_path: Path) -> None:
    served = serve("--port-file", str(tmp_path / "port"))
    with socket.create_connection(("127.0.0.1", served.port)) as connection:
        if busy == "a kept connection":
            connection.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            assert connection.recv(10)
        elif busy == "half a request":
            connection.sendall(
                b"POST /jobs/find HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n{"
            )
        elif busy == "half a head":
            connection.sendall(b"POST /jobs/find HTTP/1.1\r\nHost:")
        # An answer on another connection: the fake has read what was sent before it.
        assert httpx.get(served.url).status_code == 200
        served.process.send_signal(signal.Signals[name])
        output, errors = served.process.communicate(timeout=30)
        if busy != "a kept connection":
            assert connection.recv(1000) == b""  # no answer, and nothing of a server's own
    assert (served.process.returncode, output, errors) == (0, "", "")
    assert not (tmp_path / "port").exists()


@pytest.mark.parametrize("workers", ["1", "2"])
def test_nohup_is_heeded(serve: Serve, workers: str, tmp_path: Path) -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)  # as its children inherit it
    try:
        served = serve("--workers", workers, "--data", str(tmp_path / "data"))
    finally:
        signal.signal(signal.SIGHUP, before)
    served.process.send_signal(signal.SIGHUP)
    assert httpx.get(served.url).status_code == 200
    assert served.stop() == ""


def test_a_second_signal_does_no_harm(serve: Serve) -> None:
    served = serve()
    for _ in range(3):
        served.process.send_signal(signal.SIGINT)
    _, errors = served.process.communicate(timeout=30)
    assert (served.process.returncode, errors) == (0, "")


def test_the_port_is_free_again_at_once(serve: Serve) -> None:
    served = serve()
    httpx.get(served.url)
    served.stop()
    again = serve("--port", str(served.port))
    assert again.port == served.port
