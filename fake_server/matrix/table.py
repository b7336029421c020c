"""The report as text: a table of what breaks COMMAND, and below it what does not."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from .results import Report, Result, Run, Word

#: The columns of a line, where they are not those of a terminal.
WIDTH = 100
#: A narrower terminal is one that does not say how wide it is.
_NARROWEST = 40


def render(report: Report, width: int = WIDTH) -> str:
    """The text, which ends with a line feed; lists are broken at ``width`` columns."""
    return "\n".join(_lines(report, max(_NARROWEST, min(width, WIDTH)))) + "\n"


def _lines(report: Report, width: int) -> Iterator[str]:
    yield f"sampan matrix -- {report.command}"
    yield ""
    for run in report.documented:
        yield f"as documented: {_documented(run)}"
    if report.documented:
        yield from _lint(report.lint, "lint: ")
    if report.problem is not None:
        yield from _refusal(report)
        return
    yield ""
    yield from _table(report.of(Word.FAILS), "FAILS IF")
    yield from _table(report.of(Word.FLAKY), "FAILS AT TIMES IF")
    yield from _details(report)
    for line in _summary(report):
        yield from textwrap.wrap(
            line, width, subsequent_indent="  ", break_on_hyphens=False, break_long_words=False
        )
    yield from report.remarks
    yield conclusion(report)


def _documented(run: Run) -> str:
    how = f"passes in {run.seconds:.1f} s" if run.passed else f"fails ({run.ending})"
    return f"{how}, {count(run.requests, 'request')}"


def count(number: int, what: str) -> str:
    """``1 run``, ``2 runs``."""
    return f"{number} {what}{'' if number == 1 else 's'}"


def _refusal(report: Report) -> Iterator[str]:
    yield ""
    yield report.problem or ""
    failed = next((run for run in report.documented if not run.passed), None)
    if failed is not None:
        yield from (f"  | {line}" for line in failed.lines)


def _table(results: Sequence[Result], head: str) -> Iterator[str]:
    """What breaks COMMAND, a row each: what is different, and how the run ended."""
    if not results:
        return
    rows = [(*names(result), outcome(result)) for result in results]
    heads = (head, "IS", "RUN")
    widths = [max(len(row[at]) for row in (heads, *rows)) for at in range(2)]
    for row in (heads, *rows):
        yield f"{row[0]:<{widths[0]}}  {row[1]:<{widths[1]}}  {row[2]}".rstrip()
    yield ""


def names(result: Result) -> tuple[str, str]:
    """What is different and how, for two columns."""
    trial = result.trial
    return (trial.subject, trial.value or ("" if trial.kind == "mishap" else "all others"))


def outcome(result: Result) -> str:
    """How the run ended that failed; of how many, if it was repeated."""
    failed = result.failed
    if failed is None:
        passes = (
            f"passes; {REACHED_ONLY}"
            if result.word is Word.UNTOUCHED and result.reached
            else "passes"
        )
        return passes if result.runs else "not run"
    again = ""
    if result.word is Word.FLAKY and not result.touched:
        again = f"; {UNNOTICEABLE}"
    elif len(result.runs) > 1:
        fails = sum(not run.passed for run in result.runs)
        again = f"; {fails} of {len(result.runs)} runs failed"
    return f"{failed.ending}{again}"


#: Of a failure without what could be its cause.
UNNOTICEABLE = "no request could notice it"


def _details(report: Report) -> Iterator[str]:
    for result in report.of(Word.FAILS, Word.FLAKY):
        failed = result.failed
        assert failed is not None
        yield f"{sentence(result)} ({reason(report, result)})"
        yield from (f"  | {line}" for line in failed.lines[-_SHOWN:])
        # What COMMAND does as documented, too, is said once.
        yield from _lint(report.lint_of(failed), "  lint: ")
        yield ""


def sentence(result: Result) -> str:
    """``fails if …``, or ``fails at times if …`` of what is flaky."""
    how = "fails at times if" if result.word is Word.FLAKY else "fails if"
    return f"{how} {condition(result)}"


def condition(result: Result) -> str:
    """The words after "if"."""
    trial = result.trial
    if trial.kind == "question":
        return f"{trial.subject} is {trial.value}: {trial.says}"
    return trial.says


#: As many last lines of a failure are shown here; the other reports have all that are kept.
_SHOWN = 5


def reason(report: Report, result: Result) -> str:
    """Why that may happen: what the page leaves open, or that every client meets it."""
    trial = result.trial
    if trial.kind == "question":
        (question,) = (each for each in report.questions if each.id == trial.subject)
        return f"open: {question.why[0].lower()}{question.why[1:].rstrip('.')}"
    if trial.kind == "mishap":
        return "a mishap, which the page does not exclude"
    return "the profile mixed"


def _lint(findings: Iterable[dict[str, Any]], before: str) -> Iterator[str]:
    for finding in findings:
        yield f"{before}{finding['rule']}: {finding['message']}"


def _summary(report: Report) -> Iterator[str]:
    """What holds for how many, a line each, however long."""
    relied = relied_on(report)
    yield from [relied] if relied else []
    yield from _block("fails at times with", [each.id for each in report.questions_of(Word.FLAKY)])
    yield from _block("tolerates", [each.id for each in report.questions_of(Word.TOLERATES)])
    yield from _block("never touches", [each.id for each in report.questions_of(Word.UNTOUCHED)])
    yield from _block(f"  {REACHED_ONLY}:", report.reached_only)
    for kind in ("mixed", "mishap"):
        found = [each for each in report.results if each.trial.kind == kind]
        for word in (Word.TOLERATES, Word.UNTOUCHED):
            those = [each.trial.name for each in found if each.word is word]
            if those and kind == "mixed":
                yield f"{word.value}: the profile mixed, which answers every question otherwise"
            elif those:
                yield from _block(f"mishaps, {word.value}", those, "")
    yield from _block("not run", [each.trial.name for each in report.of(Word.NOT_RUN)], "")


def relied_on(report: Report) -> str:
    """``relies on 1 of 3 readings: a``; empty for none."""
    relied = [each.id for each in report.questions_of(Word.FAILS)]
    return next(_block(f"relies on {len(relied)} of", relied, number=report.questions_run), "")


def conclusion(report: Report) -> str:
    """The last line."""
    runs = sum(len(result.runs) for result in report.results) + len(report.documented)
    took = f"{count(runs, 'run')} in {report.seconds:.1f} s"
    if report.signal is not None:
        return f"stopped by signal {report.signal}; {took}"
    fails, flaky = len(report.of(Word.FAILS)), len(report.of(Word.FLAKY))
    if not fails and not flaky:
        return f"nothing breaks it; {took}"
    of = count(len(report.results), "variation")
    breaks = "breaks" if len(report.results) == 1 else "break"
    parts = [f"{fails} of {of} {breaks} it"] if fails or not flaky else []
    if flaky:
        parts.append(f"{flaky} at times" if parts else f"{flaky} of {of} {breaks} it at times")
    return f"{', '.join(parts)}; {took}"


#: Of what was reached, and is never touched all the same.
REACHED_ONLY = "reached, but no response could differ"


def _block(
    head: str, ids: Sequence[str], of: str = " readings", *, number: int | None = None
) -> Iterator[str]:
    """``tolerates 3 readings: a, b, c``; nothing for none.

    ``number`` is the one in front of ``of``, if it is not how many there are.
    """
    if not ids:
        return
    number = len(ids) if number is None else number
    what = of.removesuffix("s") if number == 1 else of
    yield f"{head} {number}{what}: {', '.join(ids)}"
