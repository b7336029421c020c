"""Submissions while another process changes what they need."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable

import pytest

from sampan.fake_server.store.account import Account
from tests.support.stores.pairs import Pair


def _everything(pair: Pair) -> None:
    pair.other_control.put("state", **pair.other_control.get("state"))


def _one_account(pair: Pair) -> None:
    pair.other_control.put("state", **pair.other_control.get("state", account="abc"))


def _reset(pair: Pair) -> None:
    pair.other_control.post("reset")


@pytest.mark.parametrize("change", [_everything, _one_account, _reset])
def test_an_account_that_stays_takes_jobs_meanwhile(
    pair: Pair, change: Callable[[Pair], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A submission waits for the account's counters until the other's change is stored."""
    abc, there = pair.abc()
    abc.create()
    store = pair.other.app.service.store
    submitted: list[str] = []
    thread = threading.Thread(target=lambda: submitted.append(abc.create()))

    forget = store._forget_jobs

    def hold(account: Account) -> None:
        forget(account)
        if not thread.ident:
            thread.start()
            thread.join(0.2)
            assert thread.is_alive(), "it waits"

    monkeypatch.setattr(store, "_forget_jobs", hold)
    change(pair)
    thread.join()
    assert len(submitted) == 1
    found = [each.found(limit=10) for each in (abc, there)]
    assert found[0]["total"] == found[1]["total"] == len(found[0]["res"])
    assert submitted[0] in [job["hash"] for job in found[1]["res"]]


def _times(pair: Pair, hashes: list[str]) -> list[int]:
    """The timestamps of jobs in the order of their ids, which is that of ``hashes``."""
    found = pair.one.login().found(limit=100)["res"]
    by_id = sorted(found, key=lambda job: job["id"])
    assert [job["hash"] for job in by_id] == hashes
    return [int(job["timestamp"]) for job in by_id]


@pytest.mark.parametrize("seed", range(4))
def test_numbers_and_instants_have_one_order(pair: Pair, seed: int) -> None:
    """Who has read the time first may come to the counters second, and third."""
    drawn = random.Random(seed)
    callers = pair.abc()
    start, hashes = pair.one.wall, []
    for fake in pair.fakes:
        fake.wall += 10  # no process has told an earlier time
    for step in range(24):
        which = drawn.randrange(2)
        fake = pair.fakes[which]
        fake.wall = max(fake.wall, start + 10 + step * 2 + drawn.randint(-12, 12))
        hashes.append(callers[which].create())
    times = _times(pair, hashes)
    assert times == sorted(set(times))
    assert times[-1] <= max(fake.wall for fake in pair.fakes) + 24


@pytest.mark.parametrize("whose", [{}, {"account": "abc"}])
def test_a_clock_that_was_turned_back_is_obeyed(pair: Pair, whose: dict[str, str]) -> None:
    """Those that come after it are in order again, behind that time."""
    abc, there = pair.abc()
    hashes = [abc.create(), there.create()]
    now = pair.one.wall
    pair.control.post("clock/set", to=now - 60_000, **whose)
    hashes += [there.create(), abc.create(), there.create()]
    for fake in pair.fakes:
        fake.wall += 5
    hashes += [abc.create(), there.create()]
    pair.other_control.post("clock/set", to=now - 60_000, **whose)
    hashes += [abc.create(), there.create()]
    pair.control.post("clock/set", to=now + 60_000, **whose)
    hashes += [there.create(), abc.create()]
    turned = now - 60_000
    assert [time - turned for time in _times(pair, hashes)] == [
        *(60_000, 60_001),
        *(0, 1, 2),
        *(5, 6),
        *(3, 4),
        *(120_000, 120_001),
    ]
