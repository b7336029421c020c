"""What a token says of itself, unverified. Pure."""

from __future__ import annotations

import base64
import json

from ..json_access import Record, whole

#: In seconds, this is the year 5138.
_MILLISECONDS = 10**11
#: Seconds: hardly ever do two clocks that differ make one round lifetime of another.
_ROUND, _NEAR = 300, 2


def decoded(part: str) -> Record | None:
    """The header of a JWT, or its claims; ``None`` if the part is no JSON object in base64."""
    try:
        found = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def claims(token: str) -> Record:
    """The claims of a JWT; empty for any other token."""
    parts = token.split(".")
    return (len(parts) == 3 and decoded(parts[1])) or {}


def span(seconds: int) -> str:
    """``90m`` for 5400: the largest unit that divides (question token-lifetime)."""
    for unit, size in (("h", 3600), ("m", 60)):
        if seconds % size == 0 and seconds > 0:
            return f"{seconds // size}{unit}"
    return f"{seconds}s"


def lifetime(token: str) -> str | None:
    """How long it is valid, from ``iat`` to ``exp``; ``None`` if it does not say both."""
    found = claims(token)
    expires, issued = whole(found.get("exp")), whole(found.get("iat"))
    if expires is None or issued is None:
        return None
    # A JWT counts seconds; some writers count milliseconds.
    return span(round((expires - issued) / 1000) if issued > _MILLISECONDS else expires - issued)


def lifetime_at(token: str, moment: int) -> str | None:
    """The same of a token with ``exp`` alone that was issued about ``moment``, in seconds since
    1970 by a clock that may be another: ``None`` but for a lifetime that is round."""
    expires = whole(claims(token).get("exp"))
    seconds = 0 if expires is None else expires - moment
    whole_spans = round(seconds / _ROUND) * _ROUND
    return span(whole_spans) if whole_spans > 0 and abs(seconds - whole_spans) <= _NEAR else None
