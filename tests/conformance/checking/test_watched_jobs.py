"""What looks at running jobs show, and what they may have missed."""

from __future__ import annotations

from typing import cast

import pytest

from sampan.conformance.checking.watched_jobs import not_whole, orders
from sampan.conformance.http.exchange import Answer
from sampan.conformance.shared_jobs.trace import JobTrace, Sighting


class _Exchange:
    elapsed = 0.01


class _Answer:
    exchange = _Exchange()
    hash = "h"


class _Slow(_Answer):
    exchange = type("_SlowExchange", (), {"elapsed": 0.5})()


def _job(looks: dict[float, int | None], answer: object = None, submitted: float = 0.0) -> JobTrace:
    """A job that was seen with these statuses at these times (s)."""
    said = cast(Answer, answer or _Answer())
    job = JobTrace("grid", "createJob", "first", {}, [said], submitted_at=submitted)
    for at, status in looks.items():
        record = () if status is None else ({"status": status},)
        job.sightings.append(Sighting(at, record, True, said))
    return job


DENSE = {0.0: 0, 0.1: 0, 0.25: 1, 0.4: 1, 0.55: 1, 0.7: 1, 0.85: 1, 1.0: 2000}


def test_looks_that_are_close_are_whole() -> None:
    assert not_whole([_job(DENSE)], "status") == ""


@pytest.mark.parametrize("left_out", [(0.0, 0.1), (0.4, 0.55), (0.7, 0.85)])
def test_looks_that_leave_out_a_part_are_not(left_out: tuple[float, ...]) -> None:
    looks = {at: status for at, status in DENSE.items() if at not in left_out}
    assert "of a job's time" in not_whole([_job(looks)], "status")
    # Another job that was looked at just there fills the gap.
    there = {at: status for at, status in DENSE.items() if at in (*left_out, 1.0)}
    assert not_whole([_job(looks), _job(there)], "status") == ""


def test_a_look_whose_answer_was_slow_is_no_instant() -> None:
    assert "of a job's time" in not_whole([_job(DENSE, _Slow())], "status")


def test_a_job_that_did_not_end_shows_nothing() -> None:
    assert "100% of a job's time" in not_whole([_job({0.0: 0, 0.1: 1})], "status")


def test_a_status_that_was_caught_once_may_not_be_the_only_short_one() -> None:
    looks = DENSE | {0.1: 5}
    assert "status 0, 5 was seen in one look only" in not_whole([_job(looks)], "status")
    assert not_whole([_job(looks)], "pct_prog") == ""


def test_the_order_of_what_was_seen() -> None:
    assert orders([_job(DENSE)], lambda one: one["status"]) == [[0, 1]]
    back = _job({0.0: 0, 0.1: 1, 0.2: 0, 0.3: 2000})
    assert orders([back], lambda one: one["status"]) == [[0, 1, 0]]


def test_a_find_without_the_record_says_nothing_of_the_job() -> None:
    """It neither changed nor stayed the same where it was not seen."""
    job = _job({0.1: 0, 0.5: 1, 1.0: 1, 5.0: None, 9.0: None})
    assert (job.unchanged_since, job.seen_until) == (0.5, 1.0)
