"""What another process does between two statements of a reading."""

from __future__ import annotations

from itertools import count
from typing import Any, cast

import pytest

from tests.support.pairs import Interrupted, Pair


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
