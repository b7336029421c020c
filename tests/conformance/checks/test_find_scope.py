"""Whose jobs a find returns, with filters and without; and counts that contradict what comes."""

from __future__ import annotations

import pytest

from sampan.conformance.findings import Seen
from sampan.conformance.verdict import Verdict
from tests.support.judged import finding, honest, judged, observation
from tests.support.tampering.exchange import Go, Reply, Request, Tampering
from tests.support.tampering.making import Logins, all_records, chain, succeeding


def _leaking(key: str) -> Tampering:
    """A find with this filter returns what fits of the jobs of all accounts."""
    logins = Logins()

    async def tampering(request: Request, go: Go) -> Reply:
        reply = await go(request)
        if request.operation != "findJobs" or not reply.ok or key not in request.fields:
            return reply
        found = {one["hash"]: one for one in reply.records}
        for token in logins.tokens.values():
            fitting = {key: request.fields[key]}
            others = await all_records(request.with_token(token), go, **fitting)
            found |= {one["hash"]: one for one in others}
        return reply.with_records(list(found.values()), len(found))

    return chain(tampering, logins)


@pytest.mark.parametrize("key", ["prompt", "service", "job_type", "timestamp_smaller_than"])
def test_a_find_that_leaks_by_one_filter_is_not_called_own(key: str) -> None:
    seen = observation(judged(_leaking(key), "find-scope"), "find-scope")
    assert seen.seen is Seen.UNKNOWN
    assert str(seen.answer).startswith("own, but a find by ")
    assert key in str(seen.answer)


def test_a_leak_that_another_check_met_with_is_not_forgotten() -> None:
    """It shows in a find by both a service and a type, which find-scope does not send."""
    inner = _leaking("job_type")

    async def tampering(request: Request, go: Go) -> Reply:
        both = request.fields.keys() >= {"service", "job_type"} or request.operation == "login"
        return await (inner(request, go) if both else go(request))

    assert observation(judged(tampering, "find-scope"), "find-scope").answer == "own"
    seen = observation(judged(tampering, "FIND-10", "find-scope"), "find-scope")
    assert seen.seen is Seen.UNKNOWN
    assert "own, but a find of the first account" in str(seen.answer)


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_find_that_counts_one_record_and_returns_none_is_failed(jobs: int) -> None:
    def emptied(request: Request, reply: Reply) -> Reply:
        return reply.with_records(reply.records[:-1])

    tampering = succeeding(emptied, "findJobs")
    report = judged(tampering, "FIND-13", jobs=jobs, job_timeout=1.0)  # the job is never found
    found = finding(report, "FIND-13")
    assert found.verdict is Verdict.FAIL


@pytest.mark.parametrize("answers", ["documented", "mixed"])
def test_an_honest_page_is_not_called_short(answers: str) -> None:
    assert finding(judged(honest, "FIND-13", answers=answers), "FIND-13").verdict is Verdict.PASS
