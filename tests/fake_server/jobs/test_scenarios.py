"""Scenarios: which there are, what they take, and what they do to a plan."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sampan.fake_server.jobs.lifecycle import PROGRESS, Plan, State, end, moments
from sampan.fake_server.jobs.prompt import Marker
from sampan.fake_server.jobs.scenarios import SCENARIOS, Scenario, ScenarioError, chosen
from tests.support.samples.drawn import PICTURES, arguments, facts, spans

_PLAN = Plan(queue_ms=300, run_ms=1700)


def _changed(name: str, number: int) -> Plan:
    scenario = SCENARIOS[name]
    assert scenario.change is not None
    return scenario.change(_PLAN, number)


def test_the_scenarios_that_there_are() -> None:
    assert list(SCENARIOS) == [
        "slow",
        "stuck",
        "no-progress",
        "fail",
        "banned",
        "refused",
        "altered-prompt",
        "image-denied",
        "plan-required",
        "service-error",
        "find-lag",
        "image-missing",
        "image-late",
        "image-expired",
        "image-truncated",
        "image-corrupt",
        "thumb-missing",
        "webp",
        "out-of-order",
        "token-expires",
        "queue-full",
    ]


@pytest.mark.parametrize("scenario", SCENARIOS.values(), ids=lambda scenario: scenario.name)
def test_every_scenario_does_one_thing(scenario: Scenario) -> None:
    effects = (
        scenario.refuses is not None,
        scenario.change is not None,
        scenario.lag,
        scenario.expires_token,
        scenario.alters_prompt,
    )
    assert sum(effects) == 1
    assert scenario.says


@pytest.mark.parametrize("scenario", SCENARIOS.values(), ids=lambda scenario: scenario.name)
def test_a_scenario_takes_numbers_in_its_bounds(scenario: Scenario) -> None:
    assert chosen(Marker(scenario.name)) == (scenario, scenario.default)
    if scenario.argument is None:
        with pytest.raises(ScenarioError, match=f"{scenario.name} takes no number; got '1'"):
            chosen(Marker(scenario.name, "1"))
        return
    assert 0 <= scenario.default <= scenario.most
    for number in (0, scenario.most):
        assert chosen(Marker(scenario.name, str(number))) == (scenario, number)
    for text in (str(scenario.most + 1), "-1", "", " 1", "1.5", "x", "１", "1_0", "9" * 5000):
        with pytest.raises(ScenarioError, match=rf"takes {scenario.argument} from 0 to "):
            chosen(Marker(scenario.name, text))


def test_an_unknown_scenario_is_refused_with_those_that_there_are() -> None:
    with pytest.raises(
        ScenarioError, match="unknown scenario 'fial'; did you mean 'fail'\\? Valid scenarios: slow"
    ):
        chosen(Marker("fial"))


@given(st.data(), spans, spans)
def test_no_scenario_makes_a_plan_impossible(data: st.DataObject, queue: int, run: int) -> None:
    for scenario in SCENARIOS.values():
        if scenario.change is not None:
            number = data.draw(arguments(scenario), scenario.name)
            plan = scenario.change(Plan(queue, run), number)
            assert plan.queue_ms >= 0
            assert plan.run_ms >= 0
            assert list(moments(facts(plan)))


def test_slow_takes_so_many_times_as_long() -> None:
    job = facts(_changed("slow", 10))
    assert end(job) == job.created + 20_000
    assert (job.plan.queue_ms, job.plan.run_ms) == (3_000, 17_000)


@pytest.mark.parametrize("percent", [1, 15, 46, 99])
def test_stuck_never_ends(percent: int) -> None:
    job = facts(_changed("stuck", percent))
    *_, last = moments(job)
    assert end(job) is None
    assert last.state is State.RUNNING
    assert last.progress == max(step for step in PROGRESS if step <= percent)


def test_stuck_at_nothing_never_leaves_the_queue() -> None:
    assert [moment.state for moment in moments(facts(_changed("stuck", 0)))] == [State.QUEUED]


def test_fail_and_banned_end_in_failure() -> None:
    for name, percent, error in (("fail", 46, "job failed"), ("banned", 0, "banned prompt")):
        plan = _changed(name, percent)
        *_, last = moments(facts(plan))
        assert last.state is State.FAILED
        assert plan.error == error
    assert end(facts(_changed("banned", 0))) == facts(_PLAN).created + 300


@pytest.mark.parametrize("name", PICTURES)
def test_picture_scenarios_leave_the_job_as_it_is(name: str) -> None:
    plan = _changed(name, 7)
    assert (plan.picture, plan.picture_ms) == (name, 7)
    assert list(moments(facts(plan))) == list(moments(facts(_PLAN)))


def test_every_picture_scenario_is_one() -> None:
    changed = {name for name, scenario in SCENARIOS.items() if scenario.change is not None}
    assert {name for name in changed if _changed(name, 7).picture is not None} == set(PICTURES)


def test_refusals_are_of_the_contract() -> None:
    refused = {name: entry.refuses for name, entry in SCENARIOS.items() if entry.refuses}
    assert refused == {
        "refused": "invalid-parameter",
        "plan-required": "requires-plan",
        "service-error": "service-error",
        "queue-full": "queue-full",
    }
