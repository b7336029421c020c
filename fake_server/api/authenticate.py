"""Whose request it is: by its token (page, Login), or what else there is to go by."""

from __future__ import annotations

from bisect import bisect_right

from ..contract.errors import ApiError
from ..http.exchange import Exchange, Headers
from ..service import FakeService
from ..store.store import Account
from ..store.tokens import TokenError
from . import picture_files as gallery
from . import validation


def authenticate(service: FakeService, headers: Headers, raw: bytes) -> tuple[Account, int]:
    """The account whose token the call bears, and its time (ms). Raises :class:`ApiError`."""
    header = headers.get(b"authorization")
    if header is None:
        account = _identify(service, raw)
        return account, service.clocks.now(account.id)
    account, issued, expires = _bearer(service, header)
    now = service.clocks.now(account.id)
    if now >= expires or (account.revoked and issued < _voided(account.revoked, now)):
        raise ApiError("invalid-login", "the token has expired")
    return account, now


def _voided(moments: list[int], now: int) -> int:
    """The last of the moments up to ``now``; tokens issued before it are void. 0: none are."""
    passed = bisect_right(moments, now)
    return moments[passed - 1] if passed else 0


def guess_account(service: FakeService, exchange: Exchange, headers: Headers) -> Account | None:
    """Whose request it will turn out to be, for faults, which come before everything else.

    By the token, expired or not; for a login by the username sent; for a picture by its job.
    """
    operation = exchange.operation
    try:
        if operation is None:
            job = gallery.job_at(service, exchange.path)
            return None if job is None else service.store.account_by_id(job.account)
        if not operation.secured:
            username = validation.parse(exchange.body, service.profile).get("username")
            return service.store.account(username) if isinstance(username, str) else None
        header = headers.get(b"authorization")
        if header is None:
            return _identify(service, exchange.body)
        return _bearer(service, header)[0]
    except ApiError:
        return None


def _bearer(service: FakeService, header: bytes) -> tuple[Account, int, int]:
    """The account of a token, when it was issued and when it expires (ms)."""
    scheme, _, token = header.decode("latin-1").partition(" ")
    if scheme.lower() != "bearer":
        if token or service.profile["bearer-prefix"] == "required":
            raise ApiError("invalid-login", "the Authorization header is not 'Bearer <token>'")
        token = scheme
    try:
        claims = service.tokens.verify(token.strip())
    except TokenError as problem:
        raise ApiError("invalid-login", f"the token does not verify: {problem}") from problem
    account = service.store.account_by_id(claims.account)
    if account is None:
        raise ApiError("invalid-login", "the token's account is gone")
    return account, claims.issued, claims.expires


def _identify(service: FakeService, raw: bytes) -> Account:
    """A call without a token: question sender-id-without-token."""
    if service.profile["sender-id-without-token"] == "identity":
        sender = validation.parse(raw, service.profile).get("sender_id")
        for account in service.store.accounts():
            if sender in service.ids(account):
                return account
    raise ApiError("invalid-login", "there is no Authorization header")
