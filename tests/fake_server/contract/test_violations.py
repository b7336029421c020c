"""Errors of a value: few, and those that would be named if all were listed."""

from __future__ import annotations

from time import process_time
from typing import Any

import jsonschema_rs
import pytest

from sampan.fake_server.contract.violations import violations
from tests.support.controls import Control
from tests.support.fakes import Fake

_SCHEMA = {
    "type": "object",
    "required": ["name"],
    "properties": {
        "name": {"type": "string"},
        "items": {"type": "array", "items": {"type": "string"}},
        "rows": {"type": "array", "items": {"$ref": "#/$defs/row"}},
        "map": {"type": "object", "additionalProperties": {"type": "string"}},
        "few": {"type": "array", "maxItems": 2000},
    },
    "$defs": {
        "row": {
            "type": "object",
            "required": ["a"],
            "properties": {"a": {"type": "array", "items": {"type": "integer"}}},
            "additionalProperties": False,
        }
    },
}
_CHECK = jsonschema_rs.Draft202012Validator(_SCHEMA)


@pytest.mark.parametrize(
    ("value", "place"),
    [
        ({"name": "x", "items": [{}] * 3000}, ["items", 0]),
        ({"name": "x", "items": [*["a"] * 3000, 5, *[{}] * 3000]}, ["items", 3000]),
        ({"name": "x", "rows": [{"a": [1, 2]}] * 9 + [{"a": ["x"] * 3000}]}, ["rows", 9, "a", 0]),
        ({"name": "x", "rows": [5] * 3000, "items": [5] * 3000}, ["items", 0]),
        ({"name": "x", "map": {str(n): n for n in range(3000)}}, ["map", 0]),
        ({"name": "x", "map": {**{str(n): "" for n in range(3000)}, "z": 1}}, ["map", "z"]),
        ({"name": 5}, ["name"]),
        ({"name": "x", "few": ["a"] * 2001}, ["few"]),
    ],
)
def test_few_errors_are_made_with_their_places(value: Any, place: list[str | int]) -> None:
    found = violations(_CHECK, value)
    every = {(*each.instance_path, each.message) for each in _CHECK.iter_errors(value)}
    assert place in [each.instance_path for each in found]
    assert {(*each.instance_path, each.message) for each in found} <= every
    assert len(found) <= 1001


def test_what_is_missing_is_told_beside_much_that_is_wrong() -> None:
    value = {**{str(n): n for n in range(3000)}, "items": [5] * 3000}
    assert {"required", "type"} == {each.kind.name for each in violations(_CHECK, value)}


def test_what_is_valid_has_no_error_and_too_many_levels_are_said() -> None:
    assert violations(_CHECK, {"name": "x", "items": ["a"] * 3000}) == []
    deep: Any = 1
    for _ in range(900):
        deep = [deep]
    for value in ({"name": deep}, {"items": [5, deep]}):
        with pytest.raises(ValueError, match="Recursion"):
            violations(_CHECK, value)


def test_many_mistakes_in_a_body_keep_nobody_waiting(fake: Fake, control: Control) -> None:
    caller = fake.login()
    for key in ("service", "job_type", "folders"):
        start = process_time()
        response = caller.post("/jobs/find", {key: [{}] * 150_000})
        assert response.json()["errno"] == 301
        assert response.headers["x-fake-reason"].startswith(f"{key}.0: ")
        assert process_time() - start < 1.5
    document = control.get("state")
    for part in ("jobs", "accounts", "faults"):
        start = process_time()
        told = control.refusal("PUT", "state", {**document, part: [0] * 150_000})
        assert told.message.startswith(f"{part}.0: ")
        assert process_time() - start < 1.5
