"""A run of COMMAND ends in time, with all that it has started."""

from __future__ import annotations

import os
import sys
import threading
import time
from pathlib import Path

import pytest

from sampan.fake_server.matrix import child
from sampan.fake_server.matrix.child import Ended, NotStartedError
from sampan.fake_server.matrix.output import KEPT_BYTES
from tests.support.processes import lives, wait_for


def run(script: str, limit: float = 20.0, stop: threading.Event | None = None) -> Ended:
    """A shell script as COMMAND."""
    return child.run(["sh", "-c", script], os.environ, limit, stop or threading.Event())


def test_exit_code_and_output_come_back() -> None:
    ended = run("echo out; echo err >&2; exit 3")
    assert (ended.code, ended.output, ended.timed_out) == (3, "out\nerr\n", False)


def test_a_signal_is_a_negative_code() -> None:
    assert run("kill -9 $$").code == -9


def test_nothing_can_be_read_from_standard_input() -> None:
    assert run("cat; echo end").output == "end\n"


def test_a_run_ends_in_time_with_all_that_it_has_started(tmp_path: Path) -> None:
    file = tmp_path / "pids"
    # Neither the shell nor its child ends when it is asked to.
    script = f"trap '' TERM; sleep 60 & echo $$ $! > {file}; echo waits; wait; sleep 60"
    began = time.monotonic()
    ended = run(script, limit=0.5)
    assert (ended.code, ended.timed_out, ended.output) == (None, True, "waits\n")
    assert time.monotonic() - began < 10
    for number in file.read_text().split():
        wait_for(lambda number=number: not lives(int(number)))


def test_what_is_left_in_the_background_is_ended_and_not_waited_for(tmp_path: Path) -> None:
    file = tmp_path / "pid"
    began = time.monotonic()
    ended = run(f"sleep 60 & echo $! > {file}; echo done")
    assert (ended.code, ended.output) == (0, "done\n")
    assert time.monotonic() - began < 10
    wait_for(lambda: not lives(int(file.read_text())))


def test_a_process_outside_the_group_that_keeps_the_pipe_is_not_waited_for() -> None:
    script = "import os, time\nif os.fork() == 0:\n os.setsid()\n time.sleep(5)\nelse: print('x')"
    began = time.monotonic()
    command = [sys.executable, "-S", "-E", "-u", "-c", script]
    ended = child.run(command, os.environ, 20.0, threading.Event())
    assert (ended.code, ended.output) == (0, "x\n")
    assert time.monotonic() - began < 4


def test_output_without_end_is_bounded() -> None:
    ended = run("yes abcdefg", limit=0.5)
    assert ended.timed_out
    assert len(ended.output) == KEPT_BYTES


def test_one_that_closes_its_output_is_waited_for() -> None:
    assert run("exec >&- 2>&-; sleep 0.2; exit 4").code == 4
    assert run("exec >&- 2>&-; sleep 60", limit=0.3).timed_out


def test_a_stop_ends_it() -> None:
    stop = threading.Event()
    threading.Timer(0.2, stop.set).start()
    ended = run("sleep 60", stop=stop)
    assert (ended.code, ended.timed_out) == (None, False)
    assert ended.seconds < 10


@pytest.mark.parametrize("command", ["no-such-command-there", "/", "with\0zero"])
def test_what_can_not_be_started_is_said(command: str) -> None:
    with pytest.raises(NotStartedError, match="COMMAND can't be started: "):
        child.run([command], os.environ, 1.0, threading.Event())


def test_a_child_in_the_background_that_writes_on_keeps_nobody_waiting() -> None:
    ended = run("(while :; do echo tick; done) & echo mine; exit 3", limit=20.0)
    assert (ended.code, ended.timed_out) == (3, False)
    assert ended.seconds < 10


def test_a_run_that_takes_no_end_took_as_long_as_it_was_given() -> None:
    ended = run("trap '' TERM; echo on; sleep 60; sleep 60", limit=0.5)
    assert ended.timed_out
    assert 0.5 <= ended.seconds < 1.5
