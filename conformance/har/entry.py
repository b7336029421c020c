"""One entry of a HAR as a value that can be judged, or why it can't be.

Programs differ in what they record. What is missing is never taken for something empty: a body that
an export left out is not an empty body.
"""

from __future__ import annotations

import base64
import binascii
import math
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from urllib.parse import urlencode

from ..http.connection import Failure, Reply, Request
from ..http.content_coding import CodingError, TooLargeError, unpacked
from ..http.gate import PICTURE_CAP
from ..json_access import Record, brief, objects_at, printable, text, whole
from ..traffic.seen import Seen

Headers = tuple[tuple[str, str], ...]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
#: Statuses whose answers have no body (RFC 9110, 6.4.1).
_NO_BODY = (204, 304)
#: Statuses where there was no answer; Playwright writes the second.
_NONE = (0, -1)
_WITH_BODY = ("POST", "PUT", "PATCH")
_GZIP = b"\x1f\x8b"
#: A reader of text may have taken a byte order mark off.
_MARK = 3
#: The member of an answer where we keep what HAR has no place for.
OURS = "_sampan"


class EntryError(ValueError):
    """The entry is malformed."""


class UnjudgedError(Exception):
    """The entry is well-formed, but says too little of what passed, or it never reached the
    server."""


def address(entry: object) -> str:
    """The URL of the request, without a fragment; empty if there is none."""
    request = entry.get("request") if isinstance(entry, dict) else None
    return (text(request, "url") or "").partition("#")[0]


def is_ours(entry: object) -> bool:
    """Whether our own writer wrote it, which leaves nothing out."""
    response = entry.get("response") if isinstance(entry, dict) else None
    return isinstance(response, dict) and isinstance(response.get(OURS), dict)


def is_anonymous(entry: object) -> bool:
    """Whether our own writer says that the request had no token."""
    response = entry.get("response") if isinstance(entry, dict) else None
    ours = response.get(OURS) if isinstance(response, dict) else None
    return isinstance(ours, dict) and ours.get("anonymous") is True


def seen(entry: object) -> Seen:
    """The exchange. Raises :class:`EntryError` and :class:`UnjudgedError`."""
    request, response = _object(entry, "request"), _object(entry, "response")
    method = _text(request, "method")
    url = address(entry)
    if not url:
        raise EntryError("request.url is missing")
    sent = _headers(request, "request")
    came = tuple((name.lower(), value) for name, value in _headers(response, "response"))
    at = _start(entry)
    _check_reached(entry, request, response, sent, came)
    elapsed = _elapsed(entry)
    # Of ours the headers say nothing about bodies: pseudonyms have lengths of their own.
    ours = is_ours(entry)
    asked = Request(method, url, sent, _request_body(request, method, () if ours else sent))
    reply = _reply(response, method, () if ours else came, elapsed)
    return Seen(asked, replace(reply, headers=came), at)


def _check_reached(
    entry: object, request: Record, response: Record, sent: Headers, came: Headers
) -> None:
    """Raise unless the answer is one that the server gave to the client itself."""
    entry = entry if isinstance(entry, dict) else {}
    source = str(entry.get("_fetchType") or "")  # Safari
    if entry.get("_fromCache") or "Cache" in source:
        raise UnjudgedError("the browser answered from its cache")
    if source in ("Service Worker", "Inspector Override"):
        raise UnjudgedError(f"the browser answered by itself: {source}")
    if response.get("_fetchedViaServiceWorker"):
        raise UnjudgedError("the page's service worker answered")
    if _first(came, "non-authoritative-reason"):
        raise UnjudgedError("the browser answered by itself, with a redirect")
    asks = _first(sent, "access-control-request-method")
    if entry.get("_resourceType") == "preflight" or (request["method"] == "OPTIONS" and asks):
        raise UnjudgedError("a preflight of the browser")


def _reply(response: Record, method: str, headers: Headers, elapsed: float) -> Reply:
    status = whole(response.get("status"))
    if status is None or not (status in _NONE or 100 <= status <= 999):
        raise EntryError(f"response.status is no status: {brief(response.get('status'))}")
    ours = response.get(OURS)
    ours = ours if isinstance(ours, dict) else {}
    if "failure" in ours:
        return _failed(ours, status, headers, elapsed)
    if ours.get("masked"):
        raise UnjudgedError("a secret that stood in a body is masked")
    if status in _NONE:
        why = text(response, "_error") or text(response, "statusText")
        raise UnjudgedError("no answer is recorded" + (f" ({brief(why)})" if why else ""))
    body = _response_body(response, method, status, headers)
    return Reply(status, headers, body, sent=True, elapsed=elapsed)


def _failed(ours: Record, status: int, headers: Headers, elapsed: float) -> Reply:
    """An answer that did not come whole, as our own writer keeps it."""
    name = text(ours, "failure") or ""
    if name not in Failure.__members__:
        raise EntryError(f"response.{OURS}.failure is not known: {brief(ours['failure'])}")
    detail, sent = text(ours, "detail") or "", bool(ours.get("sent"))
    return Reply(status, headers, b"", Failure[name], detail, sent, elapsed)


def _request_body(request: Record, method: str, headers: Headers) -> bytes:
    post = request.get("postData")
    post = post if isinstance(post, dict) else {}
    length = _length(headers)
    body = post.get("text")
    if isinstance(body, str) and body:
        raw = _bytes(body, post.get("encoding") or post.get("_encoding"), "request.postData")
        if length is not None and length > len(raw) and not _first(headers, "content-encoding"):
            raise UnjudgedError("the request's body is cut short in the file")
        return raw
    params = objects_at(post, "params")
    if params:
        if not (text(post, "mimeType") or "").startswith("application/x-www-form-urlencoded"):
            raise UnjudgedError("the request's body is recorded as parameters only")
        pairs = [(str(one.get("name", "")), str(one.get("value", ""))) for one in params]
        return urlencode(pairs).encode()
    size = whole(request.get("bodySize"))
    empty = length == 0 or size == 0 or (method.upper() not in _WITH_BODY and not length)
    if not empty or (size or 0) > 0:
        raise UnjudgedError("the request's body is not recorded")
    return b""


def _response_body(response: Record, method: str, status: int, headers: Headers) -> bytes:
    if method.upper() == "HEAD" or status in _NO_BODY:
        return b""
    content = response.get("content")
    content = content if isinstance(content, dict) else {}
    size, length = whole(content.get("size")), _length(headers)
    body = content.get("text")
    if isinstance(body, str) and body:
        raw = _bytes(body, content.get("encoding"), "response.content")
        coding = _first(headers, "content-encoding").strip().lower()
        _check_whole(content, len(raw), None if coding else length)
        return _plain(raw, coding)
    if content.get("_file"):
        raise UnjudgedError("the answer's body is in a file of its own")
    # Of a redirect that it followed a browser has no body, whatever came.
    unknown = (body is None and 300 <= status < 400) or size is None or size < 0
    if (size or 0) > 0 or (length or 0) > 0 or (unknown and length != 0):
        raise UnjudgedError("the answer's body is not recorded")
    return b""


def _check_whole(content: Record, length: int, announced: int | None) -> None:
    """Raise if the body was cut when it was recorded. Some count its size before it was
    unpacked, and then say how much was saved."""
    size = whole(content.get("size")) or 0
    saved = whole(content.get("compression")) or 0
    if max(min(size, size + saved), announced or 0) > length + _MARK:
        raise UnjudgedError("the answer's body is cut short in the file")


def _plain(raw: bytes, coding: str) -> bytes:
    """Most exports undo the content coding and leave its name in the headers; a few don't."""
    if not coding or not raw.startswith(_GZIP):
        return raw
    try:
        return unpacked(raw, coding, PICTURE_CAP)
    except (CodingError, TooLargeError):
        return raw


def _bytes(body: str, encoding: object, where: str) -> bytes:
    if encoding == "base64":
        try:
            return base64.b64decode("".join(body.split()), validate=True)
        except (binascii.Error, ValueError) as problem:
            raise EntryError(f"{where} is not valid base64: {problem}") from problem
    if encoding:
        raise EntryError(f"{where} has an encoding that is not base64: {brief(encoding)}")
    try:
        # mitmproxy keeps bytes that are not UTF-8 as surrogates.
        return body.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError as problem:
        raise EntryError(f"{where} has a character that is no text: {problem.reason}") from problem


def _headers(message: Record, which: str) -> Headers:
    given = message.get("headers")
    if not isinstance(given, list):
        raise EntryError(f"{which}.headers is no array")
    return tuple(_each_header(given, which))


def _each_header(given: Iterable[object], which: str) -> Iterable[tuple[str, str]]:
    for header in given:
        name, value = (
            (header.get("name"), header.get("value")) if isinstance(header, dict) else (None, None)
        )
        if isinstance(value, float) and not isinstance(value, bool):
            value = f"{value:.15g}"
        if not isinstance(name, str) or not isinstance(value, str):
            raise EntryError(f"{which}.headers has one without a name or a value")
        if not name.startswith(":"):  # HTTP/2: a part of the first line
            # Chrome joins what came several times with line feeds.
            yield from ((name, part) for part in value.split("\n"))


def _first(headers: Headers, name: str) -> str:
    return next((value for key, value in headers if key.lower() == name), "")


def _length(headers: Headers) -> int | None:
    given = _first(headers, "content-length").strip()
    return int(given) if given.isascii() and given.isdigit() and len(given) < 16 else None


def _start(entry: object) -> float:
    """Seconds since 1970. A time without a zone, which HAR does not allow, is read as UTC."""
    given = text(entry, "startedDateTime")
    try:
        moment = datetime.fromisoformat(given or "")
    except ValueError:
        raise EntryError(f"startedDateTime is no ISO 8601 time: {brief(given)}") from None
    moment = moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
    return (moment - _EPOCH).total_seconds()


def _elapsed(entry: object) -> float:
    """How long the whole exchange took, in seconds."""
    source = entry if isinstance(entry, dict) else {}
    took = _number(source.get("time"))
    if took is None or took < 0:
        timings = source.get("timings")
        parts = [_number(one) for one in timings.values()] if isinstance(timings, dict) else []
        took = sum(one for one in parts if one is not None and one > 0)
        if not took:
            raise UnjudgedError("how long it took is not recorded, so that its place is not known")
    return took / 1000


def _number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if math.isfinite(value) else None


def _object(source: object, key: str) -> Record:
    value = source.get(key) if isinstance(source, dict) else None
    if not isinstance(value, dict):
        raise EntryError(f"{key} is no object")
    return value


def _text(source: Record, key: str) -> str:
    found = text(source, key)
    if found is None:
        raise EntryError(f"request.{key} is missing")
    return found


def title(number: int, entry: object) -> str:
    """How a reader finds the entry again: its number from 1, and its first line without a query."""
    request = entry.get("request") if isinstance(entry, dict) else None
    line = f"{text(request, 'method') or ''} {address(entry).partition('?')[0]}".strip()
    return f"entry {number}" + (f" ({printable(line[:120])})" if line else "")
