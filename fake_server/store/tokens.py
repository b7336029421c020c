"""Tokens: JWTs (HS256) with ``sub``, ``iat`` and ``exp``, checked against the fake's own clock.

The page says only that login returns a token to be sent in the ``Authorization`` header (page,
Login); its example token has a JWT's form. A token that was verified is remembered, since
verification is the dearest step of a request.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections import OrderedDict
from typing import NamedTuple

import jwt

_ALGORITHM = "HS256"
_OPTIONS: jwt.types.Options = {
    "verify_exp": False,
    "verify_iat": False,
    "verify_nbf": False,
    "require": ["sub", "iat", "exp", "jti"],
}
#: What reading a token made to confuse can raise, in PyJWT or here.
_STRANGE = (ValueError, TypeError, OverflowError, RecursionError)


class Claims(NamedTuple):
    """What a verified token says: the account's id, when it was issued and when it expires (ms)."""

    account: int
    issued: int
    expires: int


class TokenError(ValueError):
    """A token that is garbled, tampered with, unsigned or signed with another key."""


class Tokens:
    """Issues and verifies tokens with one key; remembers the last ``remember`` that it verified."""

    def __init__(self, key: bytes, remember: int = 4096) -> None:
        self._key = key
        self._remember = remember
        self._verified: OrderedDict[str, Claims] = OrderedDict()

    def issue(self, account: int, now: int, lifetime: int) -> str:
        """A token for an account id, from ``now`` (ms) for ``lifetime`` seconds."""
        issued = now // 1000
        # The jti keeps the milliseconds, so that two logins in a second differ.
        claims = {"sub": str(account), "iat": issued, "exp": issued + lifetime, "jti": str(now)}
        return jwt.encode(claims, self._key, algorithm=_ALGORITHM)

    def verify(self, token: str) -> Claims:
        """What a token says. Whether it has expired is the caller's to judge.

        Raises :class:`TokenError`.
        """
        known = self._verified.get(token)
        if known is None:
            known = self._decode(token)
            self._verified[token] = known
            if len(self._verified) > self._remember:
                self._verified.popitem(last=False)
        return known

    @property
    def remembered(self) -> int:
        """How many verified tokens are remembered."""
        return len(self._verified)

    def _decode(self, token: str) -> Claims:
        if "=" in token:  # which decoding passes over at the end of a signature
            raise TokenError("it is padded, and was issued without")
        try:
            claims = jwt.decode(token, self._key, algorithms=[_ALGORITHM], options=_OPTIONS)
            return Claims(int(claims["sub"]), int(claims["jti"]), int(claims["exp"]) * 1000)
        except (jwt.InvalidTokenError, *_STRANGE) as problem:
            raise TokenError(str(problem)) from problem


def new_key(seed: int | None) -> bytes:
    """A signing key: drawn from ``seed``, so that a seeded run repeats, else at random."""
    if seed is None:
        return secrets.token_bytes(32)
    return hashlib.sha256(f"sampan token key {seed}".encode()).digest()


def password_digest(key: bytes, username: str, password: str) -> str:
    """What is stored of a password: enough to check one, not to read it.

    A fake's accounts guard nothing, and logins are on every test's path: hence a keyed digest and
    no slow one.
    """
    message = f"{len(username)}:{username}{password}".encode("utf-8", "surrogatepass")
    return hmac.new(key, message, hashlib.sha256).hexdigest()
