"""What is sent back: an HTTP status, a body and its headers."""

from __future__ import annotations

from dataclasses import dataclass

Headers = tuple[tuple[bytes, bytes], ...]

JSON: Headers = ((b"content-type", b"application/json"),)
HTML: Headers = ((b"content-type", b"text/html; charset=utf-8"),)
YAML: Headers = ((b"content-type", b"application/yaml"),)
TEXT: Headers = ((b"content-type", b"text/plain; charset=utf-8"),)


@dataclass(slots=True)
class Answer:
    """One answer. ``content-length`` is added when it is sent."""

    status: int
    body: bytes
    headers: Headers = JSON


def told(name: bytes, text: str) -> tuple[bytes, bytes]:
    """A header for a person: on one line and in ASCII, whatever ``text`` holds."""
    line = " ".join(text.split())[:500]
    return name, line.encode("ascii", "backslashreplace")
