"""One armed fault: which requests it is for, which of them it acts on, and what it sends.

Its terms are those of ``armFault`` in ``openapi/admin.yaml``. What is wrong with them is said when
it is made, whether the control API, a data file or a state document gives them.
"""

from __future__ import annotations

import binascii
import math
import re
from base64 import b64decode
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from functools import cached_property
from random import Random
from typing import Any, Literal, NamedTuple

from ..clock.spans import to_ms
from ..http.header_matching import HeaderMatch
from ..http.header_matching import Headers as RequestHeaders
from ..http.matching import NO_BODY, Body, BodyMatch, path_pattern
from ..http.responses import JSON, TEXT, Headers, as_json

FaultType = Literal[
    "ERRNO", "DELAY", "HTTP_STATUS", "CONNECTION_RESET_BY_PEER", "EMPTY_RESPONSE",
    "MALFORMED_RESPONSE_CHUNK", "RANDOM_DATA_THEN_CLOSE", "MALFORMED_JSON", "TRUNCATED_BODY",
    "TRICKLE", "COMMIT_THEN_DROP",
]  # fmt: skip

#: Between two pieces of a TRICKLE, in ms, unless the fault says otherwise.
_TRICKLE_MS = 100
_MAX_MS = 86_400_000

#: The size of a body and of headers that a fault sends, in bytes.
MAX_BODY = 1 << 20
MAX_HEADERS = 16 << 10
_HEADER_NAME = r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,200}"
_HEADER_VALUE = r"[^\x00-\x08\x0a-\x1f\x7f\ud800-\udfff]*"
#: Headers that the server sets: those that frame a response, and one that it always sends.
_FRAMING = ("content-length", "transfer-encoding", "date")
#: Statuses whose responses have no body (RFC 9110, 6.4.1 and 15.3.6).
WITHOUT_BODY = (204, 205, 304)

Clock = Literal["account", "real"]
#: A header's value, or those of several headers of one name.
HeaderValue = str | int | list[str]


_BYTES: Headers = ((b"content-type", b"application/octet-stream"),)


class ConnectionFault(ConnectionError):
    """A fault of the connection, where there is none: the application was called in-process."""


class FaultError(ValueError):
    """Terms that contradict each other or can't be kept: says which and why."""


@dataclass(frozen=True)
class FaultMatch:
    """Which requests; ``None`` is any. In ``path``, ``*`` stands for any characters.

    ``headers`` and ``body`` have the conditions of ``HeaderMatch`` and ``BodyMatch`` in
    ``admin.yaml``.
    """

    account: str | None = None
    operation: str | None = None
    path: str | None = None
    headers: Mapping[str, Any] | None = None
    body: Mapping[str, Any] | None = None

    @cached_property
    def head(self) -> HeaderMatch | None:
        """The conditions on the headers. Raises ``MatchError``."""
        return None if self.headers is None else HeaderMatch(self.headers)

    @cached_property
    def content(self) -> BodyMatch | None:
        """The conditions on the body. Raises ``MatchError``."""
        return None if self.body is None else BodyMatch(self.body)

    def admits(
        self,
        account: str | None,
        operation: str | None,
        path: str,
        body: Body = NO_BODY,
        headers: RequestHeaders = (),
    ) -> bool:
        """Whether a request is meant."""
        if self.account is not None and self.account != account:
            return False
        if self.operation is not None and self.operation != operation:
            return False
        if self.path is not None and path_pattern(self.path).fullmatch(path) is None:
            return False
        if self.head is not None and not self.head.admits(headers):
            return False
        return self.content is None or self.content.admits(body)


@dataclass(slots=True)
class Fault:
    """What was armed, and what became of it: see ``armFault`` in ``openapi/admin.yaml``.

    ``body`` is text, or JSON of any other type; ``body_base64`` is bytes. ``delay`` is ms, or
    ``{"distribution": "uniform", "lower", "upper"}``, or ``{"distribution": "lognormal",
    "median", "sigma"}``. ``optional``: a test may end without it having been applied.
    """

    id: str
    type: FaultType
    match: FaultMatch = field(default_factory=FaultMatch)
    errno: int | None = None
    errmsg: str | None = None
    status: int | None = None
    headers: Mapping[str, HeaderValue] | None = None
    body: Any = None
    body_base64: str | None = None
    delay: int | Mapping[str, Any] | None = None
    clock: Clock = "account"
    times: int | None = None
    skip: int = 0
    probability: float = 1
    seed: int = 0
    optional: bool = False
    matched: int = 0
    applied: int = 0

    @property
    def used_up(self) -> bool:
        """Whether it has been applied ``times`` times."""
        return self.times is not None and self.applied >= self.times

    @property
    def content(self) -> tuple[Headers, bytes] | None:
        """The body to be sent, with the type that it has unless ``headers`` say another."""
        if self.body_base64 is not None:
            return _BYTES, b64decode(self.body_base64, validate=True)
        if self.body is None:
            return None
        return (
            (TEXT, self.body.encode()) if isinstance(self.body, str) else (JSON, as_json(self.body))
        )

    def with_headers(self, usual: Headers) -> Headers:
        """Its headers, and of the usual ones those that it does not set; Content-Type first."""
        given = [
            (name.lower().encode(), value.encode())
            for name, values in (self.headers or {}).items()
            for value in _texts(values)
        ]
        set_here = {name for name, _ in given}
        every = [*given, *(header for header in usual if header[0] not in set_here)]
        return tuple(sorted(every, key=lambda header: header[0] != b"content-type"))

    def draw(self, match: int) -> Random | None:
        """What else is to be drawn for the n-th match; ``None`` where it is passed over."""
        if match <= self.skip:
            return None
        drawn = Random(f"{self.seed} {match}")
        return drawn if drawn.random() < self.probability else None

    def wait_ms(self, drawn: Random) -> int:
        """The delay for one request, in ms."""
        delay = self.delay
        if delay is None:
            return _TRICKLE_MS if self.type == "TRICKLE" else 0
        if isinstance(delay, int):
            return delay
        if delay["distribution"] == "uniform":
            return round(drawn.uniform(delay["lower"], delay["upper"]))
        # gauss(), not lognormvariate(): a median of 0 has no logarithm.
        stretched: float = delay["median"] * math.exp(min(delay["sigma"] * drawn.gauss(0, 1), 50))
        return min(round(stretched), _MAX_MS)


class FaultHit(NamedTuple):
    """A fault that acts on a request, and its source of random numbers."""

    fault: Fault
    drawn: Random

    @property
    def wait_ms(self) -> int:
        """The delay, drawn. To be asked once."""
        return self.fault.wait_ms(self.drawn)


def make(id: str, terms: Mapping[str, Any]) -> Fault:
    """A fault from a document: a body of ``armFault``, or what :func:`to_json` made.

    Raises :class:`FaultError`, and ``MatchError`` on conditions that can't be.
    """
    given = {key: value for key, value in terms.items() if key not in _NO_TERMS}
    if isinstance(given.get("delay"), str):
        given["delay"] = to_ms(given["delay"])
    fault = Fault(id, match=FaultMatch(**terms.get("match", {})), **given)
    _ = fault.match.head, fault.match.content
    _check_delay(fault.delay)
    _check_headers(fault.headers or {})
    _check_body(fault)
    return fault


#: What a document of a fault has that is given otherwise, or only said of it.
_NO_TERMS = ("id", "match", "note")


def _check_delay(delay: int | Mapping[str, Any] | None) -> None:
    if isinstance(delay, Mapping) and delay.get("lower", 0) > delay.get("upper", 0):
        raise FaultError("delay: lower must not be greater than upper")
    if isinstance(delay, int) and delay > _MAX_MS:
        raise FaultError("delay: must be at most 24h")


def _texts(values: HeaderValue) -> list[str]:
    return values if isinstance(values, list) else [str(values)]


def _check_headers(headers: Mapping[str, HeaderValue]) -> None:
    size = 0
    for name, values in headers.items():
        if re.fullmatch(_HEADER_NAME, name) is None:
            raise FaultError(f"headers: {name[:100]!r} is not the name of a header")
        if name.lower() in _FRAMING:
            raise FaultError(
                f"headers: {name} is set by the server (TRUNCATED_BODY and"
                " MALFORMED_RESPONSE_CHUNK break the framing of a response)"
            )
        for value in _texts(values):
            if re.fullmatch(_HEADER_VALUE, value) is None:
                raise FaultError(
                    f"headers: the value of {name} has a control character or surrogate"
                )
            if value != value.strip(" \t"):
                raise FaultError(f"headers: the value of {name} has blanks around it")
            size += len(name) + len(value.encode())
    if size > MAX_HEADERS:
        raise FaultError(f"headers: they are larger than {MAX_HEADERS} bytes")


def _check_body(fault: Fault) -> None:
    if fault.body is not None and fault.body_base64 is not None:
        raise FaultError("body and body_base64 can't both be given")
    try:
        content = fault.content
    except (binascii.Error, ValueError) as problem:
        raise FaultError(f"body_base64: not valid base64: {problem}") from problem
    if content is None:
        return
    if len(content[1]) > MAX_BODY:
        raise FaultError(f"body: it is larger than {MAX_BODY} bytes")
    if content[1] and fault.status in WITHOUT_BODY:
        raise FaultError(f"body: a response with status {fault.status} has no body")


def to_json(fault: Fault) -> dict[str, Any]:
    """A fault as ``ArmedFault`` of the control API has it; what is not set is left out."""
    document = asdict(fault)
    document["match"] = {key: v for key, v in document["match"].items() if v is not None}
    return {key: value for key, value in document.items() if value is not None}
