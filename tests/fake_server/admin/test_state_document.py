"""The whole state as one document: what was exported, imported and exported again is the same."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sampan.fake_server.admin.state_document import StateError, export, restore
from sampan.fake_server.armed.fault import FaultType, make
from sampan.fake_server.armed.scenarios import ArmedScenario
from sampan.fake_server.clock.clock import ClockState
from sampan.fake_server.jobs.scenarios import SCENARIOS
from sampan.fake_server.service import FakeService
from sampan.fake_server.settings import NewAccount, Settings
from tests.support.controls import Control
from tests.support.examples import examples
from tests.support.fakes import JSON, START, Caller, Fake
from tests.support.samples.state_documents import MakeFake, broken, lived_in


def seen(fake: Fake, username: str = "abc", password: str | None = None) -> list[JSON]:
    """All records of an account, as a client sees them."""
    return fake.login(username, password).find(limit=50)


def test_export_import_export_is_the_identity(control: Control, make_fake: MakeFake) -> None:
    lived_in(control)
    document = control.get("state")
    assert control.call("PUT", "state", document) == {"accounts": 3, "jobs": 12}
    assert control.get("state") == document
    other = Control(make_fake())
    other.call("PUT", "state", document)
    assert other.get("state") == document


def test_a_copy_looks_the_same_to_a_client(control: Control, make_fake: MakeFake) -> None:
    lived_in(control)
    token = control.fake.login().token
    other = Control(make_fake())
    seen(other.fake)  # what is remembered of before must not show
    other.call("PUT", "state", control.get("state"))
    assert seen(other.fake) == seen(control.fake)
    assert Caller(other.fake, token, {}).find(limit=50) == seen(control.fake)
    assert other.fake.login("t1", "p").data["name"] == "Tee"
    for each in (control, other):
        each.advance("1h", "abc")
        each.delete("faults")
        each.delete("scenarios")
    assert seen(other.fake) == seen(control.fake)
    first = [each.fake.login().submit("/jobs/create", content="new") for each in (control, other)]
    assert first[0] == first[1]


def test_a_fault_goes_on_where_it_was(control: Control, abc: Caller, make_fake: MakeFake) -> None:
    control.post("faults", type="ERRNO", errno=501, times=2, skip=1, match={"path": "/jobs/find"})
    statuses = [abc.post("/jobs/find", {}).json()["errno"] for _ in range(2)]
    control.call("PUT", "state", control.get("state"))
    statuses += [abc.post("/jobs/find", {}).json()["errno"] for _ in range(2)]
    assert statuses == [0, 501, 501, 0]
    other = Control(make_fake())
    other.call("PUT", "state", control.get("state"))
    other.post("faults", type="EMPTY_RESPONSE", match={"path": "/x"})
    assert [each["id"] for each in other.get("faults")["faults"]] == ["f1", "f2"]


def test_a_fault_that_comes_back_takes_no_other_ones_id(make_fake: MakeFake) -> None:
    before, after = Control(make_fake(seed=1)), Control(make_fake(seed=1))
    before.post("faults", type="ERRNO", errno=501, match={"account": "abc"})
    after.post("faults", type="EMPTY_RESPONSE", match={"account": "limited"})
    after.call("PUT", "state", before.get("state", account="abc"))
    assert [(each["id"], each["type"]) for each in after.get("faults")["faults"]] == [
        ("f1", "EMPTY_RESPONSE"),
        ("f2", "ERRNO"),
    ]


def test_an_import_empties_the_journal(control: Control, abc: Caller) -> None:
    control.call("PUT", "state", control.get("state"))
    assert control.requests() == []
    abc.find()


def test_an_import_replaces_what_is_there(control: Control, abc: Caller) -> None:
    empty = control.get("state")
    lived_in(control)
    control.call("PUT", "state", empty)
    assert control.get("state") == empty
    assert abc.find() == []


def test_one_account_is_put_back_alone(control: Control, abc: Caller) -> None:
    lived_in(control)
    document = control.get("state", account="abc")
    assert document["account"] == "abc"
    assert len(document["accounts"]) == 1
    before = control.get("state")
    control.post("reset", account="abc")
    control.fake.login().create("another")
    control.call("PUT", "state", document)
    assert control.get("state", account="abc") == document
    after = control.get("state")
    for part in ("accounts", "jobs", "clocks", "profiles"):
        key = json.dumps
        assert sorted(map(key, after[part])) == sorted(map(key, before[part])), part


def test_what_was_imported_is_in_the_data_file(
    control: Control, make_fake: MakeFake, tmp_path: Path
) -> None:
    lived_in(control)
    document = control.get("state")
    kept = Control(make_fake(data=tmp_path / "data"))
    kept.call("PUT", "state", document)
    kept.fake.app.service.close()
    assert Control(make_fake(data=tmp_path / "data")).get("state") == document


@pytest.mark.parametrize("whole", [True, False])
def test_the_number_of_a_deleted_job_is_not_given_again(
    make_fake: MakeFake, tmp_path: Path, *, whole: bool
) -> None:
    control = Control(make_fake(seed=1))
    abc = control.fake.login()
    hashes = [abc.create() for _ in range(3)]
    for hash in hashes[1:]:
        control.delete(f"jobs/{hash}")
    document = control.get("state", **({} if whole else {"account": "abc"}))
    other = Control(make_fake(seed=1, data=tmp_path / "data"))
    other.call("PUT", "state", document)
    assert other.get("state")["accounts"] == control.get("state")["accounts"]
    new = other.fake.login().create()
    assert new == abc.create()
    assert new not in hashes


def test_a_document_without_the_numbers_is_taken(control: Control) -> None:
    lived_in(control)
    document = control.get("state")
    older = json.loads(json.dumps(document))
    for account in older["accounts"]:
        del account["last_number"]
    control.call("PUT", "state", older)
    assert control.get("state") == document


@pytest.mark.parametrize("alone", [True, False])
def test_the_id_of_a_fault_that_was_imported_is_not_given_again(
    make_fake: MakeFake, tmp_path: Path, *, alone: bool
) -> None:
    control = Control(make_fake(seed=1))
    for _ in range(5):
        control.post("faults", type="ERRNO", errno=501, match={"account": "abc"})
    for id in ("f1", "f2", "f4"):
        control.delete(f"faults/{id}")
    document = control.get("state", **({"account": "abc"} if alone else {}))
    other = Control(make_fake(seed=1, data=tmp_path / "data"))
    other.call("PUT", "state", document)
    assert [each["id"] for each in other.get("faults")["faults"]] == ["f3", "f5"]
    other.delete("faults")
    other.fake.app.service.close()
    again = Control(make_fake(seed=1, data=tmp_path / "data"))
    given = [again.post("faults", type="ERRNO", errno=501)["id"] for _ in range(5)]
    assert not {*given} & {"f3", "f5"}


# A law


_names = st.text(
    st.characters(codec="utf-8", exclude_characters="/", exclude_categories=("Cc",)), min_size=1
)
_clocks = st.builds(
    ClockState,
    offset=st.integers(-(10**12), 10**12),
    frozen=st.none() | st.integers(0, 4 * 10**12),
    auto=st.booleans(),
)
_faults = st.builds(
    lambda id, type, skip, times, probability, seed, path: make(
        id,
        {"type": type, "skip": skip, "times": times, "probability": probability, "seed": seed}
        | ({"match": {"path": path}} if path else {}),
    ),
    st.sampled_from(["f1", "f2", "f9"]),
    st.sampled_from(FaultType.__args__),
    st.integers(0, 9),
    st.none() | st.integers(1, 9),
    st.floats(0, 1),
    st.integers(0, 2**53 - 1),
    st.none() | _names.map("/{}".format),
)


@settings(max_examples=examples(30))
@given(
    st.dictionaries(_names, st.none() | _clocks, max_size=3),
    st.lists(_faults, max_size=2, unique_by=lambda fault: fault.id),
    st.lists(st.tuples(st.sampled_from(list(SCENARIOS.values())), st.none() | st.integers(1, 9))),
    st.none() | st.integers(),
)
def test_any_world_can_be_exported_and_put_back(
    accounts: dict[str, ClockState | None],
    faults: list[Any],
    armed: list[tuple[Any, int | None]],
    seed: int | None,
) -> None:
    new = tuple(NewAccount(name, "p") for name in accounts)
    service = FakeService(Settings(accounts=new, seed=seed, wall=lambda: START))
    other = FakeService(Settings(seed=1, wall=lambda: START))
    try:
        for name, state in accounts.items():
            if state is not None:
                service.set_clock(service.store.account(name), state)
        service.faults.replace(None, faults)
        for scenario, times in armed:
            service.scenarios.arm(ArmedScenario(scenario, scenario.default, None, times))
        document = json.loads(json.dumps(export(service)))
        restore(other, document)
        assert export(other) == document
    finally:
        service.close()
        other.close()


def test_an_account_that_is_not_here_is_not_put_back(control: Control) -> None:
    control.post("accounts", username="t1", password="p")
    document = control.get("state", account="t1")
    control.delete("accounts/t1")
    with pytest.raises(StateError, match="import a document of everything"):
        restore(control.fake.app.service, document)


def test_a_number_written_with_a_fraction_of_nought_is_a_whole_one(control: Control) -> None:
    lived_in(control)
    document = control.get("state")
    changed = broken(document, ["jobs", 0, "created"], float(document["jobs"][0]["created"]))
    control.call("PUT", "state", changed)
    assert control.get("state") == document
    assert isinstance(control.get("state")["jobs"][0]["created"], int)
