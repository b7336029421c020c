"""The three times of a record, as the page's example shows them (LIFE-3). Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta

from ..json_access import Record, brief, instant, millis, text
from .job_model import CLOCKS_APART

#: As on the page; an offset of zero is accepted too.
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}(Z|\+00:?00)")
_MS, _SECOND = timedelta(milliseconds=1), timedelta(seconds=1)


def seconds_early(record: Record) -> float:
    """By how much updated_at is before created_at, beyond what cutting digits off may cause."""
    created, updated = instant(record, "created_at"), instant(record, "updated_at")
    if created is None or updated is None:
        return 0.0
    whole = not (created.microsecond and updated.microsecond)
    early = created - updated
    return early.total_seconds() if early > (_SECOND if whole else _MS) else 0.0


def time_faults(record: Record) -> Iterator[tuple[str, object, object]]:
    """What, expected, actual."""
    created, updated = instant(record, "created_at"), instant(record, "updated_at")
    for key in ("created_at", "updated_at"):
        if _INSTANT.fullmatch(text(record, key) or "") is None or instant(record, key) is None:
            shown = "ISO 8601 in UTC with milliseconds, 2024-04-02T06:48:35.165Z"
            yield f"{key} is not a time as on the page", shown, brief(record.get(key))
    if created is not None and updated is not None and created - updated > CLOCKS_APART:
        yield (
            "updated_at is earlier than created_at",
            record.get("created_at"),
            record.get("updated_at"),
        )
    stamp, shown = millis(record), "milliseconds since 1970 as a string, 1712040515164"
    if stamp is None or text(record, "timestamp") is None:
        yield "timestamp is invalid", shown, brief(record.get("timestamp"))
    elif created is not None and abs(stamp - created.timestamp() * 1000) > CLOCKS_APART / _MS:
        yield "timestamp is not the time of created_at", record.get("created_at"), stamp
