"""The journal of several processes: one table, which each of them reads as far as it is asked.

What is answered in a round of the event loop is written together, before the answers are: so a
client that has its answer finds its request in the journal, at whatever process it asks. Nothing is
read before somebody reads the journal. It holds what clients sent, as the embedded one does; and
as that one it passes redaction when it is read.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence

import orjson

from ..clock import real_time
from ..clock.shared_notifier import Looks, SharedNotifier
from ..contract.document import Operation
from ..http.exchange import Exchange
from ..http.responses import Response
from ..store.shared.database import NewRow
from ..store.shared.journal_rows import Head, JournalRows
from ..store.transactions import NotStoredError
from ..store.troubles import EVERY
from .journal import OVERHEAD, Journal, RequestMatch
from .redaction import Secrets

log = logging.getLogger("sampan")


class SharedJournal(Journal):
    """The journal in a database. What was read is remembered, as much as the journal holds."""

    def __init__(
        self,
        operations: Sequence[Operation],
        secrets: Secrets,
        max_bytes: int,
        rows: JournalRows,
    ) -> None:
        super().__init__(operations, secrets, max_bytes)
        self._rows = rows
        self._operations = {operation.id: operation for operation in operations}
        self._pending: list[Exchange] = []
        self._pending_bytes = 0
        self._head: Head | None = None
        self._failing = False
        #: When each line was logged last, and whether the journal was said to be behind.
        self._told: dict[str, float] = {}
        self._is_behind = False
        self.changed = SharedNotifier(Looks(self._look))

    # Writing

    def keep(self, exchange: Exchange) -> None:
        """Store an exchange with the next :meth:`flush`; at once where the answer is to follow."""
        exchange.size += OVERHEAD + self._trim(exchange)
        self._learn(exchange)
        self._pending.append(exchange)
        self._pending_bytes += exchange.size
        while self._pending_bytes > self._max_bytes:  # they can't be written
            self._pending_bytes -= self._pending.pop(0).size
            self.lost += 1
        if exchange.answer is None:
            self.flush()

    def flush(self) -> None:
        """Write what is not written yet. What can't be stays for the next time."""
        if not self._pending:
            return
        pending = self._pending
        rows = [NewRow(each.account, each.size, _text(each)) for each in pending]
        try:
            last = self._rows.append(rows)
        except NotStoredError as problem:
            if not self._failing and self._tell("sampan: the journal is behind: %s", problem):
                self._is_behind = True
            self._failing = True
            return
        self._failing = False
        if self._is_behind:
            log.warning("sampan: the journal has caught up: it has %d more requests", len(rows))
            self._is_behind = False
        self._pending, self._pending_bytes = [], 0
        for number, exchange in enumerate(pending, last - len(pending) + 1):
            exchange.number = number

    def _tell(self, line: str, problem: NotStoredError) -> bool:
        """Log what is wrong, unless that was just logged; whether it was."""
        now = real_time.seconds()
        if now - self._told.get(line, now - EVERY) < EVERY:
            return False
        self._told[line] = now
        log.error(line, problem)
        return True

    def answered(self, exchange: Exchange, answer: Response | None) -> None:
        super().answered(exchange, answer)
        if exchange.number:
            try:
                size = 0 if exchange.answer is None else len(exchange.answer.body)
                self._rows.answer(exchange.number, _text(exchange), size)
            except NotStoredError as problem:
                self._tell("sampan: an answer is not in the journal: %s", problem)
        else:
            self.flush()

    def clear(self, account: int | None = None) -> int:
        self.flush()
        deleted = self._rows.clear(account)
        self._sync()
        return deleted

    def _remember_passwords(self) -> None:
        """They are known since their exchanges were recorded or read."""

    # Reading

    def find(self, match: RequestMatch) -> list[Exchange]:
        self._sync()
        return super().find(match)

    async def wait(self, match: RequestMatch, count: int, seconds: float) -> list[Exchange]:
        self._sync()
        return await super().wait(match, count, seconds)

    def _look(self) -> None:
        try:
            if self._is_news(self._rows.head()):
                self._sync()
        except NotStoredError as problem:
            if not self._failing:
                self._tell("sampan: the journal can't be read: %s", problem)
            self._failing = True

    def _is_news(self, head: Head) -> bool:
        return self._head is None or head[:1] + head[3:] != self._head[:1] + self._head[3:]

    def _sync(self) -> None:
        """Read what was written since the last time, and tell of it whoever waits.

        Raises ``NotStoredError``.
        """
        self.flush()
        self._rows.trim()
        open_ones = {each.number: each for each in self._exchanges if each.answer is None}
        news = self._rows.read(self._count, list(open_ones))
        if self._head is None or self._head.generation != news.head.generation:
            self._exchanges.clear()
            self.renderer.clear()
            open_ones = {}
            news = self._rows.read(0)
        while self._exchanges and (news.first is None or self._exchanges[0].number < news.first):
            self._exchanges.popleft()
        for number, text in news.exchanges:
            exchange = _exchange(number, text, self._operations)
            known = open_ones.get(number)
            if known is None:
                self._learn(exchange)
                self._exchanges.append(exchange)
            else:
                known.answer, known.took, known.cut = exchange.answer, exchange.took, exchange.cut
                known.lost = exchange.lost
        # The last of the state: no exchange up to it is still to come, and none beyond it was read.
        is_news = self._is_news(news.head)
        self._head, self._count, self.lost = news.head, news.head.last, news.head.lost
        if is_news:
            self.changed.notify()


def _text(exchange: Exchange) -> str:
    """An exchange as JSON; bytes as the characters of their numbers."""
    answer = exchange.answer
    values = (
        exchange.method,
        _characters(exchange.path),
        _headers(exchange.headers),
        exchange.query.decode("latin-1"),
        exchange.body.decode("latin-1"),
        None if exchange.operation is None else exchange.operation.id,
        exchange.account,
        exchange.now,
        exchange.found,
        None
        if answer is None
        else (answer.status, answer.body.decode("latin-1"), _headers(answer.headers)),
        exchange.fault,
        exchange.lost,
        exchange.cut,
        exchange.took,
        exchange.at,
    )
    return orjson.dumps(values).decode()


def _exchange(number: int, text: str, operations: dict[str, Operation]) -> Exchange:
    method, path, headers, query, body, operation, account, now, found, answer, *rest = (
        orjson.loads(text)
    )
    fault, lost, cut, took, at = rest
    return Exchange(
        method,
        path.encode("latin-1").decode("utf-8", "surrogatepass"),
        _pairs(headers),
        query=query.encode("latin-1"),
        body=body.encode("latin-1"),
        operation=None if operation is None else operations.get(operation),
        account=account,
        now=now,
        found=found,
        answer=None
        if answer is None
        else Response(answer[0], answer[1].encode("latin-1"), tuple(_pairs(answer[2]))),
        fault=fault,
        lost=lost,
        cut=cut,
        number=number,
        took=took,
        at=at,
    )


def _characters(text: str) -> str:
    return text.encode("utf-8", "surrogatepass").decode("latin-1")


def _headers(headers: Sequence[tuple[bytes, bytes]]) -> list[tuple[str, str]]:
    return [(name.decode("latin-1"), value.decode("latin-1")) for name, value in headers]


def _pairs(headers: Sequence[Sequence[str]]) -> list[tuple[bytes, bytes]]:
    return [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers]
