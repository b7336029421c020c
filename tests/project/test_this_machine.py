"""The suite talks to this machine alone (see ``conftest.py``), and leaves nothing running there."""

from __future__ import annotations

import fcntl
import os
import socket
from pathlib import Path

import pytest

from tests.support.stores.postgres import binaries, needs_postgres, remove_abandoned


def test_no_test_reaches_another_machine() -> None:
    with pytest.raises(PermissionError, match=r"192\.0\.2\.1"):
        socket.create_connection(("192.0.2.1", 9), timeout=0.1)


@needs_postgres
def test_a_database_of_a_run_that_was_killed_is_removed(tmp_path: Path) -> None:
    for name in ("killed", "used", "not-started"):
        data = tmp_path / f"sampan-pg-{name}" / "data"
        data.mkdir(parents=True)
        if name != "not-started":
            (data / "postmaster.pid").touch()
        (tmp_path / f"sampan-pg-{name}.lock").touch()
    lock = os.open(tmp_path / "sampan-pg-used.lock", os.O_RDONLY)
    fcntl.flock(lock, fcntl.LOCK_SH)
    found = binaries()
    assert found is not None
    remove_abandoned(found, tmp_path)
    os.close(lock)
    names = ("not-started", "not-started.lock", "used", "used.lock")
    assert sorted(os.listdir(tmp_path)) == [f"sampan-pg-{name}" for name in names]
