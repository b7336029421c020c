"""``sampan proxy``."""

from __future__ import annotations

import errno
import socket
import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ..cli import FILE, HELP, Command, RefusedError, report_flags
from ..reports import REPORTS
from ..reports.files import refusals, write
from ..settings import flag
from ..target import TargetError, checked_target, is_loopback
from ..verdict import Verdict

if TYPE_CHECKING:
    from ..findings import Finding
    from ..report import Report
    from .run import ProxyOptions


@click.command(cls=Command, context_settings=HELP)
@click.argument("target")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "--port",
    default=8090,
    show_default=True,
    type=click.IntRange(0, 65535),
    help="0 picks one.",
)
@click.option(
    "--timeout",
    default=300.0,
    show_default=True,
    type=click.FloatRange(0, 86_400, min_open=True),
    metavar="SECONDS",
    help="How long nothing may come from TARGET before a client is answered 504.",
)
@click.option(
    "--rewrite-host",
    is_flag=True,
    help="Send TARGET's name as Host instead of what the client sent, for servers that go by it.",
)
@click.option(
    "--fetch-pictures",
    is_flag=True,
    help="GET pictures that answers link to. Nothing else is ever sent that a client did not send.",
)
@click.option("--har", type=FILE, help="Write the traffic as HAR 1.2, without secrets.")
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
def proxy(target: str, host: str, port: int, **given: Any) -> None:
    """Pass traffic on to the server at TARGET, and judge what passes.

    Give clients this proxy's address instead of TARGET's, or http_proxy. Requests and answers pass
    as they came. A failed requirement is printed when it is seen; Ctrl-C or SIGTERM ends the proxy
    with the report. Exit code: 0 nothing failed, 1 a requirement failed, 2 could not run or a
    report could not be written, 3 nothing was seen or all was inconclusive.
    """
    files = {report.name: given.pop(report.name) for report in REPORTS}
    har: Path | None = given.pop("har")
    for name, problem in refusals({**files, "har": har}):
        raise RefusedError(f"{flag(name)} {problem}")
    known, fail_on = given.pop("known"), given.pop("fail_on")
    from .run import ProxyOptions

    try:
        url = checked_target(target, allow_plain_http=True)
    except TargetError as problem:
        raise RefusedError(str(problem)) from problem
    outcome = _Outcome(known, fail_on, files)
    with _listen(host, port) as listening:
        _refuse_itself(url, listening)
        sys.exit(outcome.of(ProxyOptions(url, har=har, **given), listening))


@dataclass(frozen=True, slots=True)
class _Outcome:
    """Where the report goes, and what decides the exit code beside the verdicts."""

    known: Path | None
    fail_on: tuple[str, ...]
    files: Mapping[str, Path | None]

    def of(self, options: ProxyOptions, listening: socket.socket) -> int:
        """Run the proxy; the exit code."""
        from rich.console import Console

        from ..contract import ContractError, shipped
        from ..har.document import HarError
        from ..reports.terminal import show
        from ..runner.known import KnownError, read_known
        from .run import run

        try:
            contract = shipped()
            accepted = read_known(self.known, contract.requirements) if self.known else frozenset()
            passed = run(options, listening, _ready(options.target), _tell, _tell_backlog)
        except (ContractError, KnownError, HarError) as problem:
            raise RefusedError(str(problem)) from problem
        fails = frozenset(Verdict[word.upper()] for word in self.fail_on)
        report: Report = replace(passed.report, known=accepted, fail_on=fails)
        problems = [*passed.faults, *write(report, contract, self.files)]
        show(report, contract, Console(highlight=False))
        for line in problems:
            click.echo(f"Error: {line}", err=True)
        return 2 if problems else report.exit_code


def _ready(target: str) -> Any:
    def tell(address: str) -> None:
        click.echo(f"sampan proxy ready on {address} for {target}")

    return tell


def _tell(finding: Finding) -> None:
    """A requirement that was seen broken, as it happens."""
    from ..json_access import printable

    line = f"{finding.verdict.word} {finding.id}: {finding.message}"
    click.echo(printable(line), err=True)


def _tell_backlog(number: int) -> None:
    click.echo(f"{number} exchanges are still to be judged; Ctrl-C leaves them out", err=True)


def _listen(host: str, port: int) -> socket.socket:
    """A listening socket. Raises :class:`RefusedError`."""
    from .server import bind

    if not host:
        raise RefusedError(
            "--host must not be empty. 127.0.0.1 accepts connections from this machine only,"
            " 0.0.0.0 from all its networks."
        )
    try:
        return bind(host, port)
    except OSError as problem:
        hint = "; --port 0 picks a free one" if problem.errno == errno.EADDRINUSE else ""
        raise RefusedError(f"can't listen on {host}:{port}: {problem.strerror}{hint}") from problem
    except UnicodeError as problem:
        raise RefusedError(f"can't listen on {host}:{port}: not a valid host name") from problem


def _refuse_itself(target: str, listening: socket.socket) -> None:
    from .routes import origin

    port = listening.getsockname()[1]
    if is_loopback(target) and origin(target).port == port:
        raise RefusedError(f"{target} is the address of this proxy itself; use another --port")
