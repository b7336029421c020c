"""A request and its answer: complete for a check, redacted for reports."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Mapping
from dataclasses import dataclass

from ..json_access import Record, integer, objects_at, text
from .connection import Failure, Reply, Request
from .redaction import Secrets

#: What a report shows of a body. Longer ones are cut, after redaction.
_EXCERPT = 4_000
#: How a body that was cut ends.
CUT = re.compile(r"… \([0-9]+ bytes in all\)$")
#: Redaction looks at this much.
_LOOKED_AT = 12_000
#: An unknown token may be cut off within this many characters of the end.
_RAGGED = 2_000
#: Deeper than any answer of this API, and shallow enough for every JSON reader.
MAX_DEPTH = 100

#: Stands for the body of an answer that is not JSON.
NOT_JSON: Mapping[str, object] = {}


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request and its answer, redacted, so that anybody may see it.

    For display only: a verdict on it would judge the mask. ``plain`` tells a well-formed request
    of an operation from one that was bent on purpose (raw bytes, odd routes).
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
    """

    exchange: Exchange
    reply: Reply
    json: object
    problem: str

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
        return self.json if isinstance(self.json, Mapping) else NOT_JSON

    @property
    def errno(self) -> int | None:
        """The integer ``errno``; ``None`` if it is missing or of another type."""
        return integer(self.envelope, "errno")

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
        outcome = f"errno {self.envelope.get('errno', 'missing')!r}"
        return f'{outcome} "{self.message}"' if self.message else outcome

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
        value: object,
        problem: str,
        operation: str,
        plain: bool,
    ) -> Exchange:
        """Keep a redacted record of an exchange. ``value`` and ``problem``: see ``read``."""
        with self._lock:
            self.requests += 1
            number = self.requests
        redact = self._secrets.redact
        kept = Exchange(
            number,
            operation,
            plain,
            request.method,
            self._secrets.redact_foreign(request.target),
            _headers(request.headers, self._secrets),
            _excerpt(request.body, self._secrets),
            reply.status,
            _headers(reply.headers, self._secrets),
            _excerpt(reply.body, self._secrets),
            reply.failure,
            redact(problem),
            reply.elapsed,
            integer(value, "errno"),
        )
        self._kept.append(kept)
        return kept


def read(reply: Reply) -> tuple[object, str]:
    """The body as JSON, and why it is not a JSON object (empty if it is)."""
    if reply.failure is not None:
        return None, f"{reply.failure.value}{f' ({reply.detail})' if reply.detail else ''}"
    if not reply.body:
        return None, "an empty body"
    try:
        value = json.loads(reply.body, parse_constant=_no_constant)
    except RecursionError:
        return None, "JSON that is nested too deeply"
    except ValueError as error:
        start = reply.body[:200].lstrip().lower()
        html = start.startswith((b"<!doctype", b"<html"))
        return None, "HTML" if html else f"not JSON ({error})"
    if _deeper(value, reply.body, MAX_DEPTH):
        return None, f"JSON that is nested deeper than {MAX_DEPTH} levels"
    if not isinstance(value, dict):
        return value, f"JSON that is not an object but {type(value).__name__}"
    return value, ""


def _headers(headers: tuple[tuple[str, str], ...], secrets: Secrets) -> tuple[tuple[str, str], ...]:
    return tuple((key.lower(), secrets.redact_foreign(value)) for key, value in headers)


def _excerpt(body: bytes, secrets: Secrets) -> str:
    shown = secrets.redact_foreign(body[:_LOOKED_AT].decode("utf-8", "backslashreplace"))
    if len(body) > _LOOKED_AT:
        # A secret that lies across the cut is not recognised: its first part must go too.
        shown = shown[: max(0, len(shown) - max(_RAGGED, secrets.longest))]
    elif len(shown) <= _EXCERPT:
        return shown
    return f"{shown[:_EXCERPT]}… ({len(body)} bytes in all)"


def _no_constant(name: str) -> object:
    raise ValueError(f"{name} is not JSON")


def _deeper(value: object, body: bytes, limit: int) -> bool:
    if body.count(b"[") + body.count(b"{") <= limit:
        return False
    level = [value]
    for _ in range(limit + 1):
        inner: list[object] = []
        for one in level:
            if isinstance(one, dict):
                inner += one.values()
            elif isinstance(one, list):
                inner += one
        level = [one for one in inner if isinstance(one, dict | list)]
        if not level:
            return False
    return True
