"""The journal of several processes, as rows: numbered without gaps in the order of their commits.

The row of ``journal_head`` is locked by who appends, so that a reader who has seen a number has
seen every smaller one. An exchange is a text that ``journal/shared_journal.py`` makes.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import NamedTuple

from ..transactions import Transactions
from .database import NewRow, SharedDatabase


class Head(NamedTuple):
    """The state of the journal.

    ``last`` is the last number, ``total`` how many bytes it has ever taken, ``lost`` how many
    exchanges were dropped for newer ones. ``generation`` grows when some are deleted, ``answers``
    when one that was kept before is answered.
    """

    last: int
    total: int
    lost: int
    generation: int
    answers: int


class News(NamedTuple):
    """What was read: the state, the oldest number, and exchanges (number, text) in order."""

    head: Head
    first: int | None
    exchanges: list[tuple[int, str]]


class JournalRows:
    """The tables ``journal`` and ``journal_head``. Each method raises ``NotStoredError``."""

    def __init__(self, db: SharedDatabase, transaction: Transactions, max_bytes: int) -> None:
        self._db = db
        self._rows = transaction.rows
        self._max_bytes = max_bytes
        self._appended = 0

    def head(self) -> Head:
        """The state. After a crash of PostgreSQL the journal is empty, and numbers go on."""
        found = self._db.execute(_HEAD).fetchone()
        if found is not None:
            return Head(*found)
        # Later than any number that there was, and another generation.
        now = time.time_ns() // 1_000_000
        first = 0 if self._db.fresh else now
        self._db.execute(
            "INSERT INTO journal_head VALUES (1, ?, 0, 0, ?, 0) ON CONFLICT DO NOTHING",
            (first, now),
        )
        return self.head()

    def append(self, rows: Sequence[NewRow]) -> int:
        """Add exchanges in order; the number of the last of them."""
        last = self._db.append(rows)
        if last is None:
            self.head()
            last = self._db.append(rows)
        assert last is not None
        self._appended += len(rows)
        if self._appended >= _TIDY_EVERY:
            self._appended = 0
            self.trim()
        return last

    def answer(self, number: int, text: str, size: int) -> None:
        """Replace an exchange by its answered self, which is ``size`` bytes larger."""
        with self._rows():
            sql = "UPDATE journal_head SET answers = answers + 1, total = total + ?"
            self._db.execute(sql, (size,))
            self._db.execute("UPDATE journal SET exchange = ? WHERE number = ?", (text, number))

    def trim(self) -> None:
        """Drop the exchanges that are too many. Where there are none, no row is locked."""
        if self._db.execute(_TOO_LONG, (self._max_bytes,)).fetchone() is None:
            return
        with self._rows():
            self._db.execute("UPDATE journal_head SET last = last")  # locked
            head = self.head()
            gone = self._db.execute(
                "DELETE FROM journal WHERE upto <= ?", (head.total - self._max_bytes,)
            ).rowcount
            if gone:
                self._db.execute("UPDATE journal_head SET lost = lost + ?", (gone,))

    def clear(self, account: int | None) -> int:
        """Delete an account's exchanges, or all; how many there were."""
        with self._rows():
            self._db.execute("UPDATE journal_head SET generation = generation + 1")
            if account is None:
                return self._db.execute("DELETE FROM journal").rowcount
            sql = "DELETE FROM journal WHERE account = ?"
            return self._db.execute(sql, (account,)).rowcount

    def read(self, after: int, also: Sequence[int] = ()) -> News:
        """The exchanges after a number, and those of other numbers.

        It is one statement: whatever is appended, answered or deleted meanwhile is either part of
        the state and of the exchanges, or of neither.
        """
        others = f" OR number IN ({', '.join(map(str, also))})" if also else ""
        sql = f"{_READ} LEFT JOIN journal ON number > ?{others} ORDER BY number"
        found = self._db.execute(sql, (after,)).fetchall()
        if not found:
            self.head()
            return self.read(after, also)
        *head, first = found[0][:-2]
        exchanges = [row[-2:] for row in found if row[-2] is not None]
        return News(Head(*head), first, exchanges)


#: After how many exchanges a process drops those that are too many.
_TIDY_EVERY = 64
_HEAD = "SELECT last, total, lost, generation, answers FROM journal_head"
_TOO_LONG = (
    "SELECT 1 FROM journal_head"
    " WHERE (SELECT upto FROM journal ORDER BY number LIMIT 1) <= total - ?"
)
_READ = (
    "SELECT last, total, lost, generation, answers, (SELECT min(number) FROM journal), number,"
    " exchange FROM journal_head"
)
