"""``sampan matrix``: its options, and where its reports go."""

from __future__ import annotations

import os
import shutil
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from ..contract import document, yaml_files
from ..option_types import Integer, Number
from . import files, table
from .child import NotStartedError
from .plan import DOCUMENTED, PlanError, Trial, select, trials
from .results import Report
from .running import Setup, run, stopped_by_signals

_Function = TypeVar("_Function", bound=Callable[..., Any])
_SETTINGS = {"help_option_names": ["-h", "--help"]}


class _Refused(click.ClickException):
    """It can't be run as asked for: one line, exit code 2."""

    exit_code = 2


def _processors() -> int:
    """How many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _names(option: str, help: str) -> Callable[[_Function], _Function]:
    """An option that names runs."""
    return click.option(option, multiple=True, metavar="NAME[=VALUE],...", help=help)


@click.command(
    context_settings={**_SETTINGS, "allow_interspersed_args": False},
    epilog="Exit codes: 0, nothing breaks COMMAND; 1, something does; 2, it does not pass as"
    " documented, or can't be run. After a signal, 128 plus its number.",
)
@click.option("--faults", is_flag=True, help="Run COMMAND with the mishaps too (see --list).")
@_names("--only", "Run only these questions, answers or mishaps; repeatable.")
@_names("--skip", "Do not run these; repeatable.")
@click.option(
    "--quick", is_flag=True, help="Leave out questions that no request reaches as documented."
)
@click.option("--list", "listing", is_flag=True, help="List the runs, and exit.")
@click.option(
    "--jobs",
    type=Integer(1, 64),
    default=_processors,
    show_default="the number of processors",
    help="Do this many runs at once, each with its own fake.",
)
@click.option(
    "--repeat",
    type=Integer(1, 100),
    metavar="N",
    default=1,
    show_default=True,
    help="Run COMMAND N times as documented, and up to N times where it fails, to detect flaky"
    " tests.",
)
@click.option(
    "--time-limit",
    type=Number(0.1, 86_400),
    default=60.0,
    show_default=True,
    help="Seconds after which a run counts as failed and is ended: its processes receive SIGTERM,"
    " and SIGKILL 2 seconds later.",
)
@click.option(
    "--as-proxy",
    is_flag=True,
    help="Set http_proxy to the fake, for a client with a hard-coded live address.",
)
@click.option(
    "--job-seconds",
    type=Number(0, 86_400),
    default=2.0,
    show_default=True,
    help="Duration of a job in seconds.",
)
@click.option(
    "--clock",
    type=click.Choice(["real", "auto"]),
    default="real",
    show_default=True,
    help="real: the machine's time; auto: each poll moves time forward.",
)
@click.option("--seed", type=int, help="Make ids, hashes and colours repeatable.")
@click.option(
    "--json", "json_file", type=click.Path(path_type=Path), help="Write the result as JSON."
)
@click.option(
    "--junit", "junit_file", type=click.Path(path_type=Path), help="Write the result as JUnit XML."
)
@click.option(
    "--html",
    "html_file",
    type=click.Path(path_type=Path),
    help="Write the result as one HTML page.",
)
@click.argument("command", nargs=-1, type=click.UNPROCESSED)
def matrix(
    command: tuple[str, ...],
    faults: bool,
    only: tuple[str, ...],
    skip: tuple[str, ...],
    listing: bool,
    json_file: Path | None,
    junit_file: Path | None,
    html_file: Path | None,
    **given: Any,
) -> None:
    """Find out which open readings of the API page the tests of a client rely on.

    Runs COMMAND, such as a test suite in any language, against a fake as documented, then once
    for each other answer to each open question, and with all of them (mixed). COMMAND finds the
    fake by SAMPAN_URL, SAMPAN_USERNAME and SAMPAN_PASSWORD.
    """
    if not hasattr(os, "killpg"):
        raise _Refused(
            "sampan matrix needs process groups, which this system does not have: use WSL"
        )
    spec = document.compile(yaml_files.read("openapi.yaml"))
    try:
        chosen = select(trials(spec), only, skip, mishaps=faults or (listing and not only))
    except PlanError as problem:
        raise _Refused(str(problem)) from problem
    if listing:
        click.echo("".join(f"{trial.name:<42} {trial.says}\n" for trial in chosen), nl=False)
        return
    if not command:
        raise click.UsageError("COMMAND is missing: sampan matrix -- pytest tests/client")
    paths = {"json": json_file, "junit": junit_file, "html": html_file}
    for name, why in files.refusals(paths):
        raise _Refused(f"--{name} {why}")
    report = _run(Setup(command, **given), chosen)
    click.echo(table.render(report, _width()), nl=False)
    problems = files.write(report, paths)
    for line in problems:
        click.echo(f"Error: {line}", err=True)
    sys.exit(2 if problems and report.exit_code < 2 else report.exit_code)


def _run(setup: Setup, chosen: tuple[Trial, ...]) -> Report:
    with stopped_by_signals() as stop, _Progress(len(chosen)) as progress:
        try:
            return run(setup, chosen, stop, progress.count)
        except NotStartedError as problem:
            raise _Refused(str(problem)) from problem


def _width() -> int:
    """The columns of the terminal that is written to; elsewhere as many as can be read well."""
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else table.WIDTH


#: Seconds between two lines of progress where there is no terminal.
_PROGRESS_SECONDS = 10.0


class _Progress:
    """How many of the trials have ended, the documented one among them: a line on a terminal that
    is written over, elsewhere a new one every ten seconds, for a log."""

    def __init__(self, trials: int) -> None:
        self._of, self._done, self._last, self._longest = trials + 1, 0, "", 0
        self._on_terminal = sys.stderr.isatty()
        self._ended = threading.Event()
        self._telling = threading.Thread(target=self._tell, daemon=True)

    def __enter__(self) -> _Progress:
        if self._on_terminal:
            self._write_over()
        else:
            self._telling.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        if self._on_terminal:
            click.echo("", err=True)
        else:
            self._telling.join()

    def count(self, trial: Trial) -> None:
        """One more has ended."""
        self._done += 1
        self._last = "as documented" if trial is DOCUMENTED else trial.name[:60]
        if self._on_terminal:
            self._write_over()

    def _write_over(self) -> None:
        line = self._line()[: shutil.get_terminal_size().columns - 1]
        self._longest = max(self._longest, len(line))
        click.echo(f"\r{line:<{self._longest}}", err=True, nl=False)

    def _line(self) -> str:
        last = f", the last {self._last}" if self._last else ""
        return f"{self._done}/{self._of} done{last}"

    def _tell(self) -> None:
        while not self._ended.wait(_PROGRESS_SECONDS):
            click.echo(self._line(), err=True)
