"""An exchange as the control API shows it: as JSON, and without its secrets.

Rendering costs some hundred times what recording does, and a page that polls the journal asks for
the same exchanges again and again. So what was rendered is kept, until something about it changes:
its answer, the name of its account, or a secret that was learnt since and may stand in it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any

import orjson

from ..contract.document import Operation
from ..http.exchange import Exchange
from ..http.responses import Response, as_json
from ..records.record import timestamp
from . import redaction
from .redaction import Secrets

_ERRNO = re.compile(rb'\{"errno":(-?\d+)')
#: Below this likeness (0 to 1) a path is not taken for another one misspelt.
_LIKE = 0.6


@dataclass(slots=True)
class _Kept:
    """``told`` is all that the exchange told as it came; ``learnt`` is up to which secret
    ``shown`` is free of secrets."""

    shown: orjson.Fragment
    account: str | None
    told: str
    learnt: int


class Renderer:
    """Exchanges as they are shown: ``Request`` of ``admin.yaml``."""

    def __init__(self, operations: Sequence[Operation], secrets: Secrets) -> None:
        self._operations = operations
        self._secrets = secrets
        self._kept: dict[int, _Kept] = {}
        self._first = 0

    def __len__(self) -> int:
        return len(self._kept)

    def of(self, exchange: Exchange, account: str | None) -> orjson.Fragment:
        """One exchange; ``account`` is the name of the one that it is of."""
        learnt = self._secrets.learnt
        kept = self._kept.get(exchange.number)
        if (
            kept is not None
            and kept.account == account
            and not self._secrets.may_hold(kept.told, kept.learnt)
        ):
            kept.learnt = learnt
            return kept.shown
        told = _told(exchange)
        secrets = {*self._secrets.found_in(told), *_named(exchange.body)}
        # Copied, since orjson leaves ten times the room that it needed.
        text = bytes(memoryview(as_json(self._document(exchange, account, secrets))))
        shown = orjson.Fragment(text)
        if exchange.answer is not None:  # of another one not everything may be known yet
            self._kept[exchange.number] = _Kept(shown, account, told, learnt)
        return shown

    def keep_from(self, number: int) -> None:
        """Forget the exchanges before ``number``."""
        if number > self._first:
            self._first = number
            self._kept = {each: kept for each, kept in self._kept.items() if each >= number}

    def clear(self) -> None:
        """Forget all."""
        self._kept.clear()

    def _document(
        self, exchange: Exchange, account: str | None, secrets: Iterable[str]
    ) -> dict[str, Any]:
        answer = exchange.answer
        query = f"?{exchange.query.decode('latin-1')}" if exchange.query else ""
        names = dict.fromkeys(name for name, _ in exchange.headers)
        operation = exchange.operation
        return {
            "id": exchange.number,
            "at": timestamp(exchange.at),
            "account": account,
            "method": exchange.method,
            "path": redaction.in_text(exchange.path, secrets) + redaction.in_query(query, secrets),
            "operation": None if operation is None else operation.id,
            "request_headers": {
                name.decode("latin-1"): redaction.in_header(
                    name.decode("latin-1"), _header(exchange.headers, name) or "", secrets
                )
                for name in names
            },
            "request_body": _body(exchange.body, secrets),
            "status": status(exchange),
            "errno": errno(exchange),
            "response_body": None if answer is None else _body(answer.body, secrets),
            "reason": None if answer is None else _reason(answer, secrets),
            "fault": exchange.fault,
            "took_ms": exchange.took / 1e6,
            "truncated": exchange.cut,
            "nearest": None if exchange.found else nearest(exchange, self._operations),
        }


def status(exchange: Exchange) -> int | None:
    """The HTTP status that was answered; ``None`` if nothing was."""
    return None if exchange.answer is None else exchange.answer.status


def errno(exchange: Exchange) -> int | None:
    """The errno that was answered, if it was."""
    found = _ERRNO.match(exchange.answer.body) if exchange.answer is not None else None
    return None if found is None else int(found[1])


def named_in(exchange: Exchange) -> Iterator[str]:
    """The secrets that an exchange holds under the name of one."""
    for name, value in exchange.headers:
        if name == b"authorization":
            yield value.decode("latin-1").rpartition(" ")[2]
    if exchange.operation is not None and exchange.operation.id == "login":
        yield from _named(exchange.body)
        if exchange.answer is not None:
            yield from _named(exchange.answer.body)


def nearest(exchange: Exchange, operations: Sequence[Operation]) -> dict[str, Any] | None:
    """The operation that a request which reached nothing may have meant, and what differs."""
    path = exchange.path.rstrip("/").lower()
    likeness = [
        (SequenceMatcher(None, path, operation.path).ratio(), operation) for operation in operations
    ]
    best, operation = max(likeness, key=lambda pair: pair[0])
    if best < _LIKE:
        return None
    differs = []
    if exchange.method != operation.method:
        differs.append("method")
    if exchange.path != operation.path:
        differs.append("path")
    found = {"operation": operation.id, "method": operation.method, "path": operation.path}
    return {**found, "differs": differs}


def _header(headers: list[tuple[bytes, bytes]], name: bytes) -> str | None:
    values = [value.decode("latin-1") for each, value in headers if each == name]
    return ", ".join(values) if values else None


def _reason(answer: Response, secrets: Iterable[str]) -> str | None:
    reason = _header(list(answer.headers), b"x-fake-reason")
    return None if reason is None else redaction.in_text(reason, secrets)


def _body(raw: bytes, secrets: Iterable[str]) -> Any:
    return redaction.in_body(_text(raw), secrets) if raw else None


def _named(raw: bytes) -> Iterator[str]:
    yield from redaction.named(_text(raw))


def _told(exchange: Exchange) -> str:
    """All that an exchange tells, as it came and as it is looked at to be redacted."""
    answer = exchange.answer
    headers = [value for _, value in exchange.headers]
    bodies = [_text(exchange.body)]
    if answer is not None:
        headers += [value for _, value in answer.headers]
        bodies.append(_text(answer.body))
    texts = [exchange.path, _text(exchange.query), *map(_text, headers)]
    texts += [value.decode("latin-1") for value in headers]
    texts += [*bodies, *map(redaction.as_looked_at, bodies)]
    return "\0".join(dict.fromkeys(texts))


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", "replace")
