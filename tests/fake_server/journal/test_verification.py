"""Verify: whether so many requests came, and if not the nearest one and where it differs."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.support.controls import Control
from tests.support.fakes import Caller, MakeFake


@pytest.fixture
def control(make_fake: MakeFake) -> Control:
    return Control(make_fake())


@pytest.fixture
def abc(control: Control) -> Caller:
    """An account with five requests: a login, three submissions and a find."""
    caller = control.fake.login()
    for prompt in ("a lighthouse in fog", "a dog", "a dog"):
        caller.create(prompt)
    caller.find(limit=3)
    return caller


def verify(control: Control, times: Any = None, **match: Any) -> Any:
    body: dict[str, Any] = {"match": match}
    if times is not None:
        body["times"] = times
    return control.call("POST", "requests/verify", body)


DOGS: dict[str, Any] = {"operation": "createJob", "body": {"fields": {"content": "a dog"}}}


@pytest.mark.parametrize(
    ("match", "times", "verified", "count"),
    [
        (DOGS, None, True, 2),
        (DOGS, 2, True, 2),
        (DOGS, 1, False, 2),
        (DOGS, 3, False, 2),
        (DOGS, 0, False, 2),
        (DOGS, {"at_least": 2}, True, 2),
        (DOGS, {"at_least": 3}, False, 2),
        (DOGS, {"at_most": 1}, False, 2),
        (DOGS, {"at_most": 2}, True, 2),
        (DOGS, {"at_least": 1, "at_most": 5}, True, 2),
        (DOGS, {}, True, 2),
        ({"operation": "blendImages"}, None, False, 0),
        ({"operation": "blendImages"}, 0, True, 0),
        ({"unmatched": True}, 0, True, 0),
        ({"path": "/jobs/*"}, 4, True, 4),
        ({"path": "/jobs/*", "errno": 0}, 4, True, 4),
        ({"since": 4}, 1, True, 1),
        ({"account": "limited"}, 0, True, 0),
        ({"body": {"json": {"password": "abc-secret"}}}, 1, True, 1),
        ({}, 5, True, 5),
    ],
    ids=str,
)
def test_so_many_came_or_not(
    control: Control, abc: Caller, match: Any, times: Any, verified: bool, count: int
) -> None:
    answer = verify(control, times, **match)
    assert (answer["verified"], answer["count"]) == (verified, count)
    assert (answer["message"] is None) is verified
    assert len(answer["requests"]) == count
    assert answer["nearest"] is None or not verified


@pytest.mark.parametrize(
    ("match", "nearest", "lines"),
    [
        ({"operation": "createJob", "body": {"fields": {"content": "a lighthouse"}}}, 2,
         ['- content: "a lighthouse"', '+ content: "a lighthouse in fog"']),
        ({"operation": "createJob", "body": {"json": {"content": "a dot"}}}, 4,
         ['- content: "a dot"', '+ content: "a dog"']),
        ({"operation": "createJob", "body": {"contains": "a cat"}}, 4,
         ["- the body: contains 'a cat'", '+ the body: {"content":"a dog"}']),
        ({"operation": "findJobs", "body": {"json": {"limit": 5}}}, 5,
         ["- limit: 5", "+ limit: 3"]),
        ({"operation": "findJobs", "body": {"json": {"prompt": "x"}}}, 5,
         ['- prompt: "x"', "+ prompt: absent"]),
        ({"operation": "createJob", "errno": 501}, 4, ["- errno: 501", "+ errno: 0"]),
        ({"operation": "createJob", "status": 500}, 4, ["- status: 500", "+ status: 200"]),
        ({"operation": "findJobs", "path": "/jobs/fin"}, 5,
         ['- path: "/jobs/fin"', '+ path: "/jobs/find"']),
        ({"path": "/jobs/creat"}, 4, ['- path: "/jobs/creat"', '+ path: "/jobs/create"']),
        ({"unmatched": True}, 5, ["- unmatched: true", "+ unmatched: false"]),
    ],
    ids=str,
)  # fmt: skip
def test_the_nearest_is_shown_with_a_diff(
    control: Control, abc: Caller, match: Any, nearest: int, lines: list[str]
) -> None:
    answer = verify(control, **match)
    assert answer["nearest"]["request"]["id"] == nearest
    first, *rest = answer["message"].splitlines()
    assert first.startswith("no ")
    assert f"at least 1 expected; nearest: #{nearest} POST /" in first
    assert rest == lines
    assert len(answer["nearest"]["differences"]) == len(lines) // 2


def test_the_message_says_what_was_looked_for(control: Control, abc: Caller) -> None:
    message = verify(control, 1, operation="createJob", body={"json": {"content": "X"}})["message"]
    assert message.startswith('no createJob where the body has {"content":"X"} was received, 1 ex')


def test_too_many_are_named(control: Control, abc: Caller) -> None:
    assert verify(control, 1, operation="createJob")["message"] == (
        "createJob: 3 received (#2, #3, #4), 1 expected"
    )
    many = verify(control, {"at_most": 0})
    assert many["message"] == "request: 5 received (#1, #2, #3, #4, #5), none expected"


def test_an_empty_journal_has_nothing_nearest(control: Control) -> None:
    answer = verify(control, operation="login")
    assert answer["nearest"] is None
    assert "the journal has no request to compare with" in answer["message"]


def test_secrets_are_matched_and_not_shown(control: Control) -> None:
    control.fake.post("/auth/login", {"username": "abc", "password": "a-wrong-one"})
    answer = verify(control, body={"json": {"password": "another"}})
    assert "a-wrong-one" not in str(answer)
    assert "(redacted)" in answer["message"]


def test_a_large_journal_is_compared_at_once(control: Control) -> None:
    caller = control.fake.login()
    for number in range(150):
        caller.post("/jobs/find", {"prompt": f"{number} " * 2000})
    answer = verify(control, operation="findJobs", body={"fields": {"prompt": "149 149"}})
    assert answer["nearest"]["request"]["id"] == 151
    assert len(answer["message"]) < 1500


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"times": {"at_least": 2, "at_most": 1}}, "at_least must not be greater than at_most"),
        ({"times": -1}, "times: -1 is not a number of requests, or an object with at_least"),
        ({"times": "once"}, "times: 'once' is not a number of requests"),
        ({"times": {"atleast": 1}}, "did you mean 'at_least'?"),
        ({"match": {"body": {"matches": "("}}}, "body.matches: '(' is not a regular expression"),
        ({"match": {"body": {"fields": {"..": 1}}}}, "body.fields: '..' is not a path"),
        ({"match": {"body": "a cat"}}, "match.body: 'a cat' is not of type"),
        ({"match": {"path": "jobs"}}, "match.path: 'jobs' is not a path of at most"),
        ({"match": {"account": "abd"}}, "did you mean 'abc'?"),
    ],
    ids=str,
)
def test_conditions_that_cannot_be_are_refused(
    control: Control, body: dict[str, Any], said: str
) -> None:
    assert said in control.refusal("POST", "requests/verify", body).message


def test_lists_counts_and_waits_match_on_content(control: Control, abc: Caller) -> None:
    match = {"body": {"fields": {"content": {"contains": "dog"}}}}
    assert [
        each["id"] for each in control.call("POST", "requests/find", {"match": match})["requests"]
    ] == [3, 4]
    assert control.call("POST", "requests/find", {"match": match, "limit": 1})["total"] == 2
    assert control.get("requests", body_contains="lighthouse")["total"] == 1
    assert control.get("requests/count", body_matches="d.g", operation="createJob")["count"] == 2
    assert control.send("GET", "requests/count?path=/auth/*").json() == {"count": 1}
    waited = control.post("requests/wait", match=match, count=2, timeout="1s")
    assert waited["reached"]


@pytest.mark.parametrize(
    ("conditions", "errno"),
    [
        ({"contains": "dog"}, [0, 501]),
        ({"matches": "^.*cat.*$"}, [501, 0]),
        ({"json": {"content": "a cat"}}, [501, 0]),
        ({"fields": {"content": {"matches": "^a dog$"}}}, [0, 501]),
        ({"fields": {"sender_id": {"present": True}}}, [0, 0]),
    ],
    ids=str,
)
def test_a_fault_acts_on_the_bodies_that_it_names(
    control: Control, conditions: Any, errno: list[int]
) -> None:
    caller = control.fake.login()
    match = {"operation": "createJob", "body": conditions}
    armed = control.post("faults", type="ERRNO", errno=501, match=match)
    assert armed["match"] == match
    answers = [caller.post("/jobs/create", {"content": each}) for each in ("a cat", "a dog")]
    assert [each.json()["errno"] for each in answers] == errno
    assert control.get(f"faults/{armed['id']}")["matched"] == errno.count(501)


SECRET = "hunt5"  # too short to be known by its text


@pytest.mark.parametrize(
    "raw",
    [
        json.dumps({"username": "abc", "password": SECRET}).encode(),
        f"username=abc&password={SECRET}".encode(),
        json.dumps({"inner": [{"password": SECRET}]}).encode(),
        json.dumps([{"pwd": SECRET}]).encode(),
    ],
)
@pytest.mark.parametrize("body", [
    {"json": {"username": "abc", "password": "wanted"}},
    {"equals": {"inner": [{"password": "wanted"}]}},
    {"fields": {"password": "wanted"}},
    {"fields": {"inner[0].password": {"contains": "wanted"}}},
    {"fields": {"inner": "x"}},
    {"contains": "password=wanted"},
    {"contains": '"password": "wanted"'},
    {"matches": "password.*wanted"},
    {"equals": "x"},
])  # fmt: skip
def test_no_password_stands_in_what_a_verification_says(
    control: Control, raw: bytes, body: dict[str, Any]
) -> None:
    control.fake.send("POST", "/auth/login", raw)
    text = json.dumps(verify(control, operation="login", body=body, since=0))
    assert "verified" in text
    assert SECRET not in text
    assert "wanted" not in text


def test_of_a_request_with_thousands_of_fields_some_are_named(control: Control) -> None:
    fields = {f"k{number}": 1 for number in range(5_000)}
    control.fake.post("/jobs/create", {"content": "a cat", **fields})
    answer = verify(control, body={"equals": {"content": "a cat"}})
    assert 1 < len(answer["nearest"]["differences"]) <= 100
    assert len(answer["message"]) < 10_000
