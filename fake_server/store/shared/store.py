"""A store that several processes use at once.

A process remembers what it does in the embedded store (accounts, clocks, profiles, faults,
scenarios) and asks at the beginning of each request whether any of it has changed: one statement,
:meth:`SharedStore.follow`. Three things keep it exact:

- **Turns.** What reads memory and changes by that (the control API, above all) has the turn, of
  which there is one for all processes. Changes are noted in the table ``changes`` meanwhile, so
  their order is that in which they hold.
- **Counters.** A submission takes no turn. It locks its account's row of ``counters``, which gives
  it its number, and is counted there.
- **Rows that count.** So do requests that a fault may act on, with the fault's row.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import astuple
from typing import Any

from ...clock.clock import ClockState, Wall
from ...jobs.lifecycle import Job
from .. import database
from .. import job_rows as rows
from ..account import COUNT, Account, AccountGoneError, JobCounts, new_id, number_key
from ..changes import ACCOUNT, CLOCK, EVERYTHING
from ..control_rows import ControlRows
from ..job_query import Find
from ..job_reads import ALL_JOBS
from ..store import ALL_ACCOUNTS, Make, Store
from ..transactions import Transactions
from . import database as shared_database
from .database import SharedDatabase
from .journal_rows import JournalRows

#: How many changes are kept, and after how many some are dropped.
_KEPT_CHANGES, _TIDY_EVERY = 10_000, 1_000


class SharedStore(Store):
    """All that the fakes of one database know."""

    is_shared = True
    _db: SharedDatabase

    def __init__(self, db: SharedDatabase) -> None:
        """Raises ``StoreError``."""
        self._use(db, db.path, db.dialect)
        self.alone = db.alone
        self._writer = uuid.uuid4().hex
        self._changes = self
        self._in_turn = False
        self._found: dict[int, tuple[Any, ...]] = {}
        self._revision = self._last_revision()
        #: The last change of each account's clock that this process knows of.
        self._clocks: dict[int | None, int] = {None: self._last_of_clocks(self._revision)}
        self._connections = db.connections
        self._told: Callable[[str, int | None], None] = lambda what, account: None
        self.transaction = Transactions(db, db.dialect, db.where, self.file, self.turn)
        self.control = SharedControlRows(db, db.dialect, self.transaction, self)
        with self.turn():
            if db.alone and db.path is not None:
                self._count_all()
            self._load(db.where)

    # Turns, and what others have changed

    @contextmanager
    def turn(self) -> Iterator[None]:
        if self._in_turn:
            yield
            return
        self._db.take_turn()
        try:
            self._in_turn = True
            self.follow()
            yield
        finally:
            self._in_turn = False
            self._db.end_turn()

    def follow(self) -> None:
        if self.transaction.open:
            return
        changes = self._db.changes(self._revision)
        if self._connections != self._db.connections:
            # Another database may stand at the address by now.
            before, self._connections = self._connections, self._db.connections
            try:
                self._reload(self._last_revision())
            except BaseException:
                self._connections = before
                raise
        elif changes and changes[-1].revision - self._revision > _KEPT_CHANGES // 2:
            self._reload(changes[-1].revision)
        else:
            for revision, writer, what, account in changes:
                if writer != self._writer:
                    self._take(what, account)
                self._revision = revision
                self._note_clock(revision, what, account)

    def check(self) -> None:
        self.follow()
        self._db.execute(_ALL_TABLES)

    def _reload(self, revision: int) -> None:
        before = self._revision, self._clocks
        self._revision, self._clocks = revision, {None: self._last_of_clocks(revision)}
        try:
            self._take(EVERYTHING, None)  # which may follow what comes after
        except BaseException:
            self._revision, self._clocks = before
            raise

    def _note_clock(self, revision: int, what: str, account: int | None) -> None:
        if what == EVERYTHING:
            self._clocks = {None: revision}
        elif what == CLOCK:
            self._clocks[account] = revision

    def _last_revision(self) -> int:
        return int(self._db.execute("SELECT coalesce(max(revision), 0) FROM changes").fetchone()[0])

    def _last_of_clocks(self, revision: int) -> int:
        """The last revision up to one that changed a clock; that one, if it is not known."""
        sql = "SELECT max(revision) FROM changes WHERE what IN (?, ?) AND revision <= ?"
        (found,) = self._db.execute(sql, (CLOCK, EVERYTHING, revision)).fetchone()
        return revision if found is None else int(found)

    def _take(self, what: str, account: int | None) -> None:
        """Have memory as another process has made it."""
        if what == EVERYTHING:
            self._read()()
        elif what == ACCOUNT and account is not None:
            self._take_account(account)
        self._told(what, account)

    def _take_account(self, id: int) -> None:
        row = self._db.execute(f"{ALL_ACCOUNTS} WHERE id = ?", (id,)).fetchone()
        if row is None:
            gone = self._accounts.pop(id, None)
            if gone is not None:
                self._by_name.pop(gone.username, None)
            return
        account = self._accounts.get(id)
        if account is None:
            account = Account(*row)
        revoked = self._db.execute(
            "SELECT at FROM revocations WHERE account = ? ORDER BY at", (id,)
        )
        account.revoked = [at for (at,) in revoked.fetchall()]
        self._remember(account, *row[2:])

    def note(self, what: str, account: int | None = None) -> None:
        """Note a change: see ``changes.py``."""
        assert self._in_turn, "changes are made in turn"
        sql = "INSERT INTO changes (writer, what, account) VALUES (?, ?, ?) RETURNING revision"
        (revision,) = self._db.execute(sql, (self._writer, what, account)).fetchone()
        self._note_clock(revision, what, account)
        if revision % _TIDY_EVERY == 0:
            self._db.execute("DELETE FROM changes WHERE revision <= ?", (revision - _KEPT_CHANGES,))

    def journal_rows(self, max_bytes: int) -> JournalRows:
        return JournalRows(self._db, self.transaction, max_bytes)

    def on_change(self, take: Callable[[str, int | None], None]) -> None:
        self._told = take

    def wall(self, wall: Wall) -> Wall:
        return self._db.wall(wall)

    # Counters

    def counts(self, account: int | None = None) -> JobCounts:
        sql = "SELECT sum(stored), sum(ordinal), max(created), max(visible) FROM counters"
        where, values = ("", ()) if account is None else (" WHERE account = ?", (account,))
        found = self._db.execute(f"{sql}{where}", values).fetchone()
        stored, ordinal, created, visible = found
        if stored is None:
            return JobCounts()
        return JobCounts(int(stored), int(ordinal), created, visible)

    def _count_all(self) -> None:
        """Count the jobs of all accounts: a process that had the file to itself has not."""
        with self.transaction():
            self._db.execute("DELETE FROM counters")
            self._db.execute("INSERT INTO counters (account) SELECT id FROM accounts")
            for (account,) in self._db.execute("SELECT id FROM accounts").fetchall():
                self._count(account)

    def _count(self, account: int) -> None:
        self._db.execute(_LOCK_COUNTERS, (account,))
        found = self._db.execute(COUNT, (number_key(account), account)).fetchone()
        stored, ordinal, created, visible = astuple(JobCounts.of(account, found))
        self._db.execute(_RECOUNT, (stored, ordinal, ordinal, created, visible, account))

    def _recount(self, account: Account) -> Callable[[], None]:
        return lambda: None  # nothing is remembered

    def _new_account(self, *values: str | None) -> int:
        id = super()._new_account(*values)
        self._db.execute("INSERT INTO counters (account) VALUES (?)", (id,))
        return id

    def _forget_jobs(self, account: Account) -> None:
        # First, so that a submission under way is either forgotten as well or comes after.
        self._db.execute(_COUNT_ANEW, (account.id,))
        super()._forget_jobs(account)

    def drop_account(self, account: Account) -> None:
        with self.transaction():
            super().drop_account(account)
            self._db.execute("DELETE FROM counters WHERE account = ?", (account.id,))

    def restore(
        self,
        accounts: Iterable[Account],
        jobs: Iterable[Job],
        clocks: Mapping[int | None, ClockState],
        settings: Mapping[str, str] | None = None,
    ) -> None:
        accounts = list(accounts)
        with self.transaction():
            if settings is not None:
                # Locked, so that submissions wait; their rows must be there when they go on.
                self._db.execute("UPDATE counters SET epoch = epoch + 1")
            for each in accounts:
                sql = "INSERT INTO counters (account) VALUES (?) ON CONFLICT DO NOTHING"
                self._db.execute(sql, (each.id,))
            super().restore(accounts, jobs, clocks, settings)
            self._db.execute("DELETE FROM counters WHERE account NOT IN (SELECT id FROM accounts)")
            for each in accounts:
                self._count(each.id)

    def _count_again(self, account: Account) -> None:
        self._count(account.id)

    def _one_less(self, account: Account) -> None:
        self._db.execute("UPDATE counters SET stored = stored - 1 WHERE account = ?", (account.id,))

    # Jobs

    def submit(self, account: Account, now: int, make: Make) -> Job:
        """As in the embedded store. Raises :class:`AccountGoneError`.

        ``now`` was read before the account's counters are locked, and another process may have
        stored a later one meanwhile. As long as no clock is turned, the later of two submissions
        has the later instant all the same.
        """
        clock = max(self._clocks[None], self._clocks.get(account.id, 0))
        with nullcontext() if self._db.steps_apart else self.transaction.rows():
            while True:
                counted = self._db.execute(_NEXT, _next(now, clock, account.id)).fetchone()
                if counted is None:
                    raise AccountGoneError
                ordinal, created, before, epoch = counted
                number = ordinal, new_id(account, ordinal)
                if created != before:
                    job = make(*number, created - now)
                    if self._db.add_job(self._row(job), epoch):
                        return job
                    continue
                with self.transaction.rows():
                    job = make(*number, self._free(account.id, now, clock) - now)
                    if self._db.add_job(self._row(job), epoch):
                        return job

    def _free(self, account: int, ms: int, clock: int) -> int:
        """The first free instant from ``ms`` on, where there are later ones that are taken.

        The account's counters are locked until the transaction ends. See ``_free_instant`` of the
        embedded store, and ``_INSTANT``.
        """
        sql = "SELECT created, burst_first, burst_last, clock FROM counters WHERE account = ?"
        found = self._db.execute(f"{sql}{self.dialect.lock}", (account,)).fetchone()
        created, first, last, known = map(int, found)
        ms = max(ms, last + 1) if known >= clock else ms
        if not first <= ms <= last + 1:
            first, last = ms, ms - 1
        free = last + 1
        sql = "SELECT 1 FROM jobs WHERE account = ? AND created = ?"
        while free <= created and self._db.execute(sql, (account, free)).fetchone() is not None:
            free += 1
        self._db.execute(
            "UPDATE counters SET burst_first = ?, burst_last = ?, created = ?, clock = ?"
            " WHERE account = ?",
            (first, free, max(created, free), max(known, clock), account),
        )
        return free

    def find(self, find: Find) -> tuple[list[int], int]:
        """As in the embedded store, in one statement: the jobs are remembered for a moment."""
        of_all = find.before is None or not find.total_before
        counted: str = "NULL"
        of_whom: tuple[int, ...] = ()
        if of_all and find.account is not None and not find.filters:
            counted, of_whom = _STORED, (find.account, find.now)
        sql, values = self._page(f"{rows.COLUMNS}, {counted}", find)
        found = self._db.execute(sql, (*of_whom, *values)).fetchall()
        self._found = {row[0]: row[:-1] for row in found}
        ids = list(self._found)
        if found and found[0][-1] is not None and len(ids) == find.limit:
            return ids, found[0][-1]
        return ids, self._total(find, ids)

    def by_ids(self, ids: Sequence[int]) -> list[Job]:
        """As in the embedded store; those of the last find need not be read again."""
        known, self._found = self._found, {}
        missing = [id for id in ids if id not in known]
        if missing:
            given = ", ".join(map(str, missing))
            found = self._db.execute(f"{ALL_JOBS} WHERE id IN ({given})").fetchall()
            known |= {row[0]: row for row in found}
        return [rows.job(known[id]) for id in ids if id in known]


class SharedControlRows(ControlRows):
    """Faults, whose counts belong to all processes."""

    def fault_counts(self, ids: Sequence[str]) -> dict[str, tuple[int, int]]:
        if not ids:
            return {}
        lock = self._dialect.lock if self.transaction.open else ""
        marks = ", ".join("?" * len(ids))
        found = self._db.execute(
            f"SELECT id, matched, applied FROM faults WHERE id IN ({marks})"
            f" ORDER BY position{lock}",
            tuple(ids),
        )
        return {id: (matched, applied) for id, matched, applied in found.fetchall()}


_ALL_TABLES = " UNION ALL ".join(
    f"SELECT 1 FROM {table} WHERE 1 = 0"
    for table in re.findall(r"CREATE TABLE (\w+)", database.SCHEMA + shared_database.SCHEMA)
)
# The instant of a submission: the one asked for. Behind the last submission's, however, unless a
# clock was turned since: time does not go back by itself, but who read it first may come second.
_INSTANT = "CASE WHEN clock >= ? AND burst_last >= ? THEN burst_last + 1 ELSE ? END"
# `burst_last` is the last submission's instant, and all from `burst_first` to it are taken. Where
# `created` stays, there are later ones, and the instant is still to be found.
_NEXT = (
    "UPDATE counters SET ordinal = ordinal + 1, previous = created,"
    f" created = CASE WHEN created < {_INSTANT} THEN {_INSTANT} ELSE created END,"
    f" burst_first = CASE WHEN created < {_INSTANT} AND burst_last + 1 <> {_INSTANT}"
    f" THEN {_INSTANT} ELSE burst_first END,"
    f" burst_last = CASE WHEN created < {_INSTANT} THEN {_INSTANT} ELSE burst_last END,"
    f" clock = CASE WHEN created < {_INSTANT} AND clock < ? THEN ? ELSE clock END"
    " WHERE account = ? RETURNING ordinal, created, previous, epoch"
)


def _next(now: int, clock: int, account: int) -> tuple[int, ...]:
    """The values of ``_NEXT``."""
    return (*(clock, now, now) * _NEXT.count(_INSTANT), clock, clock, account)


_STORED = "(SELECT stored FROM counters WHERE counters.account = ? AND counters.visible <= ?)"
_COUNT_ANEW = (
    "UPDATE counters SET stored = 0, ordinal = 0, created = -1, visible = -1, burst_first = 0,"
    " burst_last = -1, epoch = epoch + 1 WHERE account = ?"
)
_LOCK_COUNTERS = "UPDATE counters SET stored = stored WHERE account = ?"
# The last of the jobs may have been deleted since it was counted.
_RECOUNT = (
    "UPDATE counters SET stored = ?, ordinal = CASE WHEN ordinal > ? THEN ordinal ELSE ? END,"
    " created = ?, visible = ?, burst_first = 0, burst_last = -1 WHERE account = ?"
)
