"""How jobs may go: slowly, one after the other, badly or never to an end."""

from __future__ import annotations

import random
import time

from tests.conforming_servers.conforming_server import conforming_server
from tests.support.tampering.exchange import JSON, Go, Reply, Request, Tampering
from tests.support.tampering.making import MEASURES, PICTURES, each_finished

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


@conforming_server("every job is refused by the moderation, after it was taken", open=_UNFINISHED)
def every_job_is_banned() -> Tampering:
    return _marked("banned", "createJob")


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
