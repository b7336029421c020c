"""How jobs may go: slowly, one after the other, badly or never to an end."""

from __future__ import annotations

import asyncio
import random
import time

from tests.conforming_servers.conforming_server import conforming_server
from tests.support.tampering.exchange import JSON, Go, Reply, Request, Tampering
from tests.support.tampering.making import (
    MEASURES,
    PICTURES,
    chain,
    each_finished,
    each_record,
    is_finished,
)
from tests.support.tampering.trial import JOB_SECONDS

_UNFINISHED = {"*": "no job that it takes is finished"}


@conforming_server("a job that is finished is shown as such up to 0.3 s later", mixed=False)
def results_come_late() -> Tampering:
    draw = random.Random(1)
    until: dict[str, float] = {}
    blank = dict.fromkeys((*PICTURES, *MEASURES, "img_format", "img_md5", "description"))

    def change(one: JSON) -> JSON:
        due = until.setdefault(one["hash"], time.monotonic() + draw.uniform(0, 0.3))
        return (
            one if time.monotonic() > due else {**one, **blank, "status": _RUNNING, "error": None}
        )

    return each_finished(change)


_RUNNING = 1000


def _marked(marker: str, *operations: str) -> Tampering:
    """The fake takes such jobs for what the marker says."""

    async def tampering(request: Request, go: Go) -> Reply:
        content = request.fields.get("content")
        if request.operation in operations and isinstance(content, str) and content.strip():
            request = request.with_fields(content=f"{content} --fake {marker}")
        return await go(request)

    return tampering


@conforming_server("every job fails half-way", open=_UNFINISHED)
def every_job_fails() -> Tampering:
    return _marked("fail", "createJob", "varyJob", "blendImages", "describeImage")


@conforming_server("now and then a job fails: the first describe, and the first blend of so many")
def some_jobs_fail() -> Tampering:
    failing = _marked("fail", "blendImages", "describeImage")
    seen: set[tuple[str, int]] = set()

    async def tampering(request: Request, go: Go) -> Reply:
        kind = request.operation, len(str(request.fields.get("content")).split())
        if kind in seen or request.operation not in ("blendImages", "describeImage"):
            return await go(request)
        reply = await failing(request, go)
        if reply.ok:
            seen.add(kind)
        return reply

    return tampering


@conforming_server(
    "every blend of four links fails, and a create: by chance, as far as can be seen",
    mixed=False,
)
def jobs_fail_by_chance() -> Tampering:
    blends, creates = _marked("fail", "blendImages"), _marked("fail", "createJob")

    async def tampering(request: Request, go: Go) -> Reply:
        words = str(request.fields.get("content")).split()
        if request.operation == "blendImages" and len(words) == 4:
            return await blends(request, go)
        kite = request.operation == "createJob" and "kite" in words
        return await (creates(request, go) if kite else go(request))

    return tampering


@conforming_server("every job is refused by the moderation, after it was taken", open=_UNFINISHED)
def every_job_is_banned() -> Tampering:
    return _marked("banned", "createJob")


@conforming_server("every job fails before it begins", open=_UNFINISHED)
def every_job_fails_in_the_queue() -> Tampering:
    def change(one: JSON) -> JSON:
        return one if is_finished(one) else {**one, "pct_prog": None, "img_prog": None}

    return chain(_marked("banned", "createJob"), each_record(change))


@conforming_server("no job ever ends", open=_UNFINISHED)
def no_job_ends() -> Tampering:
    return _marked("stuck", "createJob")


@conforming_server("jobs tell no progress")
def no_progress() -> Tampering:
    return _marked("no-progress", "createJob")


@conforming_server("progress goes back and forth")
def progress_goes_back() -> Tampering:
    return _marked("out-of-order", "createJob")


@conforming_server("the service changes every prompt a little, and says so")
def altered_prompts() -> Tampering:
    return _marked("altered-prompt", "createJob")


#: Four statuses between the submission and the end: none of the variants.
_STAGES = (1200, 1500, 1800, 1900)
_MORE_STAGES = {"pending-statuses": "more than two statuses, which no variant has"}


def _stages() -> Tampering:
    """A status for each quarter of the job's time."""
    begun: dict[str, float] = {}

    def change(one: JSON) -> JSON:
        if is_finished(one):
            return one
        age = time.monotonic() - begun.setdefault(one["hash"], time.monotonic())
        stage = min(int(4 * age / JOB_SECONDS), 3)
        return one if one["error"] else {**one, "status": _STAGES[stage]}

    return each_record(change)


def _late(seconds: float, share: float = 1.0) -> Tampering:
    """Find answers later than usual: all of its answers, or this share of them."""
    draw = random.Random(1)

    async def tampering(request: Request, go: Go) -> Reply:
        reply = await go(request)
        if request.operation == "findJobs" and draw.random() < share:
            await asyncio.sleep(seconds)
        return reply

    return tampering


@conforming_server("there are four statuses before 2000", open=_MORE_STAGES, learnt=_MORE_STAGES)
def four_statuses() -> Tampering:
    return _stages()


@conforming_server(
    "there are four statuses before 2000, and find answers 150 ms later",
    open=_MORE_STAGES,
    learnt=_MORE_STAGES,
)
def four_statuses_seen_late() -> Tampering:
    return chain(_late(0.15), _stages())


@conforming_server("find answers 150 ms later")
def polls_are_late() -> Tampering:
    return _late(0.15)


@conforming_server("every third find answers 250 ms later")
def some_polls_are_late() -> Tampering:
    return _late(0.25, 1 / 3)
