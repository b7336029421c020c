"""The entries of a HAR file, as JSON has them; whatever else is in the file is skipped.

The file may be packed with gzip and may begin with a byte order mark. A file that was cut off, as
by a program that was killed, gives the entries before the cut.
"""

from __future__ import annotations

import codecs
import gzip
import json
import math
import re
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

_Entry = TypeVar("_Entry")

#: Bytes of a file, unpacked: as text they may take four times as much memory.
MAX_BYTES = 256 * 1024 * 1024
MAX_ENTRIES = 100_000

_GZIP, _ZIP = b"\x1f\x8b", b"PK\x03\x04"
_MARKS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
#: Characters that are kept of a number that can't be read.
_DIGITS = 40
_BLANK = re.compile(r"[ \t\r\n]*")
_TOO_DEEP = "it is nested too deeply"


class HarError(ValueError):
    """The file can't be read as a HAR; one line says why."""


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A number that no double holds: ``1e999``, and NaN and Infinity, which JSON does not have."""

    written: str

    def __repr__(self) -> str:
        return self.written


def _number(written: str) -> float | Unreadable:
    """An integer of any length is a float as well."""
    value = float(written)
    if math.isfinite(value):
        return value
    return Unreadable(written if len(written) <= _DIGITS else f"{written[:_DIGITS]}…")


_DECODER = json.JSONDecoder(
    parse_int=_number, parse_float=_number, parse_constant=Unreadable, strict=False
)


@dataclass(frozen=True, slots=True)
class Document(Generic[_Entry]):
    """``problem``: where the file stops being JSON and why; empty if it is whole."""

    entries: list[_Entry]
    problem: str = ""


def load(
    path: Path, make: Callable[[int, object], _Entry], limit: int = MAX_BYTES
) -> Document[_Entry]:
    """What ``make`` makes of each value in ``log.entries`` and its number from 1; the values are
    not kept. Raises :class:`HarError` on a file that has no such array."""
    walk = _Walk(_decoded(_content(path, limit), path))
    found: list[_Entry] = []
    try:
        for entry in walk.entries():
            if len(found) == MAX_ENTRIES:
                raise HarError(f"{path} has more than {MAX_ENTRIES} entries; split it")
            found.append(make(len(found) + 1, entry))
    except json.JSONDecodeError as error:
        problem = f"{error.msg} at line {error.lineno}, column {error.colno}"
    except RecursionError:
        problem = _TOO_DEEP
    else:
        if not walk.has_entries:
            raise HarError(f"{path} is not a HAR: it has no array log.entries")
        return Document(found)
    if not walk.has_entries:
        raise HarError(f"{path} is not a HAR: {problem}")
    return Document(found, f"the file can't be read on from entry {len(found) + 1}: {problem}")


def _content(path: Path, limit: int) -> bytes:
    """The bytes of the file, unpacked, if they are not too many."""
    try:
        with path.open("rb") as file:
            packed = file.read(2) == _GZIP
            file.seek(0)
            content = (gzip.GzipFile(fileobj=file) if packed else file).read(limit + 1)
    except (EOFError, zlib.error, gzip.BadGzipFile) as problem:
        raise HarError(f"{path} is a broken gzip file: {problem}") from problem
    except OSError as problem:
        raise HarError(f"{path} can't be read: {problem.strerror or problem}") from problem
    if len(content) > limit:
        raise HarError(
            f"{path} is larger than {limit} bytes; filter the export by host, or leave out bodies"
            " of other sites"
        )
    if content.startswith(_ZIP):
        raise HarError(
            f"{path} is a zip archive, with bodies in files of their own; record the HAR with its"
            " bodies embedded (Playwright: record_har_content='embed')"
        )
    return content


def _decoded(content: bytes, path: Path) -> str:
    coding = next((name for mark, name in _MARKS.items() if content.startswith(mark)), "utf-8")
    try:
        return content.decode(coding)
    except UnicodeDecodeError as problem:
        raise HarError(
            f"{path} is not a HAR: it is not valid UTF-8 at byte {problem.start}"
        ) from problem


class _Walk:
    """Steps through a document, so that an entry counts as soon as it has ended."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self.has_entries = False

    def entries(self) -> Iterator[object]:
        """The items of every array ``log.entries``, once each; raises where the text is no JSON."""
        for key in self._members():
            if key != "log" or not self._next("{"):
                self._value()
                continue
            for part in self._members():
                if part == "entries" and self._next("["):
                    self.has_entries = True
                    yield from self._items()
                else:
                    self._value()
        if not self._next(""):
            raise self._error("something follows the end of the document")

    def _members(self) -> Iterator[str]:
        """The keys of an object; who takes one takes its value before the next."""
        self._take("{")
        if self._next("}"):
            return self._take("}")
        while True:
            key = self._value()
            if not isinstance(key, str):
                raise self._error("a key that is not a string")
            self._take(":")
            yield key
            if not self._next(","):
                return self._take("}")
            self._take(",")

    def _items(self) -> Iterator[object]:
        self._take("[")
        if self._next("]"):
            return self._take("]")
        while True:
            yield self._value()
            if not self._next(","):
                return self._take("]")
            self._take(",")

    def _value(self) -> object:
        value: object
        value, self._at = _DECODER.raw_decode(self._text, self._blank())
        return value

    def _next(self, sign: str) -> bool:
        """Whether ``sign`` is next; an empty one is the end."""
        at = self._blank()
        return self._text.startswith(sign, at) if sign else at == len(self._text)

    def _take(self, sign: str) -> None:
        if not self._next(sign):
            raise self._error(f"no {sign!r}")
        self._at = self._blank() + 1

    def _blank(self) -> int:
        """Where the next sign stands."""
        hit = _BLANK.match(self._text, self._at)
        return self._at if hit is None else hit.end()

    def _error(self, what: str) -> json.JSONDecodeError:
        return json.JSONDecodeError(what, self._text, self._blank())
