"""Store first, memory second: what can't be stored has changed nothing.

    with transactions():
        ...statements...
        transactions.then(change_memory)

The statements of a block are stored together when it ends, or none of them is; only then are the
changes of memory made. A block within a block is part of the outer one, so that an operation of
several steps is one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import TYPE_CHECKING

from .data_file import DataFile
from .database import StoreError
from .dialect import Dialect

if TYPE_CHECKING:
    from .driver import Database

Change = Callable[[], object]


class NotStoredError(StoreError):
    """The data file, or the database, could not be written: nothing has changed."""


class Transactions:
    """The transactions of one connection."""

    def __init__(
        self,
        db: Database,
        dialect: Dialect,
        where: str,
        file: DataFile,
        turn: Callable[[], AbstractContextManager[object]] = nullcontext,
    ) -> None:
        """``where`` names what is written, for a person; a block has the ``turn``, if any."""
        self._db = db
        self._dialect = dialect
        self._where = where
        self._file = file
        self._turn = turn
        #: Whether a block is open.
        self.open = False
        self._changes: list[Change] = []

    @contextmanager
    def __call__(self) -> Iterator[None]:
        """Store all statements of a block or none. Raises :class:`NotStoredError`."""
        if self.open:
            yield
            return
        with self._turn(), self.rows():
            yield

    @contextmanager
    def rows(self) -> Iterator[None]:
        """The same without a turn, for what locks the rows that it changes."""
        if self.open:
            yield
            return
        try:
            self._db.execute(self._dialect.begin)
        except self._db.Error as problem:
            raise self.refusal(problem) from problem
        self.open = True
        try:
            yield
            if self._file.is_due():
                self._file.look_after()
            self._db.execute(self._dialect.commit)
        except BaseException as problem:
            self._changes.clear()
            self._roll_back()
            if isinstance(problem, self._db.Error):
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

    def refusal(self, problem: Exception) -> Exception:
        """What to raise for a statement that failed."""
        if isinstance(problem, (self._db.IntegrityError, self._db.ProgrammingError)):
            return problem  # the file is sound: values contradict each other, or it was closed
        return NotStoredError(f"{self._where} can't be written: {problem}; nothing was changed")

    def _roll_back(self) -> None:
        if self._db.in_transaction:
            for statement in self._dialect.rollback:
                self._db.execute(statement)
