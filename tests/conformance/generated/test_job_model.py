"""The plain model of jobs that random walks are held against."""

from __future__ import annotations

import time
from typing import Any

import pytest

from sampan.conformance.rules.job_model import FindResult, Job, JobModel

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
        ({"service": ["main"]}, [{"hash": "b", "service": "main"}], 1, {"FIND-5"}),
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
    described = Job("d", "first", "describeImage", None, None, None, [RECORD | {"hash": "d"}])
    assert model.must_refuse("upscaleJob", grid, 5) == ("GRID-2", 301)
    assert model.must_refuse("upscaleJob", grid, 4) is None
    assert model.must_refuse("upscaleJob", upscale, 1) == ("PAR-1", 421)
    assert model.must_refuse("varyJob", upscale, 1) is None  # question upscale-variation
    assert model.must_refuse("varyJob", described, 1) == ("PAR-1", 421)
    new = Job("n", "first", "createJob")
    assert model.must_refuse("upscaleJob", new, 5) is None  # not finished


@pytest.mark.parametrize(
    ("filters", "broken"),
    [
        ({"folders": ["f"]}, {"FIND-8"}),
        ({"favourite": True}, {"FIND-9"}),
        ({"service": ["main"]}, {"FIND-5"}),
        ({"service": ["main"], "folders": ["f"]}, {"FIND-10"}),
        ({"timestamp_smaller_than": 5000}, {"FIND-10"}),
        ({"folders": ["g"]}, set()),
        ({"favourite": False}, set()),  # question favourite-false
    ],
)
def test_a_record_that_a_filter_hides_is_told_by_the_filter(
    filters: dict[str, object], broken: set[str]
) -> None:
    model = _world(folders=["f"], is_favourite=True)
    other = {"hash": "b", "service": "main"}
    assert _ids(model, filters, [other], 1) == broken


def test_a_find_of_many_records_is_judged_at_once() -> None:
    records = [{"hash": f"h{n}", "id": n, "sender_id": f"s{n}"} for n in range(20_000)]
    started = time.process_time()
    assert _ids(_world(), {}, [*records, records[0]], len(records) + 1) >= {"CREATE-2"}
    assert time.process_time() - started < 3
