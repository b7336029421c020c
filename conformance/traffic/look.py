"""One exchange of somebody's traffic as the rules see it: whose, for what, and what came of it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import NamedTuple
from urllib.parse import urlsplit

from ..checking.senders import parts
from ..contract import Contract
from ..findings import EvidenceItem
from ..http.connection import Reply, Request
from ..http.exchange import Answer, redacted
from ..http.json_body import Body, read
from ..http.redaction import MASK, Secrets
from ..http.secret_headers import may_be_secret, secrets_of
from ..http.secret_members import members_of
from ..json_access import object_at, text
from ..rules.refusals import SentRequest
from .seen import Seen

#: Headers that a report may show; whatever else a client sends may be a secret of its own.
_SHOWN = frozenset(
    {"accept", "authorization", "content-encoding", "content-length", "content-type", "user-agent"}
)
_CELLS = (1, 2, 3, 4)
_HIDDEN = frozenset({"www-authenticate", "location"})
#: Bytes of a login in which a password is looked for.
_LARGE = 64 << 10
#: A refused password that is as short as this may be a part of any word.
_SHORT = 6
_DEFAULT_PORTS = {"http": 80, "https": 443}


class Shown(NamedTuple):
    """What an exchange has shown of a requirement: that it holds, or the ``fault`` in it."""

    id: str
    fault: str = ""
    expected: str = ""
    evidence: tuple[EvidenceItem, ...] = ()


@dataclass(frozen=True, slots=True, repr=False)
class Look:
    """``plain``: a well-formed request of an operation (POST, a JSON object, labelled as JSON).
    ``began`` and ``ended`` in seconds since the epoch, by the observer's clock."""

    request: Request
    sent: SentRequest
    answer: Answer
    plain: bool
    began: float
    ended: float

    @property
    def operation(self) -> str:
        return self.sent.operation

    @property
    def fields(self) -> Mapping[str, object]:
        return self.sent.fields

    @property
    def cell(self) -> int | None:
        """The cell of a grid that the request names as the page does; ``None`` for any other value:
        ``true`` equals 1 in Python, and a strict server refuses 1.0."""
        given = self.fields.get("grid_num")
        return given if type(given) is int and given in _CELLS else None


#: Where a fake has its control API: sampan's has, and the server of the page has not.
CONTROL = "/__admin/"


@dataclass(frozen=True, slots=True)
class Target:
    """Where the API is: the URL under which its operations lie."""

    url: str
    contract: Contract

    def path(self, target: str) -> str | None:
        """The path of a request below the API's; ``None`` if it went elsewhere."""
        try:
            own, other = urlsplit(self.url), urlsplit(target)
        except ValueError:  # nobody's URL, such as http://[x
            return None
        if _origin(self.url) != _origin(target) or not other.path.startswith(own.path):
            return None
        rest = other.path[len(own.path) :] or "/"
        return rest if rest.startswith("/") else None

    def operation(self, path: str, method: str) -> str:
        """The operation at a path; empty for none."""
        found = (one for one in self.contract.operations.values() if one.path == path)
        return next((one.id for one in found if one.method == method), "")


def _origin(url: str) -> tuple[str, str, int | None]:
    parts = urlsplit(url)
    try:
        port = parts.port
    except ValueError:
        port = None
    return parts.scheme, (parts.hostname or "").lower(), port or _DEFAULT_PORTS.get(parts.scheme)


def answer_of(
    seen: Seen, body: Body, number: int, operation: str, plain: bool, secrets: Secrets
) -> Answer:
    """The answer, with a record of the exchange that anybody may see."""
    request, reply = _presentable(seen.request, operation), _without_secrets(seen.reply)
    if operation == "login" and (token := text(object_at(body.value, "data"), "token")):
        written = json.dumps(token)[1:-1].encode()
        reply = replace(reply, body=reply.body.replace(written, MASK.encode()))
    exchange = redacted(number, request, reply, body, operation, plain, secrets)
    return Answer(exchange, seen.reply, body.value, body.problem, body.weight, body.flaw)


def secrets_in(seen: Seen, operation: str) -> Iterator[str]:
    """Everything in an exchange that a report must not show, wherever it stands."""
    for key, value in (*seen.request.headers, *seen.reply.headers):
        if key.lower() == "authorization":
            yield from (part for part in parts(value)[1].split() if len(part) >= _SHORT)
        elif may_be_secret(key):
            yield from secrets_of(value)
    for body in (seen.request.body, seen.reply.body):
        yield from members_of(body)
    if operation == "login":
        yield from (one for one in _passwords(seen.request.body) if len(one) >= _SHORT)
        token = text(object_at(read(seen.reply).value, "data"), "token")
        yield from [] if token is None else [token]


def _passwords(body: bytes) -> Iterator[str]:
    try:
        found = json.loads(body[:_LARGE])
    except (ValueError, RecursionError):
        return
    if isinstance(found, dict) and isinstance(password := found.get("password"), str):
        yield password


def _presentable(request: Request, operation: str) -> Request:
    """Without headers and parameters that may be secrets, and without a password."""
    headers = tuple(
        (key, _without_token(value) if key.lower() == "authorization" else value)
        for key, value in request.headers
        if key.lower() in _SHOWN
    )
    target = request.target.partition("?")[0]
    body = request.body
    if operation == "login":
        body = _without_password(body)
    return replace(request, target=target, headers=headers, body=body)


def _without_token(header: str) -> str:
    """All else stays as it was sent: a blank too many may be why it was refused."""
    before, token, after = parts(header)
    return f"{before}{MASK}{after}" if token else header


def _without_password(body: bytes) -> bytes:
    try:
        found = json.loads(body[:_LARGE])
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        return f"({len(body)} bytes that are not shown)".encode() if body else b""
    kept = {key: one if key == "username" else MASK for key, one in found.items()}
    return json.dumps(kept, ensure_ascii=False).encode("utf-8", "backslashreplace")


def _without_secrets(reply: Reply) -> Reply:
    kept = tuple(
        (key, value)
        for key, value in reply.headers
        if key not in _HIDDEN and not may_be_secret(key)
    )
    return replace(reply, headers=kept)
