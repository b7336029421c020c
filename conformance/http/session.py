"""The accounts of a run, and the calls that checks make as them."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import TypedDict

from ..contract import Contract
from ..json_access import object_at, text
from ..settings import RunOptions, variables
from ..target import TargetError
from ..verdict import UnavailableError, Verdict
from .connection import Failure
from .exchange import Answer
from .gate import Gate
from .patience import SERVER_FAULT

#: The errno of what does not exist (page, table of errors).
_NOT_FOUND = 410
#: What an answer of this API holds, be the JSON ever so broken.
_ERRNO = re.compile(rb"[\"']errno[\"']\s*:")


@dataclass(slots=True, repr=False)
class Account:
    """A login that worked. ``role``: first, second or limited (has no plan)."""

    role: str
    username: str
    password: str
    token: str
    id: str | None
    name: str | None = None  # the username that the login answers with


def request_headers(token: str | None, more: Mapping[str, str] | None) -> dict[str, str]:
    """The headers of an ordinary request, and ``more``."""
    headers = {"Content-Type": "application/json"}
    if token is not None:
        headers["Authorization"] = f"Bearer {token}".rstrip()  # HTTP allows no blanks at the end
    return headers | dict(more or {})


class TokenSource(Enum):
    """Stands for the token of the account that makes the call."""

    ACCOUNT = "account"


class HeaderOptions(TypedDict, total=False):
    """``token``: another than the account's own, or ``None`` for no Authorization header.
    ``headers`` are sent besides."""

    token: str | TokenSource | None
    headers: Mapping[str, str] | None


class CallOptions(HeaderOptions, total=False):
    """``account``: the role that makes the call, by default the first. ``planned``: a submission
    that is meant to be accepted."""

    account: str
    planned: bool


class Session:
    """The calls of a run. Safe to use from several threads."""

    def __init__(self, options: RunOptions, contract: Contract, gate: Gate) -> None:
        self.options = options
        self.contract = contract
        self.gate = gate
        self._accounts: dict[str, Account] = {}
        self._refusals: dict[str, UnavailableError] = {}
        self._lock = threading.Lock()
        for known in options.accounts.values():
            gate.secrets.add(known.password)

    def login_all(self) -> None:
        """Log every account in, the second last: the first call then reveals an API that acts for
        the account that logged in last.

        Raises ``TargetError`` if what answers is not this API, or refuses an account: nothing could
        be told from the rest, and both are more often a mistake of the user than of the server.
        """
        for role in ("first", "limited", "second"):
            if role not in self.options.accounts:
                continue
            try:
                self._accounts[role] = self._login(role)
            except UnavailableError as refusal:
                self._refusals[role] = refusal
        if not self._accounts and self.gate.log.answered_by_another():
            # Nothing is booked that was not sent to something that answers as this API.
            self.gate.suspended = next(iter(self._refusals.values()), None)
        self._tell_apart()

    def _tell_apart(self) -> None:
        """Two names may lead to one account, by an email address for example."""
        known: dict[tuple[str, str], str] = {}
        for role, account in self._accounts.items():
            if account.id is None or account.name is None:
                continue
            other = known.setdefault((account.id, account.name), role)
            if other != role:
                raise TargetError(
                    f"the {role} account is the {other} account: both logins answer with the id"
                    f" {account.id[:80]} and the username {account.name[:80]}; give two accounts"
                )

    def account(self, role: str = "first") -> Account:
        """The account of that role; ``UnavailableError`` if it is missing or can't log in."""
        if role in self._accounts:
            return self._accounts[role]
        if role in self._refusals:
            raise self._refusals[role]
        flag = "" if role == "first" else f"{role}-"
        raise UnavailableError(
            Verdict.UNTESTABLE,
            f"needs {'an' if role == 'first' else 'a ' + role} account (--{flag}username)",
        )

    def has(self, role: str) -> bool:
        return role in self._accounts

    def call(
        self,
        operation: str,
        body: Mapping[str, object],
        *,
        account: str = "first",
        token: str | TokenSource | None = TokenSource.ACCOUNT,
        headers: Mapping[str, str] | None = None,
        planned: bool = False,
    ) -> Answer:
        """Send a JSON object to an operation; see ``Context.call``."""
        # A lone surrogate that the server sent goes back as the escape it came as.
        content = json.dumps(body, ensure_ascii=False).encode("utf-8", "backslashreplace")
        item = self.contract.operations[operation]

        def send(token: str | None) -> Answer:
            sent = request_headers(token, headers)
            return self.gate.send(
                item.method, item.path, content, sent, operation=operation, planned=planned
            )

        if operation == "login":
            if isinstance(password := body.get("password"), str):
                self.gate.secrets.add_if_akin(password)
            return send(None)
        if not isinstance(token, TokenSource):
            return send(token)
        who = self.account(account)
        used = who.token
        answer = send(used)
        if answer.errno == 430 and self.renewed(who, used):
            # Some servers let a later login end an earlier one. A refusal started no job.
            return send(who.token)
        return answer

    def renewed(self, account: Account, used: str) -> bool:
        """Whether the account has another token than ``used`` now; logs in once more if not."""
        with self._lock:
            if account.token == used:
                try:
                    account.token = self._login(account.role).token
                except UnavailableError:
                    return False
            return account.token != used

    def _login(self, role: str) -> Account:
        given = self.options.accounts[role]
        answer = self.call("login", {"username": given.username, "password": given.password})
        data = object_at(answer.envelope, "data")
        token = text(data, "token")
        if answer.ok and token is not None:
            name = text(data, "username")
            return Account(role, given.username, given.password, token, text(data, "id"), name)
        if not self._accounts.get(role) and (mistake := self._mistake(role, answer)):
            raise TargetError(" ".join(self.gate.secrets.redact(mistake).split()))
        verdict = Verdict.UNTESTABLE if answer.failure is None else Verdict.INCONCLUSIVE
        raise UnavailableError(
            verdict, f"the {role} account can't log in: {answer.summary()}", answer
        )

    def _mistake(self, role: str, answer: Answer) -> str:
        """What the user may have got wrong, if a first login fails for that; else empty."""
        where, said = self.gate.target, answer.summary()
        if answer.failure is Failure.CONNECT:
            hint = "; SSL_CERT_FILE names a file with another CA" if "CERTIFICATE" in said else ""
            return f"{where} can't be reached: {said}{hint}"
        if answer.failure is Failure.GATEWAY or self.gate.time_left() == 0 or answer.ok:
            return ""
        if _ERRNO.search(answer.reply.body) and "errno" not in answer.envelope:
            return ""  # an envelope that can't be read is this API's, and its fault
        if answer.failure is not None or "errno" not in answer.envelope:
            return (
                f"{where} does not answer as this API: POST {where}/auth/login: {said};"
                " look at host, port and path"
            )
        if answer.errno is None or answer.errno == SERVER_FAULT:
            return ""
        # An API says by errno, too, that there is nothing at a path.
        lost = "host, port and path, and at " if answer.errno == _NOT_FOUND else ""
        look = f"look at {lost}{' and '.join(variables(role))}"
        return f"the {role} account can't log in: {said}; {look}"
