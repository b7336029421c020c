"""Whose request it was: by the login that gave the token that it carries."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Protocol

from ..http.connection import Request
from ..http.exchange import Answer
from ..json_access import object_at, text
from ..rules.plans import plan_in
from ..rules.refusals import FORGED, NOBODY, OPEN, SentRequest
from ..settings import Credentials

_PAGE = re.compile(r"Bearer ([^\s\"'`<>(){}\[\],;]+)")
_BEFORE = re.compile(r"(?i)\s*(?:[^\s\"'`<(\[{]{1,20}\s+)?(?:bearer\s+)*[\s\"'`<(\[{]*")
_AFTER = re.compile(r"[\s\"'`>)\]},;]*")


class Senders(Protocol):
    """The accounts of some traffic. Each has a name: a role of the kit's, or one of its own."""

    def sender(self, request: Request) -> str:
        """The account's name, or ``NOBODY``, ``FORGED``, ``OPEN`` (see ``SentRequest``)."""
        ...

    def logged_in(self, sent: SentRequest, answer: Answer) -> None:
        """A login was accepted."""
        ...

    def apart(self, owner: str, sender: str) -> bool:
        """Whether ``sender`` is an account, and for certain another than ``owner``."""
        ...


class OwnAccounts:
    """The accounts that the kit itself logs in with, by role."""

    def __init__(self, accounts: Mapping[str, Credentials]) -> None:
        self._accounts = accounts
        self._roles: dict[str, str] = {}  # by token

    def sender(self, request: Request) -> str:
        header = authorization(request)
        if header is None:
            return NOBODY
        token = bearer(header)
        return OPEN if token is None else self._roles.get(token, FORGED)

    def logged_in(self, sent: SentRequest, answer: Answer) -> None:
        data = object_at(answer.envelope, "data")
        token = text(data, "token")
        given = sent.fields.get("username"), sent.fields.get("password")
        rows = self._accounts.items()
        fitting = (role for role, one in rows if (one.username, one.password) == given)
        if token is not None:
            # A token for wrong credentials belongs to nobody that is known.
            role = next(fitting, OPEN)
            # A user may take an account with a plan for one without.
            open_plan = role == "limited" and plan_in(data)
            self._roles.setdefault(token, OPEN if open_plan else role)

    def apart(self, owner: str, sender: str) -> bool:
        return owner not in (sender, OPEN) and sender in self._accounts


def authorization(request: Request) -> str | None:
    """The Authorization header; several joined, as HTTP allows it."""
    found = [value for key, value in request.headers if key.lower() == "authorization"]
    return ", ".join(found) if found else None


def bearer(header: str) -> str | None:
    """The token behind ``Bearer``, in the exact form that the page shows; ``None`` for any other
    header (question bearer-prefix): two blanks, a tab, quotes, another case."""
    if header in ("Bearer", "Bearer "):
        return ""
    hit = _PAGE.fullmatch(header)
    return None if hit is None else hit[1]


def parts(header: str) -> tuple[str, str, str]:
    """An Authorization header's token, what stands before it and what after: schemes, blanks,
    quotes, brackets."""
    before = _BEFORE.match(header)
    rest = header[before.end() :] if before else header
    # From its end: one pattern for both would try every length of the token.
    after = _AFTER.match(rest[::-1])
    end = len(rest) - (after.end() if after else 0)
    return header[: len(header) - len(rest)], rest[:end], rest[end:]
