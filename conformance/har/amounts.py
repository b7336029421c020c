"""The numbers of an entry, each within what it can be."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from ..json_access import Record, brief, whole
from .document import Unreadable
from .left_out import EntryError, Part, UnjudgedError

#: Statuses where there was no answer; Playwright writes the second.
NONE = (0, -1)
#: Bytes that a program can count, and how long an exchange may take (ms): a day.
_MOST_BYTES, _LONGEST = 2**53, 86_400_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FIRST, _END = ((datetime(year, 1, 1, tzinfo=UTC) - _EPOCH).total_seconds() for year in (1, 9999))


def status(response: Record) -> int:
    """The HTTP status, or one of ``NONE``."""
    given = response.get("status")
    found = whole(given)
    if found is None or not (found in NONE or 100 <= found <= 999):
        raise EntryError(
            f"response.status is no status: {shown(given)} (100 to 999; 0 for no answer)"
        )
    return found


def size(source: Record, key: str, where: str) -> int | None:
    """A number of bytes; ``None`` if it is missing or no number. Programs write less than 0 for an
    unknown size."""
    value = source.get(key)
    if not _is_number(value):
        return None
    found = whole(value)
    if found is None or abs(found) > _MOST_BYTES:
        raise EntryError(f"{where}.{key} is no number of bytes: {shown(value)}")
    return found


def start(entry: object) -> float:
    """Seconds since 1970. A time without a zone, which HAR does not allow, is read as UTC."""
    given = entry.get("startedDateTime") if isinstance(entry, dict) else None
    try:
        moment = datetime.fromisoformat(given if isinstance(given, str) else "")
    except ValueError:
        raise EntryError(f"startedDateTime is no ISO 8601 time: {shown(given)}") from None
    moment = moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
    found = (moment - _EPOCH).total_seconds()
    if not _FIRST <= found < _END:  # by its zone it may lie outside of what the calendar holds
        raise EntryError(f"startedDateTime is no time in the years 1 to 9998, UTC: {shown(given)}")
    return found


def elapsed(entry: object) -> float:
    """How long the whole exchange took, in seconds."""
    source = entry if isinstance(entry, dict) else {}
    took = _milliseconds(source, "time", "time")
    if took is None or took <= 0:  # some write 0 beside the timings
        timings = source.get("timings")
        timings = timings if isinstance(timings, dict) else {}
        parts = (_milliseconds(timings, key, f"timings.{brief(key)[1:-1]}") for key in timings)
        summed = sum(one for one in parts if one is not None and one > 0)
        if not summed and took != 0:
            raise UnjudgedError(
                "how long it took is not recorded, so that its place is not known", Part.DURATION
            )
        took = summed
    return took / 1000


def _milliseconds(source: Mapping[str, object], key: str, where: str) -> float | None:
    value = source.get(key)
    if not _is_number(value):
        return None
    if not isinstance(value, int | float) or value > _LONGEST:
        raise EntryError(
            f"{where} is no duration: {shown(value)} (milliseconds, at most {_LONGEST}: a day)"
        )
    return float(value)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float | Unreadable) and not isinstance(value, bool)


def shown(value: object) -> str:
    """A value in a message; a number as it may have been written."""
    return f"{value:.15g}" if isinstance(value, float) else brief(value)
