"""The body of an answer as JSON: read as the strictest usual client reads it, and cut to a size
that can be kept."""

from __future__ import annotations

import codecs
import json
import math
import re
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from ..json_access import shortened
from .connection import Failure, Reply

#: Deeper than any answer of this API, and shallow enough for every JSON reader.
MAX_DEPTH = 100
#: The memory (bytes, estimated) that the values of one answer may take, and what is kept as it is:
#: a hundred records take about 0.5 MB.
_MOST, _LIGHT = 64 << 20, 2 << 20
#: What is kept of each record, and of each other value, of an answer that is larger.
_TEXT, _VALUES, _KEY = 16_384, 500, 200
_BOM = b"\xef\xbb\xbf"
#: What many readers refuse: half of a character beyond 16 bits, as a cut through a text leaves it.
LONE_SURROGATE = "a text in it ends in half a character, a lone surrogate (RFC 8259, 8.2)"
_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")
_CHARSET = re.compile(r";\s*charset\s*=\s*\"?([^\s;\"]+)", re.IGNORECASE)
_PARSING = threading.Lock()
#: Charsets that servers write; Python knows others that take long to read.
_USUAL = re.compile(r"iso8859|latin|cp\d|gb|big5|shift|euc|koi8|mac|utf-(16|32)")


@dataclass(frozen=True, slots=True)
class Body:
    """``problem``: why it is no JSON object, empty if it is. ``flaw``: what a strict client refuses
    although the value can be read. ``weight``: the memory it takes, estimated in bytes."""

    value: object
    problem: str
    flaw: str = ""
    weight: int = 0


def read(reply: Reply) -> Body:
    """The body of an answer. Values of any shape and size; never raises."""
    if reply.failure is not None:
        detail = f" ({reply.detail})" if reply.detail else ""
        return Body(None, f"{reply.failure.value}{detail}")
    if not reply.body:
        return Body(None, "an empty body")
    weight = _weight(reply.body)
    label = _mislabelled(reply)
    if weight <= _LIGHT:
        return _parsed(reply.body, weight, label)
    with _PARSING:  # side by side, a few of them would fill the memory
        large = _parsed(reply.body, weight, label)
        kept = _Cut().envelope(large.value) if not large.problem else large.value
        return Body(kept, large.problem, large.flaw, weight)


def readable(reply: Reply) -> Reply:
    """``reply``, failed if its body holds more values than there is memory for."""
    if reply.failure is not None or _weight(reply.body) <= _MOST:
        return reply
    detail = "more values than any answer of this API has"
    return replace(reply, body=b"", failure=Failure.TOO_LARGE, detail=detail)


def _parsed(raw: bytes, weight: int, label: str) -> Body:
    flaws: list[str] = [label] if label else []

    def number(text: str) -> float:
        value = float(text)
        if math.isinf(value):
            flaws.append("a number in it is larger than a double can hold (RFC 8259, 6)")
        return value

    def members(pairs: list[tuple[str, object]]) -> dict[str, object]:
        found = dict(pairs)
        if len(found) < len(pairs) and any(found[key] != value for key, value in pairs):
            flaws.append("an object has two values under one key (RFC 8259, 4): clients differ")
        return found

    try:
        text = _decoded(raw, flaws.append)
        value = json.loads(
            text, parse_constant=_refuse, parse_float=number, object_pairs_hook=members
        )
    except RecursionError:
        return Body(None, "JSON that is nested too deeply")
    except ValueError as error:
        start = raw[:200].lstrip().lower()
        html = start.startswith((b"<!doctype", b"<html"))
        return Body(None, "HTML" if html else f"not JSON ({shortened(str(error), 200)})")
    if _deeper(value, raw, MAX_DEPTH):
        return Body(None, f"JSON that is nested deeper than {MAX_DEPTH} levels")
    if _SURROGATE.search(raw) and not _encodes(value):
        flaws.append(LONE_SURROGATE)
    flaw = flaws[0] if flaws else ""
    if not isinstance(value, dict):
        return Body(value, f"JSON that is not an object but {type(value).__name__}", flaw, weight)
    return Body(value, "", flaw, weight)


def _decoded(raw: bytes, flaw: Callable[[str], None]) -> str:
    if raw.startswith(_BOM):
        flaw("a byte order mark stands before the JSON (RFC 8259, 8.1: must not)")
        return raw[len(_BOM) :].decode()
    coding = json.detect_encoding(raw)
    if coding != "utf-8":
        flaw(f"the JSON is {coding.upper()} instead of UTF-8 (RFC 8259, 8.1)")
    return raw.decode(coding)


def _mislabelled(reply: Reply) -> str:
    """Clients that read a text as its media type says read another one than the server wrote."""
    named = _CHARSET.search(reply.header("content-type"))
    if named is None or reply.body.isascii():
        return ""
    try:
        charset = codecs.lookup(named[1]).name
        if not _USUAL.match(charset):
            return ""
        same = reply.body.decode(charset) == reply.body.decode()
    except (LookupError, UnicodeError):
        return ""  # no client knows it, or it is told by what follows
    label = f"the media type says charset={named[1][:_KEY]}, and the JSON is UTF-8 (RFC 8259, 8.1)"
    return "" if same else label


def _encodes(value: object) -> bool:
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return False
    return True


def _refuse(name: str) -> object:
    raise ValueError(f"{name} is not JSON")


def _weight(raw: bytes) -> int:
    containers = raw.count(b"{") + raw.count(b"[")
    return len(raw) + 64 * containers + 40 * raw.count(b",")


#: A tuple: a union costs three times as much, for each value of a body.
_NESTING = (dict, list)


def _deeper(value: object, body: bytes, limit: int) -> bool:
    if body.count(b"[") + body.count(b"{") <= limit:
        return False
    level = [value]
    for _ in range(limit + 1):
        inner: list[object] = []
        for one in level:
            values = one.values() if isinstance(one, dict) else one if isinstance(one, list) else ()
            inner += [value for value in values if isinstance(value, _NESTING)]
        level = inner
        if not level:
            return False
    return True


class _Cut:
    """Copies values, and leaves out what is too large to keep."""

    def envelope(self, value: object) -> object:
        """An envelope, each record of it and each other value with a room of its own."""
        if not isinstance(value, Mapping):
            return cut(value)
        return {key: self._data(one) if key == "data" else cut(one) for key, one in _few(value)}

    def _data(self, data: object) -> object:
        if not isinstance(data, Mapping):
            return cut(data)
        return {
            key: [cut(record) for record in one]
            if key == "res" and isinstance(one, list)
            else cut(one)
            for key, one in _few(data)
        }


def cut(value: object, text: int = _TEXT, values: int = _VALUES) -> object:
    """``value`` with at most so many characters of text and so many values in it. What is cut says
    how large it was."""
    return _Room(text, values).copy(value)


class _Room:
    def __init__(self, text: int, values: int) -> None:
        self._text = text
        self._values = values

    def copy(self, value: object) -> object:
        self._values -= 1
        if isinstance(value, str):
            return self._string(value)
        if isinstance(value, list):
            kept = [self.copy(one) for one in value[: max(0, self._values)]]
            more = len(value) - len(kept)
            return [*kept, f"… ({more} more values)"] if more else kept
        if isinstance(value, Mapping):
            return {
                key[:_KEY]: self.copy(one)
                for key, one in list(value.items())[: max(0, self._values)]
            }
        if isinstance(value, int) and value.bit_length() > 1024:
            return f"… (a number of {value.bit_length()} bits)"
        return value

    def _string(self, value: str) -> str:
        room, size = max(0, self._text), len(value)
        self._text -= size
        return value if size <= room else f"{value[:room]}… ({size} characters in all)"


def _few(value: Mapping[str, object]) -> list[tuple[str, object]]:
    """The keys of an envelope that are worth keeping: the known ones, and as many as fit."""
    known = ("errno", "errmsg", "error", "data", "res", "total", "token")
    kept = [(key, value[key]) for key in known if key in value]
    others = ((key, one) for key, one in value.items() if key not in known and len(key) < 1000)
    return kept + [pair for pair, _ in zip(others, range(100), strict=False)]
