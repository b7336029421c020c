"""The command ``sampan``: ``serve`` is the fake; ``check`` and ``compare`` are the kit's."""

from __future__ import annotations

import errno
import importlib
import os
import sys
from pathlib import Path
from typing import Literal

import click

_KIT = ("check", "compare")


class _Sampan(click.Group):
    """Loads the kit's commands only when they are asked for: the fake installs without it."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted((*super().list_commands(ctx), *_KIT))

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name not in _KIT:
            return super().get_command(ctx, name)
        try:
            module = importlib.import_module("sampan.conformance.cli")
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
    "--port", default=8091, show_default=True, type=click.IntRange(0, 65535), help="0: a free one."
)
@click.option("--port-file", type=click.Path(path_type=Path), help="Write the port there.")
@click.option("--ready-json", is_flag=True, help="Print the ready line as JSON.")
@click.option(
    "--data", type=click.Path(path_type=Path), help="Keep accounts, jobs and clocks in this file."
)
@click.option(
    "--profile",
    default="documented",
    show_default=True,
    help="How the open questions are answered: a shipped profile's name, or a file.",
)
@click.option(
    "--account",
    "accounts",
    multiple=True,
    metavar="NAME:PASSWORD[:PLAN]",
    help="An account; PLAN is unlimited (default) or none. Replaces the two default accounts.",
)
@click.option("--open-accounts", is_flag=True, help="An unknown name gets an account at login.")
@click.option(
    "--job-seconds",
    default=2.0,
    show_default=True,
    type=click.FloatRange(0, 86_400),
    help="How long a job takes.",
)
@click.option("--seed", type=int, help="Make ids, hashes and colours repeatable.")
@click.option(
    "--clock",
    type=click.Choice(["real", "auto"]),
    default="real",
    show_default=True,
    help="auto: time moves on when a client polls.",
)
@click.option("--no-markers", is_flag=True, help="Take --fake in a prompt as any other words.")
@click.option("--external-url", metavar="URL", help="Where clients reach this fake.")
@click.option("--admin-token", metavar="TOKEN", help="What /__admin asks for off loopback.")
@click.option(
    "--no-fast",
    is_flag=True,
    help="Serve every request by uvicorn's stock protocol: same responses, slower.",
)
@click.option("--strict", is_flag=True, help="Fail loudly on an answer that breaks the contract.")
def serve(
    host: str,
    port: int,
    port_file: Path | None,
    ready_json: bool,
    data: Path | None,
    profile: str,
    accounts: tuple[str, ...],
    open_accounts: bool,
    job_seconds: float,
    seed: int | None,
    clock: Literal["real", "auto"],
    no_markers: bool,
    external_url: str | None,
    admin_token: str | None,
    strict: bool,
    no_fast: bool,
) -> None:
    """Run the fake until Ctrl-C or SIGTERM."""
    from .contract.document import SpecError
    from .contract.profile import ProfileError
    from .server.uvicorn_server import Server, bind, url
    from .service import FakeService
    from .settings import DEFAULT_ACCOUNTS, settings
    from .store.database import StoreError
    from .web.app import App

    try:
        given = settings(
            profile=profile,
            accounts=accounts or DEFAULT_ACCOUNTS,
            open_accounts=open_accounts,
            job_seconds=job_seconds,
            seed=seed,
            data=data,
            strict=strict,
            external_url=external_url,
            clock=clock,
            markers=not no_markers,
            admin_token=admin_token,
            fast=not no_fast,
        )
    except ValueError as problem:
        raise _Refused(str(problem)) from problem
    try:
        app = App(FakeService(given))
    except (SpecError, ProfileError, StoreError) as problem:
        raise _Refused(str(problem)) from problem
    if not host:
        raise _Refused("--host is empty; 127.0.0.1 is this machine alone, 0.0.0.0 all its networks")
    try:
        listening = bind(host, port)
    except OSError as problem:
        hint = "; --port 0 takes a free one" if problem.errno == errno.EADDRINUSE else ""
        raise _Refused(f"can't listen on {host}:{port}: {problem.strerror}{hint}") from problem
    except UnicodeError as problem:
        raise _Refused(f"can't listen on {host}:{port}: that is no host name") from problem
    bound = listening.getsockname()[1]
    # Not before the port is had: the file may be that of the fake that has it.
    told = None if port_file is None else _PortFile(port_file, bound)

    def ready() -> None:
        if app.service.exposed and admin_token is None:
            asked = "sampan: off loopback the control API asks for this admin token"
            print(f"{asked}: {app.service.admin_token}", file=sys.stderr, flush=True)
        if told is not None:
            told.tell()
        print(_ready_line(url(host, bound), bound, profile, as_json=ready_json), flush=True)

    try:
        Server(app, ready).run(sockets=[listening])
    finally:
        app.service.close()
        if told is not None:
            told.close()


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
    """The file that tells the port, once it can be used.

    What an earlier fake told there is gone at once, and whoever waits for the file can't read half
    a port: it appears whole. Raises :class:`_Refused` where it can't be written.
    """

    def __init__(self, path: Path, port: int) -> None:
        self._path = Path(os.path.realpath(path))
        if not self._path.parent.is_dir() or (self._path.exists() and not self._path.is_file()):
            raise _Refused(f"--port-file {path} is not a file in a directory that exists")
        self._unfinished = self._path.with_name(f"{self._path.name}.{os.getpid()}")
        try:
            self._unfinished.write_text(f"{port}\n")
            self._path.unlink(missing_ok=True)
        except OSError as problem:
            raise _Refused(f"--port-file {path} can't be written: {problem.strerror}") from problem

    def tell(self) -> None:
        """The port can be used."""
        os.replace(self._unfinished, self._path)

    def close(self) -> None:
        """The fake has ended: leave nothing of a file that never told."""
        self._unfinished.unlink(missing_ok=True)
