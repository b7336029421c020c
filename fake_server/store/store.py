"""Facts in SQLite: what the fake knows, kept as it is acknowledged.

Stored are the facts of a job and the columns that a find filters by (page, Job Find), never the
58 keys of a record, which are rendered from the facts. SQL stays plain, so that another database
can stand here one day.
"""

from __future__ import annotations

import sqlite3
import weakref
from bisect import insort
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from ..clock.clock import ClockState
from ..jobs.lifecycle import Job
from . import job_query as conditions
from . import job_rows as rows
from .database import StoreError, connect
from .ids import first_id
from .job_query import Find

AccountPlan = Literal["unlimited", "none"]

#: Makes a job of its number in the account, its id and by how many ms its timestamp is late.
Make = Callable[[int, int, int], Job]


@dataclass(slots=True)
class JobCounts:
    """What is remembered of an account's jobs, so that it need not be counted.

    ``stored`` is how many there are, ``ordinal`` the number of the last one, ``created`` the time
    of the latest (ms) and ``visible`` when the last that hides will be found (ms).
    """

    stored: int = 0
    ordinal: int = 0
    created: int = -1
    visible: int = -1

    def add(self, job: Job) -> None:
        """Count one more job."""
        self.stored += 1
        self.ordinal += 1
        self.created = max(self.created, job.timestamp)
        if job.visible is not None:
            self.visible = max(self.visible, job.visible)


@dataclass(slots=True)
class Account:
    """An account, which is a sandbox: it has its own jobs, clock and faults.

    ``revoked`` are moments (ms, in order): from each on, the tokens issued before it are void.
    ``epoch`` grows whenever what was rendered for the account may no longer hold. ``burst`` is the
    last run of milliseconds with a job in each.
    """

    id: int
    username: str
    password: str
    plan: AccountPlan
    name: str | None = None
    revoked: list[int] = field(default_factory=list)
    epoch: int = 0
    burst: tuple[int, int] = (0, -1)
    counts: JobCounts = field(default_factory=JobCounts)


class Store:
    """All that the fake knows. One thread uses it at a time."""

    def __init__(self, path: Path | None = None) -> None:
        """Open ``path``, or a store in memory. Raises :class:`StoreError`."""
        self._db = connect(path)
        #: Closes the file, once; also when the store is dropped, as an unclosed application does.
        self.close = weakref.finalize(self, self._db.close)
        # A cursor made anew for each statement would cost a tenth of a submission.
        self._inserting, self._finding = self._db.cursor(), self._db.cursor()
        self._in_memory = path is None
        try:
            self._load()
        except (sqlite3.Error, UnicodeError) as problem:
            self._db.close()
            raise StoreError(f"data file {path} can't be used: {problem}") from problem

    def _load(self) -> None:
        self._accounts = {row[0]: Account(*row) for row in self._db.execute(_ALL_ACCOUNTS)}
        for id, at in self._db.execute("SELECT account, at FROM revocations ORDER BY account, at"):
            self._accounts[id].revoked.append(at)
        for account in self._accounts.values():
            self._count(account)
        self._by_name = {account.username: account for account in self._accounts.values()}

    # What belongs to the whole fake

    def setting(self, key: str, make: Callable[[], str]) -> str:
        """A value kept under ``key``, made and kept when there is none."""
        row = self._db.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
        if row is not None:
            return str(row[0])
        value = make()
        self.keep(key, value)
        return value

    def keep(self, key: str, value: str) -> None:
        """Keep a value under ``key``."""
        self._db.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (key, value))

    def clocks(self) -> dict[int | None, ClockState]:
        """The clocks kept; ``None`` is the shared one."""
        rows = self._db.execute("SELECT account, shift, frozen, auto FROM clocks")
        return {row[0] or None: ClockState(row[1], row[2], bool(row[3])) for row in rows}

    def keep_clock(self, account: int | None, state: ClockState | None) -> None:
        """Keep a clock, or forget it (``None``)."""
        key = account or 0
        if state is None:
            self._db.execute("DELETE FROM clocks WHERE account = ?", (key,))
        else:
            row = (key, state.offset, state.frozen, state.auto)
            self._db.execute("INSERT OR REPLACE INTO clocks VALUES (?, ?, ?, ?)", row)

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
        self._db.execute(
            "INSERT INTO accounts (username, password, plan, name) VALUES (?, ?, ?, ?)"
            " ON CONFLICT (username) DO UPDATE SET password = excluded.password,"
            " plan = excluded.plan, name = excluded.name",
            (username, password, plan, name),
        )
        known = self._by_name.get(username)
        if known is not None:
            known.password, known.plan, known.name = password, plan, name
            known.epoch += 1
            return known
        row = self._db.execute(f"{_ALL_ACCOUNTS} WHERE username = ?", (username,)).fetchone()
        account = Account(*row)
        self._accounts[account.id] = self._by_name[username] = account
        return account

    def revoke_tokens(self, account: Account, at: int) -> None:
        """Void, from ``at`` (ms) on, the tokens issued before it, besides what is void already."""
        added = self._db.execute(
            "INSERT OR IGNORE INTO revocations VALUES (?, ?)", (account.id, at)
        ).rowcount
        if added:
            insort(account.revoked, at)

    def drop_account(self, account: Account) -> None:
        """Forget an account with all that is its own."""
        with self._transaction():
            self._forget_jobs(account)
            self._db.execute("DELETE FROM clocks WHERE account = ?", (account.id,))
            self._db.execute("DELETE FROM revocations WHERE account = ?", (account.id,))
            self._db.execute("DELETE FROM accounts WHERE id = ?", (account.id,))
        del self._accounts[account.id], self._by_name[account.username]

    def reset(self, account: Account) -> None:
        """Forget an account's jobs and clock, void no token; its next job is its first again."""
        with self._transaction():
            self._forget_jobs(account)
            self._db.execute("DELETE FROM revocations WHERE account = ?", (account.id,))
            self._db.execute("DELETE FROM clocks WHERE account = ?", (account.id,))
        account.revoked, account.burst, account.counts = [], (0, -1), JobCounts()
        account.epoch += 1

    def restore(
        self,
        accounts: Iterable[Account],
        jobs: Iterable[Job],
        clocks: Mapping[int | None, ClockState],
        settings: Mapping[str, str] | None = None,
    ) -> None:
        """Have these accounts, with these jobs and clocks, in place of those of their ids.

        With ``settings`` they replace everything. Raises ``sqlite3.IntegrityError``,
        and ``OverflowError`` on a number of more than 64 bits.
        """
        with self._transaction():
            if settings is not None:
                for table in ("folders", "jobs", "clocks", "revocations", "accounts"):
                    self._db.execute(f"DELETE FROM {table}")
                for key, value in settings.items():
                    self.keep(key, value)
            for each in accounts:
                self._forget_jobs(each)
                self.keep_clock(each.id, None)
                self._db.execute(
                    "INSERT OR REPLACE INTO accounts (id, username, password, plan, name)"
                    " VALUES (?, ?, ?, ?, ?)",
                    (each.id, each.username, each.password, each.plan, each.name),
                )
                self._db.execute("DELETE FROM revocations WHERE account = ?", (each.id,))
                self._db.executemany(
                    "INSERT OR IGNORE INTO revocations VALUES (?, ?)",
                    [(each.id, at) for at in each.revoked],
                )
            for job in jobs:
                self._insert(job)
            for account, state in clocks.items():
                self.keep_clock(account, state)
        self._load()

    def _forget_jobs(self, account: Account) -> None:
        self._db.execute(
            "DELETE FROM folders WHERE job IN (SELECT id FROM jobs WHERE account = ?)",
            (account.id,),
        )
        self._db.execute("DELETE FROM jobs WHERE account = ?", (account.id,))

    def _count(self, account: Account) -> None:
        """Tally the account's jobs anew."""
        stored, last, created, visible = self._db.execute(
            "SELECT count(*), max(id), max(created), max(visible) FROM jobs WHERE account = ?",
            (account.id,),
        ).fetchone()
        if stored:
            visible = -1 if visible is None else visible
            account.counts = JobCounts(stored, last - first_id(account.id) + 1, created, visible)

    # Jobs

    def submit(self, account: Account, now: int, make: Make) -> Job:
        """Store the new job of ``now`` (ms) that ``make`` makes; it is kept on return."""
        ordinal = account.counts.ordinal + 1
        late = self._free_instant(account, now) - now
        job = make(ordinal, first_id(account.id) + ordinal - 1, late)
        self._insert(job)  # one statement, since a new job lies in no folder
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
        free = last + 1
        sql = "SELECT 1 FROM jobs WHERE account = ? AND created = ?"
        while (
            free <= account.counts.created
            and self._db.execute(sql, (account.id, free)).fetchone() is not None
        ):
            free += 1
        account.burst = (first, free)
        return free

    def put(self, jobs: Iterable[Job]) -> None:
        """Store jobs as they are, new ones and changed ones alike."""
        touched: dict[int, Account] = {}
        with self._transaction():
            for job in jobs:
                touched[job.account] = self._accounts[job.account]
                self._db.execute("DELETE FROM jobs WHERE id = ?", (job.id,))
                self._db.execute("DELETE FROM folders WHERE job = ?", (job.id,))
                self._insert(job)
        for account in touched.values():
            self._count(account)
            account.epoch += 1

    def _insert(self, job: Job) -> None:
        self._inserting.execute(_NEW_JOB, rows.row(job))
        if job.folders:
            held = [(job.id, folder) for folder in dict.fromkeys(job.folders)]
            self._db.executemany("INSERT INTO folders VALUES (?, ?)", held)

    def by_hash(self, hash: str) -> Job | None:
        """The job of that hash."""
        return self._one("hash", hash)

    def by_job_id(self, job_id: str) -> Job | None:
        """The job of that job id."""
        return self._one("job_id", job_id)

    def by_id(self, id: int) -> Job | None:
        """The job of that record id."""
        return self._one("id", id)

    def _one(self, column: str, key: str | int) -> Job | None:
        found = self._db.execute(f"{_ALL_JOBS} WHERE {column} = ?", (key,)).fetchone()
        return None if found is None else rows.job(found)

    def jobs(self, account: int | None = None) -> Iterator[Job]:
        """An account's jobs, or everybody's, in the order of their ids."""
        if account is None:
            found = self._db.execute(f"{_ALL_JOBS} ORDER BY id")
        else:
            found = self._db.execute(f"{_ALL_JOBS} WHERE account = ? ORDER BY id", (account,))
        return map(rows.job, found.fetchall())

    def unfinished(self, account: int, now: int) -> list[Job]:
        """An account's jobs that have not ended at ``now``, in the order of their ids."""
        found = self._db.execute(
            f"{_ALL_JOBS} WHERE account = ? AND (ends > ? OR ends IS NULL) ORDER BY id",
            (account, now),
        )
        return [rows.job(row) for row in found.fetchall()]

    def find(self, find: Find) -> tuple[list[int], int]:
        """The record ids that match, in order, and how many match without the limit."""
        where, values = conditions.where(find, cursor=True)
        order = "created, id" if find.oldest_first else "created DESC, id DESC"
        limit = -1 if find.limit is None else find.limit
        found = self._finding.execute(
            f"SELECT id FROM jobs{where} ORDER BY {order} LIMIT ?", (*values, limit)
        )
        ids = [row[0] for row in found.fetchall()]
        return ids, self._total(find, ids)

    def _total(self, find: Find, ids: list[int]) -> int:
        """How many jobs match; they are counted only where that is not known already."""
        cursor = find.before is not None and find.total_before
        if (cursor or find.before is None) and (find.limit is None or len(ids) < find.limit):
            return len(ids)
        if not cursor and not find.filters:
            counted = [account.counts for account in self._owners(find)]
            if all(counts.visible <= find.now for counts in counted):
                return sum(counts.stored for counts in counted)
        where, values = conditions.where(find, cursor=cursor)
        (total,) = self._db.execute(f"SELECT count(*) FROM jobs{where}", values).fetchone()
        return int(total)

    def _owners(self, find: Find) -> Iterable[Account]:
        """Whose jobs a find looks through."""
        if find.account is None:
            return self._accounts.values()
        return [self._accounts[find.account]]

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        """All or nothing, kept on leaving: the outermost savepoint of a file is a commit."""
        self._db.execute("SAVEPOINT work")
        try:
            yield
            self._db.execute("RELEASE work")
        except BaseException:
            if self._in_memory:
                self._db.execute("ROLLBACK TO work")
                self._db.execute("RELEASE work")
            elif self._db.in_transaction:
                self._db.execute("ROLLBACK")
            raise


_NEW_JOB = f"INSERT INTO jobs VALUES ({', '.join('?' * 12)})"
_ALL_ACCOUNTS = "SELECT id, username, password, plan, name FROM accounts"
_ALL_JOBS = f"SELECT {rows.COLUMNS} FROM jobs"
