"""What another process does between two statements of a reading."""

from __future__ import annotations

from itertools import count
from threading import Thread
from typing import Any, cast

import pytest

from tests.support.stores.pairs import Interrupted, Pair


def test_an_account_that_is_added_while_all_are_read_disturbs_nothing(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, other = pair.one.app.service.store, pair.other.app.service.store
    numbers = count()

    def add() -> None:
        added = other.put_account(f"new-{next(numbers)}", "x", "unlimited")
        other.revoke_tokens(added, 5)

    monkeypatch.setattr(store, "_db", Interrupted(cast(Any, store), add))
    store._read()()
    monkeypatch.undo()
    assert next(numbers) > 0
    store.follow()
    known = {account.username: account.revoked for account in store.accounts()}
    assert known["new-0"] == [5]
    assert known == {account.username: account.revoked for account in other.accounts()}


@pytest.mark.parametrize("reading", ["export", "list", "list by state", "find"])
def test_the_jobs_of_an_account_that_is_added_meanwhile_are_whole(
    pair: Pair, monkeypatch: pytest.MonkeyPatch, reading: str
) -> None:
    pair.control.patch("profile", answers={"find-scope": "all"})
    abc = pair.one.login()
    abc.create()
    store = pair.one.app.service.store

    def add() -> None:
        pair.other_control.post("accounts", username="new", password="p")
        pair.other.login("new", "p").create()

    adding = Thread(target=add)

    def after_adding(read: Any) -> Any:
        def reads(*given: Any) -> Any:
            if adding.ident is None:
                adding.start()
                adding.join(0.3)  # it waits for the turn, or is done long before
            return read(*given)

        return reads

    for name in ("jobs", "find", "found"):
        monkeypatch.setattr(store, name, after_adding(getattr(store, name)))
    found = {
        "export": lambda: pair.control.get("state")["jobs"],
        "list": lambda: pair.control.get("jobs")["jobs"],
        "list by state": lambda: pair.control.get("jobs", state="queued")["jobs"],
        "find": abc.find,
    }[reading]()
    assert len(found) == 1
    adding.join()
    assert pair.control.get("jobs")["total"] == 2


def test_a_setting_that_two_make_at_once_is_that_of_the_first(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, other = pair.one.app.service.store, pair.other.app.service.store
    turn = store.turn

    def after_the_other() -> Any:
        assert other.setting("new", lambda: "first") == "first"
        return turn()

    monkeypatch.setattr(store, "turn", after_the_other)
    assert store.setting("new", lambda: "second") == "first"
    monkeypatch.undo()
    assert store.setting("new", lambda: "third") == "first"
