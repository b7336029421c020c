"""What a fault sends is the test's own: status, headers, body, errno and text."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from sampan import FakeServer
from sampan.fake_server.armed import fault
from tests.support.controls import Control
from tests.support.fakes import Caller, MakeFake, envelope


@pytest.fixture
def control(make_fake: MakeFake) -> Control:
    return Control(make_fake())


@pytest.fixture
def abc(control: Control) -> Caller:
    return control.fake.login()


def arm(control: Control, type: str, **terms: Any) -> dict[str, Any]:
    return control.post("faults", type=type, match={"operation": "createJob"}, **terms)


def struck(control: Control, caller: Caller, type: str, **terms: Any) -> httpx.Response:
    """What a submission is answered that the fault acts on; it makes no job."""
    arm(control, type, **terms)
    answer = caller.post("/jobs/create", {"content": "a cat"})
    assert control.get("jobs")["total"] == 0
    return answer


@pytest.mark.parametrize(
    ("terms", "type", "body"),
    [
        ({"body": "slow down"}, "text/plain; charset=utf-8", b"slow down"),
        ({"body": "小船 \u2028"}, "text/plain; charset=utf-8", "小船 \u2028".encode()),
        ({"body": ""}, "text/plain; charset=utf-8", b""),
        ({"body": {"message": "慢"}}, "application/json", '{"message":"慢"}'.encode()),
        ({"body": []}, "application/json", b"[]"),
        ({"body": 0}, "application/json", b"0"),
        ({"body": False}, "application/json", b"false"),
        ({"body_base64": base64.b64encode(bytes(range(256))).decode()},
         "application/octet-stream", bytes(range(256))),
        ({"body_base64": ""}, "application/octet-stream", b""),
        ({"body": "<h1>502</h1>", "headers": {"Content-Type": "text/html"}}, "text/html",
         b"<h1>502</h1>"),
        ({"body_base64": "iVBORw==", "headers": {"content-type": "image/png"}}, "image/png",
         b"\x89PNG"),
        ({"body": {"title": "x"}, "headers": {"CONTENT-TYPE": "application/problem+json"}},
         "application/problem+json", b'{"title":"x"}'),
    ],
    ids=str,
)  # fmt: skip
def test_a_body_is_text_json_or_bytes(
    control: Control, abc: Caller, terms: dict[str, Any], type: str, body: bytes
) -> None:
    answer = struck(control, abc, "HTTP_STATUS", status=502, **terms)
    assert answer.status_code == 502
    assert answer.content == body
    assert answer.headers.get_list("content-type") == [type]
    assert answer.headers["content-length"] == str(len(body))
    assert answer.headers["x-fake-reason"] == "sent by fault f1"


@pytest.mark.parametrize(
    ("given", "name", "values"),
    [
        ({"Retry-After": "2"}, "retry-after", ["2"]),
        ({"Retry-After": 120}, "retry-after", ["120"]),
        ({"Set-Cookie": ["a=1", "b=2"]}, "set-cookie", ["a=1", "b=2"]),
        ({"Location": "https://other.example/?q=1"}, "location", ["https://other.example/?q=1"]),
        ({"X-Fake-Reason": "mine"}, "x-fake-reason", ["mine"]),
        ({"X-Empty": ""}, "x-empty", [""]),
        ({}, "x-fake-reason", ["sent by fault f1"]),
    ],
    ids=str,
)
@pytest.mark.parametrize(
    ("type", "terms"), [("HTTP_STATUS", {"status": 429}), ("ERRNO", {"errno": 501})]
)
def test_headers_are_sent_as_given(
    control: Control,
    abc: Caller,
    type: str,
    terms: dict[str, Any],
    given: dict[str, Any],
    name: str,
    values: list[str],
) -> None:
    answer = struck(control, abc, type, headers=given, **terms)
    assert answer.headers.get_list(name) == values


def test_a_header_in_other_letters_is_utf_8(control: Control, abc: Caller) -> None:
    answer = struck(control, abc, "HTTP_STATUS", status=500, headers={"X-Name": "小船"})
    assert dict(answer.headers.raw)[b"x-name"] == "小船".encode()


@pytest.mark.parametrize(
    ("terms", "status", "said"),
    [
        ({"errno": 999}, 200, {"errno": 999, "errmsg": "UNKNOWN ERROR"}),
        ({"errno": 999, "errmsg": "QUOTA"}, 200, {"errno": 999, "errmsg": "QUOTA"}),
        ({"errno": -1, "errmsg": ""}, 200, {"errno": -1, "errmsg": ""}),
        ({"errno": 0}, 200, {"errno": 0, "errmsg": "UNKNOWN ERROR"}),
        ({"errno": 501, "errmsg": "维护"}, 200, {"errno": 501, "errmsg": "维护"}),
        ({"errno": 430, "errmsg": "expired"}, 200, {"errno": 430, "error": "expired"}),
        ({"errno": 301, "status": 422}, 422, {"errno": 301, "errmsg": "MISSING PARAMETER"}),
        ({"errno": 2**53 - 1, "status": 599}, 599, {"errno": 2**53 - 1, "errmsg": "UNKNOWN ERROR"}),
    ],
    ids=str,
)
def test_any_errno_has_any_text_and_status(
    control: Control, abc: Caller, terms: dict[str, Any], status: int, said: dict[str, Any]
) -> None:
    answer = struck(control, abc, "ERRNO", **terms)
    assert answer.status_code == status
    assert {**said, **answer.json()} == answer.json()
    assert json.loads(answer.content)["errno"] == terms["errno"]
    assert next(iter(answer.json())) == "errno"


@pytest.mark.parametrize(
    ("errno", "status"), [(999, 500), (0, 200), (430, 401), (501, 500), (420, 404)]
)
def test_by_errno_an_unlisted_one_is_the_servers_fault(
    control: Control, abc: Caller, errno: int, status: int
) -> None:
    control.patch("profile", answers={"error-http-status": "by-errno"})
    answer = struck(control, abc, "ERRNO", errno=errno, errmsg="x")
    assert answer.status_code == status


def test_the_journal_has_what_was_sent(control: Control, abc: Caller) -> None:
    struck(control, abc, "ERRNO", errno=999, errmsg="QUOTA", status=402)
    (request,) = control.requests(errno=999)
    assert request["status"] == 402
    assert request["response_body"] == {"errno": 999, "errmsg": "QUOTA"}
    assert request["fault"] == "f1"


WITHOUT = {"status": 429}


@pytest.mark.parametrize(
    ("terms", "said"),
    [
        ({**WITHOUT, "headers": {"Content-Length": "5"}}, "Content-Length is set by the server"),
        ({**WITHOUT, "headers": {"transfer-encoding": "chunked"}}, "is set by the server"),
        ({**WITHOUT, "headers": {"Date": "Tue"}}, "Date is set by the server"),
        ({**WITHOUT, "headers": {"a b": "x"}}, "'a b' is not the name of a header"),
        ({**WITHOUT, "headers": {"": "x"}}, "'' is not the name of a header"),
        ({**WITHOUT, "headers": {"x:": "x"}}, "not the name of a header"),
        ({**WITHOUT, "headers": {"X": "a\r\nSet-Cookie: b"}}, "the value of X has a control"),
        ({**WITHOUT, "headers": {"X": ["a", "b\0"]}}, "the value of X has a control"),
        ({**WITHOUT, "headers": {"X": "y" * 20_000}}, "larger than 16384 bytes"),
        ({**WITHOUT, "headers": {"X": {"a": 1}}}, "headers.X"),
        ({**WITHOUT, "headers": "Retry-After: 2"}, "headers: 'Retry-After: 2' is not of type"),
        ({**WITHOUT, "body": None}, "body: None is not of types"),
        ({**WITHOUT, "body": "x", "body_base64": "eA=="}, "can't both be given"),
        ({**WITHOUT, "body_base64": "not base64!"}, "body_base64: not valid base64"),
        ({**WITHOUT, "body": "x" * (fault.MAX_BODY + 1)}, "larger than 1048576 bytes"),
        ({**WITHOUT, "errno": 1}, "'errno' is not a field of armFault ('HTTP_STATUS')"),
        ({"status": 204, "body": "x"}, "a response with status 204 has no body"),
        ({"status": 304, "body": {"a": 1}}, "a response with status 304 has no body"),
        ({"status": 205, "body_base64": "eA=="}, "a response with status 205 has no body"),
        ({"status": 199}, "status: 199 is less than"),
        ({"status": 600}, "status: 600 is greater than"),
    ],
    ids=lambda value: str(value)[:60],
)
def test_what_cannot_be_sent_is_refused_when_it_is_armed(
    control: Control, terms: dict[str, Any], said: str
) -> None:
    refusal = control.refusal("POST", "faults", {"type": "HTTP_STATUS", **terms})
    assert refusal.status == 400
    assert said in refusal.message
    assert control.get("faults") == {"faults": []}


@pytest.mark.parametrize(
    ("terms", "said"),
    [
        ({"errno": 2**53}, "errno: 9007199254740992 is greater"),
        ({"errno": 1.5}, 'errno: 1.5 is not of type "integer"'),
        ({"errno": "501"}, "errno: '501' is not of type \"integer\""),
        ({"errno": 1, "errmsg": 5}, "errmsg: 5 is not of type"),
        ({"errno": 1, "body": "x"}, "'body' is not a field of armFault ('ERRNO')"),
        ({}, '"errno" is a required property'),
    ],
    ids=str,
)
def test_an_errno_is_a_number_with_a_text(
    control: Control, terms: dict[str, Any], said: str
) -> None:
    assert said in control.refusal("POST", "faults", {"type": "ERRNO", **terms}).message


@pytest.mark.parametrize(("status", "kept"), [(204, 0), (205, 0), (304, None), (200, 64)])
def test_a_status_without_a_body_has_none(
    control: Control, abc: Caller, status: int, kept: int | None
) -> None:
    answer = struck(control, abc, "HTTP_STATUS", status=status)
    assert answer.status_code == status
    assert (len(answer.content) > 0) is (kept == 64)
    assert ("content-length" in answer.headers) is (status not in (204, 304))


#: One fault with everything that a fault can carry.
FULL: dict[str, Any] = {
    "type": "HTTP_STATUS", "status": 429, "headers": {"Retry-After": 2, "Set-Cookie": ["a", "b"]},
    "body": {"message": "慢", "left": [1, 2.5, None]}, "delay": 1500, "clock": "real",
    "match": {"account": "abc", "operation": "createJob", "path": "/jobs/*",
              "body": {"json": {"content": "a cat"}, "fields": {"content": {"matches": "c.t$"}}}},
    "times": 3, "skip": 1, "probability": 0.5, "seed": 9, "optional": True,
}  # fmt: skip


def test_all_of_it_outlives_a_restart_and_a_state_document(
    make_fake: MakeFake, tmp_path: Path
) -> None:
    first = make_fake(data=tmp_path / "sampan.db", seed=7)
    armed = Control(first).post("faults", **FULL)
    assert {**FULL, **armed} == armed
    state = Control(first).get("state")
    first.close()
    again = Control(make_fake(data=tmp_path / "sampan.db", seed=7))
    assert again.get("faults") == {"faults": [armed]}
    other = Control(make_fake(seed=8))
    other.put("state", **state)
    assert other.get("faults") == {"faults": [armed]}
    assert other.get("state")["faults"] == state["faults"]


def test_a_scenario_keeps_its_count_and_whether_it_is_optional(
    make_fake: MakeFake, tmp_path: Path
) -> None:
    first = make_fake(data=tmp_path / "sampan.db", seed=7)
    control = Control(first)
    control.post("scenarios", scenario="slow", argument=2, optional=True)
    control.post("scenarios", scenario="find-lag", argument="1.5s", account="abc")
    caller = first.login()
    caller.create("a cat")
    caller.create("a cat --fake fail")  # chosen by the marker: nothing armed is counted
    armed = control.get("scenarios")["armed"]
    assert [(each["applied"], each["optional"]) for each in armed] == [(1, True), (0, False)]
    assert armed[1]["argument"] == 1500
    state = control.get("state")
    first.close()
    again = Control(make_fake(data=tmp_path / "sampan.db", seed=7))
    assert again.get("scenarios")["armed"] == armed
    other = Control(make_fake(seed=8))
    other.put("state", **state)
    assert other.get("scenarios")["armed"] == armed


def test_a_state_document_of_an_earlier_sampan_is_taken(control: Control) -> None:
    control.post("faults", type="ERRNO", errno=501, times=2)
    control.post("scenarios", scenario="fail", argument=46)
    state = control.get("state")
    for each in (*state["faults"], *state["scenarios"]):
        for newer in ("clock", "optional"):
            each.pop(newer, None)
    del state["scenarios"][0]["applied"]
    control.put("state", **state)
    (fault,), (armed,) = control.get("faults")["faults"], control.get("scenarios")["armed"]
    assert (fault["clock"], fault["optional"]) == ("account", False)
    assert (armed["applied"], armed["optional"]) == (0, False)


@pytest.mark.parametrize(
    "change",
    [
        {"headers": {"content-length": "1"}},
        {"body_base64": "?", "body": None},
        {"match": {"body": {"matches": "(?=a)"}}},
        {"match": {"body": {"fields": {"a..b": 1}}}},
        {"delay": "25h"},
    ],
    ids=str,
)
def test_a_document_with_terms_that_cannot_be_is_refused(
    control: Control, change: dict[str, Any]
) -> None:
    control.post("faults", **FULL)
    state = control.get("state")
    fault = {**state["faults"][0], **change}
    state["faults"] = [{key: value for key, value in fault.items() if value is not None}]
    refusal = control.refusal("PUT", "state", state)
    assert refusal.status == 400


# Through a socket, as a client gets it


@pytest.mark.parametrize("fast", [True, False])
def test_a_client_gets_it_by_both_protocols(fast: bool) -> None:
    with FakeServer(job_seconds=0, fast=fast) as server:
        token = server.account().token
        body = {
            "type": "HTTP_STATUS", "status": 429, "body": {"message": "slow down"},
            "headers": {"Retry-After": 2, "Set-Cookie": ["a=1", "b=2"]},
        }  # fmt: skip
        server.admin.call("POST", "/faults", body)
        headers = {"authorization": f"Bearer {token}"}
        answer = httpx.post(f"{server.url}/jobs/create", json={}, headers=headers)
    assert (answer.status_code, answer.json()) == (429, {"message": "slow down"})
    assert answer.headers["retry-after"] == "2"
    assert answer.headers.get_list("set-cookie") == ["a=1", "b=2"]
    assert len(answer.headers.get_list("date")) == 1


@pytest.mark.parametrize("fast", [True, False])
@pytest.mark.parametrize("status", [204, 205, 304])
def test_a_connection_goes_on_after_a_status_without_a_body(fast: bool, status: int) -> None:
    with FakeServer(fast=fast) as server, httpx.Client(base_url=server.url) as client:
        fault = {"type": "HTTP_STATUS", "status": status, "times": 1}
        server.admin.call("POST", "/faults", fault)
        login = {"username": "abc", "password": "abc-secret"}
        answers = [client.post("/auth/login", json=login) for _ in range(2)]
    assert [each.status_code for each in answers] == [status, 200]
    assert answers[0].content == b""
    assert answers[1].json()["errno"] == 0


# Delays and clocks


@pytest.mark.parametrize(
    ("delay", "ms"), [("2s", 2000), ("1.5m", 90_000), ("24h", 86_400_000), (7, 7), ("0s", 0)]
)
def test_a_delay_may_be_a_duration(control: Control, delay: object, ms: int) -> None:
    assert control.post("faults", type="DELAY", delay=delay)["delay"] == ms


def test_a_delay_of_more_than_a_day_is_refused(control: Control) -> None:
    body = {"type": "DELAY", "delay": "25h"}
    assert "at most 24h" in control.refusal("POST", "faults", body).message


def test_a_fault_says_that_a_frozen_clock_holds_it(control: Control) -> None:
    delayed = {"type": "DELAY", "delay": 50, "match": {"account": "abc"}}
    assert "note" not in control.post("faults", **delayed)
    control.post("clock/freeze", account="abc")
    note = control.post("faults", **delayed)["note"]
    assert "the clock of 'abc' is frozen" in note
    assert "With clock real" in note
    assert all("note" in each for each in control.get("faults")["faults"])
    assert control.get("faults/f1")["note"] == note
    assert "note" in control.post("faults", type="TRICKLE")
    for other in (
        {**delayed, "clock": "real"},
        {**delayed, "match": {"account": "limited"}},
        {"type": "ERRNO", "errno": 501},
        {**delayed, "delay": 0},
    ):
        assert "note" not in control.post("faults", **other)
    control.post("clock/resume", account="abc")
    assert "note" not in control.get("faults/f1")
    assert "note" not in control.get("state")["faults"][0]


@pytest.mark.parametrize("type", ["DELAY", "TRICKLE", "ERRNO", "COMMIT_THEN_DROP"])
def test_in_real_time_a_frozen_clock_holds_nothing(type: str) -> None:
    with FakeServer(job_seconds=0) as server:
        token = server.account().token
        server.admin.freeze()
        terms = {"errno": 501} if type == "ERRNO" else {}
        body = {"type": type, "delay": 10, "clock": "real", **terms}
        server.admin.call("POST", "/faults", body)
        headers = {"authorization": f"Bearer {token}"}
        try:
            httpx.post(f"{server.url}/jobs/create", json={"content": "x"}, headers=headers)
            answered = True
        except httpx.TransportError:
            answered = False
    assert answered is (type != "COMMIT_THEN_DROP")


def test_an_envelope_that_is_one_of_the_page_is_as_before(control: Control, abc: Caller) -> None:
    assert envelope(struck(control, abc, "ERRNO", errno=411))["errno"] == 411
