"""A client that only asks for health, in a process of its own: how long each answer takes."""

from __future__ import annotations

import json
import select
import socket
import sys
import time
from pathlib import Path

_EVERY = 0.02


def _ask(port: int, path: str) -> float:
    """Milliseconds of one request on a connection of its own; raises ``OSError``."""
    begun = time.perf_counter()
    with socket.create_connection(("127.0.0.1", port), timeout=30) as client:
        client.sendall(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n".encode())
        if not client.recv(65_536).startswith(b"HTTP/1.1 "):
            raise ConnectionError("no answer")
        return 1000 * (time.perf_counter() - begun)


def _waited(*processes: str) -> float:
    """For how long (ms) they have waited for a processor so far: who else is busy decides that."""
    return (
        sum(int(Path(f"/proc/{each}/schedstat").read_text().split()[1]) for each in processes) / 1e6
    )


def main() -> None:
    """Ask until stdin ends, then print the times, in ms: each whole, and less what was waited."""
    port, path, server = int(sys.argv[1]), sys.argv[2], sys.argv[3]
    times = []
    while not select.select([sys.stdin], [], [], _EVERY)[0]:
        before = _waited(server, "self")
        taken = _ask(port, path)
        own = taken - (_waited(server, "self") - before)
        times.append((taken, max(own, 0)))  # both may have waited at the same time
    print(json.dumps(times))


if __name__ == "__main__":
    main()
