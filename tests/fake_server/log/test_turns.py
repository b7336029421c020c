"""Processes that write to one log take turns."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("fcntl", reason="Windows has one process a log")

from sampan.fake_server.log.turns import turn

_TRY = """
import fcntl, sys
with open(sys.argv[1], "r+") as file:
    try:
        fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        sys.exit(7)
"""


def _another_may(path: Path) -> bool:
    done = subprocess.run([sys.executable, "-c", _TRY, str(path)], timeout=30)
    assert done.returncode in (0, 7)
    return done.returncode == 0


def test_no_other_process_has_the_turn_meanwhile(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT)
    with turn(descriptor):
        assert not _another_may(path)
    assert _another_may(path)
    os.close(descriptor)
