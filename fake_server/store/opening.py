"""The store that the settings ask for. What shares data is loaded only where it is asked for."""

from __future__ import annotations

from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from .database import StoreError
from .database_url import DatabaseUrl
from .store import Store

if TYPE_CHECKING:
    from .shared.database import SharedDatabase


def open_store(data: Path | DatabaseUrl | None, *, shared: bool = False) -> Store:
    """Open a database, a file or a store in memory; ``shared``: as one of several processes.

    Raises :class:`StoreError`.
    """
    if isinstance(data, DatabaseUrl):
        return _open_database(data)
    if not shared:
        return Store(data)
    if data is None:
        raise StoreError(
            "several processes can't share what is in memory; give them a file or a database with"
            " --data"
        )
    try:
        from .shared.file import SharedFile
    except ImportError as problem:  # Windows has no fcntl
        raise StoreError(
            "this system can't share a data file; use PostgreSQL, or one process"
        ) from problem
    return _shared(SharedFile(data))


def _shared(db: SharedDatabase) -> Store:
    from .shared.store import SharedStore

    try:
        return SharedStore(db)
    except BaseException as problem:
        db.close()
        if isinstance(problem, db.Error):
            raise StoreError(f"{db.where} can't be used: {problem}") from problem
        raise


def _open_database(url: DatabaseUrl) -> Store:
    try:
        from .shared.postgres import Postgres
    except ImportError as problem:
        raise StoreError(
            f"database {url} needs psycopg ({problem}):"
            " in a clone of sampan, run pip install '.[postgres]'"
        ) from problem
    return _shared(Postgres(url))


def load(data: Path | DatabaseUrl | None) -> None:
    """Load what a shared store needs, for processes that are forked later.

    What can't be loaded is refused when the store is opened.
    """
    name = "postgres" if isinstance(data, DatabaseUrl) else "file"
    for each in (name, "store"):
        with suppress(ImportError):
            import_module(f"{__package__}.shared.{each}")
