"""The report in a terminal, made for 80 columns, and a line of progress while it runs."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import Console, Group, RenderableType
from rich.markup import escape
from rich.progress import BarColumn, Task, TextColumn
from rich.progress import Progress as Bar
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from ..contract import Contract
from ..findings import Finding, Observation, Seen
from ..report import Report, title
from ..runner.run import Progress
from ..verdict import Verdict

_STYLES = {
    Verdict.PASS: "green",
    Verdict.SKIPPED: "dim",
    Verdict.UNTESTABLE: "yellow",
    Verdict.INCONCLUSIVE: "magenta",
    Verdict.FAIL: "bold red",
    Verdict.ERROR: "bold white on red",
}


def show(report: Report, contract: Contract, console: Console) -> None:
    """Print requirements, questions, and the outcome last, where a reader looks first."""
    asked = [finding for finding in report.findings if finding.verdict is not Verdict.SKIPPED]
    if asked:
        console.print(_requirements(asked, contract))
    seen = [one for one in report.observations if one.reason != "not selected"]
    if seen:
        console.print(Rule("questions that the page leaves open", style="dim"))
        console.print(_questions(seen, contract))
    console.print(Rule(style="dim"))
    console.print(Text.assemble(*_outcome(report)))


def _requirements(findings: list[Finding], contract: Contract) -> Table:
    table = Table.grid(padding=(0, 1))
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True)
    table.add_column(ratio=1)
    heading = ""
    for one in findings:
        if title(one.id) != heading:
            heading = title(one.id)
            table.add_row("", "", Text(heading, style="bold"))
        table.add_row(
            one.id, Text(one.verdict.word, style=_STYLES[one.verdict]), _told(one, contract)
        )
    return table


def _told(finding: Finding, contract: Contract) -> RenderableType:
    requirement = contract.requirements[finding.id]
    if finding.verdict is Verdict.PASS:
        holds = Text(requirement.sentence, style="dim", no_wrap=True, overflow="ellipsis")
        not_covered = Text(f"not tried: {finding.not_covered}", style="yellow")
        return Group(holds, not_covered) if finding.not_covered else holds
    lines: list[RenderableType] = [Text(finding.message)]
    if finding.verdict is Verdict.FAIL:
        lines = [Text(requirement.sentence, style="italic"), *lines]
        lines.append(Text.assemble(("expected  ", "dim"), finding.expected))
        lines.append(Text.assemble(("got       ", "dim"), finding.actual))
        if requirement.level == "sane":
            lines.append(Text("not on the page: no server may do this", style="dim"))
    return Group(*lines)


def _questions(observations: list[Observation], contract: Contract) -> Table:
    table = Table.grid(padding=(0, 1))
    table.add_column(no_wrap=True)
    table.add_column(ratio=1)
    for observation in observations:
        table.add_row(observation.id, _answer(observation, contract))
    return table


def _answer(observation: Observation, contract: Contract) -> Text:
    if observation.seen is Seen.UNOBSERVED:
        return Text(f"unobserved: {observation.reason}", style="dim")
    if observation.seen is Seen.UNKNOWN:
        return Text(f"unknown: {observation.answer}", style="magenta")
    answer = observation.answer or ""
    variant = contract.questions[observation.id].variant(answer)
    return Text.assemble((answer, "cyan"), (f"  {variant.meaning}" if variant else "", "dim"))


def _outcome(report: Report) -> Iterator[tuple[str, str]]:
    for verdict in reversed(Verdict):
        count = report.count(verdict)
        if count:
            yield f"{count} {verdict.word}", _STYLES[verdict]
            yield "  ", ""
    allowed = "" if report.jobs_allowed is None else f" of {report.jobs_allowed}"
    spent = f"{report.jobs_spent}{allowed} job{'s' * (report.jobs_spent != 1)}"
    yield f"\n{spent}, {report.requests} requests, {report.seconds:.1f} s", "dim"
    if report.stopped:
        yield f"  {report.stopped}", "yellow"
    yield f"\n{report.verdict.word}", _STYLES[report.verdict]


class ProgressBar:
    """A line with the progress of the run; nothing without a terminal."""

    def __init__(self, console: Console) -> None:
        self._bar = Bar(
            BarColumn(16),
            TextColumn("{task.completed:.0f}/{task.total:.0f}"),
            TextColumn("{task.fields[failed]}", style="red"),
            TextColumn("{task.fields[spent]}"),
            _Clock(),
            TextColumn("{task.description}", style="dim"),
            console=console,
            transient=True,
            disable=not console.is_terminal,
        )
        self._task = self._bar.add_task("", total=1, failed="", spent="", left=None)

    def __enter__(self) -> ProgressBar:
        self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.stop()

    def update(self, now: Progress) -> None:
        self._bar.update(
            self._task,
            completed=now.done,
            total=now.of,
            description=escape(now.doing),
            failed=f"{now.failed} failed" if now.failed else "",
            spent=f"{now.jobs_spent} jobs, {now.requests} requests",
            left=now.seconds_left,
        )


class _Clock(TextColumn):
    """Time left if the run has a limit, else time spent."""

    def __init__(self) -> None:
        super().__init__("")

    def render(self, task: Task) -> Text:
        left = task.fields.get("left")
        seconds = int(left if left is not None else task.elapsed or 0)
        word = "left" if left is not None else "so far"
        return Text(f"{seconds // 60}:{seconds % 60:02d} {word}")
