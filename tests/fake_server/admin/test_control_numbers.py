"""Numbers in the control API's bodies, from those of JSON Schema to those beyond 64 bits."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.controls import Control
from tests.support.fakes import Caller

ERRNO = {"type": "ERRNO", "errno": 501}
HUGE = 10**20


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("faults", {**ERRNO, "times": HUGE}),
        ("faults", {**ERRNO, "times": 1e30}),
        ("faults", {**ERRNO, "skip": HUGE}),
        ("faults", {**ERRNO, "errno": -HUGE}),
        ("faults", {**ERRNO, "headers": {"X-A": HUGE}}),
        ("faults", {**ERRNO, "headers": {"X-A": 1e300}}),
        ("scenarios", {"scenario": "slow", "times": HUGE}),
        ("scenarios", {"scenario": "slow", "argument": HUGE}),
        ("clock/advance", {"by": HUGE}),
        ("clock/set", {"to": 1e300}),
        ("requests/find", {"limit": HUGE}),
        ("requests/verify", {"times": {"at_least": 1e300}}),
    ],
)
def test_a_number_that_can_not_be_kept_is_refused(
    control: Control, path: str, body: dict[str, Any]
) -> None:
    assert control.refusal("POST", path, body).code == "bad-request"
    assert control.get("faults")["faults"] == control.get("scenarios")["armed"] == []


def test_integers_may_be_written_with_a_fraction(control: Control) -> None:
    armed = control.post("faults", **ERRNO, times=3.0, skip=1.0, delay=5.0)
    assert repr((armed["times"], armed["skip"], armed["delay"])) == "(3, 1, 5)"


@pytest.mark.parametrize("value", [1.0, -0.0, 1e300, 1e19, 2.5, [1.0, {"x": 3.0}]])
def test_json_of_the_clients_own_is_sent_as_it_came(
    control: Control, abc: Caller, value: Any
) -> None:
    control.post("faults", type="HTTP_STATUS", status=503, body={"x": value})
    control.put("state", **control.get("state"))
    assert repr(abc.post("/jobs/find", {}).json()) == repr({"x": value})


@pytest.mark.parametrize("value", [1.0, 1e300, 1e19])
def test_and_compared_as_it_came(control: Control, abc: Caller, value: Any) -> None:
    match = {"body": {"fields": {"limit": value}}}
    armed = control.post("faults", **ERRNO, match=match)
    assert repr(armed["match"]) == repr(match)
    abc.post("/jobs/find", {"limit": value})
    assert control.get(f"faults/{armed['id']}")["applied"] == 1
    assert control.post("requests/verify", match=match, times=1)["verified"]
