"""One entry of a HAR as a value that can be judged, or why it can't be.

Programs differ in what they record. What is missing is never taken for something empty: a body that
an export left out is not an empty body.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from urllib.parse import urlencode

from ..http.connection import Failure, Reply, Request
from ..http.content_coding import CodingError, TooLargeError, unpacked
from ..http.gate import PICTURE_CAP
from ..json_access import Record, brief, objects_at, printable, text
from ..traffic.seen import Seen
from . import amounts
from .left_out import EntryError, Part, UnjudgedError

#: What stands in a URL before its host.
_USERINFO = re.compile(r"(?<=://)[^/?#]*@")
Headers = tuple[tuple[str, str], ...]

#: Statuses whose answers have no body (RFC 9110, 6.4.1).
_NO_BODY = (204, 304)
_WITH_BODY = ("POST", "PUT", "PATCH")
_GZIP = b"\x1f\x8b"
#: A reader of text may have taken a byte order mark off.
_MARK = 3
#: What Chrome calls a body of which no media type is known.
_UNKNOWN = "x-unknown"
#: A status that HTTP's own logins have too, told apart by a header.
_ASKS_FOR_LOGIN = 401
#: The member of an answer where we keep what HAR has no place for.
OURS = "_sampan"


def address(entry: object) -> str:
    """The URL of the request, without a fragment and without a password; empty if there is none."""
    request = entry.get("request") if isinstance(entry, dict) else None
    return _USERINFO.sub("", (text(request, "url") or "").partition("#")[0])


def is_ours(entry: object) -> bool:
    """Whether our own writer wrote it, which leaves nothing out."""
    response = entry.get("response") if isinstance(entry, dict) else None
    return isinstance(response, dict) and isinstance(response.get(OURS), dict)


def is_anonymous(entry: object) -> bool:
    """Whether our own writer says that the request had no token."""
    response = entry.get("response") if isinstance(entry, dict) else None
    ours = response.get(OURS) if isinstance(response, dict) else None
    return isinstance(ours, dict) and ours.get("anonymous") is True


@dataclass(frozen=True, slots=True)
class Read:
    """An exchange that can be judged, but for what the file ``lacks`` of it."""

    seen: Seen
    lacks: tuple[Part, ...]


def read(entry: object) -> Read:
    """The exchange. Raises :class:`EntryError` and :class:`UnjudgedError`."""
    request, response = _object(entry, "request"), _object(entry, "response")
    method = _text(request, "method")
    url = address(entry)
    if not url:
        raise EntryError("request.url is missing")
    sent = _headers(request, "request")
    came = tuple((name.lower(), value) for name, value in _headers(response, "response"))
    at = amounts.start(entry)
    _check_reached(entry, request, response, sent, came)
    elapsed = amounts.elapsed(entry)
    # Of ours the headers say nothing about bodies: pseudonyms have lengths of their own.
    ours = is_ours(entry)
    body = _request_body(request, method, () if ours else sent)
    reply = _reply(response, method, () if ours else came, elapsed)
    lacks = []
    if not sent and method.upper() in _WITH_BODY:
        lacks.append(Part.REQUEST_HEADERS)
        sent = _label(request.get("postData"))
    if not came and reply.failure is None:
        lacks.append(Part.ANSWER_HEADERS)
        came = _label(response.get("content"))
        reply = _without_headers(reply, came)
    asked = Request(method, url, sent, body)
    return Read(Seen(asked, replace(reply, headers=came), at), tuple(lacks))


def _label(content: object) -> Headers:
    """The Content-Type of a body of which no header is recorded: HAR repeats it there."""
    kind = text(content, "mimeType")
    return () if kind is None or kind == _UNKNOWN else (("content-type", kind),)


def _without_headers(reply: Reply, label: Headers) -> Reply:
    """The answer, if it can be judged without its headers."""
    if reply.body and (not label or (reply.status == _ASKS_FOR_LOGIN and b"{" not in reply.body)):
        raise UnjudgedError("the answer's headers are not recorded", Part.ANSWER_HEADERS)
    return replace(reply, body=_plain(reply.body, "gzip"))


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
    status = amounts.status(response)
    ours = response.get(OURS)
    ours = ours if isinstance(ours, dict) else {}
    if "failure" in ours:
        return _failed(ours, status, headers, elapsed)
    if ours.get("masked"):
        raise UnjudgedError("a secret that stood in a body is masked")
    if status in amounts.NONE:
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
            raise UnjudgedError("the request's body is cut short in the file", Part.REQUEST_BODY)
        return raw
    params = objects_at(post, "params")
    if params:
        if not (text(post, "mimeType") or "").startswith("application/x-www-form-urlencoded"):
            raise UnjudgedError(
                "the request's body is recorded as parameters only", Part.REQUEST_BODY
            )
        pairs = [(str(one.get("name", "")), str(one.get("value", ""))) for one in params]
        try:
            return urlencode(pairs).encode()
        except UnicodeEncodeError as problem:
            why = f"request.postData.params has a character that is no text: {problem.reason}"
            raise EntryError(why) from problem
    size = amounts.size(request, "bodySize", "request")
    empty = length == 0 or size == 0 or (method.upper() not in _WITH_BODY and not length)
    if not empty or (size or 0) > 0:
        raise UnjudgedError("the request's body is not recorded", Part.REQUEST_BODY)
    return b""


def _response_body(response: Record, method: str, status: int, headers: Headers) -> bytes:
    if method.upper() == "HEAD" or status in _NO_BODY:
        return b""
    content = response.get("content")
    content = content if isinstance(content, dict) else {}
    size, length = amounts.size(content, "size", "response.content"), _length(headers)
    body = content.get("text")
    if isinstance(body, str) and body:
        raw = _bytes(body, content.get("encoding"), "response.content")
        coding = _first(headers, "content-encoding").strip().lower()
        _check_whole(content, len(raw), None if coding else length)
        return _plain(raw, coding)
    if content.get("_file"):
        raise UnjudgedError("the answer's body is in a file of its own", Part.ANSWER_BODY)
    # Of a redirect that it followed a browser has no body, whatever came.
    unknown = (body is None and 300 <= status < 400) or size is None or size < 0
    if (size or 0) > 0 or (length or 0) > 0 or (unknown and length != 0):
        raise UnjudgedError("the answer's body is not recorded", Part.ANSWER_BODY)
    return b""


def _check_whole(content: Record, length: int, announced: int | None) -> None:
    """Raise if the body was cut when it was recorded. Some count its size before it was
    unpacked, and then say how much was saved."""
    size = amounts.size(content, "size", "response.content") or 0
    saved = amounts.size(content, "compression", "response.content") or 0
    if max(min(size, size + saved), announced or 0) > length + _MARK:
        raise UnjudgedError("the answer's body is cut short in the file", Part.ANSWER_BODY)


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
        elif isinstance(header, dict) and value is None:
            value = ""  # some write null for an empty one
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
