"""Servers to measure: started, asked how much CPU and memory they took, and stopped."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Process:
    """A server in a process of its own."""

    port: int
    pid: int

    def cpu(self) -> float:
        """CPU seconds used so far, by its one thread and the kernel for it."""
        return int(Path(f"/proc/{self.pid}/schedstat").read_text().split()[0]) / 1e9

    def memory(self) -> float:
        """Resident megabytes."""
        pages = int(Path(f"/proc/{self.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / 1e6

    def post(self, path: str, body: object, token: str | None = None) -> object:
        """The parsed answer to a POST."""
        headers = {"content-type": "application/json"}
        if token:
            headers["authorization"] = f"Bearer {token}"
        sent = urllib.request.Request(
            f"http://127.0.0.1:{self.port}{path}", json.dumps(body).encode(), headers
        )
        with urllib.request.urlopen(sent, timeout=60) as answer:
            return json.load(answer)

    def login(self, username: str, password: str) -> str:
        """A token."""
        answer = self.post("/auth/login", {"username": username, "password": password})
        assert isinstance(answer, dict), answer
        token = answer["data"]["token"]
        assert isinstance(token, str)
        return token


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def environment() -> dict[str, str]:
    """Bytecode is kept, as on any machine where it matters."""
    return {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}


@contextlib.contextmanager
def running(*command: str, port: int) -> Iterator[Process]:
    """A server that answers by the time it is handed over."""
    process = subprocess.Popen([sys.executable, *command], env=environment(), stdout=-3, stderr=-3)
    try:
        wait(port)
        yield Process(port, process.pid)
    finally:
        process.terminate()
        process.wait()


def wait(port: int, seconds: float = 60.0) -> float:
    """Until the server accepts; the time of that."""
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return time.perf_counter()
        time.sleep(0.001)
    raise TimeoutError(f"nothing listens on port {port}")


def fake(*arguments: str) -> contextlib.AbstractContextManager[Process]:
    """``sampan serve``."""
    port = free_port()
    return running("-m", "sampan", "serve", "--port", str(port), *arguments, port=port)


def bare(size: int) -> contextlib.AbstractContextManager[Process]:
    """The bare starlette route."""
    port = free_port()
    return running("-m", "bench.bare", str(port), str(size), port=port)
