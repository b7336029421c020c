"""The report as JUnit XML: a test case a run, named by what is different in it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from xml.etree import ElementTree as xml

from .results import Report, Result, Run, Word
from .table import REACHED_ONLY, outcome, reason, sentence


def render(report: Report) -> str:
    """The text of the file. What was not run is skipped, and so is what no request touches."""
    results = report.results if report.problem is None else ()
    broken = 0 if report.problem is None else 1
    suite = xml.Element(
        "testsuite",
        name="sampan matrix",
        tests=str(len(results) + 1),
        failures=str(broken + len(report.of(Word.FAILS, Word.FLAKY))),
        errors="0",
        skipped=str(sum(each.word in _SKIPPED for each in results)),
        time=f"{report.seconds:.3f}",
    )
    first = xml.SubElement(suite, "testcase", classname="sampan.matrix", name="as documented")
    first.set("time", f"{sum(run.seconds for run in report.documented):.3f}")
    if report.problem is not None:
        failed = next((run for run in report.documented if not run.passed), None)
        _failure(first, report.problem, failed, report.lint)
    for result in results:
        _case(suite, report, result)
    suites = xml.Element("testsuites")
    suites.append(suite)
    xml.indent(suites, " ")
    return xml.tostring(suites, encoding="unicode", xml_declaration=True) + "\n"


_SKIPPED = (Word.UNTOUCHED, Word.NOT_RUN)


def _case(suite: xml.Element, report: Report, result: Result) -> None:
    trial = result.trial
    case = xml.SubElement(
        suite,
        "testcase",
        classname=f"sampan.matrix.{trial.kind}",
        name=f"{trial.name}: {trial.says}",
        time=f"{sum(run.seconds for run in result.runs):.3f}",
    )
    if result.failed is not None:
        message = f"{sentence(result)}: {outcome(result)} ({reason(report, result)})"
        _failure(case, message, result.failed, report.lint_of(result.failed))
    elif result.word in _SKIPPED:
        only = f": {REACHED_ONLY}" if result.word is Word.UNTOUCHED and result.reached else ""
        xml.SubElement(case, "skipped", message=f"{result.word.value}{only}")


def _failure(
    case: xml.Element, message: str, run: Run | None, findings: Iterable[dict[str, Any]]
) -> None:
    failure = xml.SubElement(case, "failure", message=message)
    if run is not None:
        lint = [f"lint: {finding['rule']}: {finding['message']}" for finding in findings]
        failure.text = "\n".join((*run.lines, *lint))
