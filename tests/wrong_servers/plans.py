"""Accounts without a plan: PLAN-1 (page, table of errors)."""

from __future__ import annotations

from functools import partial

from tests.support.tampering.exchange import SUBMISSIONS, Go, Reply, Request, Tampering, refusal
from tests.support.tampering.making import Logins, chain, failing
from tests.wrong_servers.wrong_server import add, wrong_server


@wrong_server("PLAN-1", "an account without a plan gets 301 on a submission")
def no_plan_is_301() -> Tampering:
    return failing(lambda *_: refusal(301), *SUBMISSIONS, errno=411)


@wrong_server("PLAN-1", "an account without a plan gets 430 on a submission")
def no_plan_is_430() -> Tampering:
    return failing(lambda *_: refusal(430, "invalid login"), *SUBMISSIONS, errno=411)


@wrong_server("PLAN-1", "an account without a plan gets 501 on a submission")
def no_plan_is_501() -> Tampering:
    return failing(lambda *_: refusal(501, "SERVICE_ERROR"), *SUBMISSIONS, errno=411)


def _asks_for_no_plan(operation: str) -> Tampering:
    logins = Logins()

    async def tampering(request: Request, go: Go) -> Reply:
        reply = await go(request)
        if request.operation != operation or reply.envelope.get("errno") != 411:
            return reply
        return await go(request.with_token(logins.first))

    return chain(tampering, logins)


for _operation in ("createJob", "blendImages", "describeImage"):
    add(
        f"{_operation}-asks-for-no-plan",
        "PLAN-1",
        f"{_operation} is open to an account without a plan",
        partial(_asks_for_no_plan, _operation),
    )
