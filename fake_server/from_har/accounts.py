"""Who took part in the calls of a HAR file: accounts, their passwords, plans and tokens."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from ..store.account import AccountPlan, is_name
from .calls import Call

LOGIN = "/auth/login"
#: What programs put in the place of a password or a token.
_REMOVED = re.compile(r"(?i)redact|removed|sanitiz|masked|hidden|filtered|\*{3}|x{6}|^\W*$")
#: A password as ``sampan proxy`` writes it.
_PSEUDONYM = re.compile(r"password-\d{1,6}-of-[\w-]{1,40}")


@dataclass(slots=True)
class SeenAccount:
    """``password`` is the one that a login was accepted with; ``None``: none is in the file.

    ``is_pseudonym``: that stands for it, so that it is no secret.
    ``tokens`` are those that the server accepted, with when they were first seen (ms).
    """

    username: str
    password: str | None = None
    is_pseudonym: bool = False
    name: str | None = None
    plan: AccountPlan = "unlimited"
    tokens: dict[str, int] = field(default_factory=dict)


class Accounts:
    """The accounts of a file, and whose each call is."""

    def __init__(self, calls: Iterable[Call]) -> None:
        self.by_name: dict[str, SeenAccount] = {}
        self._by_token: dict[str, SeenAccount] = {}
        calls = list(calls)
        for call in calls:
            if call.path == LOGIN and call.errno == 0:
                self._log_in(call)
        #: Whose the calls are that no login in the file tells of: of a session that began before.
        self._others: SeenAccount | None = None
        for call in calls:
            if call.path != LOGIN and call.errno == 0:
                self._learn(call)
        self._learn_plans(calls)

    def of(self, call: Call) -> SeenAccount | None:
        """Whose call it is; of a login, the account that it names."""
        if call.path == LOGIN:
            username = call.sent.get("username")
            return self.by_name.get(username) if isinstance(username, str) else None
        if _told(call.token) in self._by_token:
            return self._by_token[_told(call.token) or ""]
        return self._others if _told(call.token) is None else None

    def _log_in(self, call: Call) -> None:
        username, password = call.sent.get("username"), call.sent.get("password")
        data = call.data.get("data") if call.data is not None else None
        if not isinstance(username, str) or not is_name(username):
            return
        account = self.by_name.setdefault(username, SeenAccount(username))
        if isinstance(password, str) and not _REMOVED.search(password):
            account.password = password
            account.is_pseudonym = call.pseudonyms and _PSEUDONYM.fullmatch(password) is not None
        if not isinstance(data, dict):
            return
        name, token = data.get("name"), data.get("token")
        account.name = name[:1000] if isinstance(name, str) else account.name
        if isinstance(token, str) and _told(token):
            account.tokens.setdefault(token, call.end)
            self._by_token.setdefault(token, account)

    def _learn(self, call: Call) -> None:
        """A token that the server accepted is somebody's: of the one that logged in, if there is
        one only."""
        token = _told(call.token)
        if token in self._by_token:
            return
        account = self._unknown()
        if token is None:
            self._others = account
        else:
            account.tokens[token] = call.begin
            self._by_token[token] = account

    def _unknown(self) -> SeenAccount:
        """The account of a token that no login gave."""
        if len(self.by_name) == 1:
            return next(iter(self.by_name.values()))
        return self.by_name.setdefault("unknown", SeenAccount("unknown"))

    def _learn_plans(self, calls: Iterable[Call]) -> None:
        """An account of which every submission was refused with 411 has no plan."""
        errnos: dict[str, set[int | None]] = {}
        for call in calls:
            account = self.of(call)
            if account is not None and call.path not in (LOGIN, "/jobs/find"):
                errnos.setdefault(account.username, set()).add(call.errno)
        for username, seen in errnos.items():
            if seen == {411}:
                self.by_name[username].plan = "none"


def _told(token: str | None) -> str | None:
    """A token, unless the export took it out."""
    return None if token is None or _REMOVED.search(token) else token
