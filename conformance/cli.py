"""``sampan check`` and ``sampan compare``. Everything heavy is imported when it is needed."""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from .reports import REPORTS
from .reports.files import refusals, write
from .settings import OPTIONS, SettingsError, flag, run_options
from .target import TargetError, is_loopback
from .verdict import Verdict

if TYPE_CHECKING:
    from .contract import Contract
    from .report import Report
    from .settings import RunOptions

FILE = click.Path(dir_okay=False, path_type=Path)
HELP = {"help_option_names": ["-h", "--help"]}


class RefusedError(click.ClickException):
    """The command can't run: one line, exit code 2."""

    exit_code = 2


class Command(click.Command):
    """Exit code 1 means a failed requirement or a difference, and nothing else."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except (click.ClickException, click.exceptions.Exit):
            raise
        except KeyboardInterrupt as stopped:
            raise RefusedError("interrupted") from stopped
        except ModuleNotFoundError as missing:
            name = (missing.name or str(missing)).partition(".")[0]
            raise RefusedError(
                f"{name} is not installed: in a clone of sampan, run pip install '.[conformance]'"
            ) from missing
        except Exception:
            traceback.print_exc()
            print("Error: a fault of the kit; please report it", file=sys.stderr)
            sys.exit(2)


def _run_flags(command: Callable[..., Any]) -> Callable[..., Any]:
    for name, option in reversed(list(OPTIONS.items())):
        command = click.option(
            flag(name),
            metavar=None if option.parse is bool else option.metavar,
            is_flag=True if option.parse is bool else None,
            multiple=option.parse is tuple,
            help=option.help,
        )(command)
    return command


def outcome_flags(command: Callable[..., Any]) -> Callable[..., Any]:
    """``--fail-on``, ``--known`` and the files of reports: what ``taken_outcome`` takes."""
    for report in reversed(REPORTS):
        command = click.option(flag(report.name), type=FILE, help=report.help)(command)
    known = click.option(
        "--known",
        type=FILE,
        help="Requirements whose failure is accepted: an id a line, or an earlier --json report.",
    )
    fail_on = click.option(
        "--fail-on",
        type=click.Choice(["untestable", "inconclusive"]),
        multiple=True,
        help="Count this verdict as a failure; repeatable.",
    )
    return fail_on(known(command))


@dataclass(frozen=True, slots=True)
class Outcome:
    """Where reports go, and what decides the exit code beside the verdicts."""

    files: Mapping[str, Path | None]
    known: frozenset[str]
    fail_on: frozenset[Verdict]

    def of(self, report: Report, contract: Contract, problems: Iterable[str] = ()) -> int:
        """Write and print the report; the exit code. ``problems`` before it make that 2."""
        from .reports.terminal import console, show

        report = replace(report, known=self.known, fail_on=self.fail_on)
        problems = [*problems, *write(report, contract, self.files)]
        show(report, contract, console())
        for line in problems:
            click.echo(f"Error: {line}", err=True)
        return 2 if problems else report.exit_code


def taken_outcome(given: dict[str, Any], *, har: Path | None = None) -> Callable[[], Outcome]:
    """Take the options of ``outcome_flags`` out of ``given``; the call of what is returned reads
    ``--known``. Both raise ``RefusedError`` for a file; ``har`` is one that is written besides."""
    files = {report.name: given.pop(report.name) for report in REPORTS}
    known, fail_on = given.pop("known"), given.pop("fail_on")
    for name, problem in refusals({**files, "har": har}):
        raise RefusedError(f"{flag(name)} {problem}")

    def outcome() -> Outcome:
        from .contract import ContractError, shipped
        from .runner.known import KnownError, read_known

        try:
            ids = read_known(known, shipped().requirements) if known else frozenset()
        except (KnownError, ContractError) as problem:
            raise RefusedError(str(problem)) from problem
        return Outcome(files, ids, frozenset(Verdict[word.upper()] for word in fail_on))

    return outcome


@click.command(cls=Command, context_settings=HELP)
@click.argument("url", required=False)
@_run_flags
@click.option("--har", type=FILE, help="Judge the traffic in a HAR file instead; send nothing.")
@click.option("--target", metavar="URL", help="With --har: the URL of the API in the file.")
@click.option("--list", "listing", is_flag=True, help="List requirements and questions, and exit.")
@click.option("--dry-run", is_flag=True, help="Print the plan and its cost; send nothing.")
@outcome_flags
def check(
    url: str | None,
    har: Path | None,
    target: str | None,
    listing: bool,
    dry_run: bool,
    **given: Any,
) -> None:
    """Check the server at URL against the contract, or with --har the traffic in a file.

    Prints which requirements of the API page the server meets, which it breaks, and how it
    answers the questions that the page leaves open. Exit code: 0 nothing failed, 1 a requirement
    failed, 2 could not run or a report could not be written, 3 inconclusive.
    """
    if listing:
        _list(given["only"], given["skip"])
        return
    if har is None and target is not None:
        raise click.UsageError("--target goes with --har; without it, the URL is the argument.")
    if har is not None:
        _refuse_beside_har(url, dry_run, given)
    elif url is None:
        raise click.UsageError("URL is missing, for example http://127.0.0.1:8091.")
    outcome = taken_outcome(given)
    if har is not None:
        sys.exit(_check_har(har, target, outcome()))
    try:
        options = run_options(url or "", given, dry_run=dry_run)
    except (SettingsError, TargetError) as problem:
        raise RefusedError(str(problem)) from problem
    decided = outcome()
    if dry_run:
        _quote(options)
        return
    sys.exit(_run(options, decided))


def _refuse_beside_har(url: str | None, dry_run: bool, given: Mapping[str, Any]) -> None:
    """A file can't be asked for more than is in it."""
    flags = [flag(name) for name in OPTIONS if given.get(name)]
    flags += ["--dry-run"] if dry_run else []
    if url is not None:
        raise click.UsageError(f"--har and the URL {url} exclude each other; --target names it.")
    if flags:
        one = len(flags) == 1
        verb = "is an option" if one else "are options"
        raise click.UsageError(f"{', '.join(flags)} {verb} of a run; --har FILE sends nothing.")


@click.command(cls=Command, context_settings=HELP)
@click.argument("before", type=FILE)
@click.argument("after", type=FILE)
def compare(before: Path, after: Path) -> None:
    """Print the differences between two reports that `sampan check --json` wrote.

    Exit code: 0 no difference that a client would notice, 1 at least one, 2 not two reports.
    """
    from .json_access import printable
    from .reports.compare import ReportError, differences, read_report

    try:
        found = differences(read_report(before), read_report(after))
    except ReportError as problem:
        raise RefusedError(str(problem)) from problem
    for row in found:
        mark = " " if row.noticeable else "?"
        click.echo(printable(f"{mark} {row.id:24} {row.before} -> {row.after}"))
    noticeable = sum(row.noticeable for row in found)
    undecided = len(found) - noticeable
    click.echo(f"{noticeable} differences" + (f", {undecided} undecided (?)" if undecided else ""))
    sys.exit(1 if noticeable else 0)


def _list(only: tuple[str, ...], skip: tuple[str, ...]) -> None:
    import textwrap

    from .contract import selected, shipped

    def chosen(id: str, section: str) -> bool:
        left_out = bool(skip) and selected(id, section, skip)
        return selected(id, section, only) and not left_out

    contract = shipped()
    lines = []
    for row in contract.requirements.values():
        if chosen(row.id, row.section):
            accounts = {"2": "2 accounts", "limited": "limited"}.get(row.accounts, "")
            cost = "job" if row.cost == "job" else ""
            lines.append((f"{row.id:9} {row.level:6} {cost:3} {accounts:10} ", row.sentence))
    for question in contract.questions.values():
        if chosen(question.id, question.section):
            variants = ", ".join(variant.id for variant in question.variants)
            lines.append((f"{question.id:24} {question.cost:17} ", variants))
    width = os.get_terminal_size().columns if sys.stdout.isatty() else 0
    for start, rest in lines:
        wrapped = [rest]
        if width:
            wrapped = textwrap.wrap(rest, max(20, width - len(start)), break_on_hyphens=False)
        click.echo(start + ("\n" + " " * len(start)).join(wrapped))


def _quote(options: RunOptions) -> None:
    from .contract import shipped
    from .runner.plan import SelectionError
    from .runner.run import quote

    try:
        click.echo(quote(options, shipped()))
    except SelectionError as problem:
        raise RefusedError(str(problem)) from problem


def _run(options: RunOptions, outcome: Outcome) -> int:
    from .contract import ContractError, shipped
    from .runner.interrupts import stoppable
    from .runner.plan import SelectionError
    from .runner.run import quote

    contract = shipped()
    try:
        # The quote comes first: whoever pays sees it before anything is sent.
        full = not is_loopback(options.target)
        click.echo(quote(options, contract, full=full), err=True)
        with stoppable() as settle:
            report = _run_with_progress(options, contract)
            settle()
            return outcome.of(report, contract)
    except (SelectionError, TargetError, ContractError) as problem:
        raise RefusedError(str(problem)) from problem


def _check_har(har: Path, target: str | None, outcome: Outcome) -> int:
    from .contract import ContractError, shipped
    from .har.check import check_har
    from .har.document import HarError

    try:
        report = check_har(har, shipped(), target)
    except (HarError, TargetError, ContractError) as problem:
        raise RefusedError(str(problem)) from problem
    return outcome.of(report, shipped())


def _run_with_progress(options: RunOptions, contract: Contract) -> Report:
    from .reports.progress import display
    from .reports.terminal import console
    from .runner.run import run

    with display(console(stderr=True)) as progress:
        return run(options, contract=contract, on_progress=progress.update)
