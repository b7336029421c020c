"""Two fakes on one store, as two processes have it, and what one does between the other's steps."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sampan.fake_server.store.database_url import DatabaseUrl
from sampan.fake_server.store.shared.store import SharedStore
from tests.support.controls import Control
from tests.support.fakes import Caller, Fake

Data = Path | DatabaseUrl


class Pair:
    """Two processes' fakes, in one process; both have the same wall clock."""

    def __init__(self, data: Data, **settings: Any) -> None:
        self.fakes = [Fake(data=data, shared=True, **settings) for _ in range(2)]
        self.one, self.other = self.fakes
        self.control, self.other_control = map(Control, self.fakes)

    def abc(self) -> tuple[Caller, Caller]:
        """The account abc at both, with one token."""
        caller = self.one.login()
        return caller, Caller(self.other, caller.token, caller.data)

    def close(self) -> None:
        for fake in self.fakes:
            fake.close()


class Interrupted:
    """A database with something done after each statement that is outside a transaction."""

    def __init__(self, store: SharedStore, act: Callable[[], object]) -> None:
        self._store, self._db, self._act = store, store._db, act
        self._acting = False

    def __getattr__(self, name: str) -> Any:
        return getattr(self._db, name)

    def execute(self, sql: str, values: Sequence[Any] = ()) -> Any:
        rows = self._db.execute(sql, values)
        found = _Fetched(rows.fetchall(), rows.rowcount)
        self._between()
        return found

    def _between(self) -> None:
        if not self._acting and not self._store.transaction.open:
            self._acting = True
            try:
                self._act()
            finally:
                self._acting = False


class _Fetched:
    def __init__(self, rows: list[Any], rowcount: int) -> None:
        self._rows, self.rowcount = rows, rowcount

    def fetchone(self) -> Any:
        return self._rows[0] if self._rows else None

    def fetchall(self) -> list[Any]:
        return self._rows

    def __iter__(self) -> Iterator[Any]:
        return iter(self._rows)


@contextmanager
def between_reads(fake: Fake, act: Callable[[], object]) -> Iterator[None]:
    """Do ``act`` after each statement with which ``fake`` reads the journal."""
    rows = fake.app.service.journal._rows
    db = rows._db
    rows._db = Interrupted(fake.app.service.store, act)
    try:
        yield
    finally:
        rows._db = db
