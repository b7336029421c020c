"""A refusal quotes what was sent, names the nearest and lists everything that is valid."""

from __future__ import annotations

from typing import Any, get_args

import pytest

from sampan.fake_server.armed.fault import FaultType
from sampan.fake_server.contract.profile_files import shipped_questions
from sampan.fake_server.jobs.scenarios import SCENARIOS
from sampan.fake_server.suggestions import did_you_mean, listed
from tests.support.controls import Control
from tests.support.fakes import MakeFake

OPERATIONS = (
    "login", "createJob", "findJobs", "varyJob", "upscaleJob", "blendImages", "describeImage",
)  # fmt: skip


@pytest.fixture
def control(make_fake: MakeFake) -> Control:
    return Control(make_fake())


FAULT = {"type": "ERRNO", "errno": 501}

# Method, path, body; what was sent as it is quoted, what was meant, all that is valid.
TYPOS: list[tuple[str, str, Any, str, str, tuple[str, ...]]] = [
    ("POST", "faults", {"type": "COMMIT_THEN_DORP"}, "'COMMIT_THEN_DORP'", "COMMIT_THEN_DROP",
     get_args(FaultType)),
    ("POST", "faults", {"type": "errno"}, "'errno'", "ERRNO", get_args(FaultType)),
    ("POST", "faults", {"type": "drop"}, "'drop'", "COMMIT_THEN_DROP", get_args(FaultType)),
    ("POST", "faults", {**FAULT, "match": {"operation": "create"}}, "'create'", "createJob",
     OPERATIONS),
    ("POST", "faults", {**FAULT, "match": {"acount": "abc"}}, "'acount'", "account",
     ("account", "operation", "path")),
    ("POST", "faults", {**FAULT, "tims": 2}, "'tims'", "times", ("times", "skip", "probability")),
    ("POST", "faults", {"type": "DELAY", "delay": {"distribution": "unifrm"}}, "'unifrm'",
     "uniform", ("uniform", "lognormal")),
    ("POST", "scenarios", {"scenario": "fails"}, "'fails'", "fail", tuple(SCENARIOS)),
    ("POST", "requests/wait", {"match": {"operation": "findJob"}}, "'findJob'", "findJobs",
     OPERATIONS),
    ("GET", "requests?operation=upscale", None, "'upscale'", "upscaleJob", OPERATIONS),
    ("GET", "requests?operatoin=login", None, "'operatoin'", "operation", ("status", "since")),
    ("GET", "jobs?state=finish", None, "'finish'", "finished", ("queued", "running", "failed")),
    ("PUT", "profile", {"profile": "mix"}, "'mix'", "mixed", ("documented", "mixed")),
    ("PATCH", "profile", {"answers": {"find-order": "oldest"}}, "'oldest'", "oldest-first",
     ("newest-first", "oldest-first")),
    ("PATCH", "profile", {"answers": {"find-ordr": "x"}}, "'find-ordr'", "find-order",
     tuple(shipped_questions())),
    ("POST", "accounts", {"username": "x", "password": "x", "plan": "unlimitd"}, "'unlimitd'",
     "unlimited", ("unlimited", "none")),
    ("POST", "reset", {"account": "limted"}, "'limted'", "limited", ("abc", "limited")),
    ("GET", "accounts/abd", None, "'abd'", "abc", ("abc", "limited")),
]  # fmt: skip


@pytest.mark.parametrize(("method", "path", "body", "sent", "meant", "valid"), TYPOS)
def test_a_typing_error_is_quoted_with_what_was_meant(
    control: Control,
    method: str,
    path: str,
    body: object,
    sent: str,
    meant: str,
    valid: tuple[str, ...],
) -> None:
    message = control.refusal(method, path, body).message
    assert sent in message
    assert f"did you mean '{meant}'?" in message
    _, _, candidates = message.partition("?")
    assert [each for each in valid if each not in candidates] == []


@pytest.mark.parametrize(
    ("by", "meant"),
    [
        ("30 seconds", "30s"), ("30 s", "30s"), ("2 Minutes", "2m"), ("1.5 hours", "1.5h"),
        ("500 milliseconds", "500ms"), ("1 day", "1d"), ("3sec", "3s"), ("10MIN", "10m"),
    ],
)  # fmt: skip
def test_a_duration_in_other_words_is_read_and_corrected(
    control: Control, by: str, meant: str
) -> None:
    message = control.refusal("POST", "clock/advance", {"by": by}).message
    assert message.startswith(f"by: {by!r} (did you mean '{meant}'?) is not a duration: ")


@pytest.mark.parametrize("by", ["1.0005s", "1.00050 seconds", "1" * 13 + "ms", "٣s", "３ seconds"])
def test_no_duration_is_proposed_that_is_none(control: Control, by: str) -> None:
    assert "did you mean" not in control.refusal("POST", "clock/advance", {"by": by}).message


@pytest.mark.parametrize("by", [8_640_000_000_000_000, 1e33])
def test_a_duration_that_is_too_long_is_told_the_longest(control: Control, by: float) -> None:
    message = control.refusal("POST", "clock/advance", {"by": by}).message
    assert message == f"by: {by!r} is greater than the maximum of 253402300799999"


@pytest.mark.parametrize("by", ["soon", "", "30x", 1.5, -1, None, True, ["30s"], {"s": 30}])
def test_what_is_no_duration_is_refused_in_words(control: Control, by: object) -> None:
    message = control.refusal("POST", "clock/advance", {"by": by}).message
    assert "is not a duration: a number and its unit (ms, s, m, h or d)" in message
    assert repr(by) in message


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "clock/advance", {"by": "x"}),
        ("POST", "clock/set", {"to": "yesterday"}),
        ("POST", "accounts", {"username": "a/b", "password": "x"}),
        ("POST", "faults", {**FAULT, "match": {"path": "image/*"}}),
        ("PATCH", "profile", {"answers": {"token-lifetime": "long"}}),
        ("PATCH", "profile", {"answers": {"pending-statuses": "1"}}),
    ],
)
def test_no_regular_expression_is_shown(
    control: Control, method: str, path: str, body: object
) -> None:
    message = control.refusal(method, path, body).message
    assert not {"^", "$", "\\"} & set(message), message


@pytest.mark.parametrize("password", [5, "p" * 1001, ["hush"], ""])
def test_what_may_be_a_secret_is_not_quoted(control: Control, password: object) -> None:
    body = {"username": "x", "password": password}
    assert "password: the value " in control.refusal("POST", "accounts", body).message


def test_a_long_value_is_cut(control: Control) -> None:
    message = control.refusal("POST", "scenarios", {"scenario": "x" * 5000}).message
    assert len(message) < 1000


def test_a_long_list_of_names_says_how_many_more() -> None:
    assert listed(f"t{number}" for number in range(150)).endswith("t99 and 50 more")
    assert listed([]) == "none"


@pytest.mark.parametrize(
    ("given", "hint"),
    [("Fail", "; did you mean 'fail'?"), ("zzz", ""), ("", ""), ("e", ""), (None, "")],
)
def test_a_hint_needs_something_alike(given: object, hint: str) -> None:
    assert did_you_mean(given, ["fail", "stuck", "image-late", "image-missing"]) == hint


@pytest.mark.parametrize("name", ["", "0", "a/b", "~1", "-1"])
@pytest.mark.parametrize("condition", ["equals", "matches"])
def test_a_wrong_condition_of_a_field_of_any_name_is_told(
    control: Control, name: str, condition: str
) -> None:
    for match, says in (
        (
            {"body": {"fields": {name: {condition: "", "precent": 1}}}},
            "'precent' is not a field of",
        ),
        ({"headers": {name: {condition: 1}}}, '1 is not of type "string"'),
    ):
        refusal = control.refusal("POST", "requests/verify", {"match": match})
        assert says in refusal.message
