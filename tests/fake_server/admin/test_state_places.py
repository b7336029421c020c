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
        (["accounts", 1, "username"], "a/b", "accounts.1.username: 'a/b' is not a name of 1 to"),
        (["accounts", 1, "username"], "..", "accounts.1.username: '..' is not a name of 1 to"),
        (["jobs", 1, "plan", "pauses"], [[5, 2]], "jobs.1: plan.pauses.0: it ends at 2, before it"),
        (["jobs", 1, "plan", "pauses"], [[None, 2]], "jobs.1: plan.pauses.0: it begins at None;"),
        (["jobs", 1, "plan", "pauses"], [[3, 9], [8, 9]], "jobs.1: plan.pauses.1: it begins at 8;"),
        (
            ["jobs", 1, "plan", "pauses"],
            [[3, None], [8, 9]],
            "jobs.1: plan.pauses.1: only the last",
        ),
        (["jobs", 1, "plan", "pauses"], [[n, n] for n in range(1001)], "jobs.1.plan.pauses: "),
        (["jobs", 1, "plan", "progress"], [1] * 1001, "jobs.1.plan.progress: "),
        (
            ["jobs", 1, "recorded"],
            {"state": "finished", "fields": {"error": None, "hash": "x"}},
            "jobs.1: recorded.fields.hash: the fake shows its own",
        ),
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


def test_no_two_jobs_of_an_account_have_the_same_timestamp(control: Control) -> None:
    # Find pages by it: of two jobs one would never be found.
    lived_in(control)
    document = control.get("state")
    first, second = document["jobs"][:2]
    twice = broken(
        document, ["jobs", 1, "created"], first["created"] + first["late"] - second["late"]
    )
    message = control.refusal("PUT", "state", twice).message
    assert message.startswith("jobs.1: its timestamp is that of jobs.0: ")
