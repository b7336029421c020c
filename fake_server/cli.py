"""The command ``sampan``: ``serve`` is the fake; ``check`` and ``compare`` are the kit's."""

from __future__ import annotations

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
            module = importlib.import_module("conformance.cli")
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
) -> None:
    """Run the fake until Ctrl-C or SIGTERM."""
    from .app import App
    from .datafile import StoreError
    from .options import settings
    from .profile import ProfileError
    from .serving import Server, bind, url
    from .spec import SpecError
    from .world import DEFAULT_ACCOUNTS, World

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
        )
    except ValueError as problem:
        raise _Refused(str(problem)) from problem
    try:
        app = App(World(given))
    except (SpecError, ProfileError, StoreError) as problem:
        raise _Refused(str(problem)) from problem
    try:
        listening = bind(host, port)
    except OSError as problem:
        raise _Refused(f"can't listen on {host}:{port}: {problem.strerror}") from problem
    except UnicodeError as problem:
        raise _Refused(f"can't listen on {host}:{port}: that is no host name") from problem
    bound = listening.getsockname()[1]
    if port_file is not None and (port_file.is_dir() or not port_file.parent.is_dir()):
        raise _Refused(f"--port-file {port_file} is not a file in a directory that exists")

    def ready() -> None:
        if app.world.exposed and admin_token is None:
            told = "sampan: off loopback the control API asks for this admin token"
            print(f"{told}: {app.world.admin_token}", file=sys.stderr, flush=True)
        if port_file is not None:
            _write(port_file, f"{bound}\n")
        print(_ready_line(url(host, bound), bound, profile, as_json=ready_json), flush=True)

    try:
        Server(app, ready).run(sockets=[listening])
    finally:
        app.world.close()


def _ready_line(address: str, port: int, profile: str, *, as_json: bool) -> str:
    if not as_json:
        return f"sampan ready on {address} (profile {profile})"
    import orjson

    ready = {"event": "ready", "url": address, "port": port, "pid": os.getpid(), "profile": profile}
    return orjson.dumps(ready).decode()


class _Refused(click.ClickException):
    """The fake can't be started as asked: one line, exit code 2."""

    exit_code = 2


def _write(path: Path, text: str) -> None:
    """Write a file whole or not at all: whoever waits for it must not read half a port."""
    unfinished = path.with_name(f"{path.name}.{os.getpid()}")
    unfinished.write_text(text)
    os.replace(unfinished, path)
