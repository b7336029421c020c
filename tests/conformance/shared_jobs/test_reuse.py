"""``--reuse``: finished jobs of an earlier report serve again."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sampan.conformance.contract import shipped
from sampan.conformance.report import Report
from sampan.conformance.reports.json import as_tree
from sampan.conformance.settings import SettingsError, run_options
from sampan.conformance.verdict import Verdict
from sampan.fake_server.server.threaded import FakeServer
from tests.support.measured_requests import ACCOUNTS, Measured, right_fake


@pytest.fixture(scope="module")
def fake() -> Iterator[FakeServer]:
    with right_fake() as fake:
        yield fake


@pytest.fixture(scope="module")
def tree(fake: FakeServer) -> dict[str, Any]:
    """The report of a first run, which paid for every job."""
    return as_tree(Measured(fake.url).report(), shipped())


def again(fake: FakeServer, tree: dict[str, Any], folder: Path, budget: int) -> Report:
    file = folder / "earlier.json"
    file.write_text(json.dumps(tree), encoding="utf-8")
    run = Measured(fake.url, reuse=str(file), seed=None, budget_jobs=budget)
    report = run.report()
    assert report.jobs_spent <= run.plan.most_jobs
    assert not [one for one in report.findings if one.verdict in (Verdict.FAIL, Verdict.ERROR)]
    return report


def verdicts(report: Report) -> dict[str, Verdict]:
    return {one.id: one.verdict for one in report.findings}


def test_a_second_run_costs_nothing(fake: FakeServer, tree: dict[str, Any], tmp_path: Path) -> None:
    report = again(fake, tree, tmp_path, 0)
    assert report.jobs_spent == 0
    assert {"grid", "niji", "upscale", "blend"} <= {job.name for job in report.jobs if job.reused}
    found = verdicts(report)
    for id in ("CREATE-1", "IMG-4", "GRID-1", "UP-4", "VAR-4", "BLEND-1", "DESC-1", "REMIX-1"):
        assert found[id] is Verdict.PASS, id
    first = {row["name"]: row["hash"] for row in tree["jobs"]}
    assert all(first[job.name] == job.hash for job in report.jobs)


@pytest.mark.whole
def test_what_the_account_no_longer_has_is_submitted_anew_within_the_budget(
    fake: FakeServer, tree: dict[str, Any], tmp_path: Path
) -> None:
    other = json.loads(json.dumps(tree))
    for row in other["jobs"]:
        if row["name"] == "niji":
            row["hash"] = "0" * 64
            body = {"errno": 0, "errmsg": "OK", "data": "0" * 64}
            row["submission"]["answer"]["body"] = json.dumps(body)
    free = again(fake, other, tmp_path, 0)
    assert free.jobs_spent == 0
    assert verdicts(free)["BLEND-1"] is Verdict.UNTESTABLE
    paid = again(fake, other, tmp_path, 12)
    new = [job.name for job in paid.jobs if not job.reused]
    assert {"niji", "blend"} <= set(new)
    assert "grid" not in new
    assert verdicts(paid)["BLEND-1"] is Verdict.PASS


def test_jobs_of_another_account_are_not_taken(tree: dict[str, Any], tmp_path: Path) -> None:
    with right_fake() as stranger:
        other = tree | {"target": stranger.url}
        report = again(stranger, other, tmp_path, 0)
    assert report.jobs == ()
    assert verdicts(report)["CREATE-1"] is Verdict.UNTESTABLE


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"schema": "sampan-report/1"}', None])
def test_a_file_that_is_no_report_is_refused(tmp_path: Path, text: str | None) -> None:
    file = tmp_path / "a.json"
    if text is not None:
        file.write_text(text)
    with pytest.raises(SettingsError, match="--reuse must be a re"):
        run_options("http://127.0.0.1:9", ACCOUNTS | {"reuse": str(file)})


def test_a_report_of_another_server_is_refused(tree: dict[str, Any], tmp_path: Path) -> None:
    file = tmp_path / "a.json"
    file.write_text(json.dumps(tree))
    with pytest.raises(SettingsError, match="--reuse: the report is of http://127"):
        run_options("http://127.0.0.1:9", ACCOUNTS | {"reuse": str(file)})
