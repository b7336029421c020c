"""Tokens that no login returned, made of one that a login did (AUTH-3). Pure."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Iterable, Iterator, Mapping

from .tokens import decoded


def bad_tokens(token: str) -> Iterator[tuple[str, str]]:
    """What is wrong with it, and the token. The last ones are of a JWT alone."""
    # A JWT may have no signature, and need none.
    return ((what, bad) for what, bad in _made_of(token) if bad != token)


def _made_of(token: str) -> Iterator[tuple[str, str]]:
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


def rare_tokens(token: str) -> Iterator[tuple[str, str]]:
    """The same, of mistakes that one operation shows for all."""
    return ((what, bad) for what, bad in _rarely_made_of(token) if bad != token)


def _rarely_made_of(token: str) -> Iterator[tuple[str, str]]:
    for word in ("null", "undefined"):  # what a client without a token sends by mistake
        yield f"the word {word} for a token", word
    if not token.endswith("="):  # some readers of base64 stop there
        yield "a token with more letters", f"{token}xyz"
    parts = token.split(".")
    if len(parts) == 3 and parts[0].startswith("ey") and parts[2]:
        for none in ("None", "NONE"):
            header = _encoded({"alg": none, "typ": "JWT"})
            yield f"an unsigned token with the algorithm {none}", f"{header}.{parts[1]}."
        foreign = f"{_encoded({'alg': 'HS256', 'typ': 'JWT'})}.{parts[1]}"
        yield "a token signed with an empty key", f"{foreign}.{_signature(foreign, b'')}"


#: Credentials of another scheme: no token at all.
BASIC = "Basic " + base64.b64encode(b"sampan:sampan").decode()


def _changed(text: str, place: int) -> str:
    place = max(0, min(place, len(text) - 1))
    other = "A" if text[place : place + 1] != "A" else "B"
    return text[:place] + other + text[place + 1 :]


def _other_claims(claims: str) -> str:
    """The claims with one more: the same claims encoded differently would still be valid."""
    found = decoded(claims)
    return _changed(claims, 3) if found is None else _encoded({**found, "admin": True})


def _encoded(value: Mapping[str, object]) -> str:
    return _unpadded(json.dumps(value, separators=(",", ":")).encode())


def _signature(signed: str, key: bytes = b"another-key") -> str:
    content = signed.encode("utf-8", "backslashreplace")
    return _unpadded(hmac.new(key, content, hashlib.sha256).digest())


def _unpadded(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


#: A part of a token of so many characters is no coincidence.
_PART = 16


def is_made_of(token: str, known: Iterable[str]) -> bool:
    """Whether it is one of the above, made of a ``known`` token: no login can have returned it."""
    if not token:
        return True
    parts = token.split(".")
    for one in known:
        if token == one or len(one) < 2 * _PART:
            continue
        if _PART <= len(token) < len(one) and one.startswith(token):
            return True
        whole = one.split(".")
        if len(parts) == len(whole) == 3 and _bent(parts, whole):
            return True
    return False


def _bent(parts: list[str], whole: list[str]) -> bool:
    """Whether the claims of a JWT stand without its signature, or its signature by other claims.
    Some algorithms sign the same claims otherwise each time."""
    header, claims, signature = parts
    if claims == whole[1] and len(claims) >= _PART:
        return not signature or _algorithm(header) == "none" or _resigned(parts, whole)
    return signature == whole[2] and len(signature) >= _PART


def _resigned(parts: list[str], whole: list[str]) -> bool:
    same = _algorithm(parts[0]), _algorithm(whole[0])
    return parts[2].rstrip("=") != whole[2].rstrip("=") and all(
        one.startswith("hs") for one in same
    )


def _algorithm(header: str) -> str:
    return str((decoded(header) or {}).get("alg", "")).lower()
