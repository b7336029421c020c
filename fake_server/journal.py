"""What was asked and answered: bounded, and redacted.

Recording is on every request's way, so it only keeps references; what they say is looked at when
somebody reads. All readers go through :meth:`Journal.show`, which leaves secrets out.

The journal is one process's memory: it ends with it, and is in no state document.
"""

from __future__ import annotations

import re
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any

from . import redaction
from .answer import Answer
from .bell import Bell
from .record import timestamp
from .redaction import Secrets
from .request import Exchange
from .spec import Operation

#: How much is kept, and of one body at the most, in bytes.
MOST_BYTES = 4 << 20
MOST_OF_A_BODY = 64 << 10
#: What an exchange takes besides its texts: its objects and those of its headers.
_OVERHEAD = 1500
_ERRNO = re.compile(rb'\{"errno":(-?\d+)')
#: Below this likeness (0 to 1) a path is not taken for another one misspelt.
_LIKE = 0.6


@dataclass(frozen=True, slots=True)
class RequestMatch:
    """Which requests; ``None`` is any. ``account`` is an id, ``since`` a number."""

    account: int | None = None
    operation: str | None = None
    status: int | None = None
    errno: int | None = None
    since: int | None = None
    unmatched: bool | None = None

    def admits(self, exchange: Exchange) -> bool:
        """Whether an exchange is meant."""
        operation = exchange.operation
        return (
            (self.account is None or exchange.account == self.account)
            and (self.since is None or exchange.number > self.since)
            and (self.unmatched is None or exchange.found is not self.unmatched)
            and (
                self.operation is None or (operation is not None and operation.id == self.operation)
            )
            and (self.status is None or status(exchange) == self.status)
            and (self.errno is None or errno(exchange) == self.errno)
        )


def status(exchange: Exchange) -> int | None:
    """The HTTP status that was answered; ``None`` if nothing was."""
    return None if exchange.answer is None else exchange.answer.status


def errno(exchange: Exchange) -> int | None:
    """The errno that was answered, if it was."""
    found = _ERRNO.match(exchange.answer.body) if exchange.answer is not None else None
    return None if found is None else int(found[1])


class Journal:
    """The latest exchanges, as many as fit."""

    def __init__(
        self, operations: Sequence[Operation], secrets: Secrets, most: int = MOST_BYTES
    ) -> None:
        """``most`` is in bytes; 0 keeps nothing."""
        self._operations = operations
        self._secrets = secrets
        self._most = most
        self._kept: deque[Exchange] = deque()
        self._bytes = 0
        self._count = 0
        self._looked = 0
        self._bell = Bell()
        self.lost = 0

    # Writing

    def record(self, exchange: Exchange, answer: Answer) -> None:
        """Keep an exchange that is over."""
        exchange.answer = answer
        exchange.took = time.perf_counter_ns() - exchange.began
        self.keep(exchange)

    def keep(self, exchange: Exchange) -> None:
        """Keep an exchange; what it is answered may follow."""
        self._count += 1
        exchange.number = self._count
        exchange.size += _OVERHEAD + self._trim(exchange)
        self._kept.append(exchange)
        self._bytes += exchange.size
        while self._bytes > self._most:
            self._bytes -= self._kept.popleft().size
            self.lost += 1
        self._bell.ring()

    def answered(self, exchange: Exchange, answer: Answer | None) -> None:
        """Say what a kept exchange was answered in the end; ``None``: nothing."""
        exchange.answer = answer
        exchange.took = time.perf_counter_ns() - exchange.began
        self._trim(exchange)
        self._bell.ring()

    @staticmethod
    def _trim(exchange: Exchange) -> int:
        """Keep no picture and no body of more than the most; how many bytes are left."""
        answer = exchange.answer
        if len(exchange.body) > MOST_OF_A_BODY:
            exchange.body, exchange.cut = exchange.body[:MOST_OF_A_BODY], True
        if answer is None:
            return len(exchange.body)
        if answer.headers[0][1].startswith(b"image/"):
            exchange.answer = Answer(answer.status, b"", answer.headers)
            return len(exchange.body)
        if len(answer.body) > MOST_OF_A_BODY:
            text = answer.body[:MOST_OF_A_BODY]
            exchange.answer, exchange.cut = Answer(answer.status, text, answer.headers), True
            return len(exchange.body) + MOST_OF_A_BODY
        return len(exchange.body) + len(answer.body)

    def clear(self, account: int | None = None) -> int:
        """Forget an account's exchanges, or all; how many there were."""
        kept = deque(e for e in self._kept if account is not None and e.account != account)
        gone = len(self._kept) - len(kept)
        self._kept, self._bytes = kept, sum(exchange.size for exchange in kept)
        return gone

    # Reading

    def find(self, match: RequestMatch) -> list[Exchange]:
        """The exchanges that are meant, oldest first: raw, to be shown to nobody."""
        return [exchange for exchange in self._kept if match.admits(exchange)]

    async def wait(self, match: RequestMatch, count: int, seconds: float) -> list[Exchange]:
        """The exchanges that are meant, as soon as there are ``count``, or after ``seconds``."""
        deadline = time.monotonic() + seconds
        since = self._bell.rung
        while len(found := self.find(match)) < count:
            left = deadline - time.monotonic()
            if left <= 0 or not await self._bell.heard(since, left):
                return self.find(match)
            since = self._bell.rung
        return found

    def show(
        self, exchanges: Iterable[Exchange], username: Callable[[int], str | None]
    ) -> list[dict[str, Any]]:
        """Exchanges as ``Request`` of the control API describes, without their secrets."""
        self._learn()
        return [self._shown(exchange, username) for exchange in exchanges]

    def redact(self, text: str) -> str:
        """``text``, which was made from exchanges, without their secrets."""
        self._learn()
        return redaction.in_text(text, self._secrets.found_in([text]))

    def _learn(self) -> None:
        """Know the secrets that clients sent or were sent since the last look."""
        for exchange in reversed(self._kept):
            if exchange.number <= self._looked:
                break
            for secret in _secrets_of(exchange):
                self._secrets.remember(secret)
        self._looked = self._count

    def _shown(self, exchange: Exchange, username: Callable[[int], str | None]) -> dict[str, Any]:
        secrets = {*self._secrets.found_in(_texts(exchange)), *_named(exchange.body)}
        answer = exchange.answer
        query = f"?{exchange.query.decode('latin-1')}" if exchange.query else ""
        names = dict.fromkeys(name for name, _ in exchange.headers)
        operation = exchange.operation
        return {
            "id": exchange.number,
            "at": timestamp(exchange.at),
            "account": None if exchange.account is None else username(exchange.account),
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


def _secrets_of(exchange: Exchange) -> Iterator[str]:
    """The secrets that an exchange holds by name."""
    for name, value in exchange.headers:
        if name == b"authorization":
            yield value.decode("latin-1").rpartition(" ")[2]
    if exchange.operation is not None and exchange.operation.id == "login":
        yield from _named(exchange.body)
        if exchange.answer is not None:
            yield from _named(exchange.answer.body)


def _texts(exchange: Exchange) -> list[str]:
    """All that is told of an exchange, as it came."""
    answer = exchange.answer
    raw = [exchange.query, exchange.body, *(value for _, value in exchange.headers)]
    if answer is not None:
        raw += [answer.body, *(value for _, value in answer.headers)]
    return [exchange.path, *(text.decode("utf-8", "replace") for text in raw)] + [
        value.decode("latin-1") for _, value in exchange.headers
    ]


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


def _reason(answer: Answer, secrets: Iterable[str]) -> str | None:
    reason = _header(list(answer.headers), b"x-fake-reason")
    return None if reason is None else redaction.in_text(reason, secrets)


def _body(raw: bytes, secrets: Iterable[str]) -> Any:
    return redaction.in_body(raw.decode("utf-8", "replace"), secrets) if raw else None


def _named(raw: bytes) -> Iterator[str]:
    yield from redaction.named(raw.decode("utf-8", "replace"))
