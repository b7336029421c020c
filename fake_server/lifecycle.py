"""A job is a fact; its state is a function of time.

What is stored about a job never changes by itself: who asked for what, when, and
the plan that was drawn for it at birth. :func:`moments` turns a plan into the few
instants at which a poll would see something new, in order, and :func:`observe`
picks the last one at or before a given time:

    queued ──queue_ms──▶ running, one moment per progress step ──▶ finished | failed
       ╰───────────────── stalled_ms: nothing happens after this ─────────────╯

Only the finished state (status 2000) is shown on the page (Job Find); which numbers
stand for the others is the question ``pending-statuses``, answered elsewhere.

All times are integers, milliseconds since 1970 UTC; all spans are milliseconds.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import Enum
from typing import Literal

Kind = Literal["main", "variation", "remix", "upscale", "blend", "describe"]

#: What a Midjourney job reports while it runs.
PROGRESS = (0, 15, 31, 46, 62, 78, 93)


class State(Enum):
    """Where a job stands. ``FINISHED`` and ``FAILED`` are final."""

    QUEUED = "queued"
    RUNNING = "running"
    FINISHED = "finished"
    FAILED = "failed"

    @property
    def final(self) -> bool:
        return self in (State.FINISHED, State.FAILED)


@dataclass(frozen=True, slots=True)
class Plan:
    """What will happen to a job, drawn once when it is submitted.

    ``content`` is the prompt as the service changed it, where a scenario says so;
    ``picture`` names a picture scenario (see ``scenarios.py``) and ``picture_ms`` the
    span after the end at which it takes effect.
    """

    queue_ms: int
    run_ms: int
    progress: tuple[int, ...] = PROGRESS
    fail_percent: int | None = None
    error: str | None = None
    stalled_ms: int | None = None
    content: str | None = None
    picture: str | None = None
    picture_ms: int = 0


@dataclass(frozen=True, slots=True)
class JobFacts:
    """What was submitted, by whom, when, and the plan for it. See ``record.py`` for its record."""

    id: int
    account: int
    hash: str
    job_id: str
    id_uuid: str
    kind: Kind
    prompt: str
    service: str
    created: int
    plan: Plan
    colours: tuple[str, str, str, str]
    ratio: tuple[int, int] = (1, 1)
    parent_hash: str | None = None
    parent_id: str | None = None
    grid_num: int | None = None
    visible: int | None = None
    favourite: bool = False
    folders: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Moment:
    """From ``at`` on, a poll sees ``state`` and ``progress`` (percent, ``None``: not told)."""

    at: int
    state: State
    progress: int | None = None


def moments(facts: JobFacts) -> Iterator[Moment]:
    """Every instant at which the job changes, in order of time; the first is its creation."""
    stop = None if facts.plan.stalled_ms is None else facts.created + facts.plan.stalled_ms
    for moment in _unstalled(facts):
        if stop is not None and moment.at > stop:
            return
        yield moment


def _unstalled(facts: JobFacts) -> Iterator[Moment]:
    plan = facts.plan
    start = facts.created + plan.queue_ms
    failed = plan.fail_percent is not None
    last = plan.run_ms if plan.fail_percent is None else plan.run_ms * plan.fail_percent // 100
    yield Moment(facts.created, State.QUEUED)
    if not plan.progress:
        yield Moment(start, State.RUNNING)
    for step, percent in enumerate(plan.progress):
        after = plan.run_ms * step // len(plan.progress)
        if after > last or (plan.fail_percent is not None and percent > plan.fail_percent):
            break
        yield Moment(start + after, State.RUNNING, percent)
    yield Moment(start + last, State.FAILED if failed else State.FINISHED)


def observe(facts: JobFacts, now: int) -> Moment:
    """What a poll at ``now`` sees. Before the job's creation: queued."""
    seen = Moment(facts.created, State.QUEUED)
    for moment in moments(facts):
        if moment.at > now:
            break
        seen = moment
    return seen


def end(facts: JobFacts) -> int | None:
    """When the job reaches its final state; ``None`` for one that never does."""
    *_, last = moments(facts)
    return last.at if last.state.final else None


def complete(facts: JobFacts, now: int) -> JobFacts:
    """The same job, finished at ``now``. A final job stays as it is."""
    return _ended(facts, now, None, None)


def fail(facts: JobFacts, now: int, error: str) -> JobFacts:
    """The same job, failed at ``now`` with ``error``. A final job stays as it is."""
    return _ended(facts, now, 100, error)


def _ended(facts: JobFacts, now: int, fail_percent: int | None, error: str | None) -> JobFacts:
    if observe(facts, now).state.final:
        return facts
    elapsed = max(now - facts.created, 0)
    queue = min(facts.plan.queue_ms, elapsed)
    plan = replace(
        facts.plan,
        queue_ms=queue,
        run_ms=elapsed - queue,
        fail_percent=fail_percent,
        error=error,
        stalled_ms=None,
    )
    return replace(facts, plan=plan)


def stall(facts: JobFacts, now: int) -> JobFacts:
    """The same job, which changes no more after ``now``. A final job stays as it is."""
    if observe(facts, now).state.final:
        return facts
    return replace(facts, plan=replace(facts.plan, stalled_ms=max(now - facts.created, 0)))


def resume(facts: JobFacts, now: int) -> JobFacts:
    """The same job, going on at ``now`` from where it was stalled."""
    stalled = facts.plan.stalled_ms
    if stalled is None:
        return facts
    pause = max(now - facts.created - stalled, 0)
    in_queue = stalled < facts.plan.queue_ms
    plan = replace(
        facts.plan,
        stalled_ms=None,
        queue_ms=facts.plan.queue_ms + (pause if in_queue else 0),
        run_ms=facts.plan.run_ms + (0 if in_queue else pause),
    )
    return replace(facts, plan=plan)
