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
from functools import partial
from pathlib import Path

from ..clock.clock import ClockState
from ..jobs.lifecycle import Job
from . import job_query as conditions
from . import job_rows as rows
from .account import Account, AccountPlan, JobCounts
from .control_rows import ControlRows
from .data_file import DataFile
from .database import StoreError, connect
from .ids import first_id
from .job_query import Find
from .transactions import Transactions

#: Makes a job of its number in the account, its id and by how many ms its timestamp is late.
Make = Callable[[int, int, int], Job]


class Store:
    """All that the fake knows. One thread uses it at a time.

    Whatever changes something raises ``NotStoredError`` where that can't be stored, and has then
    changed nothing.
    """

    def __init__(self, path: Path | None = None) -> None:
        """Open ``path``, or a store in memory. Raises :class:`StoreError`."""
        self._db = connect(path)
        #: Closes the file, once; also when the store is dropped, as an unclosed application does.
        self.close = weakref.finalize(self, self._db.close)
        # A cursor made anew for each statement would cost a tenth of a submission.
        self._inserting, self._finding = self._db.cursor(), self._db.cursor()
        #: Several changes as one, and what follows in memory: see ``transactions.py``.
        self.file = DataFile(self._db, path)
        self.transaction = Transactions(self._db, path, self.file)
        self.control = ControlRows(self._db, self.transaction)
        self._accounts: dict[int, Account] = {}
        try:
            self._read()()
        except (sqlite3.Error, UnicodeError) as problem:
            self._db.close()
            raise StoreError(f"data file {path} can't be used: {problem}") from problem

    def _read(self) -> Callable[[], None]:
        """Read accounts and counts; the function that is returned makes them those of memory."""
        # What was rendered for the accounts of before must not be taken for that of these.
        epoch = 1 + max((account.epoch for account in self._accounts.values()), default=0)
        accounts = {row[0]: Account(*row) for row in self._db.execute(_ALL_ACCOUNTS)}
        for id, at in self._db.execute("SELECT account, at FROM revocations ORDER BY account, at"):
            accounts[id].revoked.append(at)
        for account in accounts.values():
            account.epoch = epoch
            self._counts(account)()

        def remember() -> None:
            self._accounts = accounts
            self._by_name = {account.username: account for account in accounts.values()}

        return remember

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
        with self.transaction():
            self._db.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (key, value))

    def clocks(self) -> dict[int | None, ClockState]:
        """The clocks kept; ``None`` is the shared one."""
        rows = self._db.execute("SELECT account, shift, frozen, auto FROM clocks")
        return {row[0] or None: ClockState(row[1], row[2], bool(row[3])) for row in rows}

    def keep_clock(self, account: int | None, state: ClockState | None) -> None:
        """Keep a clock, or forget it (``None``)."""
        key = account or 0
        with self.transaction():
            self._db.execute("DELETE FROM clocks WHERE account = ?", (key,))
            if state is not None:
                row = (key, state.offset, state.frozen, state.auto)
                self._db.execute("INSERT INTO clocks VALUES (?, ?, ?, ?)", row)

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
        with self.transaction():
            self._db.execute(
                "INSERT INTO accounts (username, password, plan, name) VALUES (?, ?, ?, ?)"
                " ON CONFLICT (username) DO UPDATE SET password = excluded.password,"
                " plan = excluded.plan, name = excluded.name",
                (username, password, plan, name),
            )
            row = self._db.execute(f"{_ALL_ACCOUNTS} WHERE username = ?", (username,)).fetchone()
            account = self._by_name.get(username) or Account(*row)
            self.transaction.then(partial(self._remember, account, *row[2:]))
        return account

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

    def revoke_tokens(self, account: Account, at: int) -> None:
        """Void, from ``at`` (ms) on, the tokens issued before it, besides what is void already."""
        with self.transaction():
            added = self._db.execute(
                "INSERT OR IGNORE INTO revocations VALUES (?, ?)", (account.id, at)
            ).rowcount
            if added:
                self.transaction.then(partial(insort, account.revoked, at))

    def drop_account(self, account: Account) -> None:
        """Forget an account with all that is its own, but not that there was one."""
        with self.transaction():
            self._forget(account)
            self._db.execute("DELETE FROM accounts WHERE id = ?", (account.id,))
            self._db.execute("INSERT OR IGNORE INTO removed VALUES (?)", (account.username,))
            self.transaction.then(partial(self._accounts.pop, account.id))
            self.transaction.then(partial(self._by_name.pop, account.username))

    def reset(self, account: Account) -> None:
        """Forget an account's jobs and clock, void no token; its next job is its first again."""
        with self.transaction():
            self._forget(account)
            self.transaction.then(partial(_start_again, account))

    def _forget(self, account: Account) -> None:
        self._forget_jobs(account)
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

        With ``settings`` they replace everything, what the control API set among it. Raises
        ``sqlite3.IntegrityError``, and ``OverflowError`` on a number of more than 64 bits.
        """
        with self.transaction():
            if settings is not None:
                self._db.execute("INSERT OR IGNORE INTO removed SELECT username FROM accounts")
                for table in _OF_ACCOUNTS:
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
            self.transaction.then(self._read())

    def _forget_jobs(self, account: Account) -> None:
        self._db.execute(
            "DELETE FROM folders WHERE job IN (SELECT id FROM jobs WHERE account = ?)",
            (account.id,),
        )
        self._db.execute("DELETE FROM jobs WHERE account = ?", (account.id,))

    def _counts(self, account: Account) -> Callable[[], None]:
        """Count the account's jobs; the function that is returned remembers how many."""
        stored, last, created, visible = self._db.execute(
            "SELECT count(*), max(id), max(created), max(visible) FROM jobs WHERE account = ?",
            (account.id,),
        ).fetchone()
        if not stored:
            return lambda: None
        visible = -1 if visible is None else visible
        # The last of the jobs may have been deleted since it was counted.
        ordinal = max(account.counts.ordinal, last - first_id(account.id) + 1)
        counts = JobCounts(stored, ordinal, created, visible)
        return partial(setattr, account, "counts", counts)

    # Jobs

    def submit(self, account: Account, now: int, make: Make) -> Job:
        """Store the new job of ``now`` (ms) that ``make`` makes; it is kept on return."""
        ordinal = account.counts.ordinal + 1
        late = self._free_instant(account, now) - now
        job = make(ordinal, first_id(account.id) + ordinal - 1, late)
        if self.file.is_due():
            with self.transaction():
                self.file.look_after()
        try:
            self._insert(job)  # one statement, since a new job lies in no folder
        except sqlite3.Error as problem:
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
        with self.transaction():
            touched: dict[int, Account] = {}
            for job in jobs:
                touched[job.account] = self._accounts[job.account]
                self._db.execute("DELETE FROM jobs WHERE id = ?", (job.id,))
                self._db.execute("DELETE FROM folders WHERE job = ?", (job.id,))
                self._insert(job)
            for account in touched.values():
                self.transaction.then(self._counts(account))
                self.transaction.then(account.outdate)

    def drop(self, job: Job) -> None:
        """Forget a job. Its number in the account is not given to another one."""
        account = self._accounts[job.account]
        with self.transaction():
            self._db.execute("DELETE FROM folders WHERE job = ?", (job.id,))
            self._db.execute("DELETE FROM jobs WHERE id = ?", (job.id,))
            self.transaction.then(account.counts.drop)
            self.transaction.then(account.outdate)

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

    def found(self, find: Find) -> list[Job]:
        """The jobs that match, in order."""
        where, values = conditions.where(find, cursor=True)
        found = self._db.execute(f"{_ALL_JOBS}{where} ORDER BY created DESC, id DESC", values)
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


def _start_again(account: Account) -> None:
    account.revoked, account.burst, account.counts = [], (0, -1), JobCounts()
    account.outdate()


#: The tables that hold something of accounts, or of what they share.
_OF_ACCOUNTS = (
    "folders", "jobs", "clocks", "revocations", "profiles", "faults", "scenarios", "accounts",
)  # fmt: skip
_NEW_JOB = f"INSERT INTO jobs VALUES ({', '.join('?' * 12)})"
_ALL_ACCOUNTS = "SELECT id, username, password, plan, name FROM accounts"
_ALL_JOBS = f"SELECT {rows.COLUMNS} FROM jobs"
