"""The report on standard output: wrapped in a terminal, and never cut in a pipe."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from rich.console import Console, Group
from rich.table import Table
from rich.text import Text

from ..contract import Contract
from ..findings import Finding, Observation, Seen
from ..report import Job, Report, title
from ..verdict import Verdict
from .causes import Cause, causes

_STYLES = {
    Verdict.PASS: "green",
    Verdict.SKIPPED: "dim",
    Verdict.UNSEEN: "dim",
    Verdict.UNTESTABLE: "yellow",
    Verdict.INCONCLUSIVE: "magenta",
    Verdict.FAIL: "bold red",
    Verdict.ERROR: "bold white on red",
}
_UNASKED = (Verdict.SKIPPED, Verdict.UNSEEN)
_BAD = (Verdict.FAIL, Verdict.ERROR, Verdict.INCONCLUSIVE)

#: The columns of a terminal that tells none (``COLUMNS=0``), and the fewest with room for a text.
_USUAL, _NARROWEST = 80, 40

#: The cells of a row, and the lines of its last column.
Row = tuple[tuple[Text, ...], list[Text]]


def console(*, stderr: bool = False) -> Console:
    """A console in which the report has room: without any, rich prints nothing at all."""
    made = Console(stderr=stderr, highlight=False)
    made.width = max(made.width, _NARROWEST) if made.width else _USUAL
    return made


def show(report: Report, contract: Contract, console: Console) -> None:
    """Print what passed, the questions, the jobs, what failed, and the outcome last, where a
    reader looks first."""
    asked = [one for one in report.findings if one.verdict not in _UNASKED]
    seen = [one for one in report.observations if one.reason != "not selected"]
    if report.watched:
        seen = [one for one in seen if one.seen is not Seen.UNOBSERVED]
    _print(console, _good([one for one in asked if one.verdict not in _BAD], contract))
    if seen:
        _heading(console, "Questions that the page leaves open")
        _print(console, (_question(one, contract) for one in seen))
    if report.watched:
        _heading(console, "Not seen in this traffic")
        _print(console, _unseen(report))
    if report.jobs:
        _heading(console, "Jobs")
        _print(console, map(_job, report.jobs))
    bad = [finding for finding in asked if finding.verdict in _BAD]
    if bad:
        _heading(console, "What did not pass")
        _print(console, _bad(causes(bad), report, contract))
    console.print()
    for line in _outcome(report):
        console.print(line, soft_wrap=not console.is_terminal)


def _heading(console: Console, text: str) -> None:
    console.print()
    console.print(Text(text, style="bold"), soft_wrap=not console.is_terminal)


def _print(console: Console, rows: Iterable[Row]) -> None:
    kept = list(rows)
    if not kept:
        return
    columns = list(zip(*(cells for cells, _ in kept), strict=True))
    if console.is_terminal:
        table = Table.grid(padding=(0, 1))
        for _ in columns:
            table.add_column(no_wrap=True)
        table.add_column(ratio=1, overflow="fold")
        for cells, lines in kept:
            table.add_row(*cells, Group(*lines))
        console.print(table)
        return
    widths = [max(len(cell.plain) for cell in column) for column in columns]
    for cells, lines in kept:
        start = " ".join(f"{cell.plain:{width}}" for cell, width in zip(cells, widths, strict=True))
        for line in lines:
            console.print(f"{start} {line.plain}".rstrip(), soft_wrap=True, markup=False)
            start = " " * len(start)


def _good(findings: list[Finding], contract: Contract) -> Iterator[Row]:
    heading = ""
    for one in findings:
        if title(one.id) != heading:
            heading = title(one.id)
            yield (Text(), Text()), [Text(heading, style="bold")]
        yield _cells(one), _lines(one, contract)


def _cells(finding: Finding, known: bool = False) -> tuple[Text, ...]:
    word = f"{finding.verdict.word}{' (known)' if known else ''}"
    return Text(finding.id), Text(word, style=_STYLES[finding.verdict])


def _lines(finding: Finding, contract: Contract) -> list[Text]:
    if finding.verdict is not Verdict.PASS:
        return [Text(finding.message)]
    sentence = Text(contract.requirements[finding.id].sentence, style="dim")
    holds = [Text.assemble((f"{finding.held} × ", "green"), sentence) if finding.held else sentence]
    if finding.not_covered:
        holds.append(Text(f"not tried: {finding.not_covered}", style="yellow"))
    return holds


def _bad(groups: list[Cause], report: Report, contract: Contract) -> Iterator[Row]:
    for group in groups:
        if group.text:
            several = f"{group.text}: {len(group.findings)} requirements"
            yield (Text(), Text(group.verdict.word, style=_STYLES[group.verdict])), [Text(several)]
        for one in group.findings:
            yield _cells(one, one.id in report.known), list(_failure(one, group, contract))


def _failure(finding: Finding, group: Cause, contract: Contract) -> Iterator[Text]:
    requirement = contract.requirements[finding.id]
    yield Text(requirement.sentence, style="italic")
    if finding.message != group.text:
        yield Text(finding.message)
    if finding.expected or finding.actual:
        yield Text.assemble(("expected  ", "dim"), finding.expected)
        yield Text.assemble(("got       ", "dim"), finding.actual)
    if finding.verdict is Verdict.FAIL and requirement.level == "sane":
        yield Text("not on the page: no server may do this", style="dim")


def _question(observation: Observation, contract: Contract) -> Row:
    cells = (Text(observation.id),)
    if observation.seen is Seen.UNOBSERVED:
        return cells, [Text(f"unobserved: {observation.reason}", style="dim")]
    if observation.seen is Seen.UNKNOWN:
        return cells, [Text(f"unknown: {observation.answer}", style="magenta")]
    answer = observation.answer or ""
    variant = contract.questions[observation.id].variant(answer)
    meaning = f"  {variant.meaning}" if variant else ""
    return cells, [Text.assemble((answer, "cyan"), (meaning, "dim"))]


def _unseen(report: Report) -> Iterator[Row]:
    """What traffic has not shown, which is most of it: by ids alone."""
    requirements = [one.id for one in report.findings if one.verdict is Verdict.UNSEEN]
    questions = [one.id for one in report.observations if one.seen is Seen.UNOBSERVED]
    for what, ids in (("requirements", requirements), ("questions", questions)):
        if ids:
            yield (Text(what),), [Text(", ".join(ids), style="dim")]


def _job(job: Job) -> Row:
    what = "used again, " if job.reused else ""
    lines = [Text(f"{job.hash or 'no hash'}  {what}{job.outcome}"), Text(job.body, style="dim")]
    return (Text(job.name or "not planned"), Text(job.operation)), lines


def _outcome(report: Report) -> Iterator[Text]:
    yield Text("  ").join(
        Text(f"{count} {verdict.word}", _STYLES[verdict])
        for verdict in reversed(Verdict)
        if (count := report.count(verdict))
    )
    yield Text(_effort(report), "dim")
    if report.stopped:
        yield Text(report.stopped, "yellow")
    for remark in report.remarks:
        yield Text(remark, "yellow")
    for line in _known(report):
        yield Text(line, "yellow")
    yield Text.assemble(
        (f"{report.tested}: ", "dim"), (report.verdict.word, _STYLES[report.verdict])
    )


def _effort(report: Report) -> str:
    counted = report.jobs_spent if report.jobs_allowed is None else report.jobs_allowed
    jobs = f"job{'s' * (counted != 1)}"
    if report.watched:
        requests = f"request{'s' * (report.requests != 1)}"
        seen = f"{report.requests} {requests} seen, {report.jobs_spent} {jobs} accepted"
        return f"{seen}, {report.seconds:.1f} s"
    allowed = "" if report.jobs_allowed is None else f" of {report.jobs_allowed}"
    spent = f"{report.jobs_spent}{allowed} {jobs}"
    return f"{spent}, {report.requests} requests, {report.seconds:.1f} s, {report.repeated_by}"


def _known(report: Report) -> Iterator[str]:
    failed = {one.id for one in report.findings if one.verdict is Verdict.FAIL}
    passed = {one.id for one in report.findings if one.verdict is Verdict.PASS}
    if known := sorted(report.known & failed):
        yield f"known deviations (--known): {', '.join(known)}"
    if gone := sorted(report.known & passed):
        yield f"no longer deviations, to be removed from --known: {', '.join(gone)}"
