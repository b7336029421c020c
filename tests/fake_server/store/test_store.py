"""The store, where a walk through its model seldom gets."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from typing import get_args

import pytest

from sampan.fake_server.admin.state_document import StateError, export, restore
from sampan.fake_server.jobs.lifecycle import Plan
from sampan.fake_server.service import FakeService
from sampan.fake_server.settings import Settings
from sampan.fake_server.store.dialect import Match
from sampan.fake_server.store.job_query import Find
from sampan.fake_server.store.store import Store
from tests.support.samples.drawn import NOW, facts, submitted


@pytest.fixture
def store() -> Iterator[Store]:
    with closing(Store()) as store:
        yield store


@pytest.mark.parametrize(
    ("prompt", "text", "matches"),
    [
        ("Shanghai at dawn", "HAI AT", {"substring-any-case"}),
        ("Shanghai at dawn", "hai at", {"substring-any-case", "substring"}),
        ("Shanghai at dawn", "dawn shanghai", {"words"}),
        ("Shanghai at dawn", "Shanghai at dawn", set(get_args(Match))),
        ("Shanghai at dawn", "shanghai  at", {"words"}),
        ("Shanghai\tat\ndawn", "at dawn", {"words"}),
        ("Straße am Fluß", "STRASSE", {"substring-any-case", "words"}),
        ("ЛОДКА", "лодка", {"substring-any-case", "words"}),
        ("上海的早晨", "海的", {"substring-any-case", "substring"}),
        ("100% _cat_", "% _", {"substring-any-case", "substring"}),
        ("a\0b", "\0b", {"substring-any-case", "substring"}),
        ("a cat", "", {"substring-any-case", "substring", "words"}),
    ],
)
def test_how_a_prompt_matches(store: Store, prompt: str, text: str, matches: set[Match]) -> None:
    account = store.put_account("abc", "digest", "unlimited")
    job = submitted(store, account, 1, prompt=prompt)
    found = {
        match
        for match in get_args(Match)
        if store.find(Find(account.id, NOW, prompt=text, match=match)) == ([job.id], 1)
    }
    assert found == matches


def test_any_number_of_values_may_be_asked_for(store: Store) -> None:
    account = store.put_account("abc", "digest", "unlimited")
    job = submitted(store, account, 1)
    many = tuple(str(number) for number in range(100_000))
    store.put([job._replace(folders=("99999",))])
    assert store.find(Find(account.id, NOW, folders=many)) == ([job.id], 1)
    assert store.find(Find(account.id, NOW, services=("main",) * 100_000)) == ([job.id], 1)
    words = " ".join(["shanghai"] * 100_000)
    assert store.find(Find(account.id, NOW, prompt=words, match="words")) == ([job.id], 1)


def test_a_submission_that_can_not_be_made_leaves_no_trace(store: Store) -> None:
    account = store.put_account("abc", "digest", "unlimited")
    first = submitted(store, account, 1)
    with pytest.raises(sqlite3.IntegrityError):
        submitted(store, account, 1)
    second = submitted(store, account, 2)
    assert list(store.jobs()) == [first, second]
    assert second.id == first.id + 1


def test_jobs_of_an_unknown_account_are_not_taken(store: Store) -> None:
    account = store.put_account("abc", "digest", "unlimited")
    job = submitted(store, account, 1)
    with pytest.raises(KeyError):
        store.put([job._replace(favourite=True), job._replace(account=99)])
    assert list(store.jobs()) == [job]


def test_after_an_import_the_next_job_is_behind_what_was_imported(store: Store) -> None:
    account = store.put_account("abc", "digest", "unlimited")
    store.put([facts(Plan(300, 1700), id=7, account=account.id)])
    assert submitted(store, account, 1).id == 8
    assert store.find(Find(account.id, NOW + 1, limit=1)) == ([8], 2)


def test_a_number_that_can_not_be_stored_leaves_everything_as_it_was(store: Store) -> None:
    account = store.put_account("abc", "digest", "unlimited")
    job = submitted(store, account, 1)
    with pytest.raises(OverflowError):
        store.restore([replace(account, revoked=[2**63])], [], {}, {"seed": "s"})
    assert list(store.jobs()) == [job]
    assert store.setting("seed", lambda: "untouched") == "untouched"


def test_a_document_with_such_a_number_is_refused() -> None:
    with closing(FakeService(Settings())) as service:
        document = export(service)
        document["accounts"][0]["revoked"] = [2**63]
        with pytest.raises(StateError, match="int too large"):
            restore(service, document)
