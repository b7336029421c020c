"""A reverse proxy that does to some requests what a table says."""

from __future__ import annotations

import contextlib
import json
import random
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from email.utils import formatdate
from urllib.parse import urlsplit

from tests.support.network.scripted import ReceivedRequest, http

#: What a gateway answers with instead of the server; ``forward`` asks the server all the same.
Fault = Callable[["Passing"], Iterable[bytes]]
PAGE = "<html><head><title>{0}</title></head><body><h1>{0}</h1><hr>nginx</body></html>"


@dataclass(frozen=True)
class Passing:
    """One request on its way."""

    asked: ReceivedRequest
    forward: Callable[[], bytes]
    gateway: Gateway


@dataclass
class Gateway:
    """Stands before ``server``; about ``rate`` of the requests meet with ``fault``."""

    server: str
    fault: Fault
    rate: float
    seed: int = 1
    hit: int = 0
    #: Submissions that the server accepted, by path, sender and body.
    accepted: Counter[tuple[str, str, bytes]] = field(default_factory=Counter)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self._draw = random.Random(self.seed)
        self.started = time.monotonic()

    def __call__(self, asked: ReceivedRequest) -> Iterable[bytes]:
        passing = Passing(asked, lambda: self._forward(asked), self)
        with self._lock:
            met = self._draw.random() < self.rate
            self.hit += met
        return self.fault(passing) if met else [passing.forward()]

    def _forward(self, asked: ReceivedRequest) -> bytes:
        parts = urlsplit(self.server)
        lines = [f"{asked.method} {asked.path} HTTP/1.1"]
        lines += [f"{key}: {value}" for key, value in asked.headers.items()]
        packet = ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1") + asked.body
        answer = b""
        with socket.create_connection((parts.hostname or "", parts.port or 80), 30) as there:
            with contextlib.suppress(OSError):
                there.sendall(packet)
            while chunk := there.recv(65_536):
                answer += chunk
        self._count(asked, answer)
        return answer

    def _count(self, asked: ReceivedRequest, answer: bytes) -> None:
        envelope = _envelope(answer)
        if asked.path.startswith("/jobs/") and isinstance(envelope.get("data"), str):
            sender = asked.headers.get("authorization", "")
            with self._lock:
                self.accepted[asked.path, sender, asked.body] += 1


def _envelope(answer: bytes) -> Mapping[str, object]:
    try:
        found = json.loads(answer.partition(b"\r\n\r\n")[2])
    except ValueError:
        return {}
    return found if isinstance(found, dict) and found.get("errno") == 0 else {}


def status(code: int, **headers: str) -> Fault:
    """A page instead of the server's answer; the server is not asked."""
    return lambda _: http(PAGE.format(code), code, "text/html", **headers)


def in_json(code: int, **headers: str) -> Fault:
    return lambda _: http({"code": code, "message": "upstream"}, code, **headers)


def forwarded(code: int) -> Fault:
    """The request arrives, and its answer is lost behind a page."""

    def fault(passing: Passing) -> Iterable[bytes]:
        passing.forward()
        return http(PAGE.format(code), code, "text/html")

    return fault


def date_later(seconds: float) -> Fault:
    return lambda _: http(
        PAGE.format(429), 429, "text/html", retry_after=formatdate(time.time() + seconds)
    )


def reset(_: Passing) -> Iterable[bytes]:
    return []


def reset_after(passing: Passing) -> Iterable[bytes]:
    passing.forward()
    return []


def cut_short(passing: Passing) -> Iterable[bytes]:
    answer = passing.forward()
    return [answer[: len(answer) // 2]]


def slow(seconds: float) -> Fault:
    def fault(passing: Passing) -> Iterable[bytes]:
        time.sleep(seconds)
        yield passing.forward()

    return fault


def limited(per_second: float, burst: int, code: int, **headers: str) -> Fault:
    """A bucket: what is above the limit is refused."""
    lock = threading.Lock()
    state = {"tokens": float(burst), "at": time.monotonic()}

    def fault(passing: Passing) -> Iterable[bytes]:
        with lock:
            now = time.monotonic()
            state["tokens"] = min(burst, state["tokens"] + (now - state["at"]) * per_second)
            state["at"] = now
            free = state["tokens"] >= 1
            state["tokens"] -= free
        return [passing.forward()] if free else status(code, **headers)(passing)

    return fault


def logins_limited(passing: Passing) -> Iterable[bytes]:
    """Logins alone are limited, as they often are."""
    if passing.asked.path.endswith("/auth/login"):
        bucket = passing.gateway.__dict__.setdefault("bucket", limited(4.0, 8, 429))
        return list(bucket(passing))
    return [passing.forward()]


def outage(start: float, end: float) -> Fault:
    """Nothing gets through for a while, as during a deployment."""

    def fault(passing: Passing) -> Iterable[bytes]:
        age = time.monotonic() - passing.gateway.started
        return status(502)(passing) if start <= age < end else [passing.forward()]

    return fault
