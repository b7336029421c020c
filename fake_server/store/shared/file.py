"""A data file that several processes of one machine use: SQLite's log lets one of them write.

Two lock files lie beside it. Who has the turn holds ``FILE-turn``; every process holds ``FILE-use``
together with the others as long as it runs. The kernel lets go of both when a process ends.
"""

from __future__ import annotations

import fcntl
import os
import sqlite3
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ...clock import real_time
from ...clock.clock import Wall
from ..database import KEEP, StoreError, connect_shared
from ..dialect import SHARED_FILE
from ..driver import Cursor
from ..transactions import NotStoredError
from .database import (
    HURRY,
    PATIENCE,
    SCHEMA,
    SOON,
    TABLES,
    Change,
    NewRow,
    other_version,
    own_version,
)


class SharedFile:
    """A ``SharedDatabase`` in a file."""

    Error = sqlite3.Error
    IntegrityError = sqlite3.IntegrityError
    ProgrammingError = sqlite3.ProgrammingError

    dialect = SHARED_FILE
    connections = 1
    alone = False
    fresh = True
    steps_apart = False

    def __init__(self, path: Path) -> None:
        """Open the file, and make the tables where there are none. Raises :class:`StoreError`."""
        self.path: Path | None = path
        self.where = f"data file {path}"
        self._turn = self._use = -1
        #: When a lock was last waited for in vain.
        self._waited = -PATIENCE
        try:
            made = self._open_locks(path)
            try:
                self.alone = _locked(self._use, fcntl.LOCK_EX)
                if not self.alone and not path.exists():
                    raise StoreError(
                        f"{self.where} was deleted or moved away while other processes use it; stop"
                        " them first"
                    )
                self._db = connect_shared(path)
                try:
                    self._prepare()
                    fcntl.flock(self._use, fcntl.LOCK_SH)
                except BaseException:
                    self._db.close()
                    raise
            except BaseException:
                if made and self.alone:  # who waits for them opens others: see _open_locks
                    for lock in _lock_paths(path):
                        os.unlink(lock)
                raise
            finally:
                self.end_turn()
        except NotStoredError as problem:
            self._release()
            raise StoreError(str(problem)) from problem
        except OSError as problem:
            self._release()
            raise StoreError(f"{self.where} can't be shared: {problem.strerror}") from problem
        except BaseException:
            self._release()
            raise

    def _open_locks(self, path: Path) -> bool:
        """Open the lock files and take the turn; whether they were made for that."""
        while True:
            paths = _lock_paths(path)
            made = not any(map(os.path.exists, paths))
            self._turn, self._use = map(_lock_file, paths)
            self.take_turn()
            if all(map(_is_at, (self._turn, self._use), paths)):
                return made
            self._release()  # a start that was refused has removed them

    def _prepare(self) -> None:
        """The tables of the shared mode are made anew by the first process to come."""
        if self.alone:
            drops = "".join(f"DROP TABLE IF EXISTS {table};" for table in TABLES)
            self._db.executescript(f"BEGIN; {drops} {SCHEMA} COMMIT;")
            self._db.execute(KEEP, ("version", own_version()))
            return
        found = self._db.execute("SELECT value FROM meta WHERE key = 'version'").fetchone()
        if found is None or found[0] != own_version():
            raise other_version(self.where, "of another version" if found is None else found[0])

    @property
    def in_transaction(self) -> bool:
        """Whether a transaction is open."""
        return self._db.in_transaction

    def execute(self, sql: str, values: Sequence[Any] = (), /) -> Cursor:
        """Execute a statement. Raises ``NotStoredError`` where the file can't be used."""
        try:
            return self._db.execute(sql, values)
        except sqlite3.Error as problem:
            raise self._refusal(problem) from problem

    def _refusal(self, problem: sqlite3.Error) -> Exception:
        if "locked" in str(problem):
            self._waited = real_time.seconds()
        if isinstance(problem, (sqlite3.IntegrityError, sqlite3.ProgrammingError)):
            return problem  # the file is sound
        return NotStoredError(f"{self.where} can't be used: {problem}; nothing was changed")

    def executemany(self, sql: str, values: Any, /) -> Cursor:
        """Execute a statement for each of several rows."""
        return self._db.executemany(sql, values)

    def cursor(self) -> sqlite3.Cursor:
        """A cursor."""
        return self._db.cursor()

    def close(self) -> None:
        """Close the file; others go on."""
        self._db.close()
        self._release()

    def _release(self) -> None:
        for descriptor in (self._turn, self._use):
            if descriptor >= 0:
                fcntl.flock(descriptor, fcntl.LOCK_UN)  # a forked child may have a copy
                os.close(descriptor)
        self._turn = self._use = -1

    # What several processes need

    def take_turn(self) -> None:
        """Wait for the lock that is the turn."""
        end = real_time.seconds() + PATIENCE
        while not _locked(self._turn, fcntl.LOCK_EX):
            if real_time.seconds() > end:
                self._waited = real_time.seconds()
                raise NotStoredError(
                    f"{self.where}: another process has not ended its change for {PATIENCE:g} s;"
                    " nothing was changed"
                )
            time.sleep(0.001)  # there is no lock with a limit

    def end_turn(self) -> None:
        """Let go of the lock; a file that was closed meanwhile has let go of it."""
        if self._turn >= 0:
            fcntl.flock(self._turn, fcntl.LOCK_UN)

    def changes(self, since: int) -> list[Change]:
        """The changes after a revision."""
        rows = self.execute(_CHANGES, (since,)).fetchall()
        return [Change(*row) for row in rows]

    def add_job(self, row: Sequence[Any], epoch: int) -> bool:
        """Store a job and count it, as part of the transaction that is open."""
        account, visible = row[1], -1 if row[6] is None else row[6]
        counted = self._db.execute(_COUNT, (visible, visible, account, epoch)).rowcount
        if counted:
            self._db.execute(self.dialect.new_job, row)
        return counted > 0

    def append(self, rows: Sequence[NewRow]) -> int | None:
        """Append to the journal; what has just waited for the file in vain does not wait again."""
        if real_time.seconds() - self._waited >= SOON:
            return self._append(rows)
        self._db.execute(f"PRAGMA busy_timeout = {round(HURRY * 1000)}")
        try:
            return self._append(rows)
        finally:
            self._db.execute(f"PRAGMA busy_timeout = {round(PATIENCE * 1000)}")

    def _append(self, rows: Sequence[NewRow]) -> int | None:
        size = sum(row.size for row in rows)
        try:
            self._db.execute("BEGIN IMMEDIATE")
            found = self._db.execute(_NEXT, (len(rows), size)).fetchone()
            if found is not None:
                number, upto = found[0] - len(rows), found[1] - size
                for row in rows:
                    number, upto = number + 1, upto + row.size
                    self._db.execute(_EXCHANGE, (number, row.account, upto, row.text))
            self._db.execute("COMMIT")
        except sqlite3.Error as problem:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
            raise NotStoredError(f"{self.where} can't be written: {problem}") from problem
        return None if found is None else int(found[0])

    def wall(self, wall: Wall) -> Wall:
        """All processes are on one machine, and have its time."""
        return wall


def _lock_paths(path: Path) -> tuple[str, str]:
    file = os.path.realpath(path)  # which may have other names, and has one log beside it
    return f"{file}-turn", f"{file}-use"


def _lock_file(path: str) -> int:
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)


def _is_at(descriptor: int, path: str) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), os.stat(path))
    except FileNotFoundError:
        return False


def _locked(descriptor: int, how: int) -> bool:
    try:
        fcntl.flock(descriptor, how | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


_COUNT = (
    "UPDATE counters SET stored = stored + 1,"
    " visible = CASE WHEN visible < ? THEN ? ELSE visible END WHERE account = ? AND epoch = ?"
)
_NEXT = "UPDATE journal_head SET last = last + ?, total = total + ? RETURNING last, total"
_EXCHANGE = "INSERT INTO journal VALUES (?, ?, ?, ?)"
_CHANGES = "SELECT revision, writer, what, account FROM changes WHERE revision > ? ORDER BY 1"
