"""A HAR file as a list of entries, or one line that says why it is none."""

from __future__ import annotations

import codecs
import gzip
import json
import zlib
from pathlib import Path
from typing import Any

import orjson

#: Bytes of a file, unpacked.
MAX_BYTES = 256 << 20
_GZIP, _ZIP = b"\x1f\x8b", b"PK\x03\x04"
#: Digits of a number that is surely one of 64 bits.
_DIGITS = 18
_WIDE = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


class HarError(ValueError):
    """A file that a fake can't begin with: one line says why."""


def entries(path: Path, limit: int = MAX_BYTES) -> list[Any]:
    """What is in ``log.entries``. Raises :class:`HarError`."""
    document = _loaded(_content(path, limit), path)
    log = document.get("log") if isinstance(document, dict) else None
    found = log.get("entries") if isinstance(log, dict) else None
    if not isinstance(found, list):
        raise HarError(f"{path} is not a HAR: it has no array log.entries")
    return found


def _content(path: Path, limit: int) -> bytes:
    """The bytes of the file, unpacked, as UTF-8."""
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
        raise HarError(f"{path} is larger than {limit} bytes; filter the export by host")
    if content.startswith(_ZIP):
        raise HarError(f"{path} is a zip archive; record the HAR with its bodies embedded")
    if content.startswith(_WIDE):
        content = content.decode("utf-16", "replace").encode("utf-8", "replace")
    return content.removeprefix(codecs.BOM_UTF8)


def _loaded(content: bytes, path: Path) -> Any:
    """The document. One number or character that JSON does not have, in an entry of any other site,
    spoils no file: numbers become null, characters a question mark."""
    try:
        return orjson.loads(content)
    except orjson.JSONDecodeError as problem:
        strict = problem
    try:
        text = content.decode("utf-8", "replace")
        lenient = _LENIENT.decode(text)
        clean = json.dumps(lenient, ensure_ascii=False, separators=(",", ":"))
        return orjson.loads(clean.encode("utf-8", "replace"))
    except (ValueError, RecursionError):
        raise HarError(f"{path} is not a HAR: {strict}{_remedy(content, strict.pos)}") from strict


def _finite(written: str) -> float | None:
    value = float(written)
    return value if abs(value) < float("inf") else None


def _integer(written: str) -> int | float | None:
    return int(written) if len(written) <= _DIGITS else _finite(written)


def _nothing(_: str) -> None:
    """NaN and Infinity, which some programs write."""


_LENIENT = json.JSONDecoder(
    strict=False, parse_float=_finite, parse_int=_integer, parse_constant=_nothing
)


def _remedy(content: bytes, position: int) -> str:
    """What helps with a file that was cut off, where the error is at its end."""
    begun = content[:4096].lstrip().startswith(b"{") and b'"log"' in content[:4096]
    if not begun or position < len(content.rstrip()) - 1:
        return ""
    return (
        ". It was cut off. sampan check --har reads what is whole of it; to begin with that, remove"
        " the last line and the comma before it and add ]}} (in a HAR of sampan proxy, where each"
        " entry is a line), or export the file again"
    )
