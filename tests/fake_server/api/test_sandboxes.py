"""An account is a sandbox: hundreds of them at once, and nothing of one shows in another."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from sampan import FakeServer
from sampan.fake_server.client.account import Account
from sampan.fake_server.client.errors import Refused
from tests.support.examples import examples

SANDBOXES = min(500, examples(250))
THREADS = 8


@pytest.fixture(scope="module")
def server() -> Iterator[FakeServer]:
    with FakeServer(job_seconds=60) as running:
        yield running


def _lives(account: Account, number: int) -> None:
    """What a test does with its sandbox: every third one has a fault, every fifth a profile."""
    admin = account.admin
    admin.freeze()
    if number % 3 == 0:
        admin.fault("ERRNO", errno=501, operation="createJob", times=1)
    if number % 5 == 0:
        admin.answer(find_order="oldest-first")
    if number % 7 == 0:
        admin.scenario("fail", 0, times=1)
    account.find()
    for index in range(2):
        if (number % 3, index) == (0, 0):
            with pytest.raises(Refused, match="errno 501"):
                account.create(f"{account.username} 0")
        else:
            account.create(f"{account.username} {index}")
    admin.advance(f"{number % 60}s")


def _is_alone(account: Account, number: int) -> None:
    """Nothing but its own traces show, each by its own clock."""
    admin = account.admin
    found = account.find()
    expected = [f"{account.username} {index}" for index in range(number % 3 == 0, 2)]
    assert sorted(record["msg_display"] for record in found.res) == expected
    if number % 5 and len(expected) == 2:
        assert found.res[0]["msg_display"] == expected[1]  # newest first
    failed = [record for record in found.res if record["status"] == 4000]
    assert len(failed) == (number % 7 == 0 and number % 60 >= 9)
    asked = [request["operation"] for request in admin.requests()]
    assert asked == ["login", "findJobs", "createJob", "createJob", "findJobs"]
    assert {request["account"] for request in admin.requests()} == {account.username}
    counts = [admin.count(operation=name) for name in ("login", "createJob")]
    assert [*counts, admin.count()] == [1, 2, len(asked)]
    (fault,) = admin.faults() or [None]
    assert (fault is not None) == (number % 3 == 0)
    assert len(admin.jobs()) == len(expected)


@pytest.mark.whole
def test_hundreds_at_once_from_eight_threads(server: FakeServer) -> None:
    with ThreadPoolExecutor(THREADS) as pool:
        accounts = list(pool.map(lambda number: server.account(f"s{number}"), range(SANDBOXES)))
        list(pool.map(_lives, accounts, range(SANDBOXES)))
        # The journal is bounded: what fits of the last ones is theirs alone.
        last = range(SANDBOXES)[-200:]
        list(pool.map(_is_alone, accounts[-200:], last))
        resets = list(pool.map(lambda account: account.admin.reset(), accounts[::2]))
        assert sum(len(reset["accounts"]) for reset in resets) == SANDBOXES // 2
        assert all(account.find().total == 0 for account in accounts[::2])
        kept = [account.find() for account in accounts[1::2]]
        assert all(found.total > 0 for found in kept)
        records = [record for found in kept for record in found.res]
        for key in ("id", "hash"):
            assert len({record[key] for record in records}) == len(records)
        for account in accounts:
            server.admin.delete_account(account.username)


def test_one_thread_resets_while_others_work(server: FakeServer) -> None:
    """A reset takes nothing from a neighbour, however close in time."""
    working, resetting = server.account("working"), server.account("resetting")
    done = threading.Event()

    def reset() -> None:
        while not done.is_set():
            resetting.admin.reset()

    thread = threading.Thread(target=reset)
    thread.start()
    try:
        hashes = [working.create(f"job {index}") for index in range(100)]
    finally:
        done.set()
        thread.join()
    assert [job["hash"] for job in working.admin.jobs()] == hashes[::-1]
