"""What is sent back: an HTTP status, a body and its headers."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

import orjson

from .types import Receive, Scope, Send

Headers = tuple[tuple[bytes, bytes], ...]

JSON: Headers = ((b"content-type", b"application/json"),)
HTML: Headers = ((b"content-type", b"text/html; charset=utf-8"),)
YAML: Headers = ((b"content-type", b"application/yaml"),)
TEXT: Headers = ((b"content-type", b"text/plain; charset=utf-8"),)

_CONTROL = re.compile("[\x00-\x1f\x7f]")


@dataclass(slots=True)
class Response:
    """One response. Starlette sends it as it sends its own; ``content-length`` is added then."""

    status: int
    body: bytes
    headers: Headers = JSON

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send(self.start())
        body = b"" if scope["method"] == "HEAD" else self.body
        await send({"type": "http.response.body", "body": body})

    def start(self) -> dict[str, Any]:
        """The ASGI message with status and headers."""
        headers = [*self.headers]
        if self.status not in (204, 304):  # which have no body to measure (RFC 9110, 8.6)
            headers.append((b"content-length", b"%d" % len(self.body)))
        return {"type": "http.response.start", "status": self.status, "headers": headers}


class ResponseCapture:
    """An ASGI ``send`` that keeps what is sent to it."""

    def __init__(self) -> None:
        self._start: dict[str, Any] = {}
        self._body: list[bytes] = []

    async def __call__(self, message: Any) -> None:
        if message["type"] == "http.response.start":
            self._start = message
        elif message["type"] == "http.response.body":
            self._body.append(message.get("body", b""))

    @property
    def response(self) -> Response:
        """The response. Raises ``KeyError`` if none was sent."""
        status = self._start["status"]
        headers = tuple(h for h in self._start.get("headers", ()) if h[0] != b"content-length")
        return Response(status, b"".join(self._body), headers)


def text_header(name: bytes, text: str) -> tuple[bytes, bytes]:
    """A header for a person: one line of ASCII, at most 500 characters of ``text``."""
    line = " ".join(text[:2000].split())[:500].rstrip()
    # A server drops the whole response for a control character in a header, or a blank at its end.
    line = _CONTROL.sub(lambda found: f"\\x{ord(found[0]):02x}", line)
    return name, line.encode("ascii", "backslashreplace")


def as_json(value: Any) -> bytes:
    """JSON, also of what a client sent and orjson refuses: numbers beyond 64 bits, surrogates."""
    try:
        return orjson.dumps(value)
    except TypeError:
        return json.dumps(value).encode()
