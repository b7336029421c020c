"""A PostgreSQL for the tests: started once in a run, on a socket in a temporary folder.

It runs as another user where we are root, whom it refuses, and writes nothing to the disk for sure.
Each store that a test opens has a schema of its own, which is emptied when it is used again.
"""

from __future__ import annotations

import atexit
import fcntl
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from importlib import import_module
from pathlib import Path

import pytest

from sampan.fake_server.store.database_url import DatabaseUrl

_PREFIX = "sampan-pg-"
_PLACES = "/usr/lib/postgresql/*/bin"
_SETTINGS = {
    "listen_addresses": "",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "autovacuum": "off",
    "max_connections": "200",
    "shared_buffers": "32MB",
}


def binaries() -> Path | None:
    """Where PostgreSQL's programs are; ``None`` where there are none."""
    found = shutil.which("initdb")
    if found is not None:
        return Path(found).resolve().parent
    places = sorted(Path("/").glob(f"{_PLACES.lstrip('/')}/initdb"))
    return places[-1].parent if places else None


def why_not() -> str | None:
    """Why there is no PostgreSQL to test with; ``None`` if there is."""
    try:
        import_module("psycopg")
    except ImportError:
        return "psycopg is not installed"
    return None if binaries() is not None else "PostgreSQL is not installed"


needs_postgres = pytest.mark.skipif(why_not() is not None, reason=str(why_not()))


class Server:
    """A PostgreSQL server with the database ``sampan`` of the user ``sampan``."""

    def __init__(self, folder: Path | None = None, **settings: str) -> None:
        """Start it in a new folder, or use the one that was started in ``folder``."""
        found = binaries()
        assert found is not None, why_not()
        self._binaries = found
        self._settings = {**_SETTINGS, **settings}
        self._user = "postgres" if os.geteuid() == 0 else None
        if folder is None:
            remove_abandoned(found, Path(tempfile.gettempdir()))
        self.folder = folder or Path(tempfile.mkdtemp(prefix=_PREFIX))
        #: Locked for as long as this process lives, however it ends.
        self._lock = os.open(_lock(self.folder), os.O_CREAT)
        fcntl.flock(self._lock, fcntl.LOCK_SH)
        if folder is not None:
            return
        if self._user is not None:
            entry = pwd.getpwnam(self._user)
            os.chown(self.folder, entry.pw_uid, entry.pw_gid)
        data = str(self.folder / "data")
        self._run("initdb", "-D", data, "-U", "sampan", "-A", "trust", "-N", "-E", "UTF8")
        self.start()
        self._run("createdb", "-h", str(self.folder), "-U", "sampan", "sampan")

    def _run(self, program: str, *arguments: str) -> None:
        subprocess.run(
            [self._binaries / program, *arguments],
            check=True,
            capture_output=True,
            cwd="/",
            user=self._user,
            group=self._user,
        )

    def start(self) -> None:
        """Start it, and return when it answers."""
        options = {**self._settings, "unix_socket_directories": str(self.folder)}
        given = " ".join(f"-c {name}='{value}'" for name, value in options.items())
        log = str(self.folder / "log")
        data = str(self.folder / "data")
        self._run("pg_ctl", "-D", data, "-l", log, "-w", "-o", given, "start")

    def stop(self, mode: str = "immediate") -> None:
        """Stop it: ``immediate`` is a crash, ``fast`` ends every connection."""
        self._run("pg_ctl", "-D", str(self.folder / "data"), "-w", "-m", mode, "stop")

    def close(self) -> None:
        """Stop it and remove what it wrote."""
        self.stop()
        shutil.rmtree(self.folder)
        _lock(self.folder).unlink()
        os.close(self._lock)

    def url(self, schema: str | None = None) -> DatabaseUrl:
        """The address of its database, or of one schema in it."""
        options = "" if schema is None else f"&options=-csearch_path%3D{schema}"
        return DatabaseUrl(f"postgresql://sampan@/sampan?host={self.folder}{options}")


def _lock(folder: Path) -> Path:
    return folder.with_suffix(".lock")


def remove_abandoned(binaries: Path, folder: Path) -> None:
    """Stop the servers of runs that were killed, and remove what they wrote."""
    for lock in folder.glob(f"{_PREFIX}*.lock"):
        data = lock.with_suffix("") / "data"
        # One that has not been started yet may be somebody's who takes the lock in a moment.
        with suppress(OSError), open(lock) as held:  # another user's, or one that has just gone
            if (data / "postmaster.pid").exists():
                fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
                owner = data.stat().st_uid
                stop = [binaries / "pg_ctl", "-D", data, "-m", "immediate", "stop"]
                subprocess.run(stop, capture_output=True, cwd="/", user=owner)  # if it still runs
                shutil.rmtree(data.parent)
                lock.unlink()


@cache
def server() -> Server:
    """The server of this run: the first worker that needs it starts it, the last one stops it."""
    run = os.environ.get("PYTEST_XDIST_TESTRUNUID", f"of-{os.getpid()}")
    users = Path(tempfile.gettempdir()) / f"{_PREFIX}{run}.users"
    with _users(users) as (folder, count):
        started = Server(folder)
        _write(users, started.folder, count + 1)

    def leave() -> None:
        with _users(users) as (_, count):
            _write(users, started.folder, count - 1)
            if count == 1:
                started.close()
                users.unlink()

    atexit.register(leave)
    return started


@contextmanager
def _users(file: Path) -> Iterator[tuple[Path | None, int]]:
    """Where the run's server is and how many workers use it, locked."""
    with open(file, "a+") as opened:
        fcntl.flock(opened, fcntl.LOCK_EX)
        opened.seek(0)
        folder, _, count = opened.read().partition("\n")
        yield (Path(folder), int(count)) if folder else (None, 0)


def _write(file: Path, folder: Path, count: int) -> None:
    file.write_text(f"{folder}\n{count}")


_free: list[str] = []
_made: list[str] = []


@contextmanager
def database() -> Iterator[DatabaseUrl]:
    """An empty database, as long as the block lasts."""
    name = take()
    try:
        yield server().url(name)
    finally:
        give_back(name)


def take() -> str:
    """The name of an empty schema."""
    import psycopg

    with psycopg.connect(server().url().secret, autocommit=True) as admin:
        if not _free:
            name = f"{os.environ.get('PYTEST_XDIST_WORKER', 'one')}_{len(_made)}"
            _made.append(name)
            admin.execute(f"CREATE SCHEMA {name}".encode())
            return name
        name = _free.pop()
        sql = "SELECT tablename FROM pg_tables WHERE schemaname = %s"
        tables = [f"{name}.{row[0]}" for row in admin.execute(sql, (name,)).fetchall()]
        kept = f"DELETE FROM {name}.meta WHERE key NOT IN ('format', 'version')"
        deletes = [f"DELETE FROM {each}" for each in tables if not each.endswith(".meta")]
        restarts = [
            f"ALTER TABLE {name}.{table} ALTER COLUMN {column} RESTART"
            for table, column in (("accounts", "id"), ("faults", "position"))
            if tables
        ]
        if tables:
            head = f"INSERT INTO {name}.journal_head VALUES (1, 0, 0, 0, 0, 0)"
            admin.execute(";".join((kept, *deletes, *restarts, head)).encode())
        return name


def give_back(name: str) -> None:
    """Have the schema used again."""
    _free.append(name)
