"""The accounts of traffic that was only seen: known by the logins that gave their tokens.

A login before the observation began was not seen, so that an unknown token is no forged one. It has
a name of its own, which may be that of a known account once more: nothing is concluded from two
names being different unless a login gave both.
"""

from __future__ import annotations

import hashlib
import re
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import TypeVar

from ..checking.senders import authorization, bearer
from ..http.connection import Request
from ..http.exchange import Answer
from ..json_access import object_at, text
from ..rules.bad_tokens import is_made_of
from ..rules.refusals import FORGED, NOBODY, OPEN, SentRequest

_Kept = TypeVar("_Kept")

#: Tokens and accounts that are remembered; the oldest make way.
_TOKENS, _ACCOUNTS = 2_000, 500
#: Headers that may stand in for a token: a session of a browser, a gateway's key.
_OTHER_KEYS = re.compile("cookie|token|auth|key|session", re.IGNORECASE)
#: What a tool writes where it cut a secret out.
_MASKED = re.compile(r"redact|mask|hidden|remov|sanit|censor|\*\*|xxx|…|^[-x.?#]*$", re.IGNORECASE)
#: A token that no login gave is told from a mask by its length and its letters.
_LONG, _LETTERS = 20, 8


@dataclass(slots=True)
class Login:
    """The last login of an account: ``data`` is what it answered with, but for the token."""

    name: str
    username: str
    id: str | None
    shown: str | None  # data.username


@dataclass(slots=True)
class SeenAccounts:
    """By token and by username. ``without_tokens``: the tokens were cut out of what was seen, so
    that nothing can be said of a request without one."""

    without_tokens: bool = False
    logins: OrderedDict[str, Login] = field(default_factory=OrderedDict)  # by username
    _names: OrderedDict[str, str] = field(default_factory=OrderedDict)  # by token
    _numbers: dict[str, int] = field(default_factory=dict)
    #: The account that logged in last.
    last: str = ""

    def sender(self, request: Request) -> str:
        header = authorization(request)
        if header is None:
            others = any(_OTHER_KEYS.search(key) for key, _ in request.headers)
            return OPEN if others or self.without_tokens else NOBODY
        token = bearer(header)
        if token is None:
            return OPEN
        if token in self._names:
            return self._names[token]
        if is_made_of(token, list(self._names)[-50:]):
            return FORGED
        if is_masked(token):
            return OPEN
        return f"token {hashlib.sha256(token.encode()).hexdigest()[:8]}"

    def logged_in(self, sent: SentRequest, answer: Answer) -> None:
        data = object_at(answer.envelope, "data")
        token, username = text(data, "token"), sent.fields.get("username")
        if token is None or not isinstance(username, str):
            return
        login = self._login(username.strip()[:200])
        login.id, login.shown = text(data, "id"), text(data, "username")
        login.name = self.last = self._alias(login)
        name = OPEN if self._names.get(token, login.name) != login.name else login.name
        _remember(self._names, token, name, _TOKENS)

    def apart(self, owner: str, sender: str) -> bool:
        known = {one.name for one in self.logins.values()}
        return owner != sender and owner in known and sender in known

    def name_of(self, token: str) -> str:
        """Whose token it is, by the login that gave it."""
        return self._names.get(token, OPEN)

    def by_name(self, name: str) -> Login | None:
        """The account of that name, if a login of it was seen."""
        return next((one for one in self.logins.values() if one.name == name), None)

    def _login(self, username: str) -> Login:
        if username not in self.logins:
            number = self._numbers["accounts"] = self._numbers.get("accounts", 0) + 1
            _remember(
                self.logins, username, Login(f"account {number}", username, None, None), _ACCOUNTS
            )
        return self.logins[username]

    def _alias(self, login: Login) -> str:
        """Two names may lead to one account, by an email address for example, or in other case.
        Where a server tells names by their case, neither their ids nor the names shown are the
        same."""
        for other in self.logins.values():
            ids, shown = other.id == login.id, other.shown == login.shown
            known = None not in (other.id, login.id, other.shown, login.shown)
            alike = other.username.casefold() == login.username.casefold()
            if (ids and shown and known) or (alike and (ids or shown or not known)):
                return other.name
        return login.name


def is_masked(token: str) -> bool:
    """Whether it may be a mask that stands for any token, so that two of them may differ."""
    return len(token) < _LONG or len(set(token)) < _LETTERS or _MASKED.search(token) is not None


def _remember(kept: OrderedDict[str, _Kept], key: str, value: _Kept, most: int) -> None:
    kept[key] = value
    kept.move_to_end(key)
    if len(kept) > most:
        kept.popitem(last=False)
