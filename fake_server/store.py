"""Facts in SQLite: in memory, or in a file that survives ``kill -9``.

Stored are the facts of a job and the columns that a find filters by (page, Job Find), never the
58 keys of a record, which are rendered from the facts. A statement that has returned is in the
file: the write-ahead log outlives the process, though not a loss of power.

SQL stays plain, so that another database can stand here one day.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import orjson

from .clock import ClockState
from .lifecycle import JobFacts, Kind, Plan, end

AccountPlan = Literal["unlimited", "none"]
Match = Literal["substring-any-case", "substring", "exact", "words"]

_APPLICATION = 0x53414D50  # "SAMP"
_VERSION = 1
#: Ids of jobs are this far apart from account to account: no account shows in another's ids.
_STRIDE = 1_000_000_000

_SCHEMA = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE accounts (
    id INTEGER PRIMARY KEY AUTOINCREMENT, username TEXT NOT NULL UNIQUE, password TEXT NOT NULL,
    plan TEXT NOT NULL, name TEXT, submitted INTEGER NOT NULL DEFAULT 0, revoked INTEGER
);
CREATE TABLE clocks (
    account INTEGER PRIMARY KEY, shift INTEGER NOT NULL, frozen INTEGER, auto INTEGER NOT NULL
);
CREATE TABLE jobs (
    id INTEGER PRIMARY KEY, account INTEGER NOT NULL, hash TEXT NOT NULL UNIQUE,
    job_id TEXT NOT NULL UNIQUE, created INTEGER NOT NULL, ends INTEGER, visible INTEGER,
    kind TEXT NOT NULL, service TEXT NOT NULL, prompt TEXT NOT NULL, favourite INTEGER NOT NULL,
    facts BLOB NOT NULL
);
CREATE INDEX jobs_by_time ON jobs (account, created, id, visible);
CREATE INDEX jobs_by_end ON jobs (account, ends);
CREATE TABLE folders (
    job INTEGER NOT NULL, folder TEXT NOT NULL, PRIMARY KEY (job, folder)
) WITHOUT ROWID;
"""

_COLUMNS = "id, account, hash, job_id, created, visible, kind, service, prompt, favourite, facts"


class StoreError(RuntimeError):
    """A data file that can't be used: says which and why."""


@dataclass(slots=True)
class Account:
    """An account, which is a sandbox: it has its own jobs, clock and faults.

    ``submitted`` counts its jobs; with the seed it draws their ids. Tokens issued before
    ``revoked`` (ms) are void from then on. ``epoch`` grows whenever what was rendered for the
    account may no longer hold. ``burst`` is the last run of milliseconds with a job in each.
    """

    id: int
    username: str
    password: str
    plan: AccountPlan
    name: str | None = None
    submitted: int = 0
    revoked: int | None = None
    epoch: int = 0
    burst: tuple[int, int] = (0, -1)


@dataclass(frozen=True, slots=True)
class Find:
    """The conditions of a find, all of which must hold; ``None`` is no condition.

    ``account`` ``None``: everybody's. ``before``: ms. ``now``: ms, for jobs not yet visible.
    """

    account: int | None
    now: int
    before: int | None = None
    kinds: tuple[Kind, ...] | None = None
    services: tuple[str, ...] | None = None
    prompt: str | None = None
    match: Match = "substring-any-case"
    folders: tuple[str, ...] | None = None
    favourite: bool | None = None
    hash: str | None = None
    limit: int | None = None
    oldest_first: bool = False
    total_before: bool = True


class Store:
    """All that the fake knows. One thread uses it at a time."""

    def __init__(self, path: Path | None = None) -> None:
        """Open ``path``, or a store in memory. Raises :class:`StoreError`."""
        self._path = path
        self._db = _open(path)
        self._accounts = {row[0]: Account(*row) for row in self._db.execute(_ALL_ACCOUNTS)}
        self._by_name = {account.username: account for account in self._accounts.values()}

    def close(self) -> None:
        """Let go of the file. What was acknowledged is in it already."""
        self._db.close()

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

    def revoke_tokens(self, account: Account, at: int | None) -> None:
        """Void, from ``at`` (ms) on, the tokens issued before it; ``None``: none are."""
        self._db.execute("UPDATE accounts SET revoked = ? WHERE id = ?", (at, account.id))
        account.revoked = at

    def drop_account(self, account: Account) -> None:
        """Forget an account with all that is its own."""
        with self._transaction():
            self._forget_jobs(account)
            self._db.execute("DELETE FROM clocks WHERE account = ?", (account.id,))
            self._db.execute("DELETE FROM accounts WHERE id = ?", (account.id,))
        del self._accounts[account.id], self._by_name[account.username]

    def reset(self, account: Account) -> None:
        """Forget an account's jobs and void no token; the next job is its first again."""
        with self._transaction():
            self._forget_jobs(account)
            self._db.execute(
                "UPDATE accounts SET submitted = 0, revoked = NULL WHERE id = ?", (account.id,)
            )
            self._db.execute("DELETE FROM clocks WHERE account = ?", (account.id,))
        account.submitted, account.revoked, account.burst = 0, None, (0, -1)
        account.epoch += 1

    def _forget_jobs(self, account: Account) -> None:
        self._db.execute(
            "DELETE FROM folders WHERE job IN (SELECT id FROM jobs WHERE account = ?)",
            (account.id,),
        )
        self._db.execute("DELETE FROM jobs WHERE account = ?", (account.id,))

    # Jobs

    def submit(self, account: Account, make: Callable[[int, int], JobFacts]) -> JobFacts:
        """Store a new job, made by ``make(ordinal in the account, id)``; it is kept on return."""
        ordinal = account.submitted + 1
        facts = make(ordinal, (account.id - 1) * _STRIDE + ordinal)
        created = self._free_instant(account, facts.created)
        if created != facts.created:
            facts = replace(facts, created=created)
        with self._transaction():
            self._db.execute(
                "UPDATE accounts SET submitted = ? WHERE id = ?", (ordinal, account.id)
            )
            self._insert(facts)
        account.submitted = ordinal
        return facts

    def _free_instant(self, account: Account, ms: int) -> int:
        """The first millisecond from ``ms`` on in which no job of the account was created.

        A timestamp is the cursor of find: of two jobs with the same one, a page that ends between
        them would lose the second (page, Job Find: ``timestamp_smaller_than``).
        """
        first, last = account.burst
        if not first <= ms <= last:
            first, last = ms, ms - 1
        free = last + 1
        sql = "SELECT 1 FROM jobs WHERE account = ? AND created = ?"
        while self._db.execute(sql, (account.id, free)).fetchone() is not None:
            free += 1
        account.burst = (first, free)
        return free

    def put(self, facts: Iterable[JobFacts]) -> None:
        """Store jobs as they are, new ones and changed ones alike."""
        touched = set()
        with self._transaction():
            for job in facts:
                self._db.execute("DELETE FROM jobs WHERE id = ?", (job.id,))
                self._insert(job)
                self._db.execute("DELETE FROM folders WHERE job = ?", (job.id,))
                rows = [(job.id, folder) for folder in job.folders]
                self._db.executemany("INSERT INTO folders VALUES (?, ?)", rows)
                touched.add(job.account)
        for account in touched:
            self._accounts[account].epoch += 1

    def _insert(self, facts: JobFacts) -> None:
        self._db.execute(
            "INSERT INTO jobs VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", _row(facts)
        )

    def by_hash(self, hash: str) -> JobFacts | None:
        """The job of that hash."""
        return self._one(f"SELECT {_COLUMNS} FROM jobs WHERE hash = ?", hash)

    def by_job_id(self, job_id: str) -> JobFacts | None:
        """The job of that job id."""
        return self._one(f"SELECT {_COLUMNS} FROM jobs WHERE job_id = ?", job_id)

    def by_id(self, id: int) -> JobFacts | None:
        """The job of that record id."""
        return self._one(f"SELECT {_COLUMNS} FROM jobs WHERE id = ?", id)

    def _one(self, sql: str, key: str | int) -> JobFacts | None:
        row = self._db.execute(sql, (key,)).fetchone()
        return None if row is None else self._facts(row)

    def jobs(self, account: int | None = None) -> Iterator[JobFacts]:
        """An account's jobs, or everybody's, oldest first."""
        where, values = ("", ()) if account is None else (" WHERE account = ?", (account,))
        rows = self._db.execute(f"SELECT {_COLUMNS} FROM jobs{where} ORDER BY id", values)
        return (self._facts(row) for row in rows.fetchall())

    def unfinished(self, account: int, now: int) -> list[JobFacts]:
        """An account's jobs that have not ended at ``now``, oldest first."""
        rows = self._db.execute(
            f"SELECT {_COLUMNS} FROM jobs WHERE account = ? AND (ends > ? OR ends IS NULL)"
            " ORDER BY id",
            (account, now),
        )
        return [self._facts(row) for row in rows.fetchall()]

    def find(self, find: Find) -> tuple[list[int], int]:
        """The record ids that match, in order, and how many match without the limit."""
        where, values = _conditions(find)
        order = "created, id" if find.oldest_first else "created DESC, id DESC"
        limit = -1 if find.limit is None else find.limit
        paged, paged_values = _and_before(where, values, find.before)
        rows = self._db.execute(
            f"SELECT id FROM jobs{paged} ORDER BY {order} LIMIT ?", (*paged_values, limit)
        )
        ids = [row[0] for row in rows.fetchall()]
        if find.total_before:
            where, values = paged, paged_values
        if (find.before is None or find.total_before) and (
            find.limit is None or len(ids) < find.limit
        ):
            return ids, len(ids)
        (total,) = self._db.execute(f"SELECT count(*) FROM jobs{where}", values).fetchone()
        return ids, total

    def _facts(self, row: tuple[Any, ...]) -> JobFacts:
        id, account, hash, job_id, created, visible, kind, service, prompt, favourite, facts = row
        rest = orjson.loads(facts)
        folders: tuple[str, ...] = ()
        if rest["folders"]:
            folders = tuple(rest["folders"])
        plan = rest["plan"]
        plan["progress"] = tuple(plan["progress"])
        return JobFacts(
            id=id,
            account=account,
            hash=hash,
            job_id=job_id,
            id_uuid=rest["id_uuid"],
            kind=kind,
            prompt=prompt,
            service=service,
            created=created,
            plan=Plan(**plan),
            colours=tuple(rest["colours"]),
            ratio=tuple(rest["ratio"]),
            parent_hash=rest["parent_hash"],
            parent_id=rest["parent_id"],
            grid_num=rest["grid_num"],
            visible=visible,
            favourite=bool(favourite),
            folders=folders,
        )

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        """All or nothing, kept on leaving."""
        self._db.execute("BEGIN")
        try:
            yield
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")


_ALL_ACCOUNTS = "SELECT id, username, password, plan, name, submitted, revoked FROM accounts"


def _row(facts: JobFacts) -> tuple[Any, ...]:
    return (
        facts.id,
        facts.account,
        facts.hash,
        facts.job_id,
        facts.created,
        end(facts),
        facts.visible,
        facts.kind,
        facts.service,
        facts.prompt,
        facts.favourite,
        orjson.dumps(
            {
                "id_uuid": facts.id_uuid,
                "plan": facts.plan,
                "colours": facts.colours,
                "ratio": facts.ratio,
                "parent_hash": facts.parent_hash,
                "parent_id": facts.parent_id,
                "grid_num": facts.grid_num,
                "folders": facts.folders,
            }
        ),
    )


def _conditions(find: Find) -> tuple[str, list[Any]]:
    parts: list[str] = []
    values: list[Any] = []

    def add(sql: str, *given: Any) -> None:
        parts.append(sql)
        values.extend(given)

    def one_of(column: str, given: tuple[str, ...]) -> str:
        return f"{column} IN ({', '.join('?' * len(given))})"

    if find.account is not None:
        add("account = ?", find.account)
    if find.kinds is not None:
        add(one_of("kind", find.kinds), *find.kinds)
    if find.services is not None:
        services = tuple(dict.fromkeys(find.services))
        add(one_of("service", services), *services)
    if find.favourite is not None:
        add("favourite = ?", find.favourite)
    if find.hash is not None:
        add("hash = ?", find.hash)
    if find.folders is not None:
        # One parameter however many folders: a client may name more than a statement takes.
        inner = "SELECT value FROM json_each(?)"
        add(
            f"id IN (SELECT job FROM folders WHERE folder IN ({inner}))",
            orjson.dumps(find.folders).decode(),
        )
    if find.prompt is not None:
        add(*_prompt_match(find.match, find.prompt))
    add("(visible IS NULL OR visible <= ?)", find.now)
    return " WHERE " + " AND ".join(parts), values


def _and_before(where: str, values: list[Any], before: int | None) -> tuple[str, list[Any]]:
    if before is None:
        return where, values
    return f"{where} AND created < ?", [*values, before]


def _prompt_match(match: Match, prompt: str) -> tuple[str, str]:
    if match == "substring-any-case":
        return "instr(casefold(prompt), ?)", prompt.casefold()
    if match == "substring":
        return "instr(prompt, ?)", prompt
    if match == "exact":
        return "prompt = ?", prompt
    return "has_words(prompt, ?)", prompt.casefold()


def _has_words(prompt: str, words: str) -> bool:
    return set(words.split()) <= set(prompt.casefold().split())


def _open(path: Path | None) -> sqlite3.Connection:
    if path is None:
        db = _connect(":memory:")
        db.executescript(_SCHEMA)
        return db
    try:
        db = _connect(str(path))
        # One process owns the file: what it remembers of it would not hold otherwise.
        db.execute("PRAGMA locking_mode = EXCLUSIVE")
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA synchronous = NORMAL")
        _prepare(db)
    except sqlite3.OperationalError as problem:
        if "locked" in str(problem):
            raise StoreError(f"data file {path} is in use by another process") from problem
        raise StoreError(f"data file {path} can't be opened: {problem}") from problem
    except (sqlite3.DatabaseError, StoreError) as problem:
        raise StoreError(f"data file {path} can't be used: {problem}") from problem
    return db


def _connect(name: str) -> sqlite3.Connection:
    db = sqlite3.connect(name, isolation_level=None, check_same_thread=False, timeout=0.2)
    db.create_function("casefold", 1, str.casefold, deterministic=True)
    db.create_function("has_words", 2, _has_words, deterministic=True)
    return db


def _prepare(db: sqlite3.Connection) -> None:
    """Make the tables of a new file; check those of an old one."""
    (application,) = db.execute("PRAGMA application_id").fetchone()
    (version,) = db.execute("PRAGMA user_version").fetchone()
    (tables,) = db.execute("SELECT count(*) FROM sqlite_master").fetchone()
    if tables == 0:
        db.executescript(
            f"BEGIN; {_SCHEMA} PRAGMA application_id = {_APPLICATION};"
            f" PRAGMA user_version = {_VERSION}; COMMIT;"
        )
        return
    if application != _APPLICATION:
        raise StoreError("it is a database of another program")
    if version != _VERSION:
        raise StoreError(f"it has format {version}, this sampan reads format {_VERSION}")
    (found,) = db.execute("PRAGMA quick_check(1)").fetchone()
    if found != "ok":
        raise StoreError(f"it is damaged: {found}")
