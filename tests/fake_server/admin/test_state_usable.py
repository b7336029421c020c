"""What is taken into a fake as its state can be used, and taken out and put back again."""

from __future__ import annotations

from typing import Any

import pytest

from sampan.fake_server.jobs.lifecycle import LATEST
from tests.support.controls import Control
from tests.support.fakes import Caller
from tests.support.samples.state_documents import broken, lived_in


def _use(control: Control) -> None:
    """Poll and submit as an account does, and see that the state can be put back."""
    service = control.fake.app.service
    account = service.store.account("abc")
    assert account is not None
    token = service.tokens.issue(account.id, service.clocks.now(account.id), 2**40)
    caller = Caller(control.fake, token, {})
    for body in ({"limit": 100}, {}, {"limit": 100}):
        assert caller.post("/jobs/find", body).json()["errno"] == 0
    assert caller.post("/jobs/create", {"content": "a cat"}).json()["errno"] == 0
    state = control.get("state")
    control.call("PUT", "state", state)
    assert control.get("state") == state


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (["jobs", 0, "hash"], "\0"),
        (["jobs", 0, "hash"], "a\0猫\r\n"),
        (["jobs", 0, "parent_hash"], "\0"),
        (["jobs", 0, "prompt"], "\0"),
        (["jobs", 0, "job_id"], "00000000-0000-0000-0000-000000000000"),
        (["jobs", 0, "created"], LATEST),
        (["clocks", 0, "offset"], LATEST),
        (["clocks", 0, "offset"], -LATEST),
        (["clocks", 0, "frozen"], LATEST),
        (["clocks", 0], {"account": None, "offset": 0, "frozen": LATEST, "auto": True}),
        (["clocks", 0], {"account": None, "offset": LATEST, "frozen": None, "auto": True}),
    ],
)
def test_what_is_taken_can_be_used(control: Control, path: list[Any], value: object) -> None:
    lived_in(control)
    control.delete("faults")
    control.delete("scenarios")
    control.post("clock/advance", by="1h", account="abc")
    control.call("PUT", "state", broken(control.get("state"), path, value))
    _use(control)


@pytest.mark.parametrize("path", ["clock/freeze", "clock/resume", "clock/auto"])
@pytest.mark.parametrize("to", [0, LATEST])
def test_a_clock_at_the_end_of_time_can_be_kept(control: Control, path: str, to: int) -> None:
    control.fake.login().create()
    control.post("clock/set", to=to, account="abc")
    control.post("clock/freeze", account="abc")
    control.post(path, account="abc")
    _use(control)


@pytest.mark.parametrize(
    ("path", "value"),
    [(["accounts", 0, "last_number"], 999_999_998), (["jobs", 0, "id"], 999_999_999)],
)
def test_an_account_without_an_id_for_its_next_job_says_so(
    control: Control, path: list[Any], value: int
) -> None:
    lived_in(control)
    control.delete("faults")
    control.delete("scenarios")
    control.call("PUT", "state", broken(control.get("state"), path, value))
    abc = control.fake.login()
    responses = [abc.post("/jobs/create", {"content": "a cat"}) for _ in range(4)]
    errnos = [each.json()["errno"] for each in responses]
    assert errnos == sorted(errnos)
    assert (errnos[0], errnos[-1]) == (0, 501)
    assert "no id is left" in responses[-1].headers["x-fake-reason"]
    state = control.get("state")
    control.call("PUT", "state", state)
    assert control.get("state") == state
