"""What can't be stored is refused, and has changed nothing: each change, at each of its steps."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from sampan.fake_server.contract import document as spec
from sampan.fake_server.contract import yaml_files
from tests.support.controls import Control
from tests.support.examples import in_turn, sampled, some
from tests.support.fakes import JSON, Fake, MakeFake
from tests.support.stores import failing_store
from tests.support.stores.failing_store import Disk

#: Operations that change nothing that is kept.
_READERS = {
    "clearRequests", "waitForRequests", "countRequests", "listRequests", "lintClient",
    "issueToken", "findRequests", "verifyRequests",
}  # fmt: skip

Call = tuple[str, str, JSON | None]


def lived_in(control: Control) -> str:
    """Leave a trace of every kind; the hash of a job."""
    abc = control.fake.login()
    running, stalled = abc.create("a cat"), abc.create("a dog")
    control.post(f"jobs/{stalled}/stall")
    control.put(f"favourites/{stalled}")
    control.put(f"folders/one/jobs/{stalled}")
    abc.create("rain --fake token-expires")
    control.post("accounts", username="t1", password="p", name="Tee")
    control.post("faults", type="ERRNO", errno=501, times=3, match={"path": "/x"})
    control.post("faults", type="ERRNO", errno=501, match={"account": "abc", "path": "/y"})
    control.post("scenarios", scenario="fail", argument=12, account="abc", times=2)
    control.post("scenarios", scenario="slow", times=1)
    control.post("clock/advance", by=1000)
    control.post("clock/freeze", account="abc")
    control.patch("profile", answers={"find-order": "oldest-first"}, account="abc")
    control.patch("profile", answers={"find-order": "oldest-first"})
    return running


def calls(control: Control, hash: str) -> dict[str, list[Call]]:
    """Calls of every operation that changes something, by operationId."""
    (stalled,) = (job["hash"] for job in control.get("jobs")["jobs"] if job["stalled"])
    document, one = control.get("state"), control.get("state", account="abc")
    scoped: list[JSON] = [{}, {"account": "abc"}, {"account": "t1"}]
    fault = {"type": "DELAY", "delay": 5}
    return {
        "reset": [("POST", "reset", body) for body in scoped],
        "createAccount": [("POST", "accounts", {"username": "t2", "password": "p"})],
        "updateAccount": [("PATCH", "accounts/abc", {"password": "q", "plan": "none"})],
        "deleteAccount": [("DELETE", "accounts/abc", None)],
        "dropClock": [("DELETE", "clock", None), ("DELETE", "clock?account=abc", None)],
        "freezeClock": [("POST", "clock/freeze", body) for body in scoped],
        "advanceClock": [("POST", "clock/advance", {"by": "1h", **body}) for body in scoped],
        "setClock": [("POST", "clock/set", {"to": 1000, **body}) for body in scoped],
        "resumeClock": [("POST", "clock/resume", body) for body in scoped],
        "autoClock": [("POST", "clock/auto", body) for body in scoped],
        "armFault": [("POST", "faults", fault)],
        "clearFaults": [("DELETE", "faults", None), ("DELETE", "faults?account=abc", None)],
        "deleteFault": [("DELETE", "faults/f1", None)],
        "armScenario": [("POST", "scenarios", {"scenario": "slow", **each}) for each in scoped],
        "clearScenarios": [
            ("DELETE", "scenarios", None),
            ("DELETE", "scenarios?account=abc", None),
        ],
        "deleteJob": [("DELETE", f"jobs/{hash}", None), ("DELETE", f"jobs/{stalled}", None)],
        "completeJob": [("POST", f"jobs/{hash}/complete", {})],
        "failJob": [("POST", f"jobs/{hash}/fail", {})],
        "stallJob": [("POST", f"jobs/{hash}/stall", {})],
        "resumeJob": [("POST", f"jobs/{stalled}/resume", {})],
        "addFavourite": [("PUT", f"favourites/{hash}", None)],
        "removeFavourite": [("DELETE", f"favourites/{stalled}", None)],
        "addToFolder": [("PUT", f"folders/two/jobs/{hash}", None)],
        "removeFromFolder": [("DELETE", f"folders/one/jobs/{stalled}", None)],
        "putProfile": [("PUT", "profile", {"profile": "mixed", **body}) for body in scoped],
        "patchProfile": [
            ("PATCH", "profile", {"answers": {"find-order": "newest-first"}, **body})
            for body in scoped
        ],
        "importState": [
            ("PUT", "state", {**document, "jobs": document["jobs"][:1], "faults": []}),
            ("PUT", "state", {**one, "jobs": [], "clocks": [], "profiles": []}),
        ],
    }


def test_every_operation_that_changes_something_is_tried(control: Control) -> None:
    changing = {
        operation.id
        for operation in spec.compile(yaml_files.read("admin.yaml")).operations
        if operation.method not in ("GET", "HEAD")
    }
    assert calls(control, lived_in(control)).keys() == changing - _READERS


def everything(control: Control) -> list[Any]:
    """All that can be seen of a fake."""
    seen: list[Any] = [
        control.get(path) for path in ("state", "accounts", "faults", "scenarios", "clock", "jobs")
    ]
    seen += [control.send("GET", f"{path}?account=abc").json() for path in ("clock", "profile")]
    seen += [len(control.requests()), control.get("profile")]
    return seen


@pytest.fixture(params=["file", "memory"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[], Path | None]:
    """Where each fake keeps what it knows."""
    numbers = count(1)
    return lambda: tmp_path / f"data{next(numbers)}" if request.param == "file" else None


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> Disk:
    return failing_store.use(monkeypatch)


_NAMES = (
    "reset", "createAccount", "updateAccount", "deleteAccount", "dropClock", "freezeClock",
    "advanceClock", "setClock", "resumeClock", "autoClock", "armFault", "clearFaults",
    "deleteFault", "armScenario", "clearScenarios", "completeJob", "failJob", "stallJob",
    "resumeJob", "addFavourite", "removeFavourite", "addToFolder", "removeFromFolder",
    "putProfile", "patchProfile", "importState",
)  # fmt: skip


@pytest.mark.parametrize(
    ("operation", "place"),
    sampled(in_turn(some(_NAMES, 2), ["file", "memory"]), 3),
    indirect=["place"],
)
def test_what_can_not_be_stored_changes_nothing(
    make_fake: MakeFake, place: Callable[[], Path | None], disk: Disk, operation: str
) -> None:
    control = Control(make_fake(data=place(), seed=7))
    hash = lived_in(control)
    before = everything(control)
    for method, path, body in calls(control, hash)[operation]:
        for at in count(1):
            with disk.full(at):
                response = control.send(method, path, body)
            if response.status_code == 200:
                break
            assert response.status_code == 507, response.text
            told = response.json()["error"]
            assert told["code"] == "not-stored"
            assert "database or disk is full; nothing was changed" in told["message"]
            assert everything(control) == before, at
        assert at > 1, "nothing was stored"
        if operation != "importState":
            # Refused so often, it takes effect as it would have at once.
            fresh = Control(make_fake(data=place(), seed=7))
            lived_in(fresh)
            assert fresh.send(method, path, body).status_code == 200
            assert everything(fresh) == everything(control)
            control = Control(make_fake(data=place(), seed=7))
            lived_in(control)
        else:
            control.call("PUT", "state", before[0])
            before = everything(control)


# The API itself


@pytest.fixture
def full(make_fake: MakeFake, place: Callable[[], Path | None], disk: Disk) -> Control:
    return Control(make_fake(data=place(), seed=7))


def _until_stored(control: Control, disk: Disk, call: Callable[[], JSON]) -> None:
    """Refuse a call at each of its changes; then it succeeds, as if it were the first."""
    before = everything(control)
    for at in count(1):
        with disk.full(at):
            envelope = call()
        if envelope["errno"] == 0:
            break
        assert envelope["errno"] == 501, envelope
        seen = everything(control)
        assert [*seen[:8], seen[9]] == [*before[:8], before[9]], at
    assert at > 1, "nothing was stored"


@pytest.mark.parametrize("scenario", [None, "slow", "token-expires", "find-lag"])
def test_a_submission_that_can_not_be_stored_changes_nothing(
    full: Control, disk: Disk, scenario: str | None
) -> None:
    abc = full.fake.login()
    if scenario is not None:
        full.post("scenarios", scenario=scenario, times=2)
    _until_stored(full, disk, lambda: abc.post("/jobs/create", {"content": "a cat"}).json())
    assert full.get("jobs")["total"] == 1
    left = [each["times"] for each in full.get("scenarios")["armed"]]
    assert left == ([] if scenario is None else [1])


def test_a_fault_that_can_not_be_counted_does_not_act(full: Control, disk: Disk) -> None:
    full.post("faults", type="DELAY", delay=0, times=1, match={"path": "/jobs/find"})
    full.post("faults", type="DELAY", delay=0, skip=5, match={"path": "/jobs/*"})
    abc = full.fake.login()
    _until_stored(full, disk, lambda: abc.post("/jobs/find", {}).json())
    counts = [(each["matched"], each["applied"]) for each in full.get("faults")["faults"]]
    assert counts == [(1, 1), (1, 0)]


def test_the_reason_is_told(full: Control, disk: Disk) -> None:
    abc = full.fake.login()
    with disk.full(1):
        response = abc.post("/jobs/create", {"content": "a cat"})
    assert "can't be written: database or disk is full" in response.headers["x-fake-reason"]


def test_a_poll_that_can_not_move_the_clock_changes_nothing(full: Control, disk: Disk) -> None:
    abc = full.fake.login()
    abc.create()
    full.post("clock/auto", account="abc")
    _until_stored(full, disk, lambda: abc.post("/jobs/find", {}).json())


def test_an_account_that_can_not_be_stored_is_not_there(
    make_fake: MakeFake, place: Callable[[], Path | None], disk: Disk
) -> None:
    fake: Fake = make_fake(data=place(), seed=7, open_accounts=True)
    body = {"username": "new", "password": "p"}
    _until_stored(Control(fake), disk, lambda: fake.post("/auth/login", body).json())
