"""Conditions on a request's headers, for faults and for the journal."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from sampan import Account, FakeServer
from sampan.fake_server.http.header_matching import HeaderMatch
from sampan.fake_server.http.matching import MatchError
from tests.support.controls import Control
from tests.support.fakes import Caller, Fake

HEADERS = [
    (b"user-agent", b"mine/2.1"),
    (b"X-Tag", b"one"),
    (b"x-tag", b"two"),
    (b"x-name", "caf\u00e9".encode()),
    (b"x-latin", b"caf\xe9"),
    (b"x-empty", b""),
]


@pytest.mark.parametrize(
    ("terms", "admitted"),
    [
        ({}, True),
        ({"User-Agent": "mine/2.1"}, True),
        ({"USER-AGENT": "mine/2.1"}, True),
        ({"User-Agent": "Mine/2.1"}, False),
        ({"User-Agent": {"contains": "2."}}, True),
        ({"User-Agent": {"matches": "^mine/[0-9.]+$"}}, True),
        ({"User-Agent": {"matches": "^other/"}}, False),
        ({"x-tag": "one, two"}, True),
        ({"x-tag": "two"}, False),
        ({"x-tag": {"contains": "two"}}, True),
        ({"x-name": "caf\u00e9"}, True),
        ({"x-latin": "caf\u00e9"}, True),
        ({"x-empty": ""}, True),
        ({"x-empty": {"present": True}}, True),
        ({"x-none": {"present": True}}, False),
        ({"x-none": {"present": False}}, True),
        ({"x-none": ""}, False),
        ({"x-tag": {"present": True, "contains": "one"}, "x-none": {"present": False}}, True),
        ({"x-tag": {"contains": "one"}, "x-none": "a"}, False),
        ({"a.b[0]": {"present": False}}, True),
    ],
)
def test_a_condition_holds_or_not(terms: dict[str, Any], admitted: bool) -> None:
    assert HeaderMatch(terms).admits(HEADERS) is admitted


def test_an_expression_that_can_not_be_is_named() -> None:
    with pytest.raises(MatchError, match=r"^headers\.X-A\.matches: '\(' is not a regular"):
        HeaderMatch({"X-A": {"matches": "("}})


def test_a_fault_acts_on_the_requests_with_a_header(control: Control, abc: Caller) -> None:
    match = {"headers": {"X-Retry": {"matches": "^[1-9]"}}}
    armed = control.post("faults", type="ERRNO", errno=501, match=match)
    assert armed["match"] == match
    answers = [
        abc.fake.send(
            "POST", "/jobs/find", b"{}", {"Authorization": f"Bearer {abc.token}", **given}
        )
        for given in ({}, {"X-Retry": "0"}, {"X-Retry": "1"}, {"x-retry": "22"})
    ]
    assert [answer.json()["errno"] for answer in answers] == [0, 0, 501, 501]
    assert control.get(f"faults/{armed['id']}")["applied"] == 2
    state = control.get("state")
    control.put("state", **state)
    assert control.get("faults")["faults"][0]["match"] == match


def test_a_verification_shows_the_header_that_differs(control: Control, abc: Caller) -> None:
    abc.fake.send("POST", "/jobs/find", b"{}", {"User-Agent": "mine/1"})
    match = {"operation": "findJobs", "headers": {"User-Agent": "mine/2"}}
    answer = control.post("requests/verify", match=match)
    assert answer["message"].splitlines()[1:] == [
        '- header User-Agent: "mine/2"',
        '+ header User-Agent: "mine/1"',
    ]
    assert answer["nearest"]["differences"] == [
        {"where": "header User-Agent", "expected": '"mine/2"', "actual": '"mine/1"'}
    ]
    match["headers"] = {"User-Agent": "mine/1", "Cookie": {"present": False}}
    assert control.post("requests/verify", match=match, times=1)["verified"]
    assert control.post("requests/find", match=match)["total"] == 1
    assert control.post("requests/wait", match=match)["reached"]


@pytest.mark.parametrize("name", ["Authorization", "x-api-key", "Cookie", "Proxy-Authorization"])
def test_no_secret_stands_in_what_a_verification_says(
    fake: Fake, control: Control, name: str
) -> None:
    fake.send("POST", "/jobs/find", b"{}", {name: "Bearer sent-and-unknown"})
    conditions = ("Bearer wanted-one", {"contains": "wanted-one"}, {"matches": "wanted-one$"})
    for wanted in conditions:
        answer = control.post("requests/verify", match={"headers": {name: wanted}})
        assert not answer["verified"]
        text = json.dumps(answer)
        assert "wanted-one" not in text
        assert "sent-and-unknown" not in text
        assert f"header {name.lower()}" in text.lower()
    there = {"headers": {name: {"contains": "sent-and"}}}
    assert control.post("requests/verify", match=there, times=1)["verified"]
    gone = control.post("requests/verify", match={"headers": {name: {"present": False}}})
    assert "sent-and-unknown" not in json.dumps(gone)


@pytest.mark.parametrize(
    ("headers", "says"),
    [
        ({"X-A": 5}, "headers.X-A: 5 is not a text that the header must equal, or an object"),
        ({"X-A": {"is": "x"}}, "'is' is not a field of match.headers.X-A"),
        ({"X-A": {"matches": "(?=x)"}}, "headers.X-A.matches: '(?=x)' is not a regular expression"),
    ],
)
def test_a_condition_that_can_not_be_is_refused(
    control: Control, headers: dict[str, Any], says: str
) -> None:
    for path, rest in (("requests/verify", {}), ("faults", {"type": "ERRNO", "errno": 501})):
        refusal = control.refusal("POST", path, {**rest, "match": {"headers": headers}})
        assert refusal.code == "bad-request"
        assert says in refusal.message


def test_the_handles_take_texts_patterns_and_operators() -> None:
    with FakeServer(job_seconds=0) as server:
        _use_the_handles(server.account())


def _use_the_handles(account: Account) -> None:
    admin = account.admin
    armed = admin.fault(
        "ERRNO",
        errno=501,
        optional=True,
        request_headers={"X-A": re.compile("^b", re.IGNORECASE), "X-C": {"present": True}},
    )
    assert armed["match"]["headers"] == {"X-A": {"matches": "(?i)^b"}, "X-C": {"present": True}}
    account.create("a cat")
    own = {"Authorization": {"matches": "^Bearer ey"}, "X-A": {"present": False}}
    assert admin.verify(operation="createJob", headers=own, times=1) == 1
    assert admin.count(headers=own) == len(admin.requests(headers=own)) >= 1
    assert admin.wait_for(headers=own, operation="createJob")
