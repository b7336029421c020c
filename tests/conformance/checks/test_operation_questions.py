"""Questions that speak of several operations: each of them is tried, and has its own answer."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from sampan.conformance.findings import Seen
from tests.support.judged import complaints, finding, honest, judged, observation
from tests.support.tampering.exchange import (
    PATHS,
    SUBMISSIONS,
    Go,
    Reply,
    Request,
    Tampering,
    html,
    refusal,
)
from tests.support.tampering.making import asking

CHILDREN = ("varyJob", "upscaleJob")


def _number_at_the_start(operation: str) -> Tampering:
    """Read a cell as JavaScript's parseInt does."""

    def change(request: Request) -> Request:
        cell = request.fields.get("grid_num")
        if not isinstance(cell, str) or not cell[:1].isdigit():
            return request
        return request.with_fields(grid_num=int(cell[0]))

    return asking(change, operation)


@pytest.mark.parametrize("operation", CHILDREN)
def test_a_word_that_begins_with_a_cell_is_no_cell(operation: str) -> None:
    report = judged(_number_at_the_start(operation), "grid-num-string", "GRID-2")
    seen = observation(report, "grid-num-string")
    assert seen.seen is Seen.UNKNOWN
    assert f"{operation}: “2x” is read as a number" in str(seen.answer)
    assert finding(report, "GRID-2").message.startswith(f"{operation} of cell")


def _parent_first(operation: str) -> Tampering:
    """An unknown parent is 420, whatever else is wrong."""

    async def tampering(request: Request, go: Go) -> Reply:
        reply = await go(request)
        if request.operation != operation or reply.envelope.get("errno") != 301:
            return reply
        cell = await go(request.with_fields(grid_num=1))
        return cell if cell.envelope.get("errno") == 420 else reply

    return tampering


@pytest.mark.parametrize("operation", CHILDREN)
def test_a_parent_that_is_looked_up_first_hides_no_string(operation: str) -> None:
    seen = observation(judged(_parent_first(operation), "grid-num-string"), "grid-num-string")
    assert (seen.seen, seen.answer) == (Seen.ANSWERED, "301")


@pytest.mark.parametrize("operation", ["createJob", "describeImage"])
def test_where_parameters_come_before_the_token_nothing_is_said_of_it(operation: str) -> None:
    async def tampering(request: Request, go: Go) -> Reply:
        bad = request.operation == operation and "content" not in request.fields
        return refusal(301) if bad else await go(request)

    seen = observation(judged(tampering, "bearer-prefix"), "bearer-prefix")
    assert seen.seen is Seen.UNKNOWN
    assert operation in str(seen.answer).partition("not tried")[2]


#: What frameworks say by themselves: Express, nginx behind a cache, Go, FastAPI, bare WSGI.
_OWN_PAGES = (
    html(404, "Not Found"),
    replace(html(404, "Not Found"), headers=((b"content-type", b"application/octet-stream"),)),
    Reply(404, ((b"Content-Type", b"TEXT/HTML"),), b"<h1>Not Found</h1>"),
    Reply(404, ((b"content-type", b"text/plain; charset=utf-8"),), b"404 page not found\n"),
    Reply(404, body=b'{"detail":"Not Found"}'),
    Reply(404, (), b""),
)


@pytest.mark.parametrize("page", _OWN_PAGES)
def test_a_page_of_a_framework_is_one_whatever_its_media_type(page: Reply) -> None:
    async def tampering(request: Request, go: Go) -> Reply:
        if request.method in ("GET", "PUT"):
            return replace(page, status=405)
        return await go(request) if request.operation else page

    report = judged(tampering, "unknown-route", "other-method")
    named = {id: observation(report, id).answer for id in ("unknown-route", "other-method")}
    assert named == {"unknown-route": "http-404-html", "other-method": "http-405-html"}


@pytest.mark.parametrize("errno", [301, 501])
def test_an_envelope_with_another_errno_is_no_page(errno: int) -> None:
    async def tampering(request: Request, go: Go) -> Reply:
        if "/no/such" in request.path:
            return replace(refusal(errno), status=404)
        return replace(refusal(errno), status=405) if request.method == "GET" else await go(request)

    report = judged(tampering, "unknown-route", "other-method")
    for id in ("unknown-route", "other-method"):
        assert observation(report, id).seen is Seen.UNKNOWN, id


def test_without_a_budget_an_answer_of_find_is_not_that_of_all() -> None:
    report = judged(honest, "bearer-prefix", "unauthenticated-key", "malformed-json", jobs=0)
    for id in ("bearer-prefix", "unauthenticated-key", "malformed-json"):
        seen = observation(report, id)
        assert seen.seen is Seen.UNKNOWN, id
        for operation in SUBMISSIONS:
            assert operation in str(seen.answer).partition("not tried")[2]
        assert "no job budget" in str(seen.answer)


def test_a_refusal_of_every_child_says_nothing_of_unfinished_parents() -> None:
    async def tampering(request: Request, go: Go) -> Reply:
        return refusal(301) if request.operation == "varyJob" else await go(request)

    seen = observation(judged(tampering, "unfinished-parent"), "unfinished-parent")
    assert seen.seen is Seen.UNKNOWN
    assert "a finished parent was refused too (varyJob)" in str(seen.answer)


def test_a_put_that_is_answered_otherwise_than_a_get_is_told() -> None:
    page = html(405, "Method Not Allowed")

    async def tampering(request: Request, go: Go) -> Reply:
        known = request.method == "PUT" and request.path in PATHS.values()
        return page if known else await go(request)

    seen = observation(judged(tampering, "other-method"), "other-method")
    assert (seen.seen, seen.answer) == (
        Seen.UNKNOWN,
        "as-unknown-route for GET and http-405-html for PUT",
    )


LABELS = ("as-json", "errno-301", "http-415", "as-empty")


@pytest.mark.parametrize("answer", LABELS)
def test_json_under_another_label_costs_nothing(answer: str, tmp_path: Path) -> None:
    """Also on an account without records, of which a find without conditions finds none."""
    answers = {"other-content-type": answer}
    report = judged(honest, *answers, answers=answers, jobs=0, folder=tmp_path)
    seen = observation(report, "other-content-type")
    assert (seen.seen, seen.answer, report.jobs) == (Seen.ANSWERED, answer, ())
    assert complaints(report) == []


def test_a_page_for_another_label_is_none_of_the_answers() -> None:
    async def tampering(request: Request, go: Go) -> Reply:
        text = (request.header("content-type") or "").startswith("text/")
        return html(415, "Unsupported Media Type") if text else await go(request)

    report = judged(tampering, "other-content-type", "GEN-5", jobs=0)
    seen = observation(report, "other-content-type")
    assert seen.seen is Seen.UNKNOWN
    assert "415" in str(seen.answer)
    assert complaints(report) == []
