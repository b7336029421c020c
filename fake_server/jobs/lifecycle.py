"""A job is a fact; its state is a function of time.

What is stored about a job never changes by itself: who asked for what, when, and
the plan that was drawn for it at birth. :func:`moments` turns a plan into the few
instants at which a poll would see something new, in order, and :func:`observe`
picks the last one at or before a given time:

    queued ──queue_ms──▶ running, one moment per progress step ──▶ finished | failed

A pause is a hole in that line: what was due after its beginning is late by its length, or
never happens where the pause has no end.

Only the finished state (status 2000) is shown on the page (Job Find); which numbers
stand for the others is the question ``pending-statuses``, answered elsewhere.

All times are integers, milliseconds since 1970 UTC; all spans are milliseconds.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum
from typing import Any, Literal, NamedTuple

Kind = Literal["main", "variation", "remix", "upscale", "blend", "describe"]

#: The end of the year 9999: no later time can be written as the page writes it (page, Job Find).
LATEST = 253_402_300_799_999

#: How many pauses a job may have, as ``StoredPlan`` of ``admin.yaml`` has them.
MAX_PAUSES = 1000

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


class Plan(NamedTuple):
    """What will happen to a job, drawn once when it is submitted.

    ``pauses`` are spans (begin, end) in ms since the creation, in order, the last one perhaps
    without an end; ``content`` is the prompt as the service changed it, where a scenario says
    so; ``picture`` names a picture scenario (see ``scenarios.py``) and ``picture_ms`` the span
    after the end at which it takes effect.
    """

    queue_ms: int
    run_ms: int
    progress: tuple[int, ...] = PROGRESS
    fail_percent: int | None = None
    error: str | None = None
    pauses: tuple[tuple[int, int | None], ...] = ()
    content: str | None = None
    picture: str | None = None
    picture_ms: int = 0

    @property
    def work_ms(self) -> int:
        """How long it runs before it finishes or, at ``fail_percent``, fails."""
        if self.fail_percent is None:
            return self.run_ms
        return self.run_ms * self.fail_percent // 100

    @property
    def stalled(self) -> bool:
        """Whether its last pause has no end (yet)."""
        return bool(self.pauses) and self.pauses[-1][1] is None


class Job(NamedTuple):
    """What was submitted, by whom, when, and the plan for it. See ``record.py`` for its record.

    ``late`` is by how many ms its timestamp is after its creation: no two of an account have the
    same, for find pages by it (page, Job Find: ``timestamp_smaller_than``). ``recorded``, of a job
    that a real server ran (``--from-har``), is what its record showed: the ``fields``, in which
    ``state``.
    """

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
    colours: tuple[str, str, str, str] | None = None
    ratio: tuple[int, int] = (1, 1)
    parent_hash: str | None = None
    parent_id: str | None = None
    grid_num: int | None = None
    visible: int | None = None
    favourite: bool = False
    folders: tuple[str, ...] = ()
    late: int = 0
    recorded: dict[str, Any] | None = None

    @property
    def timestamp(self) -> int:
        """When its record says that it was created."""
        return self.created + self.late


class Moment(NamedTuple):
    """From ``at`` on, a poll sees ``state`` and ``progress`` (percent, ``None``: not told)."""

    at: int
    state: State
    progress: int | None = None


def moments(job: Job) -> Iterator[Moment]:
    """Every instant at which the job changes, in order of time; the first is its creation."""
    pauses, passed, late = job.plan.pauses, 0, 0
    for after, state, percent in _steps(job.plan):
        # No pause is looked at again for each step: there may be a thousand of both.
        while passed < len(pauses) and after + late > pauses[passed][0]:
            begin, end = pauses[passed]
            if end is None:
                return
            late += end - begin
            passed += 1
        yield Moment(job.created + after + late, state, percent)


def _steps(plan: Plan) -> Iterator[tuple[int, State, int | None]]:
    """What happens how many ms after the creation, were there no pauses."""
    yield 0, State.QUEUED, None
    if not plan.progress:
        yield plan.queue_ms, State.RUNNING, None
    for step, percent in enumerate(plan.progress):
        after = plan.run_ms * step // len(plan.progress)
        if plan.fail_percent is not None and (after > plan.work_ms or percent > plan.fail_percent):
            break
        yield plan.queue_ms + after, State.RUNNING, percent
    final = State.FINISHED if plan.fail_percent is None else State.FAILED
    yield plan.queue_ms + plan.work_ms, final, None


def _paused(plan: Plan, after: int) -> int | None:
    """How late after the creation that comes which was due ``after`` ms; ``None``: never."""
    for begin, end in plan.pauses:
        if after <= begin:
            break
        if end is None:
            return None
        after += end - begin
    return after


def observe(job: Job, now: int) -> Moment:
    """What a poll at ``now`` sees. Before the job's creation: queued."""
    seen = Moment(job.created, State.QUEUED)
    for moment in moments(job):
        if moment.at > now:
            break
        seen = moment
    return seen


def end(job: Job) -> int | None:
    """When the job reaches its final state; ``None`` for one that never does."""
    after = _paused(job.plan, job.plan.queue_ms + job.plan.work_ms)
    return None if after is None else job.created + after


def delay(plan: Plan, by: int) -> Plan:
    """The same plan, ``by`` ms longer in the queue."""
    if by == 0:
        return plan
    pauses = tuple((begin + by, end and end + by) for begin, end in plan.pauses)
    return plan._replace(queue_ms=plan.queue_ms + by, pauses=pauses)


def complete(job: Job, now: int) -> Job:
    """The same job, finished at ``now``. A final job stays as it is."""
    return _ended(job, now, None, None)


def fail(job: Job, now: int, error: str) -> Job:
    """The same job, failed at ``now`` with ``error``. A final job stays as it is."""
    return _ended(job, now, 100, error)


def _ended(job: Job, now: int, fail_percent: int | None, error: str | None) -> Job:
    if observe(job, now).state.final:
        return job
    elapsed = max(now - job.created, 0)
    queue = min(job.plan.queue_ms, elapsed)
    plan = job.plan._replace(
        queue_ms=queue,
        run_ms=elapsed - queue,
        fail_percent=fail_percent,
        error=error,
        pauses=(),
    )
    return job._replace(plan=plan)


def stall(job: Job, now: int) -> Job:
    """The same job, which changes no more after ``now``. A final job stays as it is."""
    if observe(job, now).state.final:
        return job
    elapsed = max(now - job.created, 0)
    earlier = [pause for pause in job.plan.pauses if pause[0] < elapsed]
    begin = elapsed
    if earlier and (earlier[-1][1] is None or earlier[-1][1] > elapsed):
        begin, _ = earlier.pop()  # it stands still already
    return job._replace(plan=job.plan._replace(pauses=(*earlier, (begin, None))))


def resume(job: Job, now: int) -> Job:
    """The same job, going on at ``now`` from where it was stalled."""
    if not job.plan.stalled:
        return job
    *earlier, (begin, _) = job.plan.pauses
    pause = (begin, max(now - job.created, begin))
    return job._replace(plan=job.plan._replace(pauses=(*earlier, pause)))
