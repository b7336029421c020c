"""GEN-1 to GEN-6 and PLAN-1: servers that break them are failed, legal ones never."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from sampan.conformance.findings import Seen
from sampan.conformance.rules.malformed_bodies import few, samples
from sampan.conformance.verdict import Verdict
from tests.support.examples import in_turn, sampled
from tests.support.judged import complaints, embellished, finding, honest, judged, observation
from tests.support.tampering.exchange import DropError, Go, Reply, Request, Tampering, html, refusal

PARTS = ("GEN", "PLAN")
CONFORMING_SERVERS = [
    ("malformed-json", "http-400"),
    ("unknown-field", "301"),
    ("error-http-status", "by-errno"),
    ("error-http-status", "always-400"),
    ("success-http-status", "201"),
    ("unauthenticated-key", "both"),
    ("message-case", "upper-table"),
    ("find-bad-limit", "clamped"),
    ("find-bad-limit", "ignored"),
    ("find-scalar-for-array", "accepted"),
    ("wrong-credentials", "410"),
    ("concurrency-limit", "refused"),
]


@pytest.mark.parametrize(
    ("profile", "tampering"), sampled(in_turn(["documented", "mixed"], [embellished, honest]), 2)
)
def test_a_legal_server_is_not_failed(profile: str, tampering: Tampering) -> None:
    report = judged(tampering, *PARTS, answers=profile)
    assert complaints(report) == []
    assert finding(report, "GEN-5").verdict is Verdict.PASS


@pytest.mark.parametrize(("question", "answer"), sampled(CONFORMING_SERVERS, 12))
def test_no_answer_to_a_question_is_a_failure(question: str, answer: str, tmp_path: Path) -> None:
    report = judged(honest, *PARTS, answers={question: answer}, folder=tmp_path)
    assert complaints(report) == []
    if question == "unknown-field":
        assert observation(report, "unknown-field").answer == answer


@pytest.mark.parametrize(
    "status", sampled([400, 413, 415, 422], 4), ids=lambda status: f"HTML with {status} for no JSON"
)
def test_a_4xx_page_for_what_is_no_json_is_legal(status: int) -> None:
    async def tampering(request: Request, go: Go) -> Reply:
        strange = bool(request.operation) and request.json is None
        return html(status, "no") if strange else await go(request)

    assert complaints(judged(tampering, *PARTS)) == []


def _answering(when: Callable[[Request], bool], answer: Callable[[Reply], Reply]) -> Tampering:
    async def tampering(request: Request, go: Go) -> Reply:
        reply = await go(request)
        return answer(reply) if request.operation and when(request) else reply

    return tampering


def _dropping(when: Callable[[Request], bool]) -> Tampering:
    async def tampering(request: Request, go: Go) -> Reply:
        if request.operation and when(request):
            raise DropError
        return await go(request)

    return tampering


def _failed(request: Request) -> bool:
    return request.fields.get("limit") == 0


def _strange(request: Request) -> bool:
    return request.json is None


def _prompts(request: Request) -> bool:
    return not str(request.fields.get("prompt", "")).isascii()


BROKEN = {
    "an errno as text": ("GEN-1", _answering(_failed, lambda r: r.with_fields(errno="301"))),
    "a bare list": ("GEN-1", _answering(_failed, lambda r: r.with_body([]))),
    "a page": ("GEN-1", _answering(_failed, lambda r: html(400, "Bad Request"))),
    "an errmsg of its own": (
        "GEN-1",
        _answering(lambda q: q.fields == {}, lambda r: r.with_fields(errmsg="fine") if r.ok else r),
    ),
    "an errno of its own": ("GEN-2", _answering(_failed, lambda r: r.with_fields(errno=302))),
    "no text": ("GEN-3", _answering(_failed, lambda r: r.without("errmsg"))),
    "a failure with a result": (
        "GEN-3",
        _answering(_failed, lambda r: r.with_fields(data="0" * 64)),
    ),
    "text under error for a 301": (
        "GEN-3",
        _answering(_failed, lambda r: r.without("errmsg").with_fields(error="wrong")),
    ),
    "no content type": (
        "GEN-6",
        _answering(lambda q: True, lambda r: Reply(r.status, (), r.body)),
    ),
    "what is labelled as JSON and is none": (
        "GEN-6",
        _answering(_failed, lambda r: Reply(r.status, r.headers, b"oops {")),
    ),
    "a success with HTTP 404": (
        "GEN-6",
        _answering(
            lambda q: "favourite" in q.fields,
            lambda r: Reply(404, r.headers, r.body) if r.ok else r,
        ),
    ),
    "501 for a wrong type": (
        "GEN-4",
        _answering(lambda q: q.fields.get("prompt") == 5, lambda r: refusal(501)),
    ),
    "a wrong type that is ignored": (
        "GEN-4",
        _answering(
            lambda q: q.fields.get("favourite") == "perhaps",
            lambda r: r.with_body({"errno": 0, "errmsg": "OK", "data": {"res": [], "total": 0}}),
        ),
    ),
    "a wrong type that drops the connection": (
        "GEN-4",
        _dropping(lambda q: q.fields.get("prompt") == 5),
    ),
    "HTTP 500 for no JSON": ("GEN-5", _answering(_strange, lambda r: html(500, "error"))),
    "a dropped connection": ("GEN-5", _dropping(_strange)),
    "HTTP 200 and no envelope": ("GEN-5", _answering(_strange, lambda r: html(200, "Welcome"))),
    "a stack trace in an envelope": (
        "GEN-5",
        _answering(
            _strange,
            lambda r: r.with_fields(errmsg="Traceback (most recent call last):\n  File ..."),
        ),
    ),
    "Chinese refused": ("GEN-5", _answering(_prompts, lambda r: refusal(301))),
    "no plan is nobody": (
        "PLAN-1",
        _answering(
            lambda q: True,
            lambda r: r.with_fields(errno=430) if r.envelope.get("errno") == 411 else r,
        ),
    ),
}


@pytest.mark.parametrize("what", sampled(list(BROKEN), 6))
def test_a_breach_is_failed_by_its_own_check(what: str) -> None:
    id, tampering = BROKEN[what]
    found = finding(judged(tampering, *PARTS, timeout=1.0), id)
    assert found.verdict is Verdict.FAIL, found
    assert found.evidence
    assert found.expected
    assert found.actual


def test_a_hang_on_a_strange_body_is_failed() -> None:
    over = asyncio.Event()

    async def tampering(request: Request, go: Go) -> Reply:
        if request.body == b"null" and request.operation == "findJobs":
            await over.wait()
        elif request.operation == "createJob":
            over.set()  # find has been tried: nobody waits any more
        return await go(request)

    found = finding(judged(tampering, "GEN-5", timeout=0.5), "GEN-5")
    assert found.verdict is Verdict.FAIL
    assert "null" in found.message
    assert "timed out" in found.message


def test_what_fails_once_only_proves_nothing() -> None:
    dropped: list[bytes] = []

    async def tampering(request: Request, go: Go) -> Reply:
        if request.body == b"hello" and not dropped:
            dropped.append(request.body)
            raise DropError
        return await go(request)

    report = judged(tampering, "GEN-5")
    assert finding(report, "GEN-5").verdict is Verdict.PASS
    assert any("1 × the connection was closed" in remark for remark in report.remarks)


def test_without_a_budget_nothing_goes_to_what_submits() -> None:
    asked: list[str] = []

    async def tampering(request: Request, go: Go) -> Reply:
        asked.append(request.operation)
        return await go(request)

    report = judged(tampering, *PARTS, jobs=0)
    assert set(filter(None, asked)) == {"login", "findJobs"}
    assert complaints(report) == []
    assert finding(report, "PLAN-1").verdict is Verdict.UNTESTABLE
    assert "createJob" in finding(report, "GEN-4").not_covered


def test_a_501_that_nobody_asked_for_is_read() -> None:
    def service(reply: Reply) -> Reply:
        return refusal(501, "SERVICE_ERROR")

    report = judged(_answering(_failed, service), "service-error-message", "GEN-2")
    assert observation(report, "service-error-message").answer == "service-error"
    none = observation(judged(honest, "service-error-message"), "service-error-message")
    assert none.seen is Seen.UNOBSERVED
    assert "healthy" in none.reason


def test_a_field_that_no_one_knows_may_not_break_find() -> None:
    tampering = _answering(
        lambda q: any(key.endswith("_field") for key in q.fields), lambda r: refusal(410)
    )
    seen = observation(judged(tampering, "unknown-field"), "unknown-field")
    assert seen.seen is Seen.UNKNOWN


def test_each_sample_has_a_name_of_its_own() -> None:
    names = [one.name for one in samples()]
    assert len(set(names)) == len(names) > len(few())
