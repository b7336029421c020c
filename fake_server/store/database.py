"""The database that the facts lie in: one in memory, or a file that survives ``kill -9``.

A statement that has returned is in the file: the write-ahead log outlives the process, though
not a loss of power. One process owns the file; a second one is refused.
"""

from __future__ import annotations

import os
import sqlite3
from contextlib import suppress
from pathlib import Path

#: How SQLite is reached: a test lets it fail.
new_connection = sqlite3.connect

_APPLICATION = 0x53414D50  # "SAMP"
_VERSION = 4

#: What makes a file of an earlier format one of the next.
_UPGRADES = {
    3: "ALTER TABLE scenarios ADD COLUMN applied INTEGER NOT NULL DEFAULT 0;"
    " ALTER TABLE scenarios ADD COLUMN optional INTEGER NOT NULL DEFAULT 0;",
}

#: What to do with a file of another format.
_OLDER = (
    "start a new file; to keep what is in this one, get /__admin/state from the sampan that wrote"
    " it and put that into the new one"
)
_NEWER = "start it with the newer sampan that wrote it, or start a new file"

#: The tables of every store, in SQLite's words.
SCHEMA = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE accounts (
    id INTEGER PRIMARY KEY AUTOINCREMENT, username TEXT NOT NULL UNIQUE, password TEXT NOT NULL,
    plan TEXT NOT NULL, name TEXT
);
CREATE TABLE removed (username TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE revocations (
    account INTEGER NOT NULL, at INTEGER NOT NULL, PRIMARY KEY (account, at)
) WITHOUT ROWID;
CREATE TABLE clocks (
    account INTEGER PRIMARY KEY, shift INTEGER NOT NULL, frozen INTEGER, auto BOOLEAN NOT NULL
);
CREATE TABLE profiles (
    account INTEGER PRIMARY KEY, name TEXT NOT NULL, answers TEXT NOT NULL, start TEXT NOT NULL
);
CREATE TABLE faults (
    position INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, account TEXT,
    terms TEXT NOT NULL, matched INTEGER NOT NULL, applied INTEGER NOT NULL
);
CREATE TABLE scenarios (
    position INTEGER PRIMARY KEY, scenario TEXT NOT NULL, number INTEGER NOT NULL,
    account INTEGER, times INTEGER,
    applied INTEGER NOT NULL DEFAULT 0, optional BOOLEAN NOT NULL DEFAULT FALSE
);
CREATE TABLE jobs (
    id INTEGER PRIMARY KEY, account INTEGER NOT NULL, hash TEXT NOT NULL UNIQUE,
    job_id TEXT NOT NULL UNIQUE, created INTEGER NOT NULL, ends INTEGER, visible INTEGER,
    kind TEXT NOT NULL, service TEXT NOT NULL, prompt TEXT NOT NULL, favourite BOOLEAN NOT NULL,
    facts BLOB NOT NULL
);
CREATE INDEX jobs_by_time
    ON jobs (account, created, id, visible, ends, favourite, kind, service);
CREATE TABLE folders (
    job INTEGER NOT NULL, folder TEXT NOT NULL, PRIMARY KEY (job, folder)
) WITHOUT ROWID;
"""
#: Keeps a value of the table ``meta`` in place of the one before.
KEEP = "INSERT INTO meta VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value"


class StoreError(RuntimeError):
    """A data file that can't be used: says which and why."""


def connect(path: Path | None) -> sqlite3.Connection:
    """The database in ``path``, or a new one in memory. Raises :class:`StoreError`."""
    if path is None:
        db = _connection(":memory:")
        db.execute("PRAGMA page_size = 16384")  # shallower trees than a file's
        db.executescript(SCHEMA)
        # Never committed: there is nothing to keep, and in memory a commit looks at every page.
        db.execute("BEGIN")
        return db
    return _open_file(path, 0.2, "EXCLUSIVE")


def connect_shared(path: Path) -> sqlite3.Connection:
    """The database in ``path``, which others may have open as well. Raises :class:`StoreError`."""
    return _open_file(path, 5.0, "NORMAL")


def _open_file(path: Path, patience: float, locking: str) -> sqlite3.Connection:
    try:
        _check_place(path)
        db = _connection(str(path), patience)
    except OSError as problem:  # such as a name that is too long
        raise StoreError(f"data file {path} can't be opened: {problem.strerror}") from problem
    except sqlite3.Error as problem:
        raise StoreError(f"data file {path} can't be opened: {problem}") from problem
    try:
        db.execute(f"PRAGMA locking_mode = {locking}")
        _own(db)
    except BaseException as problem:
        db.close()
        if isinstance(problem, sqlite3.OperationalError) and "locked" in str(problem):
            raise StoreError(
                f"data file {path} is in use by another process; use another file, or start every"
                " process on it with --shared (or one with --workers)"
            ) from problem
        # What SQLite says of a damaged file may hold bytes of it.
        if isinstance(problem, sqlite3.Error | StoreError | UnicodeError):
            raise StoreError(f"data file {path} can't be used: {problem}") from problem
        raise
    return db


def _check_place(path: Path) -> None:
    if path.is_dir():
        raise StoreError(f"data file {path} is a directory")
    parent = Path(os.path.realpath(path)).parent if path.is_symlink() else path.parent
    if not parent.is_dir():
        raise StoreError(
            f"data file {path} can't be created: the directory {parent} does not exist"
        )
    with suppress(FileNotFoundError):
        path.stat()  # says what is wrong with links in a circle, for example
    if path.exists() and not path.is_file():
        raise StoreError(f"data file {path} is not a regular file")


def _connection(name: str, patience: float = 0.2) -> sqlite3.Connection:
    db = new_connection(name, isolation_level=None, check_same_thread=False, timeout=patience)
    db.create_function("casefold", 1, str.casefold, deterministic=True)
    db.create_function("has_words", 2, _has_words, deterministic=True)
    db.create_function("of_hex", 1, _of_hex, deterministic=True)
    return db


def _has_words(text: str, words: str) -> bool:
    return set(words.split()) <= set(text.split())


def _of_hex(digits: str) -> str:
    return bytes.fromhex(digits).decode()


def _own(db: sqlite3.Connection) -> None:
    """See that the file is ours: made if new, checked if old, else left as it is."""
    (application,) = db.execute("PRAGMA application_id").fetchone()
    (version,) = db.execute("PRAGMA user_version").fetchone()
    (tables,) = db.execute("SELECT count(*) FROM sqlite_master").fetchone()
    new = (application, version, tables) == (0, 0, 0)
    if not new and application != _APPLICATION:
        raise StoreError("it belongs to another program")
    if not new and version != _VERSION and version not in _UPGRADES:
        todo = _NEWER if version > _VERSION else _OLDER
        raise StoreError(
            f"it has format {version}, but this sampan reads format {_VERSION}; {todo}"
        )
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("PRAGMA synchronous = NORMAL")
    if new:
        marks = f"PRAGMA application_id = {_APPLICATION}; PRAGMA user_version = {_VERSION};"
        db.executescript(f"BEGIN; {SCHEMA} {marks} COMMIT;")
        return
    (found,) = db.execute("PRAGMA quick_check(1)").fetchone()
    if found != "ok":
        raise StoreError(f"it is damaged: {' '.join(found.split())}")
    for format in range(version, _VERSION):
        marks = f"PRAGMA user_version = {format + 1};"
        db.executescript(f"BEGIN; {_UPGRADES[format]} {marks} COMMIT;")
