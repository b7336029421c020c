"""Handles in processes that are not forked, and copies: each has connections of its own."""

from __future__ import annotations

import copy
import multiprocessing
import pickle
from collections.abc import Iterator

import pytest

from sampan import Account, Admin, FakeServer


@pytest.fixture(scope="module")
def account() -> Iterator[Account]:
    with FakeServer(job_seconds=0) as server:
        made = server.account()
        made.create("a cat")  # a connection is kept
        assert made.admin.jobs()
        yield made


def _submit(account: Account, prompt: str) -> str:
    return account.create(prompt)


def test_another_process_is_sent_an_account(account: Account) -> None:
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        hash = pool.apply(_submit, (account, "from afar"))
    assert account.record(hash)["msg_display"] == "from afar"


def test_copies_have_connections_of_their_own(account: Account) -> None:
    for other in (copy.copy(account), copy.deepcopy(account), pickle.loads(pickle.dumps(account))):
        assert other.admin.read_account(account.username) == account.admin.read_account(
            account.username
        )
        other.admin.close()
        other.close()
    whole: Admin = pickle.loads(pickle.dumps(account.admin.of(account.username)))
    assert whole.jobs() == account.admin.jobs()
    assert account.find()
