"""A job is a fact, its state a function of time: the laws of that function."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from sampan.fake_server.jobs.lifecycle import (
    PROGRESS,
    Job,
    Moment,
    Plan,
    State,
    complete,
    delay,
    end,
    fail,
    moments,
    observe,
    resume,
    stall,
)
from sampan.fake_server.jobs.scenarios import SCENARIOS
from tests.support.samples.drawn import NOW, facts, instants, jobs, plain_jobs, plans, spans

_ORDER = {State.QUEUED: 0, State.RUNNING: 1, State.FINISHED: 2, State.FAILED: 2}
_SWAPPED = (0, 31, 15, 62, 46, 93, 78)


def _sees(job: Job, now: int) -> tuple[State, int | None]:
    seen = observe(job, now)
    return seen.state, seen.progress


# Time


@given(jobs, instants, instants)
def test_a_later_clock_never_goes_back(job: Job, one: int, other: int) -> None:
    before, after = (observe(job, now) for now in sorted((one, other)))
    assert before.at <= after.at
    assert _ORDER[before.state] <= _ORDER[after.state]
    if before.progress is not None and after.progress is not None and not _swapped(job):
        assert before.progress <= after.progress


def _swapped(job: Job) -> bool:
    return job.plan.progress == _SWAPPED


@given(jobs, instants, st.integers(0, 10**15))
def test_a_final_state_stays(job: Job, now: int, later: int) -> None:
    seen = observe(job, now)
    if seen.state.final:
        assert observe(job, now + later) == seen


@given(jobs, st.lists(instants))
def test_observing_changes_nothing(job: Job, times: list[int]) -> None:
    """Asked in any order and however often, the answers are those of one who asks but once."""
    asked = [observe(job, now) for now in times]
    assert [observe(job, now) for now in reversed(times)] == asked[::-1]


@given(jobs)
def test_moments_come_in_order_and_begin_with_the_creation(job: Job) -> None:
    found = list(moments(job))
    assert found[0] == Moment(NOW, State.QUEUED)
    assert all(one.at <= next.at for one, next in pairwise(found))
    assert all(_ORDER[one.state] <= _ORDER[next.state] for one, next in pairwise(found))
    assert not any(moment.state.final for moment in found[:-1])


@given(jobs, st.integers(-1_000, -1))
def test_before_its_creation_a_job_is_queued(job: Job, before: int) -> None:
    assert observe(job, NOW + before) == Moment(NOW, State.QUEUED)


@given(jobs)
def test_between_two_moments_nothing_is_seen_to_change(job: Job) -> None:
    for one, next in pairwise(moments(job)):
        if one.at < next.at:
            assert observe(job, one.at) == observe(job, next.at - 1) == one


@given(jobs)
def test_end_agrees_with_observe(job: Job) -> None:
    at = end(job)
    if at is None:
        assert not observe(job, 10**18).state.final
    else:
        assert observe(job, at).state.final
        assert observe(job, at).at == at
        assert at == NOW or not observe(job, at - 1).state.final


# Progress (page: pct_prog; the steps are Midjourney's)


@given(spans, st.integers(len(PROGRESS), 100_000))
def test_a_plain_job_tells_every_step_once_and_then_finishes(queue_ms: int, run_ms: int) -> None:
    plan = Plan(queue_ms, run_ms)
    job = facts(plan)
    start = NOW + plan.queue_ms
    polls = [_sees(job, now) for now in range(start, start + plan.run_ms, plan.run_ms // 7)]
    assert list(dict.fromkeys(percent for _, percent in polls)) == list(PROGRESS)
    assert {state for state, _ in polls} == {State.RUNNING}
    assert observe(job, start + plan.run_ms) == Moment(start + plan.run_ms, State.FINISHED)


def test_two_seconds_of_a_job() -> None:
    job = facts(Plan(queue_ms=300, run_ms=1700))
    assert [(moment.at - NOW, moment.state.value, moment.progress) for moment in moments(job)] == [
        (0, "queued", None),
        (300, "running", 0),
        (542, "running", 15),
        (785, "running", 31),
        (1028, "running", 46),
        (1271, "running", 62),
        (1514, "running", 78),
        (1757, "running", 93),
        (2000, "finished", None),
    ]


@given(spans, st.integers(1000, 100_000), st.integers(0, 100))
def test_a_failing_job_fails_at_its_percentage(queue: int, run: int, percent: int) -> None:
    job = facts(Plan(queue, run, fail_percent=percent, error="job failed"))
    *before, last = moments(job)
    assert last == Moment(NOW + queue + run * percent // 100, State.FAILED)
    shown = [moment.progress for moment in before if moment.progress is not None]
    assert shown == [step for step in PROGRESS if step <= percent][: len(shown)]
    assert shown[0] == 0


def test_a_job_tells_no_progress_that_it_did_not_live_to_make() -> None:
    job = facts(Plan(300, 1700, progress=(0, 1), fail_percent=10, error="x"))
    assert [moment.progress for moment in moments(job)] == [None, 0, None]


def test_a_job_without_progress_runs_all_the_same() -> None:
    job = facts(Plan(queue_ms=300, run_ms=1700, progress=()))
    assert [moment.state for moment in moments(job)] == [
        State.QUEUED,
        State.RUNNING,
        State.FINISHED,
    ]
    assert observe(job, NOW + 1000).progress is None


def test_out_of_order_tells_the_same_steps_otherwise_arranged() -> None:
    change = SCENARIOS["out-of-order"].change
    assert change is not None
    assert change(Plan(300, 1700), 0).progress == _SWAPPED
    assert sorted(_SWAPPED) == list(PROGRESS)


# What the control API does to a job


@given(jobs, instants.filter(lambda at: at >= NOW), st.integers(0, 10**12))
def test_a_completed_job_is_finished_from_then_on(job: Job, now: int, later: int) -> None:
    assume(not observe(job, now).state.final)
    done = complete(job, now)
    assert observe(done, now) == observe(done, now + later) == Moment(now, State.FINISHED)
    assert end(done) == now
    assert now == NOW or not observe(done, now - 1).state.final


@given(jobs, instants.filter(lambda at: at >= NOW), st.integers(0, 10**12))
def test_a_failed_job_is_failed_from_then_on(job: Job, now: int, later: int) -> None:
    assume(not observe(job, now).state.final)
    failed = fail(job, now, "out of ink")
    assert observe(failed, now) == observe(failed, now + later) == Moment(now, State.FAILED)
    assert failed.plan.error == "out of ink"


@given(jobs, instants)
def test_only_the_plan_changes(job: Job, now: int) -> None:
    for changed in (
        complete(job, now),
        fail(job, now, "x"),
        stall(job, now),
        resume(stall(job, now), now),
    ):
        assert changed._replace(plan=job.plan) == job


@given(jobs, st.integers(0, 1000))
def test_nothing_is_done_to_a_job_that_has_ended(job: Job, after: int) -> None:
    at = end(job)
    assume(at is not None)
    assert at is not None
    now = at + after
    assert complete(job, now) is job
    assert fail(job, now, "too late") is job
    assert stall(job, now) is job


@given(jobs, instants, instants)
def test_a_stalled_job_stays_as_it_was(job: Job, at: int, now: int) -> None:
    stalled = stall(job, at)
    assert observe(stalled, now) == observe(job, min(now, max(at, NOW)))


@given(jobs, instants, spans, instants)
@example(facts(Plan(300, 1700, fail_percent=46, error="x")), NOW + 500, 10_000, NOW + 10_500)
@example(facts(Plan(300, 1700)), NOW + 400, 10_000, NOW + 10_400)
def test_a_pause_is_a_hole_in_time(job: Job, at: int, pause: int, now: int) -> None:
    """Before it all is as it was, in it nothing happens, after it all is late by its length."""
    at = max(at, NOW)
    assume(not observe(job, at).state.final)
    assume(end(job) is not None)
    resumed = resume(stall(job, at), at + pause)
    if now <= at:
        assert observe(resumed, now) == observe(job, now)
    elif now <= at + pause:
        assert observe(resumed, now) == observe(job, at)
    else:
        assert _sees(resumed, now) == _sees(job, now - pause)


@given(plain_jobs, st.lists(st.tuples(spans, spans), max_size=4))
def test_pauses_add_up(job: Job, pauses: list[tuple[int, int]]) -> None:
    now, paused = NOW, 0
    for after, length in pauses:
        now += after
        if observe(job, now).state.final:
            break
        job = stall(job, now)
        now += length
        job = resume(job, now)
        paused += length
    assert end(job) == NOW + job.plan.queue_ms + job.plan.run_ms + paused


@given(jobs, instants, instants, instants)
def test_stalling_a_stalled_job_changes_nothing(job: Job, at: int, again: int, now: int) -> None:
    stalled = stall(job, at)
    assert observe(stall(stalled, max(at, again)), now) == observe(stalled, now)


@given(jobs, st.lists(st.tuples(st.booleans(), instants), max_size=6), instants, instants)
def test_time_never_goes_back_however_a_job_is_stalled_and_resumed(
    job: Job, deeds: list[tuple[bool, int]], one: int, other: int
) -> None:
    """Even if the account's clock is set back between the deeds."""
    for stalls, at in deeds:
        job = stall(job, at) if stalls else resume(job, at)
    instants_of_pauses = [at for pause in job.plan.pauses for at in pause if at is not None]
    assert instants_of_pauses == sorted(instants_of_pauses)
    before, after = (observe(job, now) for now in sorted((one, other)))
    assert before.at <= after.at
    assert _ORDER[before.state] <= _ORDER[after.state]


@given(jobs, instants)
def test_resuming_a_job_that_does_not_stand_still_changes_nothing(job: Job, now: int) -> None:
    assume(not job.plan.pauses)
    assert resume(job, now) is job


@given(plans(), spans, instants)
@example(Plan(300, 1700, pauses=((500, None),)), 10_000, NOW + 11_000)
@example(Plan(300, 1700, pauses=((500, 600), (900, 1000))), 10_000, NOW + 10_650)
def test_a_delay_is_spent_in_the_queue(plan: Plan, by: int, now: int) -> None:
    late = facts(delay(plan, by))
    if now < NOW + by:
        assert observe(late, now) == Moment(NOW, State.QUEUED)
    else:
        assert _sees(late, now) == _sees(facts(plan), now - by)


@pytest.mark.parametrize("state", list(State))
def test_two_states_are_final(state: State) -> None:
    assert state.final == (state in (State.FINISHED, State.FAILED))


class _Counted(tuple[tuple[int, int | None], ...]):
    """Pauses that count how often one of them is looked at."""

    looks = 0

    def __getitem__(self, place: Any) -> Any:
        _Counted.looks += 1
        return super().__getitem__(place)

    def __iter__(self) -> Iterator[tuple[int, int | None]]:
        for pause in super().__iter__():
            _Counted.looks += 1
            yield pause


def test_a_thousand_pauses_and_steps_cost_thousands_of_looks_and_no_million() -> None:
    pauses = _Counted((2 * n, 2 * n + 1) for n in range(1000))
    plan = Plan(queue_ms=0, run_ms=5000, progress=(50,) * 1000, pauses=pauses)
    assert list(moments(facts(plan)))[-1].at == NOW + 5000 + 1000
    assert _Counted.looks < 10_000
