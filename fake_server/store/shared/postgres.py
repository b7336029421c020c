"""PostgreSQL as the store uses it: one connection, which is made again where it was lost."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import psycopg
from psycopg.pq import TransactionStatus

from ...clock import real_time
from ...clock.clock import Wall
from ...clock.clock import wall as machine_wall
from ..database import KEEP, StoreError
from ..database_url import DatabaseUrl
from ..driver import Cursor
from ..transactions import NotStoredError
from . import postgres_connection
from .database import HURRY, PATIENCE, SOON, Change, NewRow, other_version, own_version
from .postgres_connection import (
    END_IDLE_HOLDER,
    SESSION,
    Connection,
    NoAnswerError,
    TextDumper,
    TextLoader,
)
from .postgres_dialect import DIALECT, relations, schema, translated
from .postgres_problems import HINTS, SAID, UNREADABLE, is_ours

log = logging.getLogger("sampan")

_FORMAT = "2"
_UNCHANGED = "; nothing was changed"
_NOT_KNOWN = "; it may have been stored"
#: After a connection could not be made, how long (s) none is tried again.
_PAUSE = 0.5

_CHANGES = """
SELECT floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint, revision, writer, what, account
FROM (SELECT) AS one LEFT JOIN changes ON revision > ? ORDER BY revision
"""


class Postgres:
    """A ``SharedDatabase``. Whatever PostgreSQL can't do at the moment is a ``NotStoredError``."""

    Error = psycopg.Error
    IntegrityError = psycopg.IntegrityError
    ProgrammingError = psycopg.ProgrammingError

    dialect = DIALECT
    steps_apart = True
    path: Path | None = None

    def __init__(self, url: DatabaseUrl) -> None:
        """Connect, and make the tables where there are none. Raises :class:`StoreError`."""
        self.where = f"database {url}"
        self.connections = 0
        self.alone = self.fresh = False
        self._url = url
        self._connection: psycopg.Connection[Any] | None = None
        self._cursor: psycopg.Cursor[Any] | None = None
        self._has_turn = self._open = False
        self._again, self._why = 0.0, ""
        #: When a statement was last given up.
        self._waited = -PATIENCE
        self._time: tuple[int, float] = (0, 0.0)
        try:
            self._connected()
        except NotStoredError as problem:
            raise StoreError(str(problem).removesuffix(_UNCHANGED)) from problem

    # Statements

    @property
    def in_transaction(self) -> bool:
        """Whether a transaction is open, also one that has failed."""
        connection = self._connection
        idle = TransactionStatus.IDLE
        return connection is not None and connection.info.transaction_status != idle

    def execute(self, sql: str, values: Sequence[Any] = (), /) -> Cursor:
        """Execute a statement with question marks."""
        if sql in DIALECT.rollback and self._lost():
            self._open = False  # the server has rolled it back
            return _Rows([], -1)
        with self._problems():
            connection = self._connected()
            if sql == DIALECT.begin:
                self._open = True
                connection.execute(sql)  # as text: these are two
                return _Rows([], -1)
            if sql == DIALECT.commit or sql in DIALECT.rollback:
                self._open = False
            return self._run(connection, sql, values)

    def _run(self, connection: psycopg.Connection[Any], sql: str, values: Sequence[Any]) -> _Rows:
        """One cursor executes everything: to make one costs a tenth of a statement."""
        cursor = self._cursor
        if cursor is None or cursor.connection is not connection:
            cursor = self._cursor = connection.cursor(binary=True)
        cursor.execute(translated(sql), values or None)
        rows = [] if cursor.description is None else cursor.fetchall()
        return _Rows(rows, cursor.rowcount)

    def executemany(self, sql: str, values: Any, /) -> None:
        """Execute a statement for each of several rows."""
        with self._problems():
            rows = list(values)
            if rows:
                self._connected().cursor(binary=True).executemany(translated(sql), rows)

    def cursor(self) -> Postgres:
        """Itself: a cursor of psycopg's would be of a connection that may be lost."""
        return self

    def close(self) -> None:
        """Let go of the locks, which the server holds until it notices the end, and close."""
        if self._connection is None or self._connection.closed:
            return
        if not self.in_transaction:
            with suppress(psycopg.Error):  # the end of the connection does it as well
                self._connection.execute("SELECT pg_advisory_unlock_all()")
        self._connection.close()

    @contextmanager
    def _problems(self, lost: str = _NOT_KNOWN) -> Iterator[None]:
        try:
            yield
        except psycopg.errors.NumericValueOutOfRange as problem:
            raise OverflowError("int too large for 64 bits") from problem
        except psycopg.Error as problem:
            if is_ours(problem):
                raise
            # What a transaction had not yet committed is rolled back.
            sure = self._open or not self._lost()
            raise self._refusal(problem, _UNCHANGED if sure else lost) from problem

    def _refusal(self, problem: psycopg.Error, done: str = _UNCHANGED) -> NotStoredError:
        code = problem.sqlstate or ""
        if code == "57014":
            self._waited = real_time.seconds()
        if isinstance(problem, NoAnswerError):  # nor would it to a new connection
            self._again = real_time.seconds() + _PAUSE
        reason = problem.diag.message_primary or str(problem).strip().partition("\n")[0]
        # A connection that is refused has its SQLSTATE in words only.
        told = next((each for each in SAID if each in reason), "")
        hint = HINTS.get(code or SAID.get(told, ""), "")
        self._why = f"{self.where} can't be used: {reason}{hint}{done}"
        return NotStoredError(self._why)

    # The connection

    def _connected(self) -> psycopg.Connection[Any]:
        """The connection, a new one where it was lost."""
        connection = self._connection
        if connection is not None and not connection.closed:
            return connection
        if connection is not None and (self._open or self._has_turn):
            self._open = False
            raise NotStoredError(f"{self.where}: the connection was lost{_UNCHANGED}")
        if real_time.seconds() < self._again:
            raise NotStoredError(self._why)
        first = connection is None
        try:
            self._connection = self._connect(first=first)
        except (psycopg.Error, StoreError) as problem:
            self._again = real_time.seconds() + _PAUSE
            if isinstance(problem, psycopg.Error):
                raise self._refusal(problem) from None
            self._why = f"{problem}{_UNCHANGED}"
            raise NotStoredError(self._why) from None
        self.connections += 1
        if not first:
            log.warning("sampan: connected to %s again", self.where)
        return self._connection

    def _connect(self, *, first: bool) -> psycopg.Connection[Any]:
        try:
            made = Connection.to(self._url.secret)
        except psycopg.ProgrammingError as problem:  # it repeats what it could not read
            told = next((each for each in UNREADABLE if each in str(problem)), None)
            reason = "" if told is None else f": {told}"
            raise StoreError(f"{self.where} is not a valid PostgreSQL URL{reason}") from None
        try:
            made.adapters.register_dumper(str, TextDumper)
            made.adapters.register_loader("bytea", TextLoader)
            made.execute(SESSION)
            self._prepare(made, first=first)
        except BaseException:
            made.close()
            raise
        return made

    def _prepare(self, made: psycopg.Connection[Any], *, first: bool) -> None:
        """Make the tables, or see that they are ours; keep others' versions away."""
        found = made.execute(_KEY).fetchone()
        assert found is not None
        if found[0] is None:
            raise StoreError(
                f"{self.where}: the schema of its search_path does not exist, or its user may not"
                " use it"
            )
        self._turn_key, self._use_key = found[0], found[0] + 1
        made.execute("SELECT pg_advisory_lock(%s)", (self._turn_key,))
        try:
            self._check_tables(made)
            self._use_with_others(made, first=first)
        finally:
            if not made.closed:
                made.execute("SELECT pg_advisory_unlock(%s)", (self._turn_key,))

    def _check_tables(self, made: psycopg.Connection[Any]) -> None:
        found = made.execute("SELECT to_regclass('meta') IS NOT NULL").fetchone()
        if found is not None and not found[0]:
            others = [name for (name,) in made.execute(_IN_THE_WAY, (relations(),)).fetchall()]
            if others:
                raise StoreError(
                    f"{self.where} has tables of another program: {', '.join(others)}; use another"
                    " database, or a schema of its own (?options=-csearch_path%3DNAME)"
                )
            with made.transaction():
                made.execute(schema())
                self._keep(made, "format", _FORMAT)
                self._keep(made, "version", own_version())
            self.fresh = True
            return
        format = self._kept(made, "format")
        if format is None:
            raise StoreError(f"{self.where} belongs to another program: its meta is not sampan's")
        if format != _FORMAT:
            raise StoreError(
                f"{self.where} has format {format}, but this sampan uses format {_FORMAT}; use"
                " another database, and get /__admin/state from the sampan that wrote this one to"
                " keep what is in it"
            )

    def _use_with_others(self, made: psycopg.Connection[Any], *, first: bool) -> None:
        """Hold a lock as long as the connection lasts; only one version at a time holds it."""
        tried = made.execute("SELECT pg_try_advisory_lock(%s)", (self._use_key,)).fetchone()
        alone = tried is not None and tried[0]
        theirs = self._kept(made, "version")
        if alone:
            self._keep(made, "version", own_version())
        elif theirs != own_version():
            raise other_version(self.where, str(theirs))
        made.execute("SELECT pg_advisory_lock_shared(%s)", (self._use_key,))
        if alone:
            made.execute("SELECT pg_advisory_unlock(%s)", (self._use_key,))
        if first:
            self.alone = alone

    @staticmethod
    def _kept(made: psycopg.Connection[Any], key: str) -> str | None:
        cursor = made.cursor(binary=True)
        found = cursor.execute("SELECT value FROM meta WHERE key = %s", (key,)).fetchone()
        return None if found is None else str(found[0])

    @staticmethod
    def _keep(made: psycopg.Connection[Any], key: str, value: str) -> None:
        made.execute(translated(KEEP), (key, value))

    # What several processes need

    def take_turn(self) -> None:
        """Wait for the advisory lock that is the turn."""
        try:
            self.execute("SELECT pg_advisory_lock(?)", (self._turn_key,))
        except NotStoredError:
            # A statement that is given up may have got the lock, which would be held for ever;
            # and so would that of another process that is paused.
            self.end_turn()
            if not self._lost():
                seconds = float(postgres_connection.IDLE_IN_TURN)
                self.execute(END_IDLE_HOLDER, (self._turn_key, seconds))
            raise
        self._has_turn = True

    def end_turn(self) -> None:
        """Let go of the lock; a connection that was lost has let go of it."""
        self._has_turn = False
        if self._connection is None or self._connection.closed:
            return
        try:
            self.execute("SELECT pg_advisory_unlock(?)", (self._turn_key,))
        except NotStoredError as problem:
            # Whatever keeps the lock from being released ends with the connection.
            log.error("%s", problem)
            self._connection.close()

    def changes(self, since: int) -> list[Change]:
        """The changes after a revision, and the database's time with them."""
        before = self.connections
        with self._problems(lost=_UNCHANGED):
            try:
                rows = self._run(self._connected(), _CHANGES, (since,)).fetchall()
            except psycopg.OperationalError:
                if self._has_turn or self._open or not self._lost():
                    raise
                # It was lost since the last request: the next may do as well.
                rows = self._run(self._connected(), _CHANGES, (since,)).fetchall()
        self._time = rows[0][0], real_time.seconds()
        if before != self.connections and before:
            return []
        return [Change(*row[1:]) for row in rows if row[1] is not None]

    def add_job(self, row: Sequence[Any], epoch: int) -> bool:
        """Store a job and count it, in one statement, which is on the disk when it returns."""
        account, visible = row[1], -1 if row[6] is None else row[6]
        values = (visible, visible, account, epoch, *row)
        return len(self.execute(_ADD_JOB, values).fetchall()) > 0

    def append(self, rows: Sequence[NewRow]) -> int | None:
        """Append to the journal, in one statement: its head is locked no longer than that takes."""
        accounts, upto, texts, size = [], [], [], 0
        for row in rows:
            size += row.size
            accounts.append(row.account)
            upto.append(size)
            texts.append(row.text)
        count = len(rows)
        values = (count, size, count, size, accounts, upto, texts)
        hurry = real_time.seconds() - self._waited < SOON
        if hurry:  # what has just waited in vain does not wait again
            self.execute(_TIMEOUT.format(HURRY * 1000))
        try:
            found = self.execute(_APPEND, values).fetchall()
        finally:
            if hurry and not self._lost():
                self.execute(_TIMEOUT.format(PATIENCE * 1000))
        return max((row[0] for row in found), default=None)

    def _lost(self) -> bool:
        return self._connection is None or self._connection.closed

    def wall(self, wall: Wall) -> Wall:
        """The database's time, of which there is one; a clock of a test's own stays as it is."""
        return self._now if wall is machine_wall else wall

    def _now(self) -> int:
        ms, at = self._time
        # Never more than the database's own time by now: its next reading must not be behind.
        return ms + int((real_time.seconds() - at) * 1000)


class _Rows:
    """A ``Cursor`` whose rows have come."""

    def __init__(self, rows: list[Any], rowcount: int) -> None:
        self._rows = rows
        self.rowcount = rowcount

    def fetchone(self) -> Any:
        return self._rows[0] if self._rows else None

    def fetchall(self) -> list[Any]:
        return self._rows

    def __iter__(self) -> Iterator[Any]:
        return iter(self._rows)


_ADD_JOB = """
WITH counted AS (
    UPDATE counters SET stored = stored + 1,
        visible = CASE WHEN visible < ? THEN ? ELSE visible END
    WHERE account = ? AND epoch = ? RETURNING set_config('synchronous_commit', 'on', true)
)
INSERT INTO jobs
SELECT ?::bigint, ?::bigint, ?::bytea, ?::bytea, ?::bigint, ?::bigint, ?::bigint, ?::bytea,
    ?::bytea, ?::bytea, ?::boolean, ?::bytea, ?::bytea, ?::bytea
FROM counted RETURNING id
"""
_APPEND = """
WITH head AS (
    UPDATE journal_head SET last = last + ?, total = total + ? RETURNING last, total
)
INSERT INTO journal SELECT last - ? + n, account, total - ? + upto, exchange FROM head,
    unnest(?::bigint[], ?::bigint[], ?::bytea[])
    WITH ORDINALITY AS given(account, upto, exchange, n)
RETURNING number
"""
_TIMEOUT = "SET statement_timeout = {:.0f}"
_IN_THE_WAY = """
SELECT relname FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
WHERE nspname = current_schema() AND relname = ANY(%s) ORDER BY relname
"""
_KEY = "SELECT hashtextextended('sampan ' || current_schema(), 0)"
