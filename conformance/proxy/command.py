"""``sampan proxy``."""

from __future__ import annotations

import errno
import math
import socket
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ..cli import FILE, HELP, Command, Outcome, RefusedError, outcome_flags, taken_outcome
from ..target import TargetError, checked_target, is_loopback

if TYPE_CHECKING:
    from ..findings import Finding
    from .run import ProxyOptions


class _Port(click.IntRange):
    name = "integer"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        try:
            return super().convert(value, param, ctx)
        except click.BadParameter:
            self.fail(f"{value!r} is not an integer from 0 to 65535.", param, ctx)


class _Seconds(click.FloatRange):
    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        try:
            seconds = super().convert(value, param, ctx)
        except click.BadParameter:
            seconds = math.nan
        if math.isnan(seconds):
            self.fail(f"{value!r} is not a number above 0 and up to 86400.", param, ctx)
        return seconds


@click.command(cls=Command, context_settings=HELP)
@click.argument("target")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "--port",
    default=8090,
    show_default=True,
    type=_Port(0, 65_535),
    help="Port to listen on; 0 picks a free one.",
)
@click.option(
    "--timeout",
    default=300.0,
    show_default=True,
    type=_Seconds(0, 86_400, min_open=True),
    metavar="SECONDS",
    help="Send a client 504 when TARGET has sent nothing for this long.",
)
@click.option(
    "--rewrite-host",
    is_flag=True,
    help="Send TARGET's name as Host instead of the client's, for servers that check it.",
)
@click.option(
    "--fetch-pictures",
    is_flag=True,
    help="Also GET the pictures that responses link to, the only requests of the proxy's own.",
)
@click.option("--har", type=FILE, help="Write the traffic as HAR 1.2, without secrets.")
@outcome_flags
def proxy(target: str, host: str, port: int, **given: Any) -> None:
    """Forward traffic to the server at TARGET, and judge it.

    Give clients this proxy's address instead of TARGET's, or set http_proxy. Requests and responses
    are forwarded unchanged. A failed requirement is printed when it is seen; Ctrl-C or SIGTERM ends
    the proxy with the report. Exit code: 0 nothing failed, 1 a requirement failed, 2 could not run
    or a report could not be written, 3 nothing was seen or all was inconclusive.
    """
    har: Path | None = given.pop("har")
    outcome = taken_outcome(given, har=har)
    from .run import ProxyOptions

    try:
        url = checked_target(target, allow_plain_http=True)
    except TargetError as problem:
        raise RefusedError(str(problem)) from problem
    with _listen(host, port) as listening:
        _refuse_itself(url, listening)
        sys.exit(_run(ProxyOptions(url, har=har, **given), listening, outcome()))


def _run(options: ProxyOptions, listening: socket.socket, outcome: Outcome) -> int:
    """Run the proxy; the exit code."""
    from ..contract import ContractError, shipped
    from ..har.document import HarError
    from .run import run

    try:
        passed = run(options, listening, _ready(options.target), _tell, _tell_backlog)
        return outcome.of(passed.report, shipped(), passed.faults)
    except (ContractError, HarError) as problem:
        raise RefusedError(str(problem)) from problem


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
