"""Tokens that no login returned, made of one that a login did (AUTH-3). Pure."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Iterator


def bad_tokens(token: str) -> Iterator[tuple[str, str]]:
    """What is wrong with it, and the token. The last ones are of a JWT alone."""
    yield "a word for a token", "not-a-token"
    yield "an empty token", ""
    yield "a token that is cut short", token[: len(token) // 2]
    parts = token.split(".")
    if len(parts) != 3 or not parts[0].startswith("ey"):
        # Not a JWT: a change in its middle is all that can be tried.
        middle = len(token) // 2
        yield "a token with one letter changed", _changed(token, middle)
        return
    header, claims, signature = parts
    yield "a token with another signature", f"{header}.{claims}.{_changed(signature, 3)}"
    yield "a token with other claims", f"{header}.{_other_claims(claims)}.{signature}"
    yield "an unsigned token", f"{_encoded({'alg': 'none', 'typ': 'JWT'})}.{claims}."
    yield "a token without its signature", f"{header}.{claims}."
    foreign = f"{_encoded({'alg': 'HS256', 'typ': 'JWT'})}.{claims}"
    yield "a token signed with another key", f"{foreign}.{_signature(foreign)}"


def _changed(text: str, place: int) -> str:
    place = min(place, len(text) - 1)
    other = "A" if text[place] != "A" else "B"
    return text[:place] + other + text[place + 1 :]


def _other_claims(claims: str) -> str:
    """The claims with one more: the same claims encoded differently would still be valid."""
    try:
        decoded = json.loads(base64.urlsafe_b64decode(claims + "=" * (-len(claims) % 4)))
    except ValueError:
        return _changed(claims, 3)
    return _encoded({**decoded, "admin": True}) if isinstance(decoded, dict) else claims + "AA"


def _encoded(value: dict[str, object]) -> str:
    return _unpadded(json.dumps(value, separators=(",", ":")).encode())


def _signature(signed: str) -> str:
    return _unpadded(hmac.new(b"another-key", signed.encode(), hashlib.sha256).digest())


def _unpadded(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")
