"""The calls of this API in a HAR file, from any program: what was sent, and what was answered.

The kit reads HAR files too, to judge them; the two share no code, and this one wants less: what it
can't read it passes over, and counts.
"""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Collection, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import orjson

from ..jobs.lifecycle import LATEST
from . import document
from .document import MAX_BYTES

#: The member of an answer where ``sampan proxy`` keeps what HAR has no place for.
_OURS = "_sampan"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
#: Statuses where there was no answer; Playwright writes the second.
_NONE = (0, -1)
_MS, _DAY = 1000, 86_400_000


class Call(NamedTuple):
    """One request and its answer. Times in ms since 1970; ``path`` is the operation's.

    ``status`` 0: no answer. ``answer`` is its body as text, ``data`` as JSON (``None``: it is
    no JSON object). ``pseudonyms``: ``sampan proxy`` wrote it, with names in place of secrets.
    """

    path: str
    begin: int
    end: int
    token: str | None
    sent: Mapping[str, Any]
    status: int
    answer: str
    data: Mapping[str, Any] | None
    pseudonyms: bool = False

    @property
    def errno(self) -> int | None:
        errno = None if self.data is None else self.data.get("errno")
        return errno if isinstance(errno, int) else None


class Calls(NamedTuple):
    """The calls in order, and how many others there were that can't be read."""

    calls: list[Call]
    unread: int


def read(path: Path, paths: Collection[str], limit: int = MAX_BYTES) -> Calls:
    """The POSTs to the operations with these paths. Raises :class:`HarError`."""
    calls, unread = [], 0
    for entry in document.entries(path, limit):
        operation = _operation(entry, paths)
        if operation is None:
            continue
        try:
            calls.append(_call(entry, operation))
        except (KeyError, TypeError, ValueError, AttributeError, OverflowError):
            unread += 1
    return Calls(sorted(calls, key=lambda call: call.end), unread)


def _operation(entry: Any, paths: Collection[str]) -> str | None:
    """The path of the operation that the entry calls, if it calls one."""
    try:
        url = entry["request"]["url"].partition("#")[0].partition("?")[0]
        post = entry["request"]["method"].upper() == "POST"
    except (KeyError, TypeError, AttributeError):
        return None
    return next((path for path in paths if post and url.endswith(path)), None)


def _call(entry: Any, path: str) -> Call:
    """Raises one of the usual errors on whatever is not as HAR has it."""
    request, response = entry["request"], entry["response"]
    begin = _ms(entry["startedDateTime"])
    end = begin + min(max(0, round(float(entry["time"]))), _DAY)
    status = _status(response)
    answer = _answer(response) if status else ""
    return Call(
        path,
        begin,
        end,
        _token(request["headers"]),
        _sent(request),
        status,
        answer,
        _object(answer),
        isinstance(response.get(_OURS), dict),
    )


def _status(response: Mapping[str, Any]) -> int:
    """The HTTP status; 0 if the server gave no whole answer. Raises ``ValueError`` if it is not
    known whether it would have, such as of a request that the client gave up."""
    status = int(response["status"])
    if not (status in _NONE or 100 <= status <= 999):
        raise ValueError("no HTTP status")
    if isinstance(ours := response.get(_OURS), dict) and "failure" in ours:
        return 0
    if status > 0:
        return status
    why = str(response.get("_error") or response.get("_failureText") or "")
    if not why or "ABORTED" in why:
        raise ValueError("given up by the client, or blocked")
    return 0


def _ms(text: str) -> int:
    moment = datetime.fromisoformat(text)
    zoned = moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
    return min(max(round((zoned - _EPOCH).total_seconds() * _MS), 0), LATEST - 366 * _DAY)


def _token(headers: list[Mapping[str, str]]) -> str | None:
    """What the request shows its account by; ``None`` for nothing."""
    for header in headers:
        if header["name"].lower() == "authorization":
            scheme, _, token = header["value"].strip().partition(" ")
            return token.strip() or scheme
    return None


def _sent(request: Mapping[str, Any]) -> Mapping[str, Any]:
    """The body, if it is a JSON object; else an empty one."""
    post = request.get("postData") or {}
    body = post.get("text") or ""
    if (post.get("encoding") or post.get("_encoding")) == "base64":
        body = b64decode(body)
    return _object(body) or {}


def _answer(response: Mapping[str, Any]) -> str:
    """The body as text. Raises ``ValueError`` if it was not recorded, which is not an empty one."""
    content = response.get("content") or {}
    body: str = content.get("text") or ""
    if not body and content.get("size") != 0:
        raise ValueError("the body is not recorded")
    if content.get("encoding") == "base64":
        return b64decode(body).decode("utf-8", "replace")
    return body.encode("utf-8", "replace").decode()  # no lone surrogates


def _object(body: str | bytes) -> Mapping[str, Any] | None:
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError:
        return None
    return value if isinstance(value, dict) else None


def objects(value: object) -> Iterator[Mapping[str, Any]]:
    """The objects in an array; nothing of anything else."""
    yield from (each for each in value if isinstance(each, dict)) if isinstance(value, list) else ()
