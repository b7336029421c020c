"""Requests that are no well-formed ones of an operation: broken bodies, other methods and paths."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field

from ..contract import Contract
from ..http.connection import Request
from ..http.exchange import Answer, Exchange
from ..rules.envelopes import elsewhere as is_elsewhere
from ..rules.envelopes import without_envelope
from .facts import Fact
from .look import Look

#: Methods of which a router says the same as of a GET, and that change nothing by being asked.
_METHODS = ("GET", "PUT", "PATCH", "DELETE")
#: Media types of a framework's own page. JSON without an errno may be that of another service.
_PAGES = ("text/html", "text/plain")
_BAD_REQUEST = 400


@dataclass(slots=True)
class OddRequests:
    """What came of them, by operation."""

    contract: Contract
    #: The HTTP statuses of 301 for broken JSON, and for other parameters.
    _broken: dict[str, tuple[int, Exchange]] = field(default_factory=dict)
    _wrong: dict[str, int] = field(default_factory=dict)
    _methods: dict[str, tuple[int, int | None, Exchange]] = field(default_factory=dict)
    #: Status and errno of a path that does not exist.
    _nowhere: tuple[int, int | None] | None = None

    def seen(self, look: Look) -> None:
        """A POST to an operation."""
        if look.answer.errno != 301:
            return
        if look.plain:
            self._wrong[look.operation] = look.answer.status
        elif look.request.body and not _parses(look.request.body):
            self._broken[look.operation] = look.answer.status, look.answer.exchange

    def elsewhere(self, request: Request, path: str, answer: Answer) -> Iterator[Fact]:
        """A request to a path or by a method that no operation has."""
        if answer.failure is not None or is_elsewhere(answer):
            return
        operation = next(
            (one.id for one in self.contract.operations.values() if one.path == path), ""
        )
        if operation and request.method in _METHODS:
            self._methods[operation] = answer.status, answer.errno, answer.exchange
        if operation or answer.status != 404:
            return
        if answer.errno == 410:
            self._nowhere = answer.status, answer.errno
            if request.method == "POST":
                yield Fact("unknown-route", "http-404-410", answer.exchange)
        elif without_envelope(answer) and answer.header("content-type").startswith(_PAGES):
            self._nowhere = answer.status, answer.errno
            if request.method == "POST":
                yield Fact("unknown-route", "http-404-html", answer.exchange)

    def facts(self) -> Iterator[Fact]:
        """What they say together, at the end."""
        yield from self._malformed()
        for operation, (status, errno, exchange) in self._methods.items():
            said = self._method(status, errno)
            if said:
                yield Fact("other-method", said, exchange, operation)

    def _malformed(self) -> Iterator[Fact]:
        found: dict[str, str] = {}
        for operation, (status, _) in self._broken.items():
            usual = self._wrong.get(operation)
            if usual is not None and status in (usual, _BAD_REQUEST):
                found[operation] = "http-400" if status == _BAD_REQUEST else "errno-301"
        # Where every 301 has HTTP status 400 both variants are true, and mean the same.
        if "errno-301" in found.values():
            alike = [one for one in found if self._broken[one][0] == self._wrong[one]]
            found |= dict.fromkeys(alike, "errno-301")
        for operation, said in found.items():
            yield Fact("malformed-json", said, self._broken[operation][1], operation)

    def _method(self, status: int, errno: int | None) -> str:
        if status == 405:
            return "http-405-410" if errno == 410 else "http-405-html" if errno is None else ""
        return "as-unknown-route" if (status, errno) == self._nowhere else ""


def _parses(body: bytes) -> bool:
    try:
        json.loads(body)
    except (ValueError, RecursionError):
        return False
    return True
