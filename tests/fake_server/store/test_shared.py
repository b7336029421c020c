"""Two fakes on one store are one fake: whatever is set at one holds at the other at once."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest

from tests.support.controls import Control
from tests.support.fakes import Caller, Fake, refused, succeeded
from tests.support.stores.pairs import Pair


def test_jobs_and_tokens_are_shared(pair: Pair) -> None:
    abc, there = pair.abc()
    hashes = [each.create(f"cat {n}") for n in range(6) for each in (abc, there)]
    assert len(set(hashes)) == 12
    for each in (abc, there):
        found = each.found(limit=100)
        assert ({job["hash"] for job in found["res"]}, found["total"]) == (set(hashes), 12)
        assert each.found(limit=5)["total"] == 12
        assert len({job["id"] for job in found["res"]}) == 12


def test_a_clock_is_shared(pair: Pair) -> None:
    abc, there = pair.abc()
    hash = abc.create()
    pair.control.post("clock/freeze")
    assert pair.other_control.get("clock")["frozen"]
    pair.other_control.post("clock/advance", by="1h")
    assert pair.control.get("clock") == pair.other_control.get("clock")
    assert abc.record(hash) == {**there.record(hash), **_links(abc.record(hash))}
    assert abc.record(hash)["status"] == 2000
    pair.control.post("clock/set", to=pair.one.wall)
    assert there.record(hash)["status"] != 2000


def _links(record: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in record.items() if str(value).startswith("http")}


@pytest.mark.parametrize("account", [None, "abc"])
def test_an_automatic_clock_is_moved_by_the_polls_of_both(pair: Pair, account: str | None) -> None:
    abc, there = pair.abc()
    pair.control.post("clock/auto", **({} if account is None else {"account": account}))
    hash = abc.create()
    seen = [each.record(hash)["status"] for _ in range(10) for each in (there, abc)]
    assert seen[-1] == 2000
    assert [status == 2000 for status in seen] == sorted(status == 2000 for status in seen)


def test_profiles_are_shared(pair: Pair) -> None:
    abc, there = pair.abc()
    answers = {"find-order": "oldest-first"}
    first, second = abc.create("first"), there.create("second")
    assert [job["hash"] for job in there.find()] == [second, first]
    pair.control.patch("profile", answers=answers, account="abc")
    assert [job["hash"] for job in there.find()] == [first, second]
    pair.other_control.put("profile", account="abc")
    assert [job["hash"] for job in abc.find()] == [second, first]
    pair.other_control.patch("profile", answers={"wrong-credentials": "301"})
    wrong = {"username": "limited", "password": "wrong"}
    assert refused(pair.one.post("/auth/login", wrong)) == 301


def test_accounts_are_shared(pair: Pair) -> None:
    pair.control.post("accounts", username="t1", password="t1-secret")
    there = pair.other.login("t1")
    hash = there.create()
    assert pair.control.get("accounts/t1") == pair.other_control.get("accounts/t1")
    assert pair.control.get("accounts/t1")["jobs"] == 1
    pair.other_control.patch("accounts/t1", plan="none")
    here = Caller(pair.one, there.token, there.data)
    assert refused(here.post("/jobs/create", {"content": "a cat"})) == 411
    assert here.record(hash)["hash"] == hash
    pair.control.delete("accounts/t1")
    assert refused(there.post("/jobs/find", {})) == 430


def test_a_fault_strikes_as_often_as_it_should(pair: Pair) -> None:
    abc, there = pair.abc()
    fault = pair.control.post("faults", type="ERRNO", errno=501, times=5, skip=2)
    answers = [each.post("/jobs/find", {}) for _ in range(6) for each in (there, abc)]
    assert [answer.json()["errno"] for answer in answers] == [0, 0, *[501] * 5, *[0] * 5]
    for control in (pair.control, pair.other_control):
        known = control.get(f"faults/{fault['id']}")
        assert (known["matched"], known["applied"]) == (7, 5)
    assert pair.other_control.post("faults", type="ERRNO", errno=501)["id"] != fault["id"]
    pair.other_control.delete("faults")
    assert abc.post("/jobs/find", {}).json()["errno"] == 0


def test_a_scenario_is_left_as_often_as_it_should(pair: Pair) -> None:
    abc, there = pair.abc()
    pair.control.post("scenarios", scenario="fail", times=3)
    hashes = [each.create() for _ in range(3) for each in (there, abc)]
    for fake in pair.fakes:
        fake.wall += 10_000
    failed = [abc.record(hash)["status"] for hash in hashes]
    assert len({*failed[:3]}) == len({*failed[3:]}) == 1
    assert failed[0] != failed[3]
    assert pair.other_control.get("scenarios")["armed"] == []


def test_favourites_folders_and_what_becomes_of_jobs_are_shared(pair: Pair) -> None:
    abc, there = pair.abc()
    hash = abc.create()
    assert there.record(hash)["status"] != 2000
    pair.control.post(f"jobs/{hash}/complete")
    assert there.record(hash)["status"] == 2000
    assert there.find(folders=["x"]) == []
    pair.control.put(f"favourites/{hash}")
    pair.other_control.put(f"folders/x/jobs/{hash}")
    for each in (abc, there):
        assert [job["hash"] for job in each.find(folders=["x"], favourite=True)] == [hash]
    pair.control.delete(f"jobs/{hash}")
    assert there.find() == []


NAMES = ["a\0b", "a\0", "\0", "\0a", "a", "'a'", '"', "ü", "🚣", "\\u0000", "61"]


def _each_folder_finds_its_own(fake: Fake) -> None:
    abc = fake.login()
    hashes = [abc.create() for _ in NAMES]
    state = Control(fake).get("state")
    for job in state["jobs"]:
        job["folders"] = [NAMES[hashes.index(job["hash"])]]
    Control(fake).put("state", **state)
    for name, hash in zip(NAMES, hashes, strict=True):
        found = abc.found(folders=[name])
        assert ([job["hash"] for job in found["res"]], found["total"]) == ([hash], 1), name
    assert abc.found(folders=NAMES)["total"] == len(NAMES)


def test_a_folder_has_any_name(pair: Pair, tmp_path: Path) -> None:
    _each_folder_finds_its_own(pair.other)
    for settings in ({}, {"data": tmp_path / "own"}):
        fake = Fake(**settings)
        _each_folder_finds_its_own(fake)
        fake.close()


def test_reset_and_import_are_of_everything_everywhere(pair: Pair) -> None:
    abc, there = pair.abc()
    first = abc.create()
    there.create()
    before = pair.control.get("state")
    pair.control.post("faults", type="ERRNO", errno=501)
    pair.other_control.post("reset")
    assert abc.found() == there.found() == {"res": [], "total": 0}
    assert pair.control.get("faults") == {"faults": []}
    assert there.create() == first, "an account's first job is the same again"
    pair.control.put("state", **before)
    assert pair.other_control.get("state") == before
    assert there.found()["total"] == 2
    assert succeeded(there.post("/jobs/create", {"content": "x"})) not in (first,)
    assert there.found()["total"] == 3


def test_the_journal_is_one(pair: Pair) -> None:
    abc, there = pair.abc()
    abc.find()
    there.find(limit=3)
    for control in (pair.control, pair.other_control):
        requests = control.get("requests")["requests"]
        assert [each["id"] for each in requests] == [1, 2, 3]
        assert [each["operation"] for each in requests] == ["login", "findJobs", "findJobs"]
        assert "abc-secret" not in str(requests)
    match = {"operation": "findJobs", "body": {"json": {"limit": 3}}}
    found = pair.control.post("requests/wait", match=match, timeout="10s")
    assert (found["reached"], found["count"]) == (True, 1)
    pair.other_control.post("faults", type="TRICKLE", delay=0)
    abc.find()
    (request,) = pair.other_control.get("requests", since=3)["requests"]
    assert request["status"] == 200
    assert pair.other_control.delete("requests")["deleted"] == 4
    assert pair.control.get("requests")["requests"] == []
    there.find()
    assert [each["id"] for each in pair.control.get("requests")["requests"]] == [5]


def test_a_wait_hears_what_another_process_took(pair: Pair) -> None:
    """The one waits in its loop while a thread has the other take the request."""
    _, there = pair.abc()
    taken = threading.Timer(0.2, lambda: there.find(limit=7))
    taken.start()
    match = {"operation": "findJobs", "body": {"json": {"limit": 7}}}
    found = pair.control.post("requests/wait", match=match, timeout="20s")
    taken.join()
    assert (found["reached"], found["count"]) == (True, 1)


def test_a_delay_ends_when_another_process_turns_the_clock(pair: Pair) -> None:
    abc, _ = pair.abc()
    pair.control.post("clock/freeze")
    pair.control.post("faults", type="DELAY", delay="1h", match={"operation": "findJobs"})
    turned = threading.Timer(0.2, lambda: pair.other_control.post("clock/advance", by="1h"))
    turned.start()
    assert abc.found() == {"res": [], "total": 0}
    turned.join()
