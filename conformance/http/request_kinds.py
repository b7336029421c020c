"""What the server receives, by kind: counted as it is sent, and the basis of the quote.

A kind is told from the request alone, so that no check can send anything under another name.
"""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Collection, Mapping
from enum import Enum

from ..contract import Contract
from ..json_access import text
from ..settings import Credentials, token_variable, variables
from ..verdict import UnavailableError, Verdict
from .connection import Request
from .sent_token import OWN, for_shell, password_for_shell

#: No body that a client of this API sends is nearly as large.
_LARGE = 64 * 1024


class Kind(Enum):
    """A kind of request; the value is its name in the quote and in ``requests.yaml``."""

    LOGIN = "logins"
    FIND = "finds"
    SUBMISSION = "submissions"
    PICTURE = "pictures"
    NO_TOKEN = "requests without a token"
    WRONG_LOGIN = "wrong or incomplete logins"
    FORGED = "forged tokens"
    MALFORMED = "malformed requests"
    LARGE = "large bodies"

    def counted(self, count: int) -> str:
        """``1 find`` or ``2 finds``."""
        words = self.value.split()
        return " ".join([str(count), *(_ONE.get(one, one) if count == 1 else one for one in words)])


#: Their nouns, one of each.
_ONE = {
    "bodies": "body",
    **{f"{one}s": one for one in ("login", "find", "submission", "picture", "request", "token")},
}
#: What could alarm an operator, or lock an account; ``--gentle`` sends none of it.
ALARMING = (Kind.WRONG_LOGIN, Kind.FORGED, Kind.MALFORMED, Kind.LARGE)


class Traffic:
    """The requests of a run, by kind. ``risks`` counts those that might start a job although the
    server must refuse them. Safe to use from several threads."""

    def __init__(
        self,
        contract: Contract,
        accounts: Mapping[str, Credentials] | None = None,
        *,
        gentle: bool = False,
    ) -> None:
        self.sent: Counter[Kind] = Counter()
        self.risks = 0
        self._operations = {one.path: one for one in contract.operations.values()}
        self._roles: dict[tuple[str | None, str | None], str] = {
            (one.username, one.password): role for role, one in (accounts or {}).items()
        }
        self._passwords = {
            one.password: variables(role)[1] for role, one in (accounts or {}).items()
        }
        self._tokens: dict[str, str] = {}  # by token, the variable of its account
        self._gentle = gentle
        self._lock = threading.Lock()

    def issued(self, token: str | None, login: Request) -> None:
        """The server gave this token to a login."""
        if token is not None:
            role = self._roles.get(_credentials(_object(login) or {}), "first")
            self._tokens.setdefault(token, token_variable(role))

    def for_shell(self, request: Request, path: str) -> str:
        """The token of a request, or a login's password, as a shell writes it."""
        operation = self._operations.get(path)
        if operation is not None and operation.id == "login":
            password = text(_object(request) or {}, "password")
            return password_for_shell(password, self._passwords) if password else OWN
        sent = _token(request)
        return for_shell(sent, self._tokens) if sent else OWN

    def admit(self, request: Request, path: str) -> Kind:
        """The kind of a request that is about to be sent; ``path`` is below the target's URL.
        Raises ``UnavailableError`` for an alarming one in a gentle run."""
        kind = self.kind(request, path)
        if self._gentle and kind in ALARMING:
            raise UnavailableError(Verdict.UNTESTABLE, gentle_reason([kind]))
        return kind

    def count(self, kind: Kind, *, risk: bool = False) -> None:
        """It is sent now. ``risk``: it might start a job although the server must refuse it."""
        with self._lock:
            self.sent[kind] += 1
            self.risks += risk

    def kind(self, request: Request, path: str) -> Kind:
        """What an operator would call it."""
        operation = self._operations.get(path)
        body = _object(request)
        if len(request.body) >= _LARGE:
            return Kind.LARGE
        if operation is None or operation.method != request.method or body is None:
            return Kind.MALFORMED
        if operation.id == "login":
            return Kind.LOGIN if _credentials(body) in self._roles else Kind.WRONG_LOGIN
        token = _token(request)
        if token is None:
            return Kind.NO_TOKEN
        if token not in self._tokens:
            return Kind.FORGED
        return Kind.SUBMISSION if operation.submits else Kind.FIND


def _credentials(body: Mapping[str, object]) -> tuple[str | None, str | None]:
    return text(body, "username"), text(body, "password")


def _token(request: Request) -> str | None:
    """What is sent for a token, with or without ``Bearer``."""
    headers = {name.lower(): value for name, value in request.headers}
    return headers["authorization"].removeprefix("Bearer ") if "authorization" in headers else None


def gentle_reason(kinds: Collection[Kind]) -> str:
    """Why a gentle run leaves something out."""
    return f"left out by --gentle: {', '.join(kind.value for kind in kinds)}"


def _object(request: Request) -> Mapping[str, object] | None:
    """The body, if it is a JSON object that is labelled so."""
    if ("Content-Type", "application/json") not in request.headers:
        return None
    try:
        value = json.loads(request.body)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None
