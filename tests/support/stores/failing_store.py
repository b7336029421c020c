"""A data file whose n-th change fails, as on a full disk."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from sampan.fake_server.store import database

_CHANGES = ("INSERT", "UPDATE", "DELETE", "RELEASE", "SAVEPOINT")


class Disk:
    """Counts changes of a store; the one of number ``full_at`` fails, and so do all after it."""

    def __init__(self) -> None:
        self.full_at: int | None = None
        self.changes = 0

    def change(self, sql: str) -> None:
        """A statement is about to be executed."""
        if self.full_at is None or not sql.lstrip().upper().startswith(_CHANGES):
            return
        if sql.startswith("RELEASE") and self.changes >= self.full_at:
            return  # the end of a savepoint that is rolled back
        self.changes += 1
        if self.changes >= self.full_at:
            raise sqlite3.OperationalError("database or disk is full")

    @contextmanager
    def full(self, at: int) -> Iterator[None]:
        """From the ``at``-th change on, the disk is full."""
        self.full_at, self.changes = at, 0
        try:
            yield
        finally:
            self.full_at = None


def use(monkeypatch: pytest.MonkeyPatch) -> Disk:
    """Have every store that is opened from now on lie on this disk."""
    disk = Disk()

    class Cursor(sqlite3.Cursor):
        def execute(self, sql: str, *values: Any) -> sqlite3.Cursor:
            disk.change(sql)
            return super().execute(sql, *values)

    class Connection(sqlite3.Connection):
        def execute(self, sql: str, *values: Any) -> sqlite3.Cursor:
            disk.change(sql)
            return super().execute(sql, *values)

        def executemany(self, sql: str, *values: Any) -> sqlite3.Cursor:
            disk.change(sql)
            return super().executemany(sql, *values)

        def cursor(self, *_: Any) -> Any:
            return super().cursor(Cursor)

    def connect(name: str, **given: Any) -> sqlite3.Connection:
        return sqlite3.connect(name, factory=Connection, **given)

    monkeypatch.setattr(database, "new_connection", connect)
    return disk
