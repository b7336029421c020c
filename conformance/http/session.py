"""What one run works with: its options, its accounts, its gate; and the calls checks make."""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import TypedDict

from ..contract import Contract
from ..json_access import object_at, text
from ..verdict import UnavailableError, Verdict
from .exchange import Answer
from .gate import Gate


@dataclass(frozen=True, slots=True, repr=False)
class Credentials:
    username: str
    password: str


@dataclass(frozen=True, slots=True)
class Options:
    """How to run; the flags of ``sampan check``.

    ``jobs``: how many may be spent, ``None`` for any number. ``timeout`` (one request) and
    ``job_timeout`` (one job) in seconds, ``rate`` in requests a second.
    """

    target: str
    accounts: Mapping[str, Credentials] = field(default_factory=dict)
    jobs: int | None = 0
    rate: float | None = None
    timeout: float = 10.0
    job_timeout: float = 300.0
    max_minutes: float | None = None
    allow_plain_http: bool = False
    only: tuple[str, ...] = ()
    exhaustive: bool = False
    seed: int = 0


@dataclass(slots=True, repr=False)
class Account:
    """A login that worked. ``role``: first, second or limited (has no plan)."""

    role: str
    username: str
    password: str
    token: str
    id: str | None


def bearer(token: str) -> str:
    """The Authorization header; HTTP knows no blanks at the end of one."""
    return f"Bearer {token}".rstrip()


class Own(Enum):
    """Stands for "the account's own token"."""

    TOKEN = "token"


class Bearing(TypedDict, total=False):
    """What a call bears: ``token``, another than the account's own or ``None`` for no
    Authorization header; more ``headers``."""

    token: str | Own | None
    headers: Mapping[str, str] | None


class How(Bearing, total=False):
    """As whom a call is made: ``account`` is a role, the first one's if it is left out."""

    account: str


class Session:
    """The calls of a run. Safe to use from several threads."""

    def __init__(self, options: Options, contract: Contract, gate: Gate) -> None:
        self.options = options
        self.contract = contract
        self.gate = gate
        self._accounts: dict[str, Account] = {}
        self._refusals: dict[str, UnavailableError] = {}
        self._lock = threading.Lock()
        for known in options.accounts.values():
            gate.secrets.add(known.password)

    def login_all(self) -> None:
        """Log every account in. The second comes last, so that an API that acts for whoever
        logged in last shows it at the first call."""
        for role in ("first", "limited", "second"):
            if role not in self.options.accounts:
                continue
            try:
                self._accounts[role] = self._login(role)
            except UnavailableError as refusal:
                self._refusals[role] = refusal

    def account(self, role: str = "first") -> Account:
        """The account of that role; ``UnavailableError`` if none was given or it can't log in."""
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
        token: str | Own | None = Own.TOKEN,
        headers: Mapping[str, str] | None = None,
        planned: bool = False,
    ) -> Answer:
        """Send a JSON object to an operation; see ``Context.call``."""
        # A lone surrogate, which a server may have sent us, goes back as the escape it came as.
        content = json.dumps(body, ensure_ascii=False).encode("utf-8", "backslashreplace")
        more = dict(headers or {})
        if operation == "login":
            if isinstance(password := body.get("password"), str):
                self.gate.secrets.add_if_akin(password)
            return self._send(operation, content, None, more, planned=False)
        if not isinstance(token, Own):
            return self._send(operation, content, token, more, planned=planned)
        who = self.account(account)
        used = who.token
        answer = self._send(operation, content, used, more, planned=planned)
        if answer.errno == 430 and self._renewed(who, used):
            # Some servers let a later login end an earlier one. A refusal started no job.
            return self._send(operation, content, who.token, more, planned=planned)
        return answer

    def _send(
        self,
        operation: str,
        content: bytes,
        token: str | None,
        headers: dict[str, str],
        *,
        planned: bool,
    ) -> Answer:
        item = self.contract.operations[operation]
        all_headers = {"Content-Type": "application/json"}
        if token is not None:
            all_headers["Authorization"] = bearer(token)
        return self.gate.send(
            item.method,
            item.path,
            content,
            all_headers | headers,
            operation=operation,
            planned=planned,
        )

    def _login(self, role: str) -> Account:
        given = self.options.accounts[role]
        answer = self.call("login", {"username": given.username, "password": given.password})
        token = text(object_at(answer.envelope, "data"), "token")
        if answer.ok and token is not None:
            known = text(object_at(answer.envelope, "data"), "id")
            return Account(role, given.username, given.password, token, known)
        verdict = Verdict.UNTESTABLE if answer.failure is None else Verdict.INCONCLUSIVE
        raise UnavailableError(verdict, f"the {role} account can't log in: {answer.says()}", answer)

    def _renewed(self, account: Account, used: str) -> bool:
        """Whether the account has another token than ``used`` now; logs in once more if not."""
        with self._lock:
            if account.token == used:
                try:
                    account.token = self._login(account.role).token
                except UnavailableError:
                    return False
            return account.token != used
