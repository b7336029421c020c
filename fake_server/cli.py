"""The command ``sampan``: ``serve`` and ``matrix`` are the fake's, the rest is the kit's."""

from __future__ import annotations

import errno
import gc
import importlib
import os
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Unpack

import click

from .streams import OutputError, forgiving_streams

if TYPE_CHECKING:
    from .service import FakeService
    from .settings import Options
    from .web.app import App

#: The kit's commands, and where they are.
_KIT = {"check": "cli", "compare": "cli", "proxy": "proxy.command"}
#: Loaded when it is asked for: `serve` starts without it.
_MATRIX = "matrix"
#: A search among all that lives: when 400,000 objects have been added, twenty thousand connections.
_GARBAGE = (2_000, 10, 20)


class _Sampan(click.Group):
    """Loads the kit's commands only when they are asked for: the fake installs without it."""

    def main(self, *args: Any, **kwargs: Any) -> Any:
        try:
            with forgiving_streams():
                return super().main(*args, **kwargs)
        except OutputError as problem:
            print(f"Error: {problem}", file=sys.stderr)
            sys.exit(2)

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
                " pip install 'sampan[conformance]'"
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
    type=click.IntRange(0, 65535),
    help="0 picks one.",
)
@click.option(
    "--port-file",
    type=click.Path(path_type=Path),
    help="Write the port to this file, as long as the fake runs.",
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
    "--profile",
    default="documented",
    show_default=True,
    metavar="NAME|FILE",
    help="Answers to the open questions: documented or mixed (every answer another one), or a"
    " file.",
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
    type=click.FloatRange(0, 86_400),
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
    help="Where clients reach this fake, for links.",
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
    help="Whether whole POSTs bypass ASGI; --no-fast returns the same responses, more slowly.",
)
@click.option(
    "--log/--no-log",
    default=None,
    help="Write a line for each request to standard error. Default: only if that is a terminal.",
)
@click.option(
    "--log-format",
    type=click.Choice(["text", "json"]),
    help="text (default) or json, an object a line. Implies --log.",
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
    log: bool | None,
    log_format: Literal["text", "json"] | None,
    log_control: bool,
    **options: Unpack[Options],
) -> None:
    """Run the fake until Ctrl-C or SIGTERM."""
    _keep_apart(port_file, options["data"])
    with _affordable(), _no_collections():
        from .server.limits import allow_many_connections, check_limits

        allow_many_connections()  # the process is ours
        check_limits()
        from .server.uvicorn_server import Server, bind, doors, url

        app = _application(options)
        listening = _listen(host, port, bind)
    bound = listening.getsockname()[1]
    # Not before the port is had: the file may be that of the fake that has it.
    announced = None if port_file is None else _PortFile(port_file, bound)
    settings = app.service.settings

    def ready() -> None:
        if app.service.exposed and settings.admin_token is None:
            asked = "sampan: off loopback the control API requires this admin token"
            print(f"{asked}: {app.service.admin_token}", file=sys.stderr, flush=True)
        if announced is not None:
            announced.publish()
        for line in app.service.begun_with:
            print(f"sampan: {line}", file=sys.stderr, flush=True)
        line = _ready_line(url(host, bound), bound, settings.profile, as_json=ready_json)
        print(line, flush=True)

    if log is None:
        log = sys.stderr.isatty() or log_format is not None or log_control
    try:
        server = Server(app, ready)
        logged = _logged(app.service, log_format, control=log_control) if log else nullcontext()
        with _affordable(lambda: not server.started), logged:
            server.run(sockets=doors(listening))
    finally:
        app.service.close()
        if announced is not None:
            announced.close()


@contextmanager
def _logged(service: FakeService, log_format: str | None, *, control: bool) -> Iterator[None]:
    """Log requests to standard error, in colour where a terminal shows it (no-color.org)."""
    from .log import lines
    from .log.request_log import RequestLog
    from .log.writer import LineWriter

    coloured = sys.stderr.isatty() and os.environ.get("TERM") != "dumb"
    line = lines.as_json
    if log_format != "json":
        plain = os.environ.get("NO_COLOR") or not coloured
        line = lines.as_text if plain else lines.as_coloured_text
    writer = LineWriter(sys.stderr.fileno(), sys.stderr.encoding)
    RequestLog(service, line, writer.write, control=control)
    try:
        yield
    finally:
        writer.close()


def _keep_apart(port_file: Path | None, data: str | os.PathLike[str] | None) -> None:
    """Refuse one file for both: the port would replace the data."""
    if port_file and data and os.path.realpath(port_file) == os.path.realpath(data):
        raise _Refused(f"--port-file and --data must be different files, not both {data}")


@contextmanager
def _affordable(starts: Callable[[], bool] = lambda: True) -> Iterator[None]:
    """Refuse a start that the machine has no descriptors or no memory for, while it starts."""
    try:
        yield
    except (ImportError, MemoryError, OSError) as problem:  # a library that can't be mapped, too
        if isinstance(problem, ModuleNotFoundError) or not starts():
            raise
        reason = getattr(problem, "strerror", None) or str(problem) or "out of memory"
        raise _Refused(f"the fake can't start: {reason}") from problem


@contextmanager
def _no_collections() -> Iterator[None]:
    """No search for garbage while modules are loaded, which are none: a fortieth of the start.

    Nor is it searched for among them later, and among all that lives only where there is much more
    of that than before: such a search stops everything for 5 ms for each thousand connections.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.set_threshold(*_GARBAGE)
        gc.enable()


def _application(options: Options) -> App:
    """The fake as asked for. Raises :class:`_Refused`."""
    from .contract.profile import ProfileError
    from .contract.yaml_files import SpecError
    from .settings import settings
    from .store.database import StoreError
    from .web.app import application

    if not options["accounts"]:
        del options["accounts"]
    try:
        return application(settings(**options))
    except (ValueError, SpecError, ProfileError, StoreError) as problem:
        raise _Refused(str(problem)) from problem


def _listen(host: str, port: int, bind: Callable[[str, int], socket.socket]) -> socket.socket:
    """A listening socket. Raises :class:`_Refused`."""
    if not host:
        raise _Refused(
            "--host must not be empty. 127.0.0.1 accepts connections from this machine only,"
            " 0.0.0.0 from all its networks."
        )
    try:
        return bind(host, port)
    except OSError as problem:
        hint = "; --port 0 picks a free one" if problem.errno == errno.EADDRINUSE else ""
        raise _Refused(f"can't listen on {host}:{port}: {problem.strerror}{hint}") from problem
    except UnicodeError as problem:
        raise _Refused(f"can't listen on {host}:{port}: not a valid host name") from problem


def _ready_line(address: str, port: int, profile: str, *, as_json: bool) -> str:
    if not as_json:
        return f"sampan ready on {address} (profile {profile})"
    import orjson

    ready = {"event": "ready", "url": address, "port": port, "pid": os.getpid(), "profile": profile}
    return orjson.dumps(ready).decode()


class _Refused(click.ClickException):
    """The fake can't be started as asked: one line, exit code 2."""

    exit_code = 2


class _PortFile:
    """The file that holds the port, as long as the port can be used.

    The port of an earlier fake is removed at once, and the file appears whole: a reader never gets
    half a port. After ``kill -9`` it stays until the next start.
    Raises :class:`_Refused` where it can't be written.
    """

    def __init__(self, path: Path, port: int) -> None:
        self._path = Path(os.path.realpath(path))
        self._published: tuple[int, int] | None = None
        self._unfinished = self._path.parent / f"{self._path.name}.{os.getpid()}"
        try:
            if not self._path.parent.is_dir() or (self._path.exists() and not self._path.is_file()):
                raise _Refused(f"--port-file {path} must be a file in an existing directory")
            self._unfinished.write_text(f"{port}\n")
            self._path.unlink(missing_ok=True)
        except OSError as problem:
            raise _Refused(f"--port-file {path} can't be written: {problem.strerror}") from problem

    def publish(self) -> None:
        """The port can be used."""
        os.replace(self._unfinished, self._path)
        self._published = self._identity()

    def close(self) -> None:
        """The fake has ended: a later one must not be looked for at its port."""
        self._unfinished.unlink(missing_ok=True)
        # The file may be a later fake's by now.
        if self._published is not None and self._identity() == self._published:
            self._path.unlink(missing_ok=True)

    def _identity(self) -> tuple[int, int] | None:
        """Which file there is; ``None`` for none."""
        try:
            found = self._path.stat()
        except OSError:
            return None
        return found.st_ino, found.st_mtime_ns
