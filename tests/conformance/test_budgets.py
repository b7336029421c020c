"""The table of what each budget of jobs finds among the wrong servers."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sampan.conformance.verdict import Verdict
from tests.support.examples import sampled
from tests.support.tampering.trial import Trial
from tests.wrong_servers import __main__ as command
from tests.wrong_servers.trying.budgets import BUDGETS, Row, row, table
from tests.wrong_servers.trying.matrix import chosen, tried_within

TRIAL = Trial({"CREATE-3": Verdict.FAIL, "UP-1": Verdict.UNTESTABLE}, {}, {}, {}, 1, 1, 0.1, None)


def test_a_row_counts_who_is_failed_and_names_who_could_have_been() -> None:
    servers = [*chosen(["content-has-a-default"])] * 3 + chosen(["UP-1"])[:1]
    trials = [
        TRIAL,
        replace(TRIAL, verdicts={"CREATE-3": Verdict.PASS}, exit_code=0),
        replace(TRIAL, verdicts={"CREATE-3": Verdict.UNTESTABLE}, exit_code=0),
        replace(TRIAL, jobs=3),
    ]
    found = row(2, servers, trials)
    assert (found.servers, found.failed, found.by_own) == (4, 2, 1)
    assert found.missed == ("content-has-a-default",)
    assert found.overspent == (servers[-1].id,)
    assert table([found]).endswith("| 2 | 2 of 4 | 1 |")


def test_who_is_missed_is_exit_1(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    found = [Row(budget, 1, 1, 1, (), ()) for budget in BUDGETS]
    monkeypatch.setattr(command, "rows", lambda *_: iter(found))
    assert command.main(["--budgets", "--only", "limit-is-ignored"]) == 0
    assert capsys.readouterr().out.count("| 1 of 1 |") == len(BUDGETS)
    found[0] = replace(found[0], missed=("limit-is-ignored",))
    assert command.main(["--budgets", "0", "--only", "limit-is-ignored"]) == 1
    assert "MISSED at 0: limit-is-ignored" in capsys.readouterr().out


@pytest.mark.parametrize("budget", sampled([1, 11, 2, 12], 4))
def test_an_acceptance_is_failed_at_any_budget(budget: int) -> None:
    """The first request that shows it is another check's, and uses up what may go astray."""
    (server,) = chosen(["content-has-a-default"])
    found = tried_within(server, budget)
    assert found.verdicts["CREATE-3"] is Verdict.FAIL
    assert found.exit_code == 1
    assert found.jobs <= budget
