"""A forked child leaves the stores of its parent alone, however it ends."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from sampan import FakeServer

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")

ENDING = """
import gc, os, sys, sampan
server = sampan.FakeServer(data=sys.argv[1]).start()
account = server.account("t1")
account.create("a cat")
child = os.fork()
if not child:
    {child}
    sys.exit()
os.waitpid(child, 0)
account.create("a dog")
os._exit(0)  # as if killed
"""
LIVING = """
import os, sys, sampan
server = sampan.FakeServer(data=sys.argv[1], shared=True, seed=1).start()
reading, writing = os.pipe()
child = os.fork()
if not child:
    os.close(writing)
    os.read(reading, 1)
    os._exit(0)
server.stop()
# Of processes that use one file at once, all are started with the same seed.
sampan.FakeServer(data=sys.argv[1], shared=True, seed=2).start().stop()
"""


def _run(code: str, data: Path) -> None:
    # What Python 3.12 and newer warn of is what is tested.
    command = [sys.executable, "-W", "ignore:This process:DeprecationWarning", "-c", code]
    done = subprocess.run(
        [*command, str(data)], capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("child", ["pass", "server.stop(); del server, account; gc.collect()"])
def test_a_child_that_ends_takes_nothing_of_a_data_file_with_it(tmp_path: Path, child: str) -> None:
    _run(ENDING.format(child=child), tmp_path / "data")
    with FakeServer(data=tmp_path / "data") as server:
        assert len(server.admin.jobs()) == 2


def test_a_child_that_lives_does_not_hold_a_shared_file(tmp_path: Path) -> None:
    _run(LIVING, tmp_path / "data")
