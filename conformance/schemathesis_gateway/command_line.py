"""What ``st run`` says at the start and in the end; imported under the command only."""

from __future__ import annotations

from typing import Any

import click
from schemathesis.cli import LoadingFinished, handler
from schemathesis.cli.commands.run.handlers.base import EventHandler

from ..settings import SettingsError
from ..target import TargetError
from .hooks import is_ours
from .running import run_at, runs


@handler()
class Remarks(EventHandler[Any]):
    """Why nothing can be sent; or the jobs that were spent, and requests that were not sent."""

    def handle_event(self, ctx: Any, event: object) -> None:
        if not isinstance(event, LoadingFinished) or not is_ours(event.schema):
            return
        try:
            run_at(event.base_url.rstrip("/"))
        except (SettingsError, TargetError) as problem:
            click.echo(f"sampan: {problem}", err=True)
            raise click.Abort from None

    def shutdown(self, ctx: Any) -> None:
        for run in runs():
            for line in run.remarks():
                click.echo(line)
