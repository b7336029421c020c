"""The state machine for tests of one's own: what it finds, and what it never spends."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import rule, run_state_machine_as_test

from sampan.conformance import ApiMachine
from sampan.conformance.generated.steps import STEPS
from sampan.conformance.settings import SettingsError
from tests.support.tampering.exchange import Go, Reply, Request, Tampering
from tests.support.tampering.server import running, tampered
from tests.support.tampering.server import settings as of_a_fake

FEW = settings(
    max_examples=3,
    stateful_step_count=10,
    deadline=None,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)


def run(tampering: Tampering, jobs: int | None = 0) -> type[ApiMachine]:
    """Three short examples; returns the class, which counts the rule of its own."""
    with running(tampered(tampering, of_a_fake(0.02))) as url:

        class Service(ApiMachine):
            base_url, username, password = url, "abc", "abc-secret"
            budget_jobs = jobs
            own = 0

            @rule()
            def look(self) -> None:
                assert self.call("findJobs", {"limit": 5}).ok
                type(self).own += 1

        run_state_machine_as_test(Service, settings=FEW)
        return Service


def test_a_right_server_passes_and_without_a_budget_nothing_could_cost_a_job() -> None:
    asked: Counter[str] = Counter()

    async def counting(request: Request, go: Go) -> Reply:
        asked[request.operation] += 1
        return await go(request)

    assert run(counting) is not None
    assert asked["findJobs"] > 2
    assert set(asked) <= {"login", "findJobs", ""}


def test_a_budget_holds_for_all_examples_together() -> None:
    taken: list[str] = []

    async def counting(request: Request, go: Go) -> Reply:
        reply = await go(request)
        taken.extend([request.operation] if request.submits and reply.ok else [])
        return reply

    run(counting, jobs=3)
    assert len(taken) <= 3


def test_a_breach_fails_the_test_with_its_sentence_and_a_curl_command() -> None:
    async def deaf(request: Request, go: Go) -> Reply:
        reply = await go(request)
        if request.operation != "findJobs" or not reply.ok:
            return reply
        return reply.with_fields(data={"res": [], "total": -1})

    with pytest.raises(AssertionError, match=r"FIND-2: (.|\n)*curl"):
        run(deaf)


def test_every_step_is_a_rule() -> None:
    assert {f"step_{name}" for name in STEPS} <= set(dir(ApiMachine))


def test_a_wrong_setting_is_named_as_the_attribute_is() -> None:
    class Service(ApiMachine):
        base_url, username, password = "http://127.0.0.1:9", "abc", "abc-secret"
        budget_jobs = -1

    with pytest.raises(SettingsError, match=r"^budget_jobs must be a number of jobs .* not -1"):
        Service()
