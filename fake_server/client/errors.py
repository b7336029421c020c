"""What a handle can raise.

SampanError
├── Unreachable      nothing answers at the address
├── Disconnected     the connection ended before the answer did
├── NotAnEnvelope    an answer that is none of this API's
├── Refused          an envelope with an errno other than 0
├── ControlRefused   the control API said no
├── PictureRefused   a picture's link answered something other than 200
├── JobFailed        the job that was waited for failed
└── NotInTime        what was waited for did not come
"""

from __future__ import annotations

from typing import Any

Record = dict[str, Any]


class SampanError(Exception):
    """The root of them all."""


class Unreachable(SampanError):
    """Nothing answers at the address."""


class Disconnected(SampanError):
    """The connection ended before the answer did. What was asked may have been done."""


class NotAnEnvelope(SampanError):
    """An answer without ``errno``, or not even JSON. ``body`` is as it came."""

    def __init__(self, status: int, body: bytes) -> None:
        super().__init__(f"HTTP {status} and no envelope: {body[:200]!r}")
        self.status = status
        self.body = body


class Refused(SampanError):
    """An envelope that says no. ``reason`` is the fake's ``X-Fake-Reason``, if it gave one."""

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
    """A picture's link answered ``status``."""

    def __init__(self, status: int, link: str) -> None:
        super().__init__(f"HTTP {status} at {link}")
        self.status = status
        self.link = link


class JobFailed(SampanError):
    """The job that was waited for failed; ``record`` is as it was found."""

    def __init__(self, record: Record) -> None:
        super().__init__(f"job {record['hash']} failed: {record['error']}")
        self.record = record


class NotInTime(SampanError):
    """What was waited for did not come, or never would."""
