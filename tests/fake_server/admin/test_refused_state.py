"""State documents that are refused, and what is said of them."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.controls import Control
from tests.support.examples import sampled
from tests.support.samples.state_documents import MakeFake, broken, lived_in


@pytest.mark.parametrize(
    ("path", "value"),
    sampled(
        [
            (["schema"], "sampan-state/2"),
            (["seed"], 7),
            (["token_key"], "xyz"),
            (["jobs"], {}),
            (["jobs", 0], {}),
            (["jobs", 0, "created"], "now"),
            (["jobs", 0, "created"], 1.5),
            (["jobs", 0, "created"], 10**15),
            (["jobs", 0, "late"], 1.5),
            (["jobs", 0, "late"], -1),
            (["jobs", 0, "id"], 5 * 10**9),
            (["jobs", 0, "job_id"], "../x"),
            (["jobs", 0, "grid_num"], 5),
            (["jobs", 0, "service"], "midjourney"),
            (["jobs", 0, "visible"], -1),
            (["jobs", 0, "ratio"], [1, 10**9]),
            (["jobs", 0, "plan", "queue_ms"], -1),
            (["jobs", 0, "plan", "run_ms"], 0.5),
            (["jobs", 0, "plan", "progress"], [101]),
            (["jobs", 0, "plan", "pauses"], [[None, None]]),
            (["jobs", 0, "plan", "picture"], "odd"),
            (["accounts", 0, "revoked"], [1.5]),
            (["jobs", 0, "created"], True),
            (["jobs", 0, "account"], "nobody"),
            (["jobs", 0, "kind"], "video"),
            (["jobs", 0, "colours"], ["#000000"]),
            (["jobs", 0, "colours"], ["red", "red", "red", "red"]),
            (["jobs", 0, "ratio"], [0, 1]),
            (["jobs", 0, "plan", "progress"], ["x"]),
            (["jobs", 0, "plan", "pauses"], [1]),
            (["jobs", 0, "plan", "more"], 1),
            (["jobs", 0, "folders"], [1]),
            (["jobs", 1, "id"], 1),
            (["accounts", 0, "plan"], "gold"),
            (["accounts", 0, "id"], 2),
            (["accounts", 0, "username"], "limited"),
            (["accounts", 0, "password"], None),
            (["clocks", 0, "offset"], "x"),
            (["clocks", 0, "frozen"], "x"),
            (["faults", 0, "type"], "ERNO"),
            (["faults", 0, "skip"], "x"),
            (["faults", 0, "match"], {"acount": "abc"}),
            (["faults", 0, "match"], {"path": 5}),
            (["faults", 0, "errno"], "999"),
            (["faults", 0, "times"], "x"),
            (["faults", 0, "times"], -1),
            (["faults", 0, "probability"], "x"),
            (["faults", 1, "delay"], {"distribution": "odd"}),
            (["faults", 1, "id"], "f1"),
            (["scenarios", 0, "argument"], 1_000),
            (["scenarios", 0, "argument"], -4),
            (["scenarios", 0, "times"], 0),
            (["scenarios", 0, "scenario"], "fial"),
            (["scenarios", 0, "account"], "nobody"),
            (["profiles", 0, "answers"], {"find-ordr": "x"}),
            (["accounts", 0, "more"], 1),
            (["more"], 1),
        ],
        3,
    ),
)
def test_a_document_is_taken_whole_or_not_at_all(
    control: Control, path: list[Any], value: object
) -> None:
    lived_in(control)
    document = control.get("state")
    assert control.refusal("PUT", "state", broken(document, path, value)).status == 400
    assert control.get("state") == document


@pytest.mark.parametrize("levels", sampled([300, 900, 1_020, 100_000], 4))
@pytest.mark.parametrize("opening", ["[", '{"x":'])
@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PUT", "state", '{"schema": "sampan-state/1", "seed": @}'),
        ("PUT", "state", '{"jobs": [@]}'),
        ("PUT", "state", '{"faults": [{"match": @}]}'),
        ("POST", "faults", '{"type": "ERRNO", "match": @}'),
        ("POST", "accounts", '{"username": @}'),
        ("POST", "clock/advance", '{"by": @}'),
        ("PATCH", "profile", '{"answers": @}'),
    ],
)
def test_a_body_of_many_levels_is_refused_with_the_reason(
    control: Control, method: str, path: str, body: str, opening: str, levels: int
) -> None:
    value = opening * levels + "1" + {"[": "]"}.get(opening, "}") * levels
    headers = {"Content-Type": "application/json"}
    raw = body.replace("@", value).encode()
    response = control.fake.send(method, f"/__admin/{path}", raw, headers)
    assert (response.status_code, response.json()["error"]["code"]) == (400, "bad-request")
    assert "nest" in response.json()["error"]["message"] or levels > 1_000


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (["faults", 0, "match"], {}),
        (["faults", 0, "match"], {"account": "limited"}),
        (["scenarios", 0, "account"], None),
        (["clocks", 0, "account"], None),
        (["profiles", 0, "account"], None),
    ],
)
def test_a_document_of_one_account_holds_nothing_of_others(
    control: Control, path: list[Any], value: object
) -> None:
    lived_in(control)
    document, before = control.get("state", account="abc"), control.get("state")
    told = control.refusal("PUT", "state", broken(document, path, value))
    assert "another account's or shared data" in told.message
    assert control.get("state") == before


def test_one_account_of_another_fake_is_refused(control: Control, make_fake: MakeFake) -> None:
    document = control.get("state", account="abc")
    other = Control(make_fake())
    assert "same seed" in other.refusal("PUT", "state", document).message
    renamed = {**document, "account": "limited"}
    assert control.refusal("PUT", "state", renamed).status == 400
