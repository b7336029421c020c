"""What a handle can raise.

SampanError
├── Unreachable      no server responds at the address
├── Disconnected     the connection ended before the response was complete
├── NotAnEnvelope    the response is not an envelope of this API
├── Refused          an envelope with an errno other than 0
├── ControlRefused   the control API rejected the call
├── PictureRefused   a picture's link returned a status other than 200
├── JobFailed        the awaited job failed
├── NotInTime        the wait timed out, or could never end
└── NotAsExpected    an assertion of the handle failed; it is an AssertionError as well
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

    def __init__(self, status: int, body: bytes, where: str = "the server") -> None:
        text = " ".join(body[:400].decode("utf-8", "replace").split())[:200]
        super().__init__(f"{where} sent HTTP {status} without an envelope: {text or '(empty)'}")
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


class NotAsExpected(SampanError, AssertionError):
    """``verify`` or ``assert_all_used`` failed. The message says where and how."""


def is_for_the_caller(raised: Any) -> bool:
    """Whether pytest shows an error where a handle's method was called, not within the handle.

    A module of the handles has this as its ``__tracebackhide__``. ``raised`` is pytest's
    ``ExceptionInfo``. A mistake of ours, such as a ``KeyError``, is shown whole.
    """
    return isinstance(raised.value, SampanError | ValueError | TypeError | OSError | RuntimeError)


# Tracebacks and the summary of a test run show the name by which they are imported.
for _error in (SampanError, *SampanError.__subclasses__()):
    _error.__module__ = "sampan"
del _error
