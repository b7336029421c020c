"""The random walks of ``--exhaustive`` and the plain model they are held against."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sampan.conformance.checking import generated_requests, random_walks
from sampan.conformance.rules.job_model import FindResult, Job, JobModel
from sampan.conformance.verdict import Verdict
from tests.support.examples import some
from tests.support.judged import complaints, embellished, finding, honest, judged
from tests.support.tampering.exchange import Go, Reply, Request, Tampering, refusal

#: What the walks answer for alone here: the generated bodies have tests of their own.
PART = ("CREATE-2",)


@pytest.fixture(autouse=True)
def _few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(generated_requests, "_COUNT", 1)
    monkeypatch.setattr(random_walks, "_WALKS", 6)


@pytest.mark.parametrize("profile", some(["mixed", "documented"], 2))
def test_a_legal_server_is_not_failed(profile: str) -> None:
    tampering = embellished if profile == "documented" else honest
    report = judged(tampering, *PART, "PAR", "UP-6", "FIND-14", answers=profile, exhaustive=True)
    assert complaints(report) == []
    assert "walks" in finding(report, "CREATE-2").message


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("repeat-upscale", "same-hash"),
        ("find-timestamp-unit", "s"),
        ("find-order", "oldest-first"),
        ("find-scope", "all"),
        ("concurrency-limit", "refused"),
        ("unfinished-parent", "queued"),
        ("pending-statuses", "null"),
    ],
)
def test_no_answer_to_a_question_is_a_failure(question: str, answer: str, tmp_path: Path) -> None:
    answers = {question: answer}
    report = judged(honest, *PART, "FIND-4", answers=answers, folder=tmp_path, exhaustive=True)
    assert complaints(report) == []


def _records(change: Callable[[dict[str, Any], Request], dict[str, Any]]) -> Tampering:
    async def tampering(request: Request, go: Go) -> Reply:
        reply = await go(request)
        if request.operation != "findJobs" or not reply.ok:
            return reply
        return reply.with_records([change(one, request) for one in reply.records])

    return tampering


async def _foreign_kind(request: Request, go: Go) -> Reply:
    """A parent of the wrong kind is a wrong parameter."""
    reply = await go(request)
    return refusal(301) if reply.envelope.get("errno") == 421 else reply


async def _deaf_to_limit(request: Request, go: Go) -> Reply:
    return await go(request.without("limit") if request.operation == "findJobs" else request)


BROKEN = {
    "a parent of the wrong kind is 301": ("PAR-1", _foreign_kind),
    "a limit is not heeded": ("FIND-3", _deaf_to_limit),
    "an id that changes with the limit": (
        "LIFE-4",
        _records(lambda record, request: {**record, "id_uuid": f"{request.fields.get('limit')}"}),
    ),
    "an upscale that is a main": (
        "UP-6",
        _records(lambda record, _: {**record, "job_type": "main"}),
    ),
}


@pytest.mark.parametrize("what", some(list(BROKEN), 2))
def test_a_breach_is_found_by_walking(what: str) -> None:
    id, tampering = BROKEN[what]
    found = finding(judged(tampering, id, exhaustive=True), id)
    assert found.verdict is Verdict.FAIL
    assert found.evidence


RECORD: dict[str, Any] = {
    "hash": "a",
    "job_id": "j",
    "status": 2000,
    "timestamp": "1000",
    "msg_display": "Boat",
    "service": "main",
    "job_type": "main",
}


def _world(**record: Any) -> JobModel:
    model = JobModel()
    job = Job("a", "first", "createJob", "Boat")
    assert list(model.submitted(job)) == []
    job.seen.append(RECORD | record)
    return model


def _ids(model: JobModel, filters: dict[str, object], records: list[Any], total: int) -> set[str]:
    return {one[0] for one in model.found("first", filters, FindResult(records, total))}


@pytest.mark.parametrize(
    ("filters", "records", "total", "broken"),
    [
        ({}, [RECORD], 1, set()),
        ({}, [RECORD, {"hash": "b"}], 2, set()),  # somebody else's
        ({}, [RECORD], 0, {"FIND-2", "FIND-13"}),
        ({}, [], 0, {"FIND-13", "CREATE-2"}),
        ({"limit": 1}, [{"hash": "b"}], 2, set()),  # on another page
        ({"limit": 1}, [RECORD, {"hash": "b"}], 2, {"FIND-3"}),
        ({"prompt": "Boat"}, [{"hash": "b"}], 1, {"FIND-7"}),
        ({"service": ["main"]}, [{"hash": "b", "service": "main"}], 1, {"FIND-10"}),
        ({"service": ["niji"]}, [RECORD], 1, {"FIND-5"}),
        ({"job_type": ["upscale"]}, [RECORD], 1, {"FIND-6"}),
        ({"timestamp_smaller_than": 1000}, [RECORD], 1, {"FIND-4"}),
        ({"timestamp_smaller_than": 1001}, [RECORD], 1, set()),
        ({}, [RECORD, RECORD], 2, {"CREATE-2", "FIND-12"}),
        ({}, [RECORD | {"status": 1000}], 1, {"LIFE-2"}),
        ({}, [RECORD | {"job_id": "k"}], 1, {"LIFE-4"}),
        ({}, [RECORD | {"msg_display": "Ship"}], 1, {"CREATE-5"}),
        ({}, [RECORD | {"msg_display": "  boat "}], 1, set()),
    ],
)
def test_what_the_model_thinks_of_a_find(
    filters: dict[str, object], records: list[Any], total: int, broken: set[str]
) -> None:
    assert _ids(_world(), filters, records, total) == broken


def test_a_cursor_in_seconds_is_read_in_seconds() -> None:
    model = _world(timestamp="5999")
    model.unit = 1000
    assert _ids(model, {"timestamp_smaller_than": 5}, [RECORD | {"timestamp": "5999"}], 1) == set()


def test_a_hash_belongs_to_one_job_but_for_a_repeated_upscale() -> None:
    model = _world()
    assert [one[0] for one in model.submitted(Job("a", "first", "createJob", "Boat"))]
    upscale = Job("u", "first", "upscaleJob", None, "a", 1)
    assert not list(model.submitted(upscale))
    assert not list(model.submitted(Job("u", "first", "upscaleJob", None, "a", 1)))
    assert list(model.submitted(Job("u", "first", "upscaleJob", None, "a", 2)))


def test_what_must_be_refused() -> None:
    model = _world()
    grid = model.jobs["a"]
    upscale = Job("u", "first", "upscaleJob", None, "a", 1, [RECORD | {"hash": "u"}])
    assert model.must_refuse(grid, 5) == ("GRID-2", 301)
    assert model.must_refuse(grid, 4) is None
    assert model.must_refuse(upscale, 1) == ("PAR-1", 421)
    assert model.must_refuse(Job("n", "first", "createJob"), 5) is None  # not finished
