"""The quote and the run come from one plan: what was quoted bounds what was sent."""

from __future__ import annotations

from typing import Any

import pytest

from sampan.conformance.checks import load
from sampan.conformance.contract import shipped
from sampan.conformance.http.request_kinds import ALARMING, Kind
from sampan.conformance.report import Report
from sampan.conformance.runner.quote import lines, looks_at_jobs
from sampan.conformance.runner.requests import FILE
from sampan.conformance.verdict import Verdict
from tests.support.examples import sampled, some
from tests.support.measured_requests import BUDGETS, Measured, right_fake, untestable

load()
CONTRACT = shipped()
IDS = (*CONTRACT.requirements, *CONTRACT.questions)


def assert_as_quoted(run: Measured, report: Report) -> None:
    plan = run.plan
    quoted = plan.requests.copy()
    quoted[Kind.FIND] += looks_at_jobs(plan, run.options)
    for kind in Kind:
        assert run.sent[kind] <= quoted[kind], f"more {kind.value} than quoted"
    assert plan.jobs <= plan.most_jobs
    assert report.jobs_spent <= plan.most_jobs
    assert len(report.jobs) == report.jobs_spent
    expected = set(plan.untestable) & set(CONTRACT.requirements)
    actual = untestable(report)
    assert expected <= actual
    assert actual - expected <= (set(plan.history) if not plan.jobs else set())
    assert not [one for one in report.findings if one.verdict in (Verdict.FAIL, Verdict.ERROR)]


@pytest.mark.parametrize("budget", sampled([0, None, 1, 11, 2, 12, *BUDGETS[3:11]], 16))
def test_a_run_stays_within_its_quote_at_every_budget(budget: int | None) -> None:
    with right_fake() as fake:
        run = Measured(fake.url, budget_jobs="unlimited" if budget is None else budget)
        assert_as_quoted(run, run.report())


@pytest.mark.parametrize("part", sampled(range(6), 3))
def test_a_run_of_one_check_stays_within_its_quote(part: int) -> None:
    with right_fake() as fake:
        for number, id in enumerate(some(IDS[part::6], 4)):
            budget = ("unlimited", 15, 0)[number % 3]
            run = Measured(fake.url, only=(id,), budget_jobs=budget)
            assert_as_quoted(run, run.report())


def test_a_gentle_run_sends_nothing_alarming_and_says_what_it_left_out() -> None:
    with right_fake() as fake:
        run = Measured(fake.url, gentle=True)
        report = run.report()
    assert not [kind for kind in ALARMING if run.sent[kind]]
    assert_as_quoted(run, report)
    reasons = {one.id: one.message for one in report.findings if one.id in untestable(report)}
    assert "left out by --gentle" in reasons["LOGIN-4"]
    assert "forged tokens" in reasons["AUTH-3"]
    assert "GEN-5" in reasons
    assert report.count(Verdict.PASS) > 50


def test_a_plan_with_a_risk_says_so() -> None:
    with right_fake() as fake:
        run = Measured(fake.url, only=("PLAN-1",), budget_jobs=15)
    quoted = "\n".join(lines(run.plan, run.options, "mark", full=True))
    assert "jobs: 0 planned (15 allowed); up to 3 more if the server accepts" in quoted
    assert "5 submissions" in quoted


@pytest.mark.parametrize("more", [{}, {"generate": 200}, {"gentle": True}])
def test_a_plan_without_a_budget_quotes_no_submission(more: Any) -> None:
    run = Measured("http://127.0.0.1:9", budget_jobs=0, **more)
    assert "submissions" not in "\n".join(lines(run.plan, run.options, "mark", full=True))


def test_a_job_is_for_nothing_that_is_not_tested() -> None:
    with right_fake() as fake:
        run = Measured(fake.url, only=("VAR-1", "CREATE-1"), budget_jobs=1)
    (job,) = [one for one in lines(run.plan, run.options, "mark", full=True) if " grid: " in one]
    assert "VAR-1" in run.plan.untestable
    assert job.endswith("for CREATE-1")


def test_every_check_has_a_row() -> None:
    rows = FILE.read_text(encoding="utf-8")
    assert [id for id in IDS if f"\n{id}:" not in rows] == []


@pytest.mark.parametrize("kind", Kind)
def test_one_of_a_kind_is_no_plural(kind: Kind) -> None:
    assert kind.counted(2) == f"2 {kind.value}"
    words = kind.counted(1).split()
    assert words[0] == "1"
    assert not any(one.endswith("s") for one in words)
