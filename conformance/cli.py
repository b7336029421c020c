"""``sampan check`` and ``sampan compare``. Everything heavy is imported when it is needed."""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Callable, Mapping
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
                f"{name} is not installed: pip install 'sampan[conformance]'"
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


def report_flags(command: Callable[..., Any]) -> Callable[..., Any]:
    for report in reversed(REPORTS):
        command = click.option(flag(report.name), type=FILE, help=report.help)(command)
    return command


@click.command(cls=Command, context_settings=HELP)
@click.argument("url", required=False)
@_run_flags
@click.option("--har", type=FILE, help="Judge the traffic in a HAR file instead; send nothing.")
@click.option("--target", metavar="URL", help="With --har: the URL of the API in the file.")
@click.option("--list", "listing", is_flag=True, help="List requirements and questions, and exit.")
@click.option("--dry-run", is_flag=True, help="Print the plan and its cost; send nothing.")
@click.option(
    "--fail-on",
    type=click.Choice(["untestable", "inconclusive"]),
    multiple=True,
    help="Count this verdict as a failure; repeatable.",
)
@click.option(
    "--known",
    type=FILE,
    help="Requirements whose failure is accepted: an id a line, or an earlier --json report.",
)
@report_flags
def check(
    url: str | None,
    har: Path | None,
    target: str | None,
    listing: bool,
    dry_run: bool,
    fail_on: tuple[str, ...],
    known: Path | None,
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
    files = {report.name: given.pop(report.name) for report in REPORTS}
    for name, problem in refusals(files):
        raise RefusedError(f"{flag(name)} {problem}")
    policy = _Policy(known, fail_on)
    if har is not None:
        sys.exit(_check_har(har, target, files, policy))
    try:
        options = run_options(url or "", given, dry_run=dry_run)
    except (SettingsError, TargetError) as problem:
        raise RefusedError(str(problem)) from problem
    if dry_run:
        _quote(options)
        return
    sys.exit(_run(options, files, policy))


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

    from .contract import Contract, selected

    def chosen(id: str, section: str) -> bool:
        left_out = bool(skip) and selected(id, section, skip)
        return selected(id, section, only) and not left_out

    contract = Contract()
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


@dataclass(frozen=True, slots=True)
class _Policy:
    """What decides the exit code beside the verdicts."""

    known: Path | None
    fail_on: tuple[str, ...]

    def applied(self, report: Report, contract: Contract) -> Report:
        """The same report by this policy. Raises ``RefusedError`` if ``known`` can't be read."""
        from .runner.known import KnownError, read_known

        try:
            ids = read_known(self.known, contract.requirements) if self.known else frozenset()
        except KnownError as problem:
            raise RefusedError(str(problem)) from problem
        return replace(
            report, known=ids, fail_on=frozenset(Verdict[w.upper()] for w in self.fail_on)
        )


def _quote(options: RunOptions) -> None:
    from .contract import Contract
    from .runner.plan import SelectionError
    from .runner.run import quote

    try:
        click.echo(quote(options, Contract()))
    except SelectionError as problem:
        raise RefusedError(str(problem)) from problem


def _run(options: RunOptions, files: Mapping[str, Path | None], policy: _Policy) -> int:
    from rich.console import Console

    from .contract import Contract, ContractError
    from .reports.terminal import show
    from .runner.interrupts import stoppable
    from .runner.known import KnownError, read_known
    from .runner.plan import SelectionError
    from .runner.run import quote

    contract = Contract()
    fail_on = frozenset(Verdict[word.upper()] for word in policy.fail_on)
    try:
        known = read_known(policy.known, contract.requirements) if policy.known else frozenset()
        # The quote comes first: whoever pays sees it before anything is sent.
        full = not is_loopback(options.target)
        click.echo(quote(options, contract, full=full), err=True)
        with stoppable() as settle:
            report = _run_with_progress(options, contract)
            settle()
            report = replace(report, known=known, fail_on=fail_on)
            problems = write(report, contract, files)
            show(report, contract, Console(highlight=False))
    except (SelectionError, TargetError, ContractError, KnownError) as problem:
        raise RefusedError(str(problem)) from problem
    for line in problems:
        click.echo(f"Error: {line}", err=True)
    return 2 if problems else report.exit_code


def _check_har(
    har: Path, target: str | None, files: Mapping[str, Path | None], policy: _Policy
) -> int:
    from .contract import ContractError, shipped
    from .har.check import check_har
    from .har.document import HarError

    try:
        contract = shipped()
        report = policy.applied(check_har(har, contract, target), contract)
    except (HarError, TargetError, ContractError) as problem:
        raise RefusedError(str(problem)) from problem
    return _reported(report, contract, files)


def _reported(report: Report, contract: Contract, files: Mapping[str, Path | None]) -> int:
    """Write and print a report; the exit code."""
    from rich.console import Console

    from .reports.terminal import show

    problems = write(report, contract, files)
    show(report, contract, Console(highlight=False))
    for line in problems:
        click.echo(f"Error: {line}", err=True)
    return 2 if problems else report.exit_code


def _run_with_progress(options: RunOptions, contract: Contract) -> Report:
    from rich.console import Console

    from .reports.progress import display
    from .runner.run import run

    with display(Console(stderr=True, highlight=False)) as progress:
        return run(options, contract=contract, on_progress=progress.update)
