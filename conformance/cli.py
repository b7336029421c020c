"""``sampan check`` and ``sampan compare``. Everything heavy is imported when it is needed."""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from .reports import REPORTS
from .reports.files import refusals, write
from .settings import OPTIONS, SettingsError, flag, run_options
from .target import TargetError

if TYPE_CHECKING:
    from rich.console import Console

    from .contract import Contract
    from .report import Report
    from .settings import RunOptions

_FILE = click.Path(dir_okay=False, path_type=Path)
_HELP = {"help_option_names": ["-h", "--help"]}


class RefusedError(click.ClickException):
    """The command can't run: one line, exit code 2."""

    exit_code = 2


class _Command(click.Command):
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


def _report_flags(command: Callable[..., Any]) -> Callable[..., Any]:
    for report in reversed(REPORTS):
        command = click.option(flag(report.name), type=_FILE, help=report.help)(command)
    return command


@click.command(cls=_Command, context_settings=_HELP)
@click.argument("url", required=False)
@_run_flags
@click.option("--list", "listing", is_flag=True, help="List requirements and questions, and exit.")
@click.option("--dry-run", is_flag=True, help="Print the plan and its cost; send nothing.")
@_report_flags
def check(url: str | None, listing: bool, dry_run: bool, **given: Any) -> None:
    """Check the server at URL against the contract.

    Prints which requirements of the API page the server meets, which it breaks, and how it
    answers the questions that the page leaves open. Exit code: 0 nothing failed, 1 a requirement
    failed, 2 could not run, 3 inconclusive.
    """
    if listing:
        _list(given["only"])
        return
    if url is None:
        raise click.UsageError("URL is missing, for example http://127.0.0.1:8091.")
    files = {report.name: given.pop(report.name) for report in REPORTS}
    for name, problem in refusals(files):
        raise RefusedError(f"{flag(name)} {problem}")
    try:
        options = run_options(url, given)
    except (SettingsError, TargetError) as problem:
        raise RefusedError(str(problem)) from problem
    sys.exit(_run(options, files, dry_run))


@click.command(cls=_Command, context_settings=_HELP)
@click.argument("before", type=_FILE)
@click.argument("after", type=_FILE)
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


def _list(only: tuple[str, ...]) -> None:
    from .contract import Contract, selected

    contract = Contract()
    width = 80 if not sys.stdout.isatty() else max(60, os.get_terminal_size().columns)
    lines = []
    for row in contract.requirements.values():
        if selected(row.id, row.section, only):
            accounts = {"2": "2 accounts", "limited": "limited"}.get(row.accounts, "")
            cost = "job" if row.cost == "job" else ""
            lines.append(f"{row.id:9} {row.level:6} {cost:3} {accounts:10} {row.sentence}")
    for question in contract.questions.values():
        if selected(question.id, question.section, only):
            variants = ", ".join(variant.id for variant in question.variants)
            lines.append(f"{question.id:24} {question.cost:17} {variants}")
    for line in lines:
        click.echo(line if len(line) <= width else line[: width - 1] + "…")


def _run(options: RunOptions, files: Mapping[str, Path | None], dry_run: bool) -> int:
    from rich.console import Console

    from .contract import Contract, ContractError
    from .reports.terminal import show
    from .runner.interrupts import stoppable
    from .runner.plan import SelectionError
    from .runner.run import quote

    output, errors = Console(highlight=False), Console(stderr=True, highlight=False)
    contract = Contract()
    try:
        # The quote comes first: whoever pays sees it before anything is sent.
        (output if dry_run else errors).print(quote(options, contract), style="dim", markup=False)
        if dry_run:
            return 0
        with stoppable() as settle:
            report = _run_with_progress(options, contract, errors)
            settle()
            problems = write(report, contract, files)
            show(report, contract, output)
    except (SelectionError, TargetError, ContractError) as problem:
        raise RefusedError(str(problem)) from problem
    for line in problems:
        click.echo(f"Error: {line}", err=True)
    return 2 if problems else report.exit_code


def _run_with_progress(options: RunOptions, contract: Contract, console: Console) -> Report:
    from .reports.terminal import ProgressBar
    from .runner.run import run

    with ProgressBar(console) as bar:
        return run(options, contract=contract, on_progress=bar.update)
