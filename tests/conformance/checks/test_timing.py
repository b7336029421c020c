"""Verdicts and answers do not rest on how fast requests are: slow ones prove less, never more."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import pytest

from sampan.conformance.findings import Seen
from sampan.conformance.verdict import Verdict
from tests.support.examples import sampled
from tests.support.judged import finding, honest, judged, observation
from tests.support.tampering.exchange import Go, Reply, Request, Tampering, refusal
from tests.support.tampering.making import Logins, chain

#: Jobs take 0.2 s here.
OVER = 0.35


def late(
    *operations: str, before: float = 0.0, after: float = 0.0, cell: object = ...
) -> Tampering:
    """Requests of these operations reach the server late, or their answers the client (s)."""

    async def tampering(request: Request, go: Go) -> Reply:
        meant = request.operation in operations
        meant = meant and cell in (..., request.fields.get("grid_num"))
        await asyncio.sleep(before if meant else 0)
        reply = await go(request)
        await asyncio.sleep(after if meant else 0)
        return reply

    return tampering


@pytest.mark.parametrize(
    "tampering",
    sampled(
        [
            pytest.param(
                late("upscaleJob", "varyJob", before=OVER, cell=1), id="the child comes late"
            ),
            pytest.param(
                late("upscaleJob", "varyJob", after=OVER, cell=1), id="its answer comes late"
            ),
            pytest.param(late("findJobs", after=OVER), id="all looks are late"),
        ],
        2,
    ),
)
@pytest.mark.parametrize("answer", ["301", "queued"])
def test_a_parent_that_may_have_finished_is_not_taken_for_unfinished(
    tampering: Tampering, answer: str, tmp_path: Path
) -> None:
    report = judged(
        tampering, "unfinished-parent", answers={"unfinished-parent": answer}, folder=tmp_path
    )
    seen = observation(report, "unfinished-parent")
    if seen.seen is Seen.ANSWERED:
        assert seen.answer == answer
    else:
        assert "may have finished" in seen.reason


def test_a_late_child_of_an_unfinished_parent_proves_nothing(tmp_path: Path) -> None:
    answers = {"unfinished-parent": "301"}
    slow = late("upscaleJob", "varyJob", before=OVER, cell=1)
    report = judged(slow, "unfinished-parent", answers=answers, folder=tmp_path)
    assert observation(report, "unfinished-parent").seen is Seen.UNOBSERVED


def test_jobs_that_may_have_ended_do_not_count_as_running(tmp_path: Path) -> None:
    one_by_one = asyncio.Lock()

    async def tampering(request: Request, go: Go) -> Reply:
        if request.operation == "findJobs":
            reply = await go(request)
            await asyncio.sleep(OVER)
            return reply
        if not request.submits:
            return await go(request)
        async with one_by_one:
            reply = await go(request)
            await asyncio.sleep(OVER)
            return reply

    answers = {"concurrency-limit": "refused"}
    report = judged(tampering, "concurrency-limit", answers=answers, folder=tmp_path)
    assert observation(report, "concurrency-limit").seen is Seen.UNOBSERVED


def test_one_failure_is_no_limit_of_jobs() -> None:
    failures = [refusal(501, "SERVICE_ERROR")]

    async def tampering(request: Request, go: Go) -> Reply:
        if request.operation == "describeImage" and failures:
            return failures.pop()
        return await go(request)

    report = judged(tampering, "concurrency-limit", "DESC-1")
    assert observation(report, "concurrency-limit").answer != "refused"
    assert finding(report, "DESC-1").verdict is Verdict.PASS


def _expiring(seconds: float) -> Tampering:
    """Tokens are valid for so long."""
    issued: dict[str, float] = {}

    async def tampering(request: Request, go: Go) -> Reply:
        token = request.token
        if token in issued and time.monotonic() - issued[token] > seconds:
            return refusal(430, "invalid login")
        reply = await go(request)
        if request.operation == "login" and reply.ok:
            issued[reply.data["token"]] = time.monotonic()
        return reply

    return tampering


def test_a_token_that_expires_is_no_breach() -> None:
    slow = late("findJobs", after=0.2)
    found = finding(judged(chain(_expiring(1.0), slow), "AUTH-1"), "AUTH-1")
    assert found.verdict is Verdict.INCONCLUSIVE
    assert "may have expired" in found.message


def test_a_token_that_is_used_up_is_one() -> None:
    logins, uses = Logins(), dict[str, int]()

    async def tampering(request: Request, go: Go) -> Reply:
        token = request.token or ""
        uses[token] = uses.get(token, 0) + 1
        return refusal(430, "invalid login") if uses[token] > 9 and token else await go(request)

    found = finding(judged(chain(logins, tampering), "AUTH-1"), "AUTH-1")
    assert found.verdict is Verdict.FAIL


def test_a_job_that_a_short_wait_does_not_find_is_not_missing() -> None:
    """Neither a wait that was set too short nor a run that ends proves anything."""

    async def tampering(request: Request, go: Go) -> Reply:
        reply = await go(request)
        if request.operation != "findJobs" or not reply.ok:
            return reply
        old = [one for one in reply.records if time.time() * 1000 - int(one["timestamp"]) > 800]
        return reply.with_records(old, len(old))

    assert finding(judged(tampering, "CREATE-2", job_timeout=0.3), "CREATE-2").verdict in (
        Verdict.INCONCLUSIVE,
        Verdict.PASS,
    )


def test_a_fast_server_is_learnt(tmp_path: Path) -> None:
    answers = {"unfinished-parent": "queued"}
    report = judged(honest, "unfinished-parent", answers=answers, folder=tmp_path, job_seconds=2.0)
    assert observation(report, "unfinished-parent").answer == "queued"
