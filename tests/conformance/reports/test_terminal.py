"""The report in a terminal and in a pipe."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from rich.cells import cell_len

from sampan.conformance.findings import Finding
from sampan.conformance.report import Report, title
from sampan.conformance.reports.terminal import console
from sampan.conformance.verdict import Verdict
from tests.support.samples.sample_report import CONTRACT, EXCHANGE, a_report, shown, with_verdicts

# The terminal


def on_screen(report: Report, width: int) -> list[str]:
    """What a terminal of that width shows, line by line."""
    text = re.sub(r"\x1b\[[0-9;]*m", "", shown(report, width, colour=True))
    return text.splitlines()


@pytest.mark.parametrize("width", [80, 60, 120])
def test_no_line_is_wider_than_the_terminal(width: int) -> None:
    lines = on_screen(a_report(), width)
    assert all(cell_len(line) <= width for line in lines)
    assert "…" not in "".join(lines)
    kept = re.sub(r"\s", "", "".join(lines))
    assert "y" * 300 in kept
    for id in ("GEN-2", "UP-4"):
        assert re.sub(r"\s", "", CONTRACT.requirements[id].sentence) in kept


def test_a_pipe_gets_every_line_whole_and_unpadded() -> None:
    lines = shown(a_report(), 40).splitlines()
    assert any(line.endswith("got       " + "y" * 300) for line in lines)
    assert any(CONTRACT.requirements["GEN-2"].sentence in line for line in lines)
    assert all(line == line.rstrip() for line in lines)


@pytest.mark.parametrize(("columns", "width"), [("0", 80), ("1", 40), ("132", 132)])
def test_there_is_always_room_for_the_report(
    monkeypatch: pytest.MonkeyPatch, columns: str, width: int
) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    assert console().width == width


def test_the_terminal_ends_in_the_outcome() -> None:
    *_, sums, spent, word = shown(a_report()).rstrip().splitlines()
    assert "2 fail" in sums
    assert "1 error" in sums
    assert "3 of 11 jobs, 57 requests, 12.5 s" in spent
    assert word == "3 of 6 tested: fail"


@pytest.mark.parametrize(
    ("spent", "allowed", "shown_as"),
    [(1, 2, "1 of 2 jobs"), (0, 1, "0 of 1 job"), (1, None, "1 job"), (0, None, "0 jobs")],
)
def test_jobs_are_counted_in_english(spent: int, allowed: int | None, shown_as: str) -> None:
    report = replace(a_report(), jobs_spent=spent, jobs_allowed=allowed)
    assert shown(report).splitlines()[-2].startswith(f"{shown_as}, ")


def test_the_terminal_tells_a_failure_whole_and_a_pass_in_a_line() -> None:
    text = shown(a_report(), 400)
    assert "no errno: <script>" in text
    assert "y" * 300 in text
    assert "not on the page: no server may do this" in text
    lines = [one for one in shown(a_report()).splitlines() if "GEN-2" in one or "fine fine" in one]
    assert len(lines) == 1


def test_failures_stand_together_before_the_outcome() -> None:
    text = shown(a_report())
    passed, _, bad = text.partition("What did not pass")
    assert "GEN-2" in passed
    for id in ("GEN-1", "GEN-5", "LIFE-1", "UP-4"):
        assert f"\n{id} " not in passed
        assert f"\n{id} " in bad
    assert bad.index("UP-4") < bad.index("GEN-1") < bad.index("LIFE-1")


def test_findings_with_one_cause_are_grouped() -> None:
    broken = replace(EXCHANGE, operation="upscaleJob", errno=501)
    fails = [
        Finding(id, Verdict.FAIL, f"{id} is refused", "errno 0", "errno 501", (broken,))
        for id in ("UP-1", "UP-4", "GRID-1")
    ]
    lost = [Finding(id, Verdict.INCONCLUSIVE, "it stopped") for id in ("LIFE-1", "LIFE-2")]
    text = shown(a_report(findings=tuple(fails + lost)))
    assert "upscaleJob answers errno 501: 3 requirements" in text
    assert text.count("it stopped") == 1
    assert "it stopped: 2 requirements" in text


def test_a_known_failure_is_shown_and_does_not_count() -> None:
    report = with_verdicts(Verdict.PASS, Verdict.FAIL, Verdict.FAIL)
    passed, first, second = list(CONTRACT.requirements)[:3]
    assert replace(report, known=frozenset({first})).exit_code == 1
    known = replace(report, known=frozenset({first, second, passed}))
    assert (known.exit_code, known.verdict) == (0, Verdict.PASS)
    text = shown(known)
    assert f"{first} fail (known)" in text
    assert f"known deviations (--known): {first}, {second}" in text
    assert f"to be removed from --known: {passed}" in text


@pytest.mark.parametrize("verdict", [Verdict.UNTESTABLE, Verdict.INCONCLUSIVE])
def test_a_verdict_may_count_as_a_failure(verdict: Verdict) -> None:
    report = with_verdicts(Verdict.PASS, verdict)
    assert report.exit_code != 1
    assert replace(report, fail_on=frozenset({verdict})).exit_code == 1


def test_no_control_character_reaches_the_terminal() -> None:
    nasty = "\x1b[2J\x1b]0;title\x07 \x9b31m \r hidden"
    findings = (Finding("GEN-1", Verdict.FAIL, nasty, nasty, nasty),)
    text = shown(a_report(findings=findings))
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f]", text)


def test_every_kind_of_requirement_has_a_title() -> None:
    for id in CONTRACT.requirements:
        assert title(id) != id.partition("-")[0], id


def test_what_traffic_has_not_shown_is_listed_by_ids_alone() -> None:
    findings = [
        replace(one, verdict=Verdict.UNSEEN) if one.verdict is Verdict.SKIPPED else one
        for one in a_report().findings
    ]
    lines = shown(a_report(watched=True, findings=tuple(findings), requests=1)).splitlines()
    at = lines.index("Not seen in this traffic")
    requirements, questions = lines[at + 1 : at + 3]
    unseen = [one.id for one in findings if one.verdict is Verdict.UNSEEN]
    assert requirements == f"requirements {', '.join(unseen)}"
    assert questions.startswith("questions    success-http-status, ")
    assert not any(line.startswith(f"{unseen[0]} ") for line in lines)
    assert "1 request seen, 3 jobs accepted, 12.5 s" in lines
