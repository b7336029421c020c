"""What is sent again because the API did not answer, and what never is."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Iterable
from email.utils import formatdate

import pytest

from sampan.conformance.http.connection import Failure
from tests.support.network.gates import REFUSED, a_gate, always, submit
from tests.support.network.scripted import ReceivedRequest, Scripted, http

PAGE = "<html>nginx"
FOUND = {"errno": 0, "errmsg": "OK", "data": {"res": [], "total": 0}}


def first(
    times: int, answer: list[bytes], then: list[bytes]
) -> Callable[[ReceivedRequest], Iterable[bytes]]:
    turns = itertools.count()

    def script(_: ReceivedRequest) -> Iterable[bytes]:
        return answer if next(turns) < times else then

    return script


STRANGE = {
    "429": http(PAGE, 429, "text/html", retry_after="0"),
    "429 and a date": http(PAGE, 429, "text/html", retry_after=formatdate(time.time() - 5)),
    "503": http(PAGE, 503, "text/html"),
    "504 as JSON": http({"message": "timeout"}, 504),
    "522": http(PAGE, 522, "text/html"),
    "403": http(PAGE, 403, "text/html"),
    "200": http(PAGE, 200, "text/html"),
    "404": http(PAGE, 404, "text/html"),
    "401 as JSON": http({"message": "no key"}, 401),
    "400": http(PAGE, 400, "text/html"),
    "a redirect": http(PAGE, 302, "text/html", location="http://login.invalid/"),
    "429 with an envelope": http({"errno": 501, "errmsg": "GENERAL_ERROR"}, 429),
    "a reset": [],
}


@pytest.mark.parametrize("kind", STRANGE)
def test_what_costs_nothing_is_sent_again(kind: str) -> None:
    with Scripted(first(2, STRANGE[kind], http(FOUND))) as server:
        gate = a_gate(server.url)
        answer = gate.send("POST", "/jobs/find", b"{}", {}, operation="findJobs")
        assert answer.ok
        assert len(server.asked) == 3
    assert [bool(one.failure) for one in gate.log.exchanges] == [True, True, False]
    assert "not answered by the API: 2" in " ".join(gate.remarks())


@pytest.mark.parametrize("kind", STRANGE)
def test_a_submission_that_is_meant_to_be_accepted_is_sent_once(kind: str) -> None:
    def script(one: ReceivedRequest) -> Iterable[bytes]:
        return next(seen) if one.path == "/jobs/find" else STRANGE[kind]

    seen = iter([STRANGE[kind], http(FOUND), http(FOUND)])
    with Scripted(script) as server:
        gate = a_gate(server.url, jobs=5)
        # That such an answer is not the API's own has been seen before.
        assert gate.send("POST", "/jobs/find", b"{}", {}, operation="findJobs").ok
        answer = submit(gate, planned=True)
        assert server.count()["/jobs/create"] == 1
    assert answer.failure is not None


def test_a_refusal_that_was_kept_off_is_asked_for_again_within_the_budget() -> None:
    with Scripted(first(2, STRANGE["429"], http(REFUSED))) as server:
        gate = a_gate(server.url, jobs=5)
        assert submit(gate).errno == 301
        assert server.count()["/jobs/create"] == 3
    assert gate.budget.spent == 0


def test_what_comes_every_time_is_the_apis_own() -> None:
    with Scripted(always(*STRANGE["200"])) as server:
        gate = a_gate(server.url)
        answers = [gate.send("POST", "/jobs/find", b"{}", {}, operation="findJobs")] * 2
    assert [one.failure for one in answers] == [None, None]
    assert gate.remarks() == []


def test_a_gateway_that_stays_is_named_and_no_evidence() -> None:
    with Scripted(always(*http(PAGE, 503, "text/html"))) as server:
        gate = a_gate(server.url, until=time.monotonic() + 1.0)
        answer = gate.send("POST", "/jobs/find", b"{}", {}, operation="findJobs")
    assert answer.failure is Failure.GATEWAY
    assert "not this API's: HTTP 503, HTML" in answer.problem


def test_a_wait_for_which_there_is_no_time_is_named_with_the_option_that_helps() -> None:
    with Scripted(always(*http(PAGE, 429, "text/html", retry_after="60"))) as server:
        gate = a_gate(server.url, until=time.monotonic() + 5)
        answer = gate.send("POST", "/jobs/find", b"{}", {}, operation="findJobs")
        assert len(server.asked) == 1
    assert "Retry-After 60 s" in answer.problem
    assert "--rate" in answer.problem


def test_a_server_that_died_is_named_once_with_the_time() -> None:
    with Scripted(always(*http(FOUND))) as server:
        gate = a_gate(server.url)
        gate.send("POST", "/jobs/find", b"{}", {}, operation="findJobs")
    for _ in range(3):
        gate.send("POST", "/jobs/find", b"{}", {}, operation="findJobs")
    assert sum("stopped answering: its last answer came at" in one for one in gate.remarks()) == 1


def test_every_request_names_the_tool() -> None:
    with Scripted(always(*http(FOUND, kind="application/json"))) as server:
        gate = a_gate(server.url)
        gate.send("POST", "/jobs/find", b"{}", {}, operation="findJobs")
        gate.picture(f"{server.url}/a.png", None)
        agents = {one.headers["user-agent"] for one in server.asked}
    assert all(one.startswith("sampan/") and "conformance" in one for one in agents)


FAULT = {"errno": 501, "errmsg": "GENERAL_ERROR"}


def test_a_fault_of_the_server_now_and_then_is_asked_again() -> None:
    with Scripted(first(2, http(FAULT), http(FOUND))) as server:
        gate = a_gate(server.url)
        assert gate.send("POST", "/jobs/find", b"{}", {}, operation="findJobs").ok
        assert len(server.asked) == 3
    assert [one.failure for one in gate.log.exchanges] == [None] * 3
    assert gate.remarks() == ["2 × errno 501 that did not come again when the request was repeated"]


def test_a_fault_that_comes_every_time_is_the_answer() -> None:
    with Scripted(always(*http(FAULT))) as server:
        gate = a_gate(server.url, jobs=5)
        for sent in (5, 7):  # where it is known to come every time, it is tried twice
            answer = gate.send("POST", "/jobs/find", b"{}", {}, operation="findJobs")
            assert (answer.failure, answer.errno, len(server.asked)) == (None, 501, sent)
        assert submit(gate, planned=True).errno == 501
        assert server.count()["/jobs/create"] == 1
    assert gate.remarks() == []


LIMITS = {
    "errno 501": http(FAULT),
    "errno 501 and Retry-After": http(FAULT, retry_after="0.3"),
    "errno 501 with 429": http(FAULT, 429),
    "JSON of another shape": http({"code": 429, "msg": "too many requests"}),
    "a page with 403": http(PAGE, 403, "text/html"),
}


@pytest.mark.parametrize("kind", LIMITS)
def test_a_limit_that_looks_like_the_apis_own_answer_is_waited_for(kind: str) -> None:
    start = time.monotonic()

    def script(_: ReceivedRequest) -> Iterable[bytes]:
        return LIMITS[kind] if time.monotonic() < start + 0.1 else http(FOUND)

    with Scripted(script) as server:
        assert a_gate(server.url).send("POST", "/jobs/find", b"{}", {}, operation="findJobs").ok


def test_a_404_of_an_unknown_path_is_the_apis_own() -> None:
    with Scripted(always(*http(PAGE, 404, "text/html"))) as server:
        answer = a_gate(server.url).send("POST", "/nowhere", b"{}", {})
        assert answer.failure is None
        assert len(server.asked) == 1


def test_a_picture_that_comes_late_is_waited_for() -> None:
    with Scripted(first(1, http(PAGE, 404, "text/html"), http(b"GIF", 200, "image/gif"))) as server:
        reply, _ = a_gate(server.url).picture(f"{server.url}/a.png", None)
    assert (reply.status, reply.body) == (200, b"GIF")
