"""A limited account that has a plan is its user's mistake (PLAN-1)."""

from __future__ import annotations

import pytest

from sampan.conformance.verdict import Verdict
from tests.support.judged import finding, judged
from tests.support.tampering.exchange import Go, Reply, Request, Tampering
from tests.support.tampering.making import Logins, chain, succeeding


def _plan_for_all(status: str) -> Tampering:
    """Every account may submit, and every login has that account_status."""
    logins = Logins()

    async def tampering(request: Request, go: Go) -> Reply:
        reply = await go(request)
        limited = reply.envelope.get("errno") == 411
        return await go(request.with_token(logins.first)) if limited else reply

    def change(_: Request, reply: Reply) -> Reply:
        return reply.with_fields(data={**reply.data, "account_status": status})

    return chain(tampering, succeeding(change, "login"), logins)


@pytest.mark.parametrize(
    ("status", "verdict"), [("unlimited", Verdict.INCONCLUSIVE), ("limited", Verdict.FAIL)]
)
def test_the_login_decides_whether_it_has_one(status: str, verdict: Verdict) -> None:
    found = finding(judged(_plan_for_all(status), "PLAN-1"), "PLAN-1")
    assert found.verdict is verdict
    assert ("its login has account_status unlimited" in found.message) is (status == "unlimited")
