"""What is sent back: an HTTP status, a body and its headers."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

import orjson

Headers = tuple[tuple[bytes, bytes], ...]

JSON: Headers = ((b"content-type", b"application/json"),)
HTML: Headers = ((b"content-type", b"text/html; charset=utf-8"),)
YAML: Headers = ((b"content-type", b"application/yaml"),)
TEXT: Headers = ((b"content-type", b"text/plain; charset=utf-8"),)

_CONTROL = re.compile("[\x00-\x1f\x7f]")


@dataclass(slots=True)
class Response:
    """One answer. ``content-length`` is added when it is sent."""

    status: int
    body: bytes
    headers: Headers = JSON


def told(name: bytes, text: str) -> tuple[bytes, bytes]:
    """A header for a person: on one line and in ASCII, whatever ``text`` holds."""
    connection = " ".join(text[:2000].split())[:500]
    # A server drops the whole answer for one control character in a header.
    connection = _CONTROL.sub(lambda found: f"\\x{ord(found[0]):02x}", connection)
    return name, connection.encode("ascii", "backslashreplace")


def as_json(value: Any) -> bytes:
    """JSON; of a client's own that is told back as well, which may hold what orjson has not."""
    try:
        return orjson.dumps(value)
    except TypeError:  # a number beyond 64 bits, half a surrogate pair
        return json.dumps(value).encode()
