"""Traffic written as HAR 1.2, without secrets, entry by entry.

The file is a whole HAR after each entry: a program that is killed loses none that was written. An
entry is a line, so that a file that was torn by a full disk or a power cut is mended by taking off
its last line and adding ``]}}``; ``read_har`` reads it as it is.
"""

from __future__ import annotations

import base64
import contextlib
import json
import os
import threading
from datetime import UTC, datetime
from http.client import responses
from importlib.metadata import version
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

from ..http.gate import FIND_CAP
from ..traffic.seen import Seen
from .document import MAX_BYTES, HarError
from .entry import OURS
from .pseudonyms import Pseudonyms, is_login

#: The most bytes of a picture that are kept; of a larger one its size is.
PICTURE_CAP = 4 * 1024 * 1024
#: What a file may hold so that it can be read again.
_MOST = MAX_BYTES - 64 * 1024
_NOTE = (
    "Tokens, passwords and the names of accounts are replaced by pseudonyms, each by the same one"
    " throughout the file."
)


class HarWriter:
    """Writes ``path`` anew; safe to use from threads. The first exchange for which the file, of at
    most ``max_bytes``, has no room ends it; ``left_out`` counts it and those after it.

    Raises :class:`HarError` if the file can't be made, and once if it can't be written on: it is
    whole then, and nothing more is written.
    """

    def __init__(
        self, path: Path, *, max_bytes: int = _MOST, picture_cap: int = PICTURE_CAP
    ) -> None:
        self.path = path
        self.left_out = 0
        self._names = Pseudonyms()
        self._lock = threading.Lock()
        self._max_bytes, self._full = max_bytes, False
        self._picture_cap = picture_cap
        try:
            self._file: int | None = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
        except OSError as problem:
            raise HarError(f"{path} can't be written: {problem.strerror}") from problem
        creator = {"name": "sampan", "version": version("sampan")}
        head = json.dumps({"log": {"version": "1.2", "creator": creator, "comment": _NOTE}})
        #: Where the next entry goes: behind the last one.
        self._end = 0
        self._separator = ""
        self._put(head.removesuffix("}}") + ', "entries": [')

    def __enter__(self) -> HarWriter:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def write(self, seen: Seen) -> None:
        """Add an exchange."""
        with self._lock:
            if self._file is None:
                return
            if self._full:
                self.left_out += 1
                return
            line = json.dumps(_Entry(seen, self._names, self._picture_cap).to_json())
            if self._end + len(line) > self._max_bytes:
                self._full, self.left_out = True, 1
                return
            self._put(f"{self._separator}\n{line}")
            self._separator = ","

    def close(self) -> None:
        """The file is whole already; it is only let go."""
        with self._lock:
            self._let_go()

    def _let_go(self) -> None:
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def _put(self, text: str) -> None:
        """Write ``text`` and the end of the document over the end that was there."""
        assert self._file is not None
        added, tail = text.encode(), b"\n]}}\n"
        try:
            _write_at(self._file, added + tail, self._end)
        except OSError as problem:
            self._restore(tail)
            raise HarError(f"{self.path} can't be written on: {problem.strerror}") from problem
        self._end += len(added)

    def _restore(self, tail: bytes) -> None:
        """Leave the file as it was before the last entry, as far as the disk lets us."""
        assert self._file is not None
        if self._end:
            with contextlib.suppress(OSError):  # the first one is raised
                _write_at(self._file, tail, self._end)
                os.ftruncate(self._file, self._end + len(tail))
        self._let_go()


def _write_at(file: int, content: bytes, at: int) -> None:
    while content:
        written = os.pwrite(file, content, at)
        content, at = content[written:], at + written


class _Entry:
    """One exchange as HAR has it."""

    def __init__(self, seen: Seen, names: Pseudonyms, picture_cap: int) -> None:
        names.learn(seen)
        self._seen = seen
        self._names = names
        self._picture_cap = picture_cap
        #: What is said of it beyond HAR.
        self._ours: dict[str, Any] = {}

    def to_json(self) -> dict[str, Any]:
        took = max(0.0, round(self._seen.reply.elapsed * 1000, 6))
        start = datetime.fromtimestamp(self._seen.at, UTC)
        return {
            "startedDateTime": start.isoformat(timespec="microseconds"),
            "time": took,
            "request": self._request(),
            "response": self._response(),
            "cache": {},
            "timings": {"send": 0, "wait": took, "receive": 0},
        }

    def _request(self) -> dict[str, Any]:
        request = self._seen.request
        url = self._names.text(request.target)
        made: dict[str, Any] = {
            "method": request.method,
            "url": url,
            "httpVersion": "HTTP/1.1",
            "cookies": [],
            "headers": self._headers(request.headers),
            "queryString": _query(url),
            "headersSize": -1,
            "bodySize": len(request.body),
        }
        if request.body:
            kept = self._body(request.body, FIND_CAP, sent=True)
            if kept is not None:
                kept = {("_encoding" if key == "encoding" else key): kept[key] for key in kept}
                kind = _first(request.headers, "content-type") or "application/octet-stream"
                made["postData"] = {"mimeType": self._names.header("content-type", kind), **kept}
        return made

    def _response(self) -> dict[str, Any]:
        reply = self._seen.reply
        kind = self._names.header("content-type", _first(reply.headers, "content-type"))
        content: dict[str, Any] = {"size": len(reply.body), "mimeType": kind}
        if reply.failure is not None:
            # Part of a body can be judged by nobody, and may end within a secret.
            detail = self._names.text(reply.detail)
            self._ours |= {"failure": reply.failure.name, "detail": detail, "sent": reply.sent}
        else:
            cap = self._picture_cap if kind.startswith("image/") else FIND_CAP
            kept = self._body(reply.body, cap, sent=False) or {}
            if "encoding" not in kept and "text" in kept:
                content["size"] = len(kept["text"].encode())
            content |= kept
        return {
            "status": reply.status,
            "statusText": responses.get(reply.status, ""),
            "httpVersion": "HTTP/1.1",
            "cookies": [],
            "headers": self._headers(reply.headers),
            "content": content,
            "redirectURL": self._names.header("location", _first(reply.headers, "location")),
            "headersSize": -1,
            "bodySize": -1,
            OURS: self._ours | self._anonymous(),
        }

    def _anonymous(self) -> dict[str, bool]:
        """Said of a request without a token, so that it is told from one whose token somebody
        takes out of the file later."""
        headers = self._seen.request.headers
        token = any(name.lower() == "authorization" and value.strip() for name, value in headers)
        return {} if token else {"anonymous": True}

    def _headers(self, headers: tuple[tuple[str, str], ...]) -> list[dict[str, str]]:
        redact = self._names.secrets.redact_foreign
        return [
            {"name": redact(name), "value": self._names.header(name, value)}
            for name, value in headers
        ]

    def _body(self, body: bytes, cap: int, *, sent: bool) -> dict[str, str] | None:
        """The text of a body, and how it is encoded; ``None`` if it can't be kept."""
        if len(body) > cap:
            return None
        try:
            text = body.decode()
        except UnicodeDecodeError:
            return self._binary(body)
        if is_login(self._seen):
            text = self._names.login(self._seen, text, sent=sent)
        text = self._names.members(self._names.people(text))
        # What is no JSON may have been cut, and end with the beginning of a secret.
        end = "" if _is_json(text) else "…"
        masked = self._names.secrets.redact_foreign(text + end).removesuffix(end)
        if masked != text:
            self._ours["masked"] = True
        return {"text": masked}

    def _binary(self, body: bytes) -> dict[str, str] | None:
        if self._names.hides(body):
            return None
        return {"text": base64.b64encode(body).decode(), "encoding": "base64"}


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def _first(headers: tuple[tuple[str, str], ...], name: str) -> str:
    return next((value for key, value in headers if key.lower() == name), "")


def _query(url: str) -> list[dict[str, str]]:
    pairs = parse_qsl(url.partition("?")[2], keep_blank_values=True, errors="replace")
    return [{"name": name, "value": value} for name, value in pairs]
