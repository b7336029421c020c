"""Forked children use their parent's handles, and each gets its own answers."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")

#: Runs ``work`` in children that are all forked before any of them begins; then in the parent.
CHILDREN = """
import os, sys, time
from sampan import Account, Admin, FakeServer, asgi_app

def in_children(work, number=4):
    ready, go = os.pipe()
    pids = []
    for index in range(number):
        pid = os.fork()
        if pid == 0:
            os.close(go)
            os.read(ready, 1)  # all at once
            try:
                work(f"child {index}")
            except BaseException as problem:
                print(f"child {index}: {problem!r}", file=sys.stderr, flush=True)
                os._exit(1)
            os._exit(0)
        pids.append(pid)
    os.close(go)
    assert [os.waitpid(pid, 0)[1] for pid in pids] == [0] * number

def submits_and_finds(account):
    def work(name):
        for turn in range(10):
            hash = account.create(f"{name} {turn}")
            assert account.record(hash)["msg_display"] == f"{name} {turn}"
    return work
"""


def run(script: str) -> None:
    """In a process of its own: this one has threads, which a fork would not take along."""
    # What Python 3.12 and newer warn of is what is tested.
    command = [sys.executable, "-W", "ignore:This process:DeprecationWarning", "-c"]
    done = subprocess.run(
        [*command, CHILDREN + script],
        capture_output=True, text=True, timeout=50, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, ""), done.stderr


def test_each_child_has_its_own_connection_to_a_fake_in_another_process() -> None:
    run("""
import subprocess, json
fake = subprocess.Popen(
    [sys.executable, "-m", "sampan", "serve", "--port", "0", "--ready-json"],
    stdout=subprocess.PIPE,
)
url = json.loads(fake.stdout.readline())["url"]
account = Account(url, "abc", "abc-secret")
account.login()  # a connection is kept from now on
began = time.monotonic()
in_children(submits_and_finds(account))
submits_and_finds(account)("parent")
assert account.find().total == 50
assert time.monotonic() - began < 30
account.close()
fake.terminate()
fake.wait()
fake.stdout.close()
""")


def test_a_fake_in_the_parent_serves_the_children_and_outlives_them() -> None:
    """A child that leaves the block, too, has stopped nothing but its own copy."""
    run("""
import signal
with FakeServer(job_seconds=60) as server:
    account = server.account()
    account.login()
    in_children(submits_and_finds(account))
    pid = os.fork()
    if pid == 0:
        signal.alarm(20)
        server.stop()
        os._exit(0)
    assert os.waitpid(pid, 0)[1] == 0
    assert account.find(limit=100).total == 40
    assert server.admin.health() == {"status": "ok"}
""")


def test_a_child_that_is_forked_while_a_connection_is_taken_is_not_locked_out() -> None:
    run("""
with FakeServer() as server:
    account = server.account()
    account.login()
    with account._transport._lock:
        in_children(submits_and_finds(account))
""")


def test_an_application_in_this_process_is_called_in_the_child_as_well() -> None:
    """What the child does to it stays in the child."""
    run("""
account = Admin(asgi_app(job_seconds=60)).account("t")
account.login()
began = time.monotonic()
in_children(submits_and_finds(account))
assert time.monotonic() - began < 20
assert account.find().total == 0
submits_and_finds(account)("parent")
""")


@pytest.mark.parametrize("shared", [False, True])
def test_an_application_with_a_data_file_is_not_used_by_a_child(
    shared: bool, tmp_path: Path
) -> None:
    """Both would use one connection. The parent goes on."""
    run(f"""
admin = Admin(asgi_app(data={str(tmp_path / "data")!r}, shared={shared}))
account = admin.account("t")
account.login()
def work(name):
    for refused in (lambda: account.create(name), account.find, admin.jobs):
        try:
            refused()
        except RuntimeError as problem:
            assert "forked" in str(problem)
        else:
            raise AssertionError("the child used it")
in_children(work, 2)
submits_and_finds(account)("parent")
assert len(admin.jobs()) == 10
""")


def test_children_of_multiprocessing_are_children_too() -> None:
    run("""
import multiprocessing
fork = multiprocessing.get_context("fork")
with FakeServer() as server:
    account = server.account()
    account.login()
    work = submits_and_finds(account)
    children = [fork.Process(target=work, args=(f"child {n}",)) for n in range(3)]
    for child in children:
        child.start()
    for child in children:
        child.join()
        assert child.exitcode == 0
    assert account.find(limit=100).total == 30
""")
