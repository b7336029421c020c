"""What a token says of itself, unverified. Pure."""

from __future__ import annotations

import base64
import json

from ..json_access import Record, whole


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
    return None if expires is None or issued is None else span(expires - issued)
