"""Tokens: JWTs (HS256) with ``sub``, ``iat`` and ``exp``, checked against the fake's own clock.

The page says only that login returns a token to be sent in the ``Authorization`` header (page,
Login); its example token has a JWT's form. Verified tokens are cached, since verification is the
most expensive step of a request.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Mapping
from functools import lru_cache
from typing import NamedTuple

import jwt

_ALGORITHM = "HS256"
_OPTIONS: jwt.types.Options = {
    "verify_exp": False,
    "verify_iat": False,
    "verify_nbf": False,
    "require": ["sub", "iat", "exp", "jti"],
}
#: What PyJWT and the conversions here raise for tokens that are malformed on purpose.
_MALFORMED = (ValueError, TypeError, OverflowError, RecursionError)


class Claims(NamedTuple):
    """A verified token's account id, and when it was issued and expires (ms)."""

    account: int
    issued: int
    expires: int


class TokenError(ValueError):
    """A token that is garbled, tampered with, unsigned or signed with another key."""


class Tokens:
    """Issues and verifies tokens with one key; caches the last ``cached`` that it verified.

    ``known`` are tokens that another key has signed and that are accepted all the same.
    """

    def __init__(
        self, key: bytes, cached: int = 4096, known: Mapping[str, Claims] | None = None
    ) -> None:
        self._key = key
        self._known = {} if known is None else known
        self.verify = lru_cache(cached)(self._verify)

    def issue(self, account: int, now: int, lifetime: int) -> str:
        """A token for an account id, from ``now`` (ms) for ``lifetime`` seconds."""
        issued = now // 1000
        # The jti keeps the milliseconds, so that two logins in a second differ.
        claims = {"sub": str(account), "iat": issued, "exp": issued + lifetime, "jti": str(now)}
        return jwt.encode(claims, self._key, algorithm=_ALGORITHM)

    def _verify(self, token: str) -> Claims:
        """A token's claims, even if it has expired. Raises :class:`TokenError`."""
        if token in self._known:
            return self._known[token]
        if "=" in token:  # PyJWT ignores padding at the end of a signature
            raise TokenError("it is padded with '='")
        try:
            claims = jwt.decode(token, self._key, algorithms=[_ALGORITHM], options=_OPTIONS)
            return Claims(int(claims["sub"]), int(claims["jti"]), int(claims["exp"]) * 1000)
        except (jwt.InvalidTokenError, *_MALFORMED) as problem:
            raise TokenError(str(problem)) from problem


def new_key(seed: int | None) -> bytes:
    """A signing key: derived from ``seed``, so that seeded runs repeat, else random."""
    if seed is None:
        return secrets.token_bytes(32)
    return hashlib.sha256(f"sampan token key {seed}".encode()).digest()


def password_digest(key: bytes, username: str, password: str) -> str:
    """The digest that is stored in place of a password, in hexadecimal.

    A keyed digest, and not a slow one: a fake's accounts protect nothing, and every test logs in.
    """
    message = f"{len(username)}:{username}{password}".encode("utf-8", "surrogatepass")
    return hmac.new(key, message, hashlib.sha256).hexdigest()
