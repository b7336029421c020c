"""Whose request it is: by its token (page, Login), or what else there is to go by."""

from __future__ import annotations

from bisect import bisect_right

from ..contract.document import Operation
from ..contract.errors import ApiError
from ..http.exchange import Exchange
from ..http.types import RequestHeaders
from ..service import FakeService
from ..store.account import Account
from ..store.ids import login_id, sender_id
from ..store.tokens import TokenError
from . import picture_files, validation
from .table import OPERATIONS


def authenticate(
    service: FakeService, operation: Operation, headers: RequestHeaders, raw: bytes
) -> tuple[Account, int]:
    """The account of the call's token, and its time (ms). Raises :class:`ApiError`."""
    header = headers.get(b"authorization")
    if header is None:
        account = _identify(service, operation, headers, raw)
        return account, service.clocks.now(account.id)
    account, issued, expires = _bearer(service, operation, header)
    now = service.clocks.now(account.id)
    if has_expired(account, issued, expires, now):
        raise ApiError("invalid-login", "the token has expired")
    return account, now


def has_expired(account: Account, issued: int, expires: int, now: int) -> bool:
    """Whether a token of an account is valid no more at ``now``; all in ms."""
    return now >= expires or bool(account.revoked and issued < _revoked(account.revoked, now))


def token_of(headers: RequestHeaders) -> str:
    """The token of a request, with ``Bearer`` before it or without; empty if it has none."""
    scheme, _, token = headers.get(b"authorization", b"").decode("latin-1").partition(" ")
    return (token or scheme).strip()


def _revoked(moments: list[int], now: int) -> int:
    """The last of the moments up to ``now``; tokens issued before it are invalid. 0: none are."""
    passed = bisect_right(moments, now)
    return moments[passed - 1] if passed else 0


def guess_account(
    service: FakeService, exchange: Exchange, headers: RequestHeaders
) -> Account | None:
    """Whose request it will turn out to be, for faults, which come before everything else.

    By the token, expired or not; for a login by the username sent; for a picture by its job.
    """
    operation = exchange.operation
    try:
        if operation is None:
            job = picture_files.job_at(service, exchange.path)
            return None if job is None else service.store.account_by_id(job.account)
        if not operation.secured:
            return _named(service, operation, headers, exchange.body)
        header = headers.get(b"authorization")
        if header is None:
            return _identify(service, operation, headers, exchange.body)
        return _bearer(service, operation, header)[0]
    except ApiError:
        return None


def _named(
    service: FakeService, operation: Operation, headers: RequestHeaders, raw: bytes
) -> Account | None:
    """The account that the body of an operation without a token names."""
    key = OPERATIONS[operation.id].account_key
    if key is None:
        return None
    username = validation.parse(operation, raw, service.rules.profile, headers).get(key)
    return service.store.account(username) if isinstance(username, str) else None


def _bearer(service: FakeService, operation: Operation, header: bytes) -> tuple[Account, int, int]:
    """The account of a token, when it was issued and when it expires (ms)."""
    scheme, _, token = header.decode("latin-1").partition(" ")
    if scheme.lower() != "bearer":
        profile = service.rules.profile
        if token or profile.of_operation("bearer-prefix", operation.id) == "required":
            raise ApiError("invalid-login", "the Authorization header must be 'Bearer <token>'")
        token = scheme
    try:
        claims = service.tokens.verify(token.strip())
    except TokenError as problem:
        raise ApiError("invalid-login", f"the token is invalid: {problem}") from problem
    account = service.store.account_by_id(claims.account)
    if account is None:
        raise ApiError("invalid-login", "the token's account does not exist")
    return account, claims.issued, claims.expires


def _identify(
    service: FakeService, operation: Operation, headers: RequestHeaders, raw: bytes
) -> Account:
    """A call without a token: question sender-id-without-token."""
    profile = service.rules.profile
    # Only its four operations take a sender_id.
    takes = "sender_id" in operation.properties
    if takes and profile.of_operation("sender-id-without-token", operation.id) == "identity":
        sender = validation.parse(operation, raw, profile, headers).get("sender_id")
        for account in service.store.accounts():
            names = service.seed, account.username
            if sender in (sender_id(*names), login_id(*names)):
                return account
    reason = "the Authorization header is missing; send 'Authorization: Bearer <token>'"
    raise ApiError("invalid-login", reason)
