"""What was asked and answered: bounded, and redacted.

Recording is on every request's way, so it only keeps references; what they say is looked at when
somebody reads. All readers go through :meth:`Journal.show`, which leaves secrets out.

The journal is one process's memory: it ends with it, and is in no state document.
"""

from __future__ import annotations

import time
from bisect import bisect_right
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from operator import attrgetter

import orjson

from ..clock.notifier import Notifier
from ..contract.document import Operation
from ..http.exchange import Exchange
from ..http.responses import Response
from . import redaction
from .redaction import Secrets
from .render import Renderer, errno, named_in, status

#: How much is kept, and of one body at the most, in bytes.
MAX_BYTES = 4 << 20
MAX_KEPT_BODY = 64 << 10
#: What an exchange takes besides its texts: its objects and those of its headers.
_OVERHEAD = 1500


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


class Journal:
    """The latest exchanges, as many as fit."""

    def __init__(
        self, operations: Sequence[Operation], secrets: Secrets, most: int = MAX_BYTES
    ) -> None:
        """``most`` is in bytes; 0 keeps nothing."""
        self._secrets = secrets
        self.shown = Renderer(operations, secrets)
        self._most = most
        self._kept: deque[Exchange] = deque()
        self._bytes = 0
        self._count = 0
        self._looked = 0
        self._notifier = Notifier()
        self.lost = 0

    # Writing

    def record(self, exchange: Exchange, answer: Response) -> None:
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
        self._notifier.notify()

    def answered(self, exchange: Exchange, answer: Response | None) -> None:
        """Say what a kept exchange was answered in the end; ``None``: nothing."""
        exchange.answer = answer
        exchange.took = time.perf_counter_ns() - exchange.began
        self._trim(exchange)
        if exchange.number <= self._looked:
            self._learn_from([exchange])
        self._notifier.notify()

    @staticmethod
    def _trim(exchange: Exchange) -> int:
        """Keep no picture and no body of more than the most; how many bytes are left."""
        answer = exchange.answer
        if len(exchange.body) > MAX_KEPT_BODY:
            exchange.body, exchange.cut = exchange.body[:MAX_KEPT_BODY], True
        if answer is None:
            return len(exchange.body)
        if answer.headers[0][1].startswith(b"image/"):
            exchange.answer = Response(answer.status, b"", answer.headers)
            return len(exchange.body)
        if len(answer.body) > MAX_KEPT_BODY:
            text = answer.body[:MAX_KEPT_BODY]
            exchange.answer, exchange.cut = Response(answer.status, text, answer.headers), True
            return len(exchange.body) + MAX_KEPT_BODY
        return len(exchange.body) + len(answer.body)

    def clear(self, account: int | None = None) -> int:
        """Forget an account's exchanges, or all; how many there were."""
        kept = deque(e for e in self._kept if account is not None and e.account != account)
        gone = len(self._kept) - len(kept)
        self._kept, self._bytes = kept, sum(exchange.size for exchange in kept)
        self.shown.clear()
        return gone

    # Reading

    def find(self, match: RequestMatch) -> list[Exchange]:
        """The exchanges that are meant, oldest first: raw, to be shown to nobody."""
        return [each for each in self._newer(match.since or 0) if match.admits(each)]

    def _newer(self, number: int) -> Sequence[Exchange]:
        """The kept exchanges after ``number``, oldest first.

        As they are now: in-process another thread may record while this one looks.
        """
        kept = tuple(self._kept)
        return kept[bisect_right(kept, number, key=attrgetter("number")) :]

    async def wait(self, match: RequestMatch, count: int, seconds: float) -> list[Exchange]:
        """The exchanges that are meant, as soon as there are ``count``, or after ``seconds``."""
        deadline = time.monotonic() + seconds
        most = looked = 0  # how many there may be at the most
        open: list[Exchange] = []  # which may be meant once they are answered
        while True:
            since = self._notifier.version
            fresh = [*open, *self._newer(looked)]
            looked = max(looked, fresh[-1].number) if fresh else looked
            open = [exchange for exchange in fresh if exchange.answer is None]
            most += sum(map(match.admits, fresh))
            if most >= count:
                found = self.find(match)
                if len(found) >= count:
                    return found
                most = len(found)
            left = deadline - time.monotonic()
            if left <= 0 or not await self._notifier.wait(since, left):
                return self.find(match)

    def show(
        self, exchanges: Iterable[Exchange], username: Callable[[int], str | None]
    ) -> list[orjson.Fragment]:
        """Exchanges as ``Request`` of the control API describes, without their secrets."""
        self._learn()
        self.shown.keep_from(self._kept[0].number if self._kept else self._count + 1)
        return [
            self.shown.of(
                exchange, None if exchange.account is None else username(exchange.account)
            )
            for exchange in exchanges
        ]

    def redact(self, text: str) -> str:
        """``text``, which was made from exchanges, without their secrets."""
        self._learn()
        return redaction.in_text(text, self._secrets.found_in(text))

    def _learn(self) -> None:
        """Know the secrets that clients sent or were sent since the last look."""
        fresh = self._newer(self._looked)
        if fresh:
            self._looked = fresh[-1].number
            self._learn_from(fresh)

    def _learn_from(self, exchanges: Iterable[Exchange]) -> None:
        for exchange in exchanges:
            for secret in named_in(exchange):
                self._secrets.remember(secret)
