"""``sampan check`` and ``sampan compare``. Everything heavy is imported when it is needed."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from rich.console import Console

    from .contract import Contract
    from .http.session import Options
    from .report import Report

_FILE = click.Path(dir_okay=False, path_type=Path)
_HELP = {"help_option_names": ["-h", "--help"]}


class RefusedError(click.ClickException):
    """It can't be run as asked: one line, exit code 2."""

    exit_code = 2


def _accounts(command: Callable[..., Any]) -> Callable[..., Any]:
    """The flags of the three accounts. Passwords are better off in the environment."""
    for role, whose in (
        ("limited-", "an account without a plan"),
        ("second-", "another"),
        ("", "the"),
    ):
        variable = "SAMPAN_" + role.replace("-", "_").upper()
        command = click.option(
            f"--{role}password",
            help=f"Or {variable}PASSWORD, which other users of this machine can't see.",
        )(command)
        command = click.option(
            f"--{role}username",
            help=f"{whose.capitalize()} account, or {variable}USERNAME."
            if role != "limited-"
            else f"{whose.capitalize()}, or {variable}USERNAME.",
        )(command)
    return command


@click.command(context_settings=_HELP)
@click.argument("url", required=False)
@_accounts
@click.option(
    "--budget-jobs",
    metavar="N|unlimited",
    help="Jobs that may be spent: 0 unless the server is on this machine (then unlimited).",
)
@click.option("--rate", type=click.FloatRange(min=0, min_open=True), help="Requests a second.")
@click.option(
    "--timeout",
    default=10.0,
    show_default=True,
    type=click.FloatRange(min=0, min_open=True),
    help="Seconds for one request, its whole answer included.",
)
@click.option(
    "--job-timeout",
    type=click.FloatRange(min=0, min_open=True),
    help="Seconds for one job: 300, or 60 on this machine.",
)
@click.option(
    "--max-minutes", type=click.FloatRange(min=0, min_open=True), help="Minutes for everything."
)
@click.option(
    "--only", multiple=True, metavar="ID", help="FIND, or UP-1, or a question; repeatable."
)
@click.option(
    "--exhaustive", is_flag=True, help="Generated requests too; needs an unlimited budget."
)
@click.option("--seed", type=int, help="Repeat the random choices of a run.")
@click.option("--allow-plain-http", is_flag=True, help="Send credentials without TLS off loopback.")
@click.option("--list", "listing", is_flag=True, help="Show requirements and questions, and end.")
@click.option("--dry-run", is_flag=True, help="Show the plan and what it costs; send nothing.")
@click.option("--json", "json_file", type=_FILE, help="Write the report as JSON.")
@click.option("--junit", "junit_file", type=_FILE, help="Write the report as JUnit XML.")
@click.option("--html", "html_file", type=_FILE, help="Write the report as one HTML page.")
@click.option("--learn", "learn_file", type=_FILE, help="Write the answers as a profile.")
def check(url: str | None, listing: bool, dry_run: bool, **given: Any) -> None:
    """Check the server at URL against the contract.

    Prints where it obeys the API page, where it breaks it, and how it answers what the page
    leaves open. Exit code: 0 nothing failed, 1 a requirement failed, 2 could not run,
    3 inconclusive.
    """
    if listing:
        _list(given["only"])
        return
    if url is None:
        raise click.UsageError("which server? Give its URL, http://127.0.0.1:8091 for example.")
    files = {kind: given.pop(f"{kind}_file") for kind in ("json", "junit", "html", "learn")}
    _writable(files)
    options = _options(url, given)
    sys.exit(_run(options, files, dry_run))


@click.command(context_settings=_HELP)
@click.argument("before", type=_FILE)
@click.argument("after", type=_FILE)
def compare(before: Path, after: Path) -> None:
    """What differs between two reports that `sampan check --json` wrote.

    Exit code: 0 nothing that a client would notice, 1 something, 2 not two reports.
    """
    from .json_access import printable
    from .reports.compare import ReportError, read_report
    from .reports.compare import compare as compared

    try:
        old, new = read_report(before), read_report(after)
    except ReportError as problem:
        raise RefusedError(str(problem)) from problem
    differences = compared(old, new)
    for one in differences:
        mark = " " if one.noticed else "?"
        click.echo(printable(f"{mark} {one.id:24} {one.before} -> {one.after}"))
    noticed = sum(one.noticed for one in differences)
    unsure = len(differences) - noticed
    click.echo(f"{noticed} differences" + (f", {unsure} can't be told (?)" if unsure else ""))
    sys.exit(1 if noticed else 0)


def _list(only: tuple[str, ...]) -> None:
    from .contract import Contract, selected

    contract = Contract()
    width = 80 if not sys.stdout.isatty() else max(60, os.get_terminal_size().columns)
    for one in contract.requirements.values():
        if selected(one.id, one.section, only):
            accounts = {"2": "2 accounts", "limited": "limited"}.get(one.accounts, "")
            cost = "job" if one.cost == "job" else ""
            line = f"{one.id:9} {one.level:6} {cost:3} {accounts:10} {one.sentence}"
            click.echo(line if len(line) <= width else line[: width - 1] + "…")
    for question in contract.questions.values():
        if selected(question.id, question.section, only):
            variants = ", ".join(variant.id for variant in question.variants)
            line = f"{question.id:24} {question.cost:17} {variants}"
            click.echo(line if len(line) <= width else line[: width - 1] + "…")


def _options(url: str, given: dict[str, Any]) -> Options:
    from .http.gate import TargetError
    from .settings import Asked, SettingsError, options

    roles = {"first": "", "second": "second_", "limited": "limited_"}
    credentials = {
        role: (given[f"{stem}username"], given[f"{stem}password"]) for role, stem in roles.items()
    }
    asked = Asked(
        url,
        credentials,
        given["budget_jobs"],
        given["rate"],
        given["timeout"],
        given["job_timeout"],
        given["max_minutes"],
        given["allow_plain_http"],
        given["only"],
        given["exhaustive"],
        given["seed"],
    )
    try:
        return options(asked)
    except (SettingsError, TargetError) as problem:
        raise RefusedError(str(problem)) from problem


def _run(options: Options, files: dict[str, Path | None], dry_run: bool) -> int:
    from rich.console import Console

    from .contract import Contract, ContractError
    from .http.gate import TargetError
    from .runner.plan import SelectionError
    from .runner.run import quote, run

    console, told = Console(highlight=False), Console(stderr=True, highlight=False)
    contract = Contract()
    try:
        # The quote comes first: whoever pays sees it before anything is sent.
        (console if dry_run else told).print(quote(options, contract), style="dim", markup=False)
        if dry_run:
            return 0
        report = _watched(options, contract, told, run)
    except (SelectionError, TargetError, ContractError) as problem:
        raise RefusedError(str(problem)) from problem
    _write(report, contract, files)
    from .reports.terminal import show

    show(report, contract, console)
    return report.exit_code


def _watched(
    options: Options, contract: Contract, console: Console, run: Callable[..., Report]
) -> Report:
    from .reports.terminal import ProgressBar

    with ProgressBar(console) as bar:
        return run(options, contract=contract, on_progress=bar.update)


def _write(report: Report, contract: Contract, files: dict[str, Path | None]) -> None:
    from .reports.html import as_html
    from .reports.json import as_json
    from .reports.junit import as_junit
    from .reports.learn import as_profile

    texts: dict[str, Callable[[], str]] = {
        "json": lambda: as_json(report, contract),
        "junit": lambda: as_junit(report, contract),
        "html": lambda: as_html(report, contract),
        "learn": lambda: as_profile(report),
    }
    for kind, path in files.items():
        if path is not None:
            path.write_text(texts[kind](), encoding="utf-8")


def _writable(files: dict[str, Path | None]) -> None:
    """Said before the run: a report that can't be written after an hour is an hour lost."""
    for kind, path in files.items():
        if path is not None and not os.access(path if path.exists() else path.parent, os.W_OK):
            raise RefusedError(f"--{kind} {path}: can't be written there")
