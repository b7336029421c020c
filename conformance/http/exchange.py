"""A request and its answer: complete for a check, redacted for reports."""

from __future__ import annotations

import re
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from ..json_access import Record, brief, integer, objects_at, shortened, text
from .connection import Failure, Reply, Request
from .json_body import Body
from .redaction import Secrets
from .sent_token import OWN

#: What a report shows of a body. Longer ones are cut, after redaction.
_EXCERPT = 4_000
#: How a body that was cut ends.
CUT = re.compile(r"… \([0-9]+ bytes in all\)$")
#: So much of an address is kept.
_TARGET = 12_000
#: An unknown token may be cut off within this many characters of the end.
_RAGGED = 2_000
#: So many headers are kept, and so much of each.
_HEADERS, _HEADER = 50, 1_000
#: A message quotes so much of what a server says.
_QUOTED = 200

#: Stands for the body of an answer that is not JSON.
NOT_JSON: Mapping[str, object] = {}


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request and its answer, redacted, so that anybody may see it.

    For display only: a verdict on it would judge the mask. ``plain`` tells a well-formed request
    of an operation from one that was bent on purpose (raw bytes, odd routes). ``said``: the
    message of a failure, for a quotation. ``secret``: the token of the request, or a login's
    password, for a shell.
    """

    number: int
    operation: str
    plain: bool
    method: str
    url: str
    request_headers: tuple[tuple[str, str], ...]
    request_body: str
    status: int
    response_headers: tuple[tuple[str, str], ...]
    response_body: str
    failure: Failure | None
    problem: str
    elapsed: float
    errno: int | None
    said: str = ""
    secret: str = OWN

    def header(self, name: str) -> str:
        """The answer's first header of that name, or an empty string."""
        return next((value for key, value in self.response_headers if key == name.lower()), "")

    def exhibits(self) -> tuple[Exchange, ...]:
        return (self,)

    def summary(self) -> str:
        return self.problem or f"HTTP {self.status}, errno {self.errno}"


@dataclass(frozen=True, slots=True, repr=False)
class Answer:
    """The answer to one request, for a check to look at. Every accessor takes any shape.

    ``failure`` is set where no whole answer came, ``problem`` says in words why the answer is no
    JSON object (empty if it is one), ``json`` is the parsed body (``None`` if it does not parse).
    ``weight`` and ``flaw``: see ``Body``.
    """

    exchange: Exchange
    reply: Reply
    json: object
    problem: str
    weight: int = 0
    flaw: str = ""
    #: The integer ``errno``; ``None`` if it is missing or of another type.
    errno: int | None = field(init=False)

    def __post_init__(self) -> None:
        # Once: whoever judges an answer asks for it dozens of times.
        object.__setattr__(self, "errno", integer(self.envelope, "errno"))

    @property
    def failure(self) -> Failure | None:
        return self.reply.failure

    @property
    def status(self) -> int:
        """The HTTP status; 0 if none came."""
        return self.reply.status

    def header(self, name: str) -> str:
        return self.reply.header(name)

    @property
    def envelope(self) -> Record:
        """The body if it is a JSON object, else an empty one."""
        return self.json if isinstance(self.json, dict) else NOT_JSON

    @property
    def ok(self) -> bool:
        return self.errno == 0

    @property
    def errmsg(self) -> str | None:
        return text(self.envelope, "errmsg")

    @property
    def message(self) -> str | None:
        """The text of a failure, under ``errmsg`` or ``error``."""
        return self.errmsg or text(self.envelope, "error")

    @property
    def data(self) -> object:
        return self.envelope.get("data")

    @property
    def hash(self) -> str | None:
        """The hash that an accepted submission answers with."""
        return text(self.envelope, "data") if self.ok else None

    @property
    def records(self) -> list[Record]:
        """The records of a find that are objects."""
        return objects_at(self.data, "res") if self.ok else []

    @property
    def total(self) -> int | None:
        return integer(self.data, "total") if self.ok else None

    def summary(self) -> str:
        """The outcome in a few words, for a message: ``errno 301 "missing content"``."""
        if self.failure is not None:
            return self.problem
        if self.problem:
            return f"HTTP {self.status}, {self.problem}"
        outcome = f"errno {brief(self.envelope.get('errno', 'missing'))}"
        return f'{outcome} "{self.exchange.said}"' if self.exchange.said else outcome

    def __repr__(self) -> str:
        return f"<{self.in_full()}>"

    def in_full(self) -> str:
        """The same with the HTTP status, whatever came."""
        summary = self.summary()
        if self.failure is not None or self.problem:
            return summary
        return f"HTTP {self.status}, {summary}"

    def light(self) -> Answer:
        """The same without the body, for where many are kept."""
        kept = {key: one for key, one in self.envelope.items() if key in ("errno", "errmsg")}
        return replace(self, reply=replace(self.reply, body=b""), json=kept)

    def exhibits(self) -> tuple[Exchange, ...]:
        return (self.exchange,)


class Log:
    """Every exchange of a run, in the order in which they ended. Safe to use from threads."""

    def __init__(self, secrets: Secrets) -> None:
        self._secrets = secrets
        self._lock = threading.Lock()
        self._kept: list[Exchange] = []
        self.requests = 0

    @property
    def exchanges(self) -> list[Exchange]:
        return list(self._kept)

    def record(
        self,
        request: Request,
        reply: Reply,
        body: Body,
        operation: str,
        plain: bool,
        secret: str = OWN,
    ) -> Exchange:
        """Keep a redacted record of an exchange. ``secret``: see :class:`Exchange`."""
        with self._lock:
            self.requests += 1
            number = self.requests
        kept = redacted(number, request, reply, body, operation, plain, self._secrets)
        kept = replace(kept, secret=secret)
        with self._lock:
            self._kept.append(kept)
        return kept

    def answered_by_another(self) -> bool:
        """Whether no answer so far has an errno."""
        return all(one.errno is None for one in self._kept)

    def disown(self, exchange: Exchange, why: str) -> Exchange:
        """Mark an answer that turned out not to be the API's, and why."""
        marked = replace(exchange, failure=Failure.GATEWAY, problem=why)
        with self._lock:
            self._kept[self._kept.index(exchange)] = marked
        return marked


def redacted(
    number: int,
    request: Request,
    reply: Reply,
    body: Body,
    operation: str,
    plain: bool,
    secrets: Secrets,
) -> Exchange:
    """The record of an exchange that anybody may see. Nothing is kept here."""
    return Exchange(
        number,
        operation,
        plain,
        request.method,
        secrets.redact_foreign(shortened(request.target, _TARGET)),
        _headers(request.headers, secrets),
        _excerpt(request.body, secrets),
        reply.status,
        _headers(reply.headers, secrets),
        _excerpt(reply.body, secrets),
        reply.failure,
        secrets.redact(body.problem),
        reply.elapsed,
        integer(body.value, "errno"),
        secrets.excerpt(
            text(body.value, "errmsg") or text(body.value, "error") or "", _QUOTED, foreign=True
        ),
    )


def _headers(headers: tuple[tuple[str, str], ...], secrets: Secrets) -> tuple[tuple[str, str], ...]:
    return tuple(
        (key[:_HEADER].lower(), _shortened(value, secrets)) for key, value in headers[:_HEADERS]
    )


def _shortened(value: str, secrets: Secrets) -> str:
    if len(value) <= _HEADER:
        return secrets.redact_foreign(value)
    shown = secrets.redact_foreign(value[: _HEADER + secrets.longest])
    return f"{shown[: max(0, min(_HEADER, len(shown) - secrets.longest))]}…"


def _excerpt(body: bytes, secrets: Secrets) -> str:
    ragged = max(_RAGGED, secrets.longest)
    most = _EXCERPT + ragged  # characters to look at; UTF-8 takes up to four bytes for one
    text = body[: 4 * most].decode("utf-8", "backslashreplace")
    shown = secrets.redact_foreign(text[:most])
    if len(text) > most or len(body) > 4 * most:
        # A secret that lies across the cut is not recognised: its first part must go too.
        shown = shown[: max(0, len(shown) - ragged)]
    elif len(shown) <= _EXCERPT:
        return shown
    return f"{shown[:_EXCERPT]}… ({len(body)} bytes in all)"
