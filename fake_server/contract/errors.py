"""One error type, one envelope.

Every refusal of the API is an :class:`ApiError` that names an entry of the contract's
``x-errors``. :class:`Envelopes` turns it into the bytes that the page shows, as the profile
answers ``error-http-status``, ``message-case``, ``unauthenticated-key`` and
``service-error-message``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import orjson

from .profile import Profile


class ErrorText(NamedTuple):
    """An entry of ``x-errors``: the errno, its text in the table, and as an example shows it.

    ``http`` is the HTTP status where the question ``error-http-status`` is answered by-errno.
    """

    errno: int
    http: int
    table: str
    shown: str | None = None


class ApiError(Exception):
    """A refusal. ``reason`` is for a person and goes in ``X-Fake-Reason``, never in the body.

    ``closes``: what follows on the connection can't be understood.
    """

    def __init__(
        self, name: str, reason: str, *, http_status: int | None = None, closes: bool = False
    ) -> None:
        super().__init__(f"{name}: {reason}")
        self.name = name
        self.reason = reason
        self.http_status = http_status
        self.closes = closes


class Envelope(NamedTuple):
    """An answer's HTTP status and body."""

    status: int
    body: bytes


class Envelopes:
    """The failure envelopes under one profile; each is rendered once."""

    def __init__(self, texts: Mapping[str, ErrorText], profile: Profile) -> None:
        self._texts = texts
        self._profile = profile
        self._rendered: dict[tuple[str, str | None], Envelope] = {}

    def of(self, error: ApiError, operation: str | None) -> Envelope:
        """The envelope of ``error``; ``error.http_status``, where set, wins.

        ``operation``: the operationId, ``None`` for a request of none.
        """
        key = error.name, operation
        envelope = self._rendered.get(key)
        if envelope is None:
            envelope = self._rendered[key] = self._render(error.name, operation)
        if error.http_status is not None:
            return Envelope(error.http_status, envelope.body)
        return envelope

    def of_errno(
        self, errno: int, message: str | None, operation: str | None, *, submission: bool
    ) -> Envelope:
        """An envelope with any errno and text.

        Without a text it has the contract's, or for an errno that the page's table does not list
        ``UNKNOWN ERROR``. By errno such a one has HTTP status 500, and 0 has 200.
        """
        name = self.named(errno, submission=submission)
        if name is not None and message is None:
            return self.of(ApiError(name, "a fault"), operation)
        unlisted = ErrorText(errno, 200 if errno == 0 else 500, "UNKNOWN ERROR")
        text = unlisted if name is None else self._texts[name]
        if message is not None:
            text = text._replace(table=message, shown=message)
        return self._envelope(text, name, operation)

    def service_error(self, *, submission: bool) -> str:
        """The name of errno 501's text for an operation (page: table against Job Create)."""
        answer = self._profile["service-error-message"]
        if answer == "by-operation":
            return "service-error" if submission else "general-error"
        return answer

    def named(self, errno: int, *, submission: bool) -> str | None:
        """The first entry with ``errno``, for faults armed by number; ``None`` if none has it."""
        if errno == 501:
            return self.service_error(submission=submission)
        for name, text in self._texts.items():
            if text.errno == errno:
                return name
        return None

    def _render(self, name: str, operation: str | None) -> Envelope:
        return self._envelope(self._texts[name], name, operation)

    def _envelope(self, text: ErrorText, name: str | None, operation: str | None) -> Envelope:
        message = text.table
        if text.shown is not None:
            case = self._profile.of_operation("message-case", operation)
            message = text.shown if case == "as-shown" else message
        answer: dict[str, object] = {"errno": text.errno}
        for key in self._message_keys(name, operation):
            answer[key] = message
        return Envelope(self._status(text, operation), orjson.dumps(answer))

    def _message_keys(self, name: str | None, operation: str | None) -> tuple[str, ...]:
        # Job Create shows "error" for a missing login, where every other example has "errmsg". So
        # has "refused-login": the 430 of a wrong password, or of a parent that is another's.
        if name != "invalid-login":
            return ("errmsg",)
        answer = self._profile.of_operation("unauthenticated-key", operation)
        return ("errmsg", "error") if answer == "both" else (answer,)

    def _status(self, text: ErrorText, operation: str | None) -> int:
        answer = self._profile.of_operation("error-http-status", operation)
        if answer == "always-200":
            return 200
        return 400 if answer == "always-400" else text.http
