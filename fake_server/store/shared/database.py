"""A database that several processes use: what it gives besides statements, and its own tables."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from ...clock.clock import Wall
from ..database import StoreError
from ..dialect import Dialect
from ..driver import Database

#: How long (s) a statement, a lock and another's turn are waited for.
PATIENCE = 5.0
#: Who has waited so long in vain waits no longer than this (s) for the journal of the same request.
HURRY = 0.1
#: For how long (s) that is so.
SOON = 0.5


class Change(NamedTuple):
    """A row of the table ``changes``."""

    revision: int
    writer: str
    what: str
    account: int | None


class NewRow(NamedTuple):
    """An exchange to be appended to the journal; ``size`` in bytes."""

    account: int | None
    size: int
    text: str


class SharedDatabase(Database, Protocol):
    """A connection to a database that others use as well.

    ``where`` names it for a person. ``connections`` grows whenever the connection was lost and is
    made again. ``alone``: nobody else used the database when this process came;
    ``fresh``: it made the tables.
    """

    dialect: Dialect
    where: str
    path: Path | None
    connections: int
    alone: bool
    fresh: bool
    #: Whether a submission's two steps need no transaction around them.
    steps_apart: bool

    def take_turn(self) -> None:
        """Wait until nobody else has the turn. Raises ``NotStoredError``."""

    def end_turn(self) -> None:
        """Let others have the turn. Never raises."""

    def changes(self, since: int) -> list[Change]:
        """The changes after a revision, in order. Raises ``NotStoredError``."""

    def add_job(self, row: Sequence[Any], epoch: int) -> bool:
        """Store a job (a row of ``jobs``) and count it; ``False``: the account is another epoch's.

        The counters know of it from the moment at which it is found. Raises ``NotStoredError``.
        """

    def append(self, rows: Sequence[NewRow]) -> int | None:
        """Append to the journal; the last number, or ``None`` where its head is missing."""

    def wall(self, wall: Wall) -> Wall:
        """A clock that all processes agree on, in place of the machine's."""


#: The tables of the shared mode, in SQLite's words. ``previous`` is what ``created`` was before the
#: last submission, ``epoch`` grows when an account is reset, ``clock`` is the last change of a
#: clock that a submission knew of. ``upto`` and ``total`` are how many bytes the journal has ever
#: taken.
SCHEMA = """
CREATE TABLE counters (
    account INTEGER PRIMARY KEY, stored INTEGER NOT NULL DEFAULT 0,
    ordinal INTEGER NOT NULL DEFAULT 0, created INTEGER NOT NULL DEFAULT -1,
    previous INTEGER NOT NULL DEFAULT -1, visible INTEGER NOT NULL DEFAULT -1,
    burst_first INTEGER NOT NULL DEFAULT 0, burst_last INTEGER NOT NULL DEFAULT -1,
    epoch INTEGER NOT NULL DEFAULT 0, clock INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE changes (
    revision INTEGER PRIMARY KEY AUTOINCREMENT, writer TEXT NOT NULL, what TEXT NOT NULL,
    account INTEGER
);
CREATE TABLE journal (
    number INTEGER PRIMARY KEY, account INTEGER, upto INTEGER NOT NULL, exchange BLOB NOT NULL
);
CREATE TABLE journal_head (
    id INTEGER PRIMARY KEY, last INTEGER NOT NULL, total INTEGER NOT NULL, lost INTEGER NOT NULL,
    generation INTEGER NOT NULL, answers INTEGER NOT NULL
);
"""
TABLES = ("counters", "changes", "journal", "journal_head")


def own_version() -> str:
    """The version of this sampan, which all processes of a database have."""
    return version("sampan")


def other_version(where: str, theirs: str) -> StoreError:
    """Why this process can't use the database."""
    return StoreError(
        f"{where} is in use by sampan {theirs}, and this is sampan {own_version()}; stop those"
        " processes first, or use another database"
    )
