"""What is wrong in a state document is named with its place, whatever it contradicts."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from tests.fake_server.admin.test_state_document import broken, lived_in
from tests.support.controls import Control


@pytest.mark.parametrize(
    ("path", "value", "says"),
    [
        (["jobs", 1, "account"], "nobody", "jobs.1: the document has no account 'nobody'"),
        (["clocks", 0, "account"], "nobody", "clocks.0: the document has no account 'nobody'"),
        (["scenarios", 0, "account"], "nobody", "scenarios.0: the document has no account"),
        (["profiles", 0, "account"], "nobody", "profiles.0: the document has no account"),
        (["faults", 0, "match"], {"account": "nobody"}, "faults.0: the document has no account"),
        (["faults", 0, "match"], {"body": {"matches": "("}}, "faults.0: body.matches: '('"),
        (["faults", 0, "match"], {"headers": {"a": {"matches": "("}}}, "faults.0: headers.a"),
        (["faults", 0, "headers"], {"content-length": "1"}, "faults.0: headers: content-length"),
        (["faults", 0, "id"], "", "faults.0.id: "),
        (["scenarios", 0, "argument"], 1_000_000_000, "scenarios.0: scenario "),
        (["profiles", 0, "answers"], {"find-order": "x"}, "profiles.0: profile "),
        (["jobs", 1, "id"], 5_000_000_000_000, "jobs.1: job id 5000000000000 is not in the range"),
        (["jobs", 1, "id_uuid"], "", "jobs.1.id_uuid: "),
        (["token_key"], "00", "token_key: the value is not the key of the tokens"),
    ],
)
def test_the_place_is_named(control: Control, path: list[Any], value: object, says: str) -> None:
    lived_in(control)
    document = control.get("state")
    refusal = control.refusal("PUT", "state", broken(document, path, value))
    assert refusal.code == "bad-request"
    assert refusal.message.startswith(says)
    assert control.get("state") == document


@pytest.mark.parametrize(
    ("part", "name"),
    [
        ("accounts", "username"),
        ("accounts", "id"),
        ("jobs", "id"),
        ("jobs", "hash"),
        ("jobs", "job_id"),
        ("jobs", "id_uuid"),
        ("faults", "id"),
        ("clocks", "account"),
        ("profiles", "account"),
    ],
)
def test_what_is_there_twice_is_named(control: Control, part: str, name: str) -> None:
    lived_in(control)
    document = control.get("state")
    twice = copy.deepcopy(document)
    first = twice[part][0]
    if len(twice[part]) == 1:
        twice[part].append(copy.deepcopy(first))
    twice[part][-1][name] = first[name]
    message = control.refusal("PUT", "state", twice).message
    assert message.startswith(f"{part}.{len(twice[part]) - 1}: its ")
    assert f" is that of {part}.0: " in message
    assert control.get("state") == document
