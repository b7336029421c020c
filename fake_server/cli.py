"""The command ``sampan``: ``serve`` and ``matrix`` are the fake's, the rest is the kit's."""

from __future__ import annotations

import errno
import importlib
import os
import signal
import socket
import sys
from collections.abc import Callable, Sequence
from contextlib import closing, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Unpack

import click

from .option_types import Integer, Number
from .server.starting import RefusedStartError, affordable, no_collections
from .streams import OutputError, forgiving_streams

if TYPE_CHECKING:
    from .settings import Options, Settings
    from .store.database_url import DatabaseUrl

#: The kit's commands, and where they are.
_KIT = {"check": "cli", "compare": "cli", "proxy": "proxy.command"}
#: Loaded when it is asked for: `serve` starts without it.
_MATRIX = "matrix"


class _Sampan(click.Group):
    """Loads the kit's commands only when they are asked for: the fake installs without it."""

    def main(self, *args: Any, **kwargs: Any) -> Any:
        try:
            with forgiving_streams():
                return super().main(*args, **kwargs)
        except OutputError as problem:
            print(f"Error: {problem}", file=sys.stderr)
            sys.exit(2)

    def invoke(self, ctx: click.Context) -> Any:
        """Ctrl-C before a command handles it ends as a signal does: 1 says that a check failed."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            click.echo("\nAborted!", err=True)
            sys.exit(128 + signal.SIGINT)

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted((*super().list_commands(ctx), *_KIT, _MATRIX))

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name == _MATRIX:
            from .matrix.command import matrix

            return matrix
        if name not in _KIT:
            return super().get_command(ctx, name)
        try:
            module = importlib.import_module(f"sampan.conformance.{_KIT[name]}")
        except ModuleNotFoundError as missing:
            raise click.UsageError(
                f"sampan {name} needs the conformance kit ({missing.name} is not installed):"
                " in a clone of sampan, run pip install '.[conformance]'"
            ) from missing
        command: click.Command = getattr(module, name)
        return command


@click.group(cls=_Sampan, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="sampan")
def main() -> None:
    """A stateful fake of the 小船AI image API, and a conformance kit for it."""


@main.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "--port",
    default=8091,
    show_default=True,
    type=Integer(0, 65_535),
    help="Port to listen on; 0 picks a free one.",
)
@click.option(
    "--port-file",
    type=click.Path(path_type=Path),
    help="Write the port to this file; it is deleted when the fake stops.",
)
@click.option("--ready-json", is_flag=True, help="Print the ready line as JSON.")
@click.option(
    "--data",
    metavar="FILE|URL",
    help="Store accounts, jobs and clocks in this file instead of in memory, or in the PostgreSQL"
    " database of a URL such as postgresql://user@host/name, which any number of fakes may use.",
)
@click.option(
    "--shared", is_flag=True, help="Let other fakes on this machine use the data file as well."
)
@click.option(
    "--from-har",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Begin with the accounts, jobs and failures that this recorded traffic (HAR) shows. A"
    " --data file must be new then.",
)
@click.option(
    "--workers",
    default=1,
    show_default=True,
    type=Integer(1, 64),
    help="Serve with this many processes, which share the file or the database of --data.",
)
@click.option(
    "--profile",
    default="documented",
    show_default=True,
    metavar="NAME|FILE",
    help="Answers to the open questions: documented, mixed (another answer to each), or a file.",
)
@click.option(
    "--account",
    "accounts",
    multiple=True,
    metavar="NAME:PASSWORD[:PLAN]",
    help="Create this account; repeatable. PLAN is unlimited (default) or none. Replaces the two"
    " default accounts.",
)
@click.option("--open-accounts", is_flag=True, help="Create unknown accounts at login.")
@click.option(
    "--job-seconds",
    default=2.0,
    show_default=True,
    type=Number(0, 86_400),
    help="Duration of a job in seconds.",
)
@click.option("--seed", type=int, help="Make ids, hashes and colours repeatable.")
@click.option(
    "--clock",
    type=click.Choice(["real", "auto"]),
    default="real",
    show_default=True,
    help="real: the machine's time; auto: each poll moves time forward.",
)
@click.option(
    "--markers/--no-markers",
    default=True,
    help="Whether --fake in a prompt selects a scenario or is ordinary text.",
)
@click.option(
    "--external-url",
    metavar="URL",
    help="URL by which clients reach this fake; links begin with it.",
)
@click.option(
    "--admin-token",
    metavar="TOKEN",
    help="Token that /__admin requires off loopback. Omit it to have one generated and printed.",
)
@click.option(
    "--allow-host",
    "allow_hosts",
    multiple=True,
    metavar="HOST[:PORT]",
    help="Another name by which programs reach /__admin on loopback, such as one in the hosts"
    " file; repeatable.",
)
@click.option(
    "--allow-origin",
    "allow_origins",
    multiple=True,
    metavar="ORIGIN",
    help="A web page that may use /__admin, such as http://localhost:3000; repeatable.",
)
@click.option(
    "--cors",
    is_flag=False,
    flag_value="*",
    multiple=True,
    metavar="[ORIGIN]",
    help="Let web pages use the API (not /__admin): any page, or those of ORIGIN; repeatable.",
)
@click.option(
    "--fast/--no-fast",
    default=True,
    help="Whether whole POSTs bypass ASGI; --no-fast answers a valid request alike, more slowly.",
)
@click.option(
    "--log/--no-log",
    default=None,
    help="Write a line for each request to standard error. Default: only if that is a terminal.",
)
@click.option(
    "--log-format",
    type=click.Choice(["text", "json"]),
    help="text (default) or json (an object per line). Implies --log.",
)
@click.option("--log-control", is_flag=True, help="Log calls of /__admin as well. Implies --log.")
@click.option(
    "--strict", is_flag=True, help="Return HTTP 500 instead of a response that breaks the contract."
)
def serve(
    host: str,
    port: int,
    port_file: Path | None,
    ready_json: bool,
    workers: int,
    log: bool | None,
    log_format: Literal["text", "json"] | None,
    log_control: bool,
    **options: Unpack[Options],
) -> None:
    """Run the fake until Ctrl-C, SIGTERM or a closed terminal (SIGHUP)."""
    if log is None:
        log = sys.stderr.isatty() or log_format is not None or log_control
    try:
        with affordable(), no_collections():
            from .server.limits import allow_many_connections, check_limits

            allow_many_connections()  # the process is ours
            check_limits()
            from .server import serving
            from .server.port_file import PortFile
            from .server.uvicorn_server import bind, url

            settings = _settings(options, workers)
            _keep_apart(port_file, settings.data)
            app = serving.application(settings) if workers == 1 else None
            listening = _listen(host, port, bind)
        bound = listening.getsockname()[1]
        # Not before the port is had: the file may be that of the fake that has it.
        announced = None if port_file is None else PortFile(port_file, bound)

        def ready(admin_token: str | None, processes: Sequence[int]) -> None:
            if admin_token is not None:
                _note(f"off loopback the control API requires this admin token: {admin_token}")
            if announced is not None:
                announced.publish()
            for line in () if app is None else app.service.begun_with:
                _note(line)
            profile, address = settings.profile, url(host, bound)
            print(_ready_line(address, bound, profile, processes, as_json=ready_json), flush=True)

        logged = serving.LogOptions(log, log_format, log_control)
        with nullcontext() if announced is None else closing(announced):
            if app is not None:
                serving.serve(app, listening, ready, logged)
            else:
                serving.serve_with(workers, settings, listening, ready, logged)
    except RefusedStartError as problem:
        raise _Refused(str(problem)) from problem


def _note(line: str) -> None:
    print(f"sampan: {line}", file=sys.stderr, flush=True)


def _check_workers(count: int, data: str | os.PathLike[str] | None) -> None:
    if not hasattr(os, "fork"):
        raise _Refused(
            f"--workers {count} is not possible on this system, which can't fork; use one process,"
            " or several on one PostgreSQL database, each with a port of its own"
        )
    if data is None:
        raise _Refused(
            f"--workers {count} needs --data: workers can't share what is in memory. Use"
            " --data FILE, --data postgresql://user@host/name, or one worker."
        )


def _keep_apart(port_file: Path | None, data: Path | DatabaseUrl | None) -> None:
    """Refuse one file for both: the port would replace the data."""
    if (
        port_file
        and isinstance(data, Path)
        and os.path.realpath(port_file) == os.path.realpath(data)
    ):
        raise _Refused(f"--port-file and --data must be different files, not both {data}")


def _settings(options: Options, workers: int) -> Settings:
    """What is asked for. Raises :class:`_Refused`."""
    from .settings import settings

    if workers > 1:
        _check_workers(workers, options["data"])
        options["shared"] = True
    if not options["accounts"]:
        del options["accounts"]
    try:
        return settings(**options)
    except ValueError as problem:
        raise _Refused(str(problem)) from problem


def _listen(host: str, port: int, bind: Callable[[str, int], socket.socket]) -> socket.socket:
    """A listening socket. Raises :class:`_Refused`."""
    if not host:
        raise _Refused(
            "--host must not be empty. 127.0.0.1 accepts connections from this machine only,"
            " 0.0.0.0 from all its networks."
        )
    if any(sign in host for sign in "/[") or host.count(":") == 1:
        raise _Refused(
            f"--host {host!r} is more than an address; use one like 127.0.0.1 or ::1, and --port"
        )
    try:
        return bind(host, port)
    except OSError as problem:
        hint = "; --port 0 picks a free one" if problem.errno == errno.EADDRINUSE else ""
        raise _Refused(f"can't listen on {host}:{port}: {problem.strerror}{hint}") from problem
    except UnicodeError as problem:
        raise _Refused(f"can't listen on {host}:{port}: not a valid host name") from problem


def _ready_line(
    address: str, port: int, profile: str, workers: Sequence[int], *, as_json: bool
) -> str:
    if not as_json:
        several = f", {len(workers)} workers" if workers else ""
        return f"sampan ready on {address} (profile {profile}{several})"
    import orjson

    ready = {"event": "ready", "url": address, "port": port, "pid": os.getpid(), "profile": profile}
    if workers:
        ready["workers"] = list(workers)
    return orjson.dumps(ready).decode()


class _Refused(click.ClickException):
    """The fake can't be started as asked: one line, exit code 2."""

    exit_code = 2
