"""Facts in a database: what the fake knows, kept as it is acknowledged.

Stored are the facts of a job and the columns that a find filters by (page, Job Find), never the
58 keys of a record, which are rendered from the facts. What processes share: ``shared/store.py``.
"""

from __future__ import annotations

import weakref
from bisect import insort
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..clock.clock import ClockState, Wall
from ..jobs.lifecycle import Job
from . import job_rows as rows
from .account import COUNT, Account, AccountPlan, JobCounts, every, new_id, number_key, total
from .changes import ACCOUNT, CLOCK, EVERYTHING, NOBODY, Changes
from .control_rows import ControlRows
from .data_file import DataFile
from .database import KEEP, StoreError, connect
from .dialect import FILE, MEMORY, Dialect
from .inherited import leave_open_in_children
from .job_reads import JobReads
from .transactions import Transactions

if TYPE_CHECKING:
    from .driver import Database
    from .shared.journal_rows import JournalRows

#: Makes a job of its number in the account, its id and by how many ms its timestamp is late.
Make = Callable[[int, int, int], Job]


class Store(JobReads):
    """All that the fake knows, in memory or in a file of its own. One thread uses it at a time.

    What changes something raises ``NotStoredError`` if that can't be stored, and changes nothing.
    """

    #: Whether other processes use the same data.
    is_shared = False
    #: Whether no other process used them when this one came.
    alone = True
    #: Whether the database is the parent's of this process, which was forked.
    is_parents = False

    def __init__(self, path: Path | None = None) -> None:
        """Open ``path``, or a store in memory. Raises :class:`StoreError`."""
        self._use(connect(path), path, MEMORY if path is None else FILE)
        where = "the store in memory" if path is None else f"data file {path}"
        self.transaction = Transactions(self._db, self.dialect, where, self.file)
        self.control = ControlRows(self._db, self.dialect, self.transaction)
        self._load(f"data file {path}")

    def _use(self, db: Database, path: Path | None, dialect: Dialect) -> None:
        self._db, self.dialect = db, dialect
        #: Closes the database, once; also when an application is dropped without being closed.
        self.close = weakref.finalize(self, db.close)
        leave_open_in_children(self)
        # A cursor made anew for each statement would cost a tenth of a submission.
        self._inserting, self._finding = db.cursor(), db.cursor()
        self.file = DataFile(db, path, shared=self.is_shared)
        #: Where changes are noted for other processes; here there are none.
        self._changes: Changes = NOBODY
        self._accounts: dict[int, Account] = {}
        self._by_name: dict[str, Account] = {}

    def _load(self, what: str) -> None:
        try:
            self._read()()
        except (self._db.Error, UnicodeError) as problem:
            self._db.close()
            raise StoreError(f"{what} can't be used: {problem}") from problem

    def turn(self) -> AbstractContextManager[object]:
        """A block during which no other process changes anything but by submitting jobs; memory
        is up to date when it begins. What reads memory and changes by that is one, and what reads
        everybody's jobs, whose accounts are in memory."""
        return nullcontext()

    def follow(self) -> None:
        """Let memory follow what other processes have changed."""

    def check(self) -> None:
        """See that the database is there and whole. Raises ``NotStoredError``."""

    def journal_rows(self, max_bytes: int) -> JournalRows | None:
        """Where several processes keep one journal; ``None``: in memory."""
        return None

    def on_change(self, take: Callable[[str, int | None], None]) -> None:
        """Have ``take`` called with what another process has changed, and whose that is."""

    def wall(self, wall: Wall) -> Wall:
        """The source of time, where ``wall`` is the machine's."""
        return wall

    @property
    def conflict(self) -> type[Exception]:
        """Raised for rows that contradict each other."""
        return self._db.IntegrityError

    def _read(self) -> Callable[[], None]:
        """Read accounts and counts; the function that is returned makes them those of memory."""
        # What was rendered for the accounts of before must not be taken for that of these.
        epoch = 1 + max((account.epoch for account in self._accounts.values()), default=0)
        accounts = every(self._db)
        for account in accounts.values():
            account.epoch = epoch
            self._recount(account)()

        def remember() -> None:
            self._accounts = accounts
            self._by_name = {account.username: account for account in accounts.values()}

        return remember

    def setting(self, key: str, make: Callable[[], str]) -> str:
        """A value kept under ``key``, made and kept when there is none."""
        sql = "SELECT value FROM meta WHERE key = ?"
        row = self._db.execute(sql, (key,)).fetchone()
        if row is None:
            with self.turn():  # another process may have made it by now
                row = self._db.execute(sql, (key,)).fetchone() or (make(),)
                self.keep(key, row[0])
        return str(row[0])

    def keep(self, key: str, value: str) -> None:
        """Keep a value under ``key``."""
        with self.transaction():
            self._changes.note(EVERYTHING)
            self._db.execute(KEEP, (key, value))

    def clocks(self) -> dict[int | None, ClockState]:
        """The clocks kept; ``None`` is the shared one."""
        rows = self._db.execute("SELECT account, shift, frozen, auto FROM clocks")
        return {row[0] or None: ClockState(row[1], row[2], bool(row[3])) for row in rows}

    def clock(self, account: int | None) -> ClockState | None:
        """One of the clocks kept."""
        sql = "SELECT shift, frozen, auto FROM clocks WHERE account = ?"
        row = self._db.execute(sql, (account or 0,)).fetchone()
        return None if row is None else ClockState(row[0], row[1], bool(row[2]))

    def keep_clock(self, account: int | None, state: ClockState | None) -> None:
        """Keep a clock, or forget it (``None``)."""
        key = account or 0
        with self.transaction():
            self._changes.note(CLOCK, account)
            self._db.execute("DELETE FROM clocks WHERE account = ?", (key,))
            if state is not None:
                self._db.execute("INSERT INTO clocks VALUES (?, ?, ?, ?)", (key, *state))

    # Accounts

    def accounts(self) -> list[Account]:
        """Every account, oldest first."""
        return list(self._accounts.values())

    def account(self, username: str) -> Account | None:
        """The account of that name."""
        return self._by_name.get(username)

    def account_by_id(self, account: int) -> Account | None:
        """The account of that id."""
        return self._accounts.get(account)

    def put_account(
        self, username: str, password: str, plan: AccountPlan, name: str | None = None
    ) -> Account:
        """Make an account, or give the one of that name another (digested) password and plan."""
        account = self._by_name.get(username)
        with self.transaction():
            if account is None:
                id = self._new_account(username, password, plan, name)
                account = Account(id, username, password, plan, name)
            else:
                sql = "UPDATE accounts SET password = ?, plan = ?, name = ? WHERE id = ?"
                self._db.execute(sql, (password, plan, name, account.id))
            self._changes.note(ACCOUNT, account.id)
            self.transaction.then(partial(self._remember, account, password, plan, name))
        return account

    def _new_account(self, *values: str | None) -> int:
        return int(self._db.execute(_NEW_ACCOUNT, values).fetchone()[0])

    def _remember(
        self, account: Account, password: str, plan: AccountPlan, name: str | None
    ) -> None:
        account.password, account.plan, account.name = password, plan, name
        account.outdate()
        self._accounts[account.id] = self._by_name[account.username] = account

    def has_had(self, username: str) -> bool:
        """Whether there is, or ever was, an account of that name."""
        removed = self._db.execute("SELECT 1 FROM removed WHERE username = ?", (username,))
        return username in self._by_name or removed.fetchone() is not None

    def is_new(self) -> bool:
        """Whether no fake has begun on it: the first one's seed is kept."""
        return not self._db.execute("SELECT 1 FROM meta WHERE key = 'seed'").fetchone()

    def revoke_tokens(self, account: Account, at: int) -> None:
        """Invalidate, from ``at`` (ms) on, the tokens issued before it; earlier moments stay."""
        with self.transaction():
            sql = "INSERT INTO revocations VALUES (?, ?) ON CONFLICT DO NOTHING"
            added = self._db.execute(sql, (account.id, at)).rowcount
            if added:
                self._changes.note(ACCOUNT, account.id)
                self.transaction.then(partial(insort, account.revoked, at))

    def drop_account(self, account: Account) -> None:
        """Forget an account with all that is its own, but not that there was one."""
        with self.transaction():
            self._changes.note(ACCOUNT, account.id)
            self._forget(account)
            self._db.execute("DELETE FROM accounts WHERE id = ?", (account.id,))
            sql = "INSERT INTO removed VALUES (?) ON CONFLICT DO NOTHING"
            self._db.execute(sql, (account.username,))
            self.transaction.then(partial(self._accounts.pop, account.id))
            self.transaction.then(partial(self._by_name.pop, account.username))

    def reset(self, account: Account) -> None:
        """Delete an account's jobs and clock. Tokens stay valid; job numbering restarts at 1."""
        with self.transaction():
            self._changes.note(ACCOUNT, account.id)
            self._forget(account)
            self.transaction.then(partial(_start_again, account))

    def _forget(self, account: Account) -> None:
        self._forget_jobs(account)
        self._changes.note(CLOCK, account.id)
        for table in ("revocations", "clocks"):
            self._db.execute(f"DELETE FROM {table} WHERE account = ?", (account.id,))

    def restore(
        self,
        accounts: Iterable[Account],
        jobs: Iterable[Job],
        clocks: Mapping[int | None, ClockState],
        settings: Mapping[str, str] | None = None,
    ) -> None:
        """Have these accounts, with these jobs and clocks, in place of those of their ids.

        An account's next job comes after its last one and after ``counts.ordinal``.
        With ``settings`` they replace everything, what the control API set among it. Raises
        :attr:`conflict`, and ``OverflowError`` on a number of more than 64 bits.
        """
        with self.transaction():
            self._changes.note(EVERYTHING)
            if settings is not None:
                self._db.execute(_REMOVE_ALL)
                for table in _OF_ACCOUNTS:
                    self._db.execute(f"DELETE FROM {table}")
                for key, value in settings.items():
                    self.keep(key, value)
            for each in accounts:
                self._forget_jobs(each)
                self._keep_number(each, each.counts.ordinal)
                self.keep_clock(each.id, None)
                self._db.execute("DELETE FROM accounts WHERE id = ?", (each.id,))
                self._db.execute(
                    "INSERT INTO accounts (id, username, password, plan, name)"
                    " VALUES (?, ?, ?, ?, ?)",
                    (each.id, each.username, each.password, each.plan, each.name),
                )
                self._db.execute("DELETE FROM revocations WHERE account = ?", (each.id,))
                self._db.executemany(
                    "INSERT INTO revocations VALUES (?, ?)",
                    [(each.id, at) for at in dict.fromkeys(each.revoked)],
                )
            for statement in self.dialect.imported:
                self._db.execute(statement)
            for job in jobs:
                self._insert(job)
            for account, state in clocks.items():
                self.keep_clock(account, state)
            self.transaction.then(self._read())

    def _forget_jobs(self, account: Account) -> None:
        sql = "DELETE FROM folders WHERE job IN (SELECT id FROM jobs WHERE account = ?)"
        self._db.execute(sql, (account.id,))
        self._db.execute("DELETE FROM jobs WHERE account = ?", (account.id,))
        self._db.execute("DELETE FROM meta WHERE key = ?", (number_key(account.id),))

    def counts(self, account: int | None = None) -> JobCounts:
        if account is not None:
            return self._accounts[account].counts
        return total(each.counts for each in self._accounts.values())

    def _recount(self, account: Account) -> Callable[[], None]:
        """Count the account's jobs; the function that is returned remembers how many."""
        found = self._db.execute(COUNT, (number_key(account.id), account.id)).fetchone()
        counts = JobCounts.of(account.id, found)
        counts.ordinal = max(account.counts.ordinal, counts.ordinal)
        return partial(setattr, account, "counts", counts)

    # Jobs

    def submit(self, account: Account, now: int, make: Make) -> Job:
        """Store the new job of ``now`` (ms) that ``make`` makes; it is kept on return."""
        ordinal = account.counts.ordinal + 1
        late = self._free_instant(account, now) - now
        job = make(ordinal, new_id(account, ordinal), late)
        if self.file.is_due():
            with self.transaction():
                self.file.look_after()
        try:
            self._insert(job)  # one statement, since a new job lies in no folder
        except self._db.Error as problem:
            raise self.transaction.refusal(problem) from problem
        if self.transaction.open:
            self.transaction.then(partial(account.counts.add, job))
        else:
            account.counts.add(job)
        return job

    def _free_instant(self, account: Account, ms: int) -> int:
        """The first millisecond from ``ms`` on that is no job's timestamp in the account.

        A timestamp is the cursor of find: of two jobs with the same one, a page that ends between
        them would lose the second (page, Job Find: ``timestamp_smaller_than``).
        """
        if ms > account.counts.created:
            return ms
        first, last = account.burst
        if not first <= ms <= last:
            first, last = ms, ms - 1
        free, newest = last + 1, account.counts.created
        sql = "SELECT 1 FROM jobs WHERE account = ? AND created = ?"
        while free <= newest and self._db.execute(sql, (account.id, free)).fetchone():
            free += 1
        account.burst = (first, free)
        return free

    def put(self, jobs: Iterable[Job]) -> None:
        """Store jobs as they are, new ones and changed ones alike."""
        with self.transaction():
            touched: dict[int, Account] = {}
            for job in jobs:
                touched[job.account] = self._accounts[job.account]
                self._changes.note(ACCOUNT, job.account)
                self._db.execute("DELETE FROM jobs WHERE id = ?", (job.id,))
                self._db.execute("DELETE FROM folders WHERE job = ?", (job.id,))
                self._insert(job)
            for account in touched.values():
                self._count_again(account)
                self.transaction.then(account.outdate)

    def drop(self, job: Job) -> None:
        """Forget a job. Its number in the account is not given to another one."""
        account = self._accounts[job.account]
        with self.transaction():
            self._changes.note(ACCOUNT, account.id)
            self._db.execute("DELETE FROM folders WHERE job = ?", (job.id,))
            self._db.execute("DELETE FROM jobs WHERE id = ?", (job.id,))
            self._keep_number(account, self.counts(account.id).ordinal)
            self._one_less(account)
            self.transaction.then(account.outdate)

    def _keep_number(self, account: Account, last: int) -> None:
        self._db.execute(KEEP, (number_key(account.id), str(last)))

    def _count_again(self, account: Account) -> None:
        self.transaction.then(self._recount(account))

    def _one_less(self, account: Account) -> None:
        self.transaction.then(account.counts.drop)

    def _row(self, job: Job) -> tuple[Any, ...]:
        return (*rows.row(job), *self.dialect.derived(job.prompt))

    def _insert(self, job: Job) -> None:
        self._inserting.execute(self.dialect.new_job, self._row(job))
        if job.folders:
            held = [(job.id, folder) for folder in dict.fromkeys(job.folders)]
            self._db.executemany("INSERT INTO folders VALUES (?, ?)", held)


def _start_again(account: Account) -> None:
    account.revoked, account.burst, account.counts = [], (0, -1), JobCounts()
    account.outdate()


#: The tables that hold something of accounts, or of what they share.
_OF_ACCOUNTS = (
    "folders", "jobs", "clocks", "revocations", "profiles", "faults", "scenarios", "accounts",
)  # fmt: skip
#: (WHERE true: SQLite would take ON for a join's.)
_REMOVE_ALL = "INSERT INTO removed SELECT username FROM accounts WHERE true ON CONFLICT DO NOTHING"
_NEW_ACCOUNT = (
    "INSERT INTO accounts (username, password, plan, name) VALUES (?, ?, ?, ?) RETURNING id"
)
ALL_ACCOUNTS = "SELECT id, username, password, plan, name FROM accounts"
