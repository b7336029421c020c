"""Durations as they are written: ``30s``, ``1.5h``, or a number of milliseconds."""

from __future__ import annotations

import re

_SPAN = re.compile(r"(\d{1,12}(?:\.\d{1,3})?)(ms|s|m|h|d)")
_MS = {"ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}


def to_ms(span: str | int) -> int:
    """``Span`` of ``admin.yaml`` in ms. Raises ``ValueError`` on a text of another form."""
    if not isinstance(span, str):
        return int(span)
    found = _SPAN.fullmatch(span)
    if found is None:
        raise ValueError(f"{span!r} is not a duration such as 30s")
    from fractions import Fraction  # no start waits for it

    return round(Fraction(found[1]) * _MS[found[2]])
