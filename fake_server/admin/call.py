"""What a handler of the control API gets, and how it says no."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from ..http.responses import JSON, Headers, Response
from ..http.types import Receive
from ..jobs.lifecycle import Job
from ..service import FakeService
from ..store.account import Account
from ..suggestions import suggest

#: The codes of ``Error`` in ``admin.yaml``, and their HTTP statuses.
STATUS = {
    "bad-request": 400,
    "unauthorized": 401,
    "forbidden": 403,
    "not-found": 404,
    "method-not-allowed": 405,
    "conflict": 409,
    "too-large": 413,
    "unsupported-media-type": 415,
    "too-many": 429,
    "internal": 500,
    "not-ready": 503,
    "not-stored": 507,
}


class ControlError(Exception):
    """A refusal of the control API: what is wrong, and what would be right."""

    def __init__(self, code: str, message: str, headers: Headers = ()) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.headers = headers


@dataclass(frozen=True, slots=True)
class ControlCall:
    """One request, checked against ``admin.yaml``; defaults of the query are filled in.

    ``receive`` tells when its client leaves. ``base`` is where this fake is, as its client sees it.
    """

    service: FakeService
    body: Mapping[str, Any]
    query: Mapping[str, Any]
    path: Mapping[str, str]
    receive: Receive
    base: str

    def named(self, username: str) -> Account:
        """The account of that name. Raises :class:`ControlError`."""
        account = self.service.store.account(username)
        if account is None:
            known = [other.username for other in self.service.store.accounts()]
            rest = suggest(username, known, "accounts")
            raise ControlError("not-found", f"account {username!r} does not exist{rest}")
        return account

    @property
    def account(self) -> Account | None:
        """The account that the request is scoped to. Raises :class:`ControlError`."""
        username = self.body.get("account", self.query.get("account"))
        return None if username is None else self.named(username)

    @property
    def account_id(self) -> int | None:
        """The id of :attr:`account`."""
        account = self.account
        return None if account is None else account.id

    def job(self) -> Job:
        """The job whose hash is in the path. Raises :class:`ControlError`."""
        account, hash = self.account, self.path["hash"]
        job = self.service.store.by_hash(hash)
        if job is None or (account is not None and job.account != account.id):
            whose = "" if account is None else f" of account {account.username!r}"
            raise ControlError("not-found", f"job {hash!r}{whose} does not exist")
        return job

    def username(self, account: int) -> str | None:
        """The name of an account; ``None`` for one that is gone."""
        found = self.service.store.account_by_id(account)
        return None if found is None else found.username


#: The handler of the operation in ``admin.yaml`` that it is named after, and described there.
#: Returns what is sent as JSON. Raises :class:`ControlError`.
ControlHandler = Callable[[ControlCall], Awaitable[Any]]


def refused(error: ControlError) -> Response:
    """The answer that says no."""
    document = {"error": {"code": error.code, "message": error.message}}
    return Response(STATUS[error.code], orjson.dumps(document), (*JSON, *error.headers))
