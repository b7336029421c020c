"""Submissions while another process changes what they need."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from sampan.fake_server.store.account import Account
from tests.support.pairs import Pair


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
