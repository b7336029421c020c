"""What a forked child must not use or close: the files and connections of its parent's stores.

SQLite takes its locks for those of the process. A child that closes its copy of a data file, as
Python does at its end, would take itself for the last one and remove the log that the parent goes
on writing to. A database's server would take the child's farewell for the parent's.
"""

from __future__ import annotations

import os
import weakref
from typing import Any, Protocol

from .dialect import MEMORY, Dialect


class HoldsDatabase(Protocol):
    """A store. ``close`` is the database's, and runs at the end of the process at the latest."""

    close: weakref.finalize[Any, Any]
    dialect: Dialect
    is_parents: bool


_stores: weakref.WeakSet[HoldsDatabase] = weakref.WeakSet()


def leave_open_in_children(store: HoldsDatabase) -> None:
    """Have every child that is forked from now on leave a store's database alone."""
    _stores.add(store)


def _leave_open() -> None:
    for store in tuple(_stores):
        if store.dialect is MEMORY:
            continue  # the child has a copy
        store.is_parents = True
        closing = store.close.detach()
        if closing is not None:
            import ctypes  # few processes fork

            # One reference that nobody gives up: with the last of the others it would be closed.
            ctypes.pythonapi.Py_IncRef(ctypes.py_object(closing[1]))


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_leave_open)
