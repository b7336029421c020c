"""How jobs may go: slowly, one after the other, badly or never to an end."""

from __future__ import annotations

import random
import time

from tests.conforming_servers.conforming_server import legal
from tests.support.tampering.exchange import JSON, Go, Reply, Request, Twist
from tests.support.tampering.making import MEASURES, PICTURES, each_finished

_UNFINISHED = {"*": "no job that it takes is finished"}


@legal("a job that is finished is shown as such up to 0.3 s later", mixed=False)
def results_come_late() -> Twist:
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


def _marked(marker: str, *operations: str) -> Twist:
    """The fake takes such jobs for what the marker says."""

    async def twist(request: Request, go: Go) -> Reply:
        content = request.fields.get("content")
        if request.operation in operations and isinstance(content, str) and content.strip():
            request = request.but(content=f"{content} --fake {marker}")
        return await go(request)

    return twist


@legal("every job fails half-way", open=_UNFINISHED)
def every_job_fails() -> Twist:
    return _marked("fail", "createJob", "varyJob", "blendImages", "describeImage")


@legal("every job is refused by the moderation, after it was taken", open=_UNFINISHED)
def every_job_is_banned() -> Twist:
    return _marked("banned", "createJob")


@legal("no job ever ends", open=_UNFINISHED)
def no_job_ends() -> Twist:
    return _marked("stuck", "createJob")


@legal("jobs tell no progress")
def no_progress() -> Twist:
    return _marked("no-progress", "createJob")


@legal("progress goes back and forth")
def progress_goes_back() -> Twist:
    return _marked("out-of-order", "createJob")


@legal("the service changes every prompt a little, and says so")
def altered_prompts() -> Twist:
    return _marked("altered-prompt", "createJob")
