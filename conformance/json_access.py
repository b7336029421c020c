"""Reading JSON of any shape: each function returns ``None`` where the value is not as required.
An object is a ``dict``, as ``json`` makes it.

A server under test may send ``data: 5``, ``res: "x"`` or a record that is ``null``; no check may
stumble over it.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Mapping
from datetime import UTC, datetime

#: A record as find returns it, or any other JSON object.
Record = Mapping[str, object]


def text(source: object, key: str) -> str | None:
    """The string at ``key``; ``None`` if it is missing, empty or not a string."""
    value = source.get(key) if isinstance(source, dict) else None
    return value if isinstance(value, str) and value else None


def integer(source: object, key: str) -> int | None:
    """The integer at ``key``; ``2.0`` counts as 2, ``true`` and ``2.5`` are not integers."""
    return whole(source.get(key) if isinstance(source, dict) else None)


def whole(value: object) -> int | None:
    """``value`` as an integer, if it is one in JSON Schema (2.0 is)."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value
    return int(value) if isinstance(value, float) and value.is_integer() else None


def object_at(source: object, key: str) -> Record | None:
    """The object at ``key``."""
    value = source.get(key) if isinstance(source, dict) else None
    return value if isinstance(value, dict) else None


def array_at(source: object, key: str) -> list[object] | None:
    """The array at ``key``, whatever is in it."""
    value = source.get(key) if isinstance(source, dict) else None
    return value if isinstance(value, list) else None


def objects_at(source: object, key: str) -> list[Record]:
    """The objects in the array at ``key``; anything else in it is ignored."""
    return [one for one in array_at(source, key) or [] if isinstance(one, dict)]


def millis(record: object) -> int | None:
    """A record's ``timestamp`` in ms since 1970: a string on the page; a number is accepted."""
    if not isinstance(record, dict):
        return None
    value = record.get("timestamp")
    if isinstance(value, str):
        return int(value) if value.isascii() and value.isdigit() and len(value) < 20 else None
    return whole(value)


def instant(source: object, key: str) -> datetime | None:
    """The ISO 8601 time at ``key``, if it has a zone."""
    try:
        moment = datetime.fromisoformat(text(source, key) or "")
        return None if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):  # the year 1 east of Greenwich is before the first
        return None


#: Ordinary characters by their category that no reader sees.
_UNSEEN = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\uffa0\U000e0100-\U000e01ef]"
)


#: What begins a command in the log of a CI service: ``::error::`` in a line (GitHub), ``##[error]``
#: (GitHub, Azure), ``##vso[…]`` (Azure) and ``##teamcity[…]`` anywhere.
_COMMAND = re.compile(r"^([ \t]*):(?=:[A-Za-z-]+[^\n]*?::)|#(?=#\w*\[)", re.MULTILINE)


def printable(text: str, *, lines: bool = False) -> str:
    """``text`` with every character that can't be seen, or that a terminal, a browser or the log of
    a CI service would obey, as the escape that JSON has for it: controls, directions, zero width,
    surrogates, the first sign of a command.

    ``lines``: line feeds and tabs stay.
    """
    if "::" in text or "##" in text:
        text = _COMMAND.sub(_spelt_out, text)
    if text.isprintable() and (text.isascii() or not _UNSEEN.search(text)):
        return text
    # A long text has few different characters.
    escapes = {ord(one): _escape(one) for one in set(text) if not _seen(one, lines)}
    return text.translate(escapes) if escapes else text


def _spelt_out(hit: re.Match[str]) -> str:
    return f"{hit[1] or ''}\\u{ord(hit[0][-1]):04x}"


def _seen(one: str, lines: bool) -> bool:
    if lines and one in "\n\t":
        return True
    blank = unicodedata.category(one) == "Zs"
    return blank or (one.isprintable() and not _UNSEEN.match(one))


def _escape(one: str) -> str:
    return json.dumps(one)[1:-1] if one != "\x7f" else "\\u007f"


def brief(value: object, length: int = 120) -> str:
    """``value`` as a reader wants it in a message: JSON-like, on one line, not too long."""
    if isinstance(value, str):
        value = value[: length + 1]  # its representation is no shorter
    return shortened(
        repr(value) if not isinstance(value, Mapping | list) else _outline(value), length
    )


def shortened(text: str, length: int) -> str:
    """``text``, or its beginning and the sign that it was cut. The redaction goes by that sign: a
    secret is not known again by its beginning alone."""
    return text if len(text) <= length else f"{text[: length - 1]}…"


def _outline(value: Mapping[str, object] | list[object]) -> str:
    if isinstance(value, list):
        return f"an array of {len(value)}"
    inside = ", ".join(f"{key[:60]!r}: {_leaf(one)}" for key, one in list(value.items())[:12])
    return "{" + inside + (", …}" if len(value) > 12 else "}")


def _leaf(value: object) -> str:
    if isinstance(value, Mapping):
        return "{…}"
    if isinstance(value, list):
        return "[…]" if value else "[]"
    return shortened(repr(value[:61] if isinstance(value, str) else value), 60)
