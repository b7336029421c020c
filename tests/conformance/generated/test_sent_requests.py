"""What generated requests are sent at which budget, and what they cost."""

from __future__ import annotations

from collections import Counter

import pytest

from sampan.conformance.generated.shares import Quota, UsedUpError, shares
from sampan.conformance.http.request_kinds import ALARMING, Kind
from sampan.conformance.settings import RunOptions
from tests.support.generated import failed, generated
from tests.support.judged import honest
from tests.support.tampering.exchange import Go, Reply, Request, success


def test_nothing_is_spent_at_a_budget_of_0_and_nothing_is_put_at_risk() -> None:
    asked: Counter[str] = Counter()

    async def counting(request: Request, go: Go) -> Reply:
        asked[request.operation] += 1
        return await go(request)

    report = generated(counting, 200)
    assert report.jobs_spent == 0
    assert set(asked) - {"login", "findJobs", ""} == set()
    assert asked["findJobs"] > 100


def test_from_a_budget_of_1_on_bodies_that_must_be_refused_are_sent() -> None:
    asked: Counter[str] = Counter()

    async def counting(request: Request, go: Go) -> Reply:
        reply = await go(request)
        asked[request.operation if not reply.ok else f"{request.operation} taken"] += 1
        return reply

    report = generated(counting, 200, jobs=1)
    assert failed(report) == []
    assert asked["upscaleJob"] > 0
    assert asked["createJob"] > 0
    assert report.jobs_spent <= 1


def test_one_wrong_acceptance_ends_the_refusals_of_a_small_budget() -> None:
    async def taking(request: Request, go: Go) -> Reply:
        return success("0" * 64) if request.submits else await go(request)

    report = generated(taking, 200, jobs=1)
    assert report.jobs_spent == 1
    assert report.exit_code == 1


def test_a_gentle_run_generates_nothing_alarming() -> None:
    kinds = shares(RunOptions("http://x", generate=200, gentle=True, jobs=None)).kinds
    assert not [kind for kind in ALARMING if kinds[kind]]
    assert kinds.total() == 200
    assert failed(generated(honest, gentle=True)) == []


@pytest.mark.parametrize("jobs", [0, 1, 5, None])
@pytest.mark.parametrize("count", [0, 1, 2, 5, 7, 12, 30, 200, 5000])
def test_shares_add_up_to_the_number_asked_for(count: int, jobs: int | None) -> None:
    given = shares(RunOptions("http://x", generate=count, jobs=jobs))
    assert given.total == count
    assert given.kinds[Kind.FIND] > 0 or not count
    assert given.jobs <= given.kinds[Kind.SUBMISSION]
    assert given.jobs <= (count if jobs is None else jobs)
    assert not (jobs == 0 and given.kinds[Kind.SUBMISSION])
    quota = Quota(given)
    for _ in range(given.kinds[Kind.FIND]):
        quota.take(Kind.FIND)
    with pytest.raises(UsedUpError):
        quota.take(Kind.FIND)


def test_no_login_is_tried_on_a_name_that_may_exist() -> None:
    names: list[object] = []

    async def noting(request: Request, go: Go) -> Reply:
        if request.operation == "login":
            names.append(request.fields.get("username"))
        return await go(request)

    generated(noting, 300)
    strange = [one for one in names if one not in ("abc", "second", "limited")]
    assert len(strange) > 10
    assert all("sampan000001" in str(one) for one in strange if isinstance(one, str))


def test_the_same_seed_sends_the_same() -> None:
    def bodies(seed: int) -> list[bytes]:
        sent: list[bytes] = []

        async def noting(request: Request, go: Go) -> Reply:
            sent.append(request.body)
            return await go(request)

        generated(noting, 60, seed=seed)
        return sent

    assert bodies(3) == bodies(3) != bodies(4)
