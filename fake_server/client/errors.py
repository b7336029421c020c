"""What a handle can raise.

SampanError
├── Unreachable      no server responds at the address
├── Disconnected     the connection ended before the response was complete
├── NotAnEnvelope    the response is not an envelope of this API
├── Refused          an envelope with an errno other than 0
├── ControlRefused   the control API rejected the call
├── PictureRefused   a picture's link returned a status other than 200
├── JobFailed        the awaited job failed
└── NotInTime        the wait timed out, or could never end
"""

from __future__ import annotations

from typing import Any

Record = dict[str, Any]


class SampanError(Exception):
    """The root of them all."""


class Unreachable(SampanError):
    """No server responds at the address."""


class Disconnected(SampanError):
    """The connection ended before the response was complete. The call may have taken effect."""


class NotAnEnvelope(SampanError):
    """A response without ``errno``, or not JSON. ``body`` holds its raw bytes."""

    def __init__(self, status: int, body: bytes) -> None:
        super().__init__(f"HTTP {status} without an envelope: {body[:200]!r}")
        self.status = status
        self.body = body


class Refused(SampanError):
    """An envelope with an errno other than 0. ``reason`` is its ``X-Fake-Reason``, if any."""

    def __init__(self, errno: int, message: str, status: int, reason: str | None) -> None:
        super().__init__(f"errno {errno} {message}" + (f" ({reason})" if reason else ""))
        self.errno = errno
        self.message = message
        self.status = status
        self.reason = reason


class ControlRefused(SampanError):
    """The control API's error: ``code`` (``not-found``, ``conflict``, ...) and ``message``."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.status = status
        self.code = code
        self.message = message


class PictureRefused(SampanError):
    """A picture's link returned ``status``."""

    def __init__(self, status: int, link: str) -> None:
        super().__init__(f"{link} returned HTTP {status}")
        self.status = status
        self.link = link


class JobFailed(SampanError):
    """The awaited job failed; ``record`` is its record."""

    def __init__(self, record: Record) -> None:
        super().__init__(f"job {record['hash']} failed: {record['error']}")
        self.record = record


class NotInTime(SampanError):
    """The wait timed out, or could never end."""
