"""The latest exchanges: bounded, and redacted when they are read.

Recording is on the path of every request, so it only stores references; the content is looked at
when somebody reads it. All readers go through :meth:`Journal.show`, which removes secrets.

The journal lives in memory: it ends with the process and is in no state document.
"""

from __future__ import annotations

import time
from bisect import bisect_right
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from operator import attrgetter
from typing import NamedTuple

import orjson

from ..clock import real_time
from ..clock.notifier import Notifier
from ..contract.document import Operation
from ..http.exchange import Exchange
from ..http.header_matching import HeaderMatch
from ..http.matching import Body, BodyMatch, path_pattern
from ..http.responses import Response
from . import redaction
from .redaction import Secrets
from .render import Renderer, errno, status

#: Limits of the whole journal and of one stored body, in bytes.
MAX_BYTES = 4 << 20
MAX_KEPT_BODY = 64 << 10
#: The size of an exchange apart from its texts: its objects and those of its headers.
OVERHEAD = 1500


class RequestMatch(NamedTuple):
    """Selects exchanges; ``None`` matches any. ``account`` is an id, ``since`` a number.

    In ``path``, ``*`` stands for any characters.
    """

    account: int | None = None
    operation: str | None = None
    status: int | None = None
    errno: int | None = None
    since: int | None = None
    unmatched: bool | None = None
    path: str | None = None
    headers: HeaderMatch | None = None
    body: BodyMatch | None = None

    def admits(self, exchange: Exchange) -> bool:
        """Whether ``exchange`` fulfils every condition."""
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
            and (self.path is None or path_pattern(self.path).fullmatch(exchange.path) is not None)
            and (self.headers is None or self.headers.admits(exchange.headers))
            and (self.body is None or self.body.admits(Body(exchange.body)))
        )


class Journal:
    """The latest exchanges, as many as fit. ``lost`` counts those that were dropped for newer."""

    def __init__(
        self, operations: Sequence[Operation], secrets: Secrets, max_bytes: int = MAX_BYTES
    ) -> None:
        """With 0 ``max_bytes`` nothing is stored."""
        self.renderer = Renderer(operations, secrets)
        self.lost = 0
        self._secrets = secrets
        self._max_bytes = max_bytes
        self._exchanges: deque[Exchange] = deque()
        self._bytes = 0
        self._count = 0
        self._searched = 0
        #: Notified of every exchange and of every response that follows.
        self.changed = Notifier()
        #: How many clients wait for requests: see admin/requests.py.
        self.waiting = 0
        #: Called with each exchange that has ended; it must remove the secrets in turn.
        self.listener: Callable[[Exchange], None] | None = None

    # Writing

    def record(self, exchange: Exchange, answer: Response) -> None:
        """Store an exchange that has ended."""
        exchange.answer = answer
        exchange.took = time.perf_counter_ns() - exchange.began
        self.keep(exchange)
        if self.listener is not None:
            self.listener(exchange)

    def keep(self, exchange: Exchange) -> None:
        """Store an exchange whose response may follow with :meth:`answered`."""
        self._count += 1
        exchange.number = self._count
        exchange.size += OVERHEAD + self._trim(exchange)
        self._exchanges.append(exchange)
        self._make_room(exchange.size)
        self.changed.notify()

    def _make_room(self, size: int) -> None:
        """Count ``size`` bytes more, and drop the oldest exchanges that are too many now."""
        self._bytes += size
        while self._bytes > self._max_bytes:
            self._bytes -= self._exchanges.popleft().size
            self.lost += 1

    def flush(self) -> None:
        """To be called before answers are sent: what is recorded is known by then."""

    def answered(self, exchange: Exchange, answer: Response | None) -> None:
        """Add the response to a stored exchange; ``None`` if there was none."""
        exchange.answer = answer
        exchange.took = time.perf_counter_ns() - exchange.began
        size = self._trim(exchange) - len(exchange.body)
        if exchange in self._exchanges:
            exchange.size += size
            self._make_room(size)
        self.changed.notify()
        if self.listener is not None:
            self.listener(exchange)

    @staticmethod
    def _trim(exchange: Exchange) -> int:
        """Cut long bodies and drop pictures; returns the bytes left in both bodies."""
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
        """Delete an account's exchanges, or all; returns how many there were."""
        kept = deque(e for e in self._exchanges if account is not None and e.account != account)
        deleted = len(self._exchanges) - len(kept)
        self._exchanges, self._bytes = kept, sum(exchange.size for exchange in kept)
        self.renderer.clear()
        return deleted

    # Reading

    def find(self, match: RequestMatch) -> list[Exchange]:
        """The matching exchanges, oldest first, with their secrets: never send them as they are."""
        return [each for each in self._newer(match.since or 0) if match.admits(each)]

    def _newer(self, number: int) -> Sequence[Exchange]:
        """The exchanges after ``number``, oldest first.

        A snapshot: in-process another thread may record meanwhile.
        """
        exchanges = tuple(self._exchanges)
        return exchanges[bisect_right(exchanges, number, key=attrgetter("number")) :]

    async def wait(self, match: RequestMatch, count: int, seconds: float) -> list[Exchange]:
        """The matching exchanges, as soon as there are ``count``, or else after ``seconds``."""
        deadline = real_time.seconds() + seconds
        matches = searched = 0  # `matches` may count some that have been dropped since
        unanswered: list[Exchange] = []  # which may match once they are answered
        while True:
            version = self.changed.version
            fresh = [*unanswered, *self._newer(searched)]
            searched = max(searched, fresh[-1].number) if fresh else searched
            unanswered = [exchange for exchange in fresh if exchange.answer is None]
            matches += sum(map(match.admits, fresh))
            if matches >= count:
                found = self.find(match)
                if len(found) >= count:
                    return found
                matches = len(found)
            left = deadline - real_time.seconds()
            if left <= 0 or not await self.changed.wait(version, left):
                return self.find(match)

    def show(
        self, exchanges: Iterable[Exchange], username: Callable[[int], str | None]
    ) -> Iterator[orjson.Fragment]:
        """Exchanges as ``Request`` of the control API, without secrets; each as it is asked for.

        ``username`` returns an account's name by its id.
        """
        self._remember_passwords()
        self.renderer.drop_before(self._exchanges[0].number if self._exchanges else self._count + 1)
        for each in exchanges:
            account = None if each.account is None else username(each.account)
            yield self.renderer.render(each, account)

    def address(self, exchange: Exchange) -> str:
        """An exchange's path and query, without secrets."""
        self._remember_passwords()
        return self.renderer.address(exchange)

    def redact(self, text: str) -> str:
        """``text``, which was made from exchanges, without secrets."""
        self._remember_passwords()
        return redaction.redact(text, self._secrets.found_in(text))

    def _remember_passwords(self) -> None:
        """Know the passwords of the logins since the last call."""
        for exchange in self._newer(self._searched):
            self._searched = exchange.number
            self._learn(exchange)

    def _learn(self, exchange: Exchange) -> None:
        """Know the passwords of a login."""
        if exchange.operation is not None and exchange.operation.id == "login":
            for password in redaction.passwords_in(exchange.body.decode("utf-8", "replace")):
                self._secrets.remember(password)
