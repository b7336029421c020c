"""Store first, memory second: what can't be stored has changed nothing.

    with transactions():
        ...statements...
        transactions.then(change_memory)

The statements of a block are stored together when it ends, or none of them is; only then are the
changes of memory made. A block within a block is part of the outer one, so that an operation of
several steps is one.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from .data_file import DataFile
from .database import StoreError

Change = Callable[[], object]


class NotStoredError(StoreError):
    """The data file could not be written: nothing has changed."""


class Transactions:
    """The transactions of one connection."""

    def __init__(self, db: sqlite3.Connection, path: Path | None, file: DataFile) -> None:
        self._db = db
        self._path = path
        self._file = file
        #: Whether a block is open.
        self.open = False
        self._changes: list[Change] = []

    @contextmanager
    def __call__(self) -> Iterator[None]:
        """Store all statements of a block or none. Raises :class:`NotStoredError`."""
        if self.open:
            yield
            return
        try:
            self._db.execute("SAVEPOINT work")
        except sqlite3.Error as problem:
            raise self.refusal(problem) from problem
        self.open = True
        try:
            yield
            if self._file.is_due():
                self._file.look_after()
            self._db.execute("RELEASE work")  # of a file this is the commit
        except BaseException as problem:
            self._changes.clear()
            self._roll_back()
            if isinstance(problem, sqlite3.Error):
                raise self.refusal(problem) from problem
            raise
        finally:
            self.open = False
        changes, self._changes = self._changes, []
        for change in changes:
            change()

    def then(self, change: Change) -> None:
        """Change memory once the block is stored; outside a block at once."""
        if self.open:
            self._changes.append(change)
        else:
            change()

    def refusal(self, problem: sqlite3.Error) -> Exception:
        """What to raise for a statement that failed."""
        if isinstance(problem, sqlite3.IntegrityError | sqlite3.ProgrammingError):
            return problem  # the file is sound: values contradict each other, or it was closed
        where = "the store in memory" if self._path is None else f"data file {self._path}"
        return NotStoredError(f"{where} can't be written: {problem}; nothing was changed")

    def _roll_back(self) -> None:
        if self._path is not None:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
        elif self._db.in_transaction:
            # Memory is one transaction that never ends: see database.py.
            self._db.execute("ROLLBACK TO work")
            self._db.execute("RELEASE work")
