"""What ``st run`` says in the end; imported under the command only."""

from __future__ import annotations

from typing import Any

import click
from schemathesis.cli import handler
from schemathesis.cli.commands.run.handlers.base import EventHandler

from .running import runs


@handler()
class Remarks(EventHandler[Any]):
    """Jobs that were spent, and requests that were not sent."""

    def handle_event(self, ctx: Any, event: object) -> None:
        pass

    def shutdown(self, ctx: Any) -> None:
        for run in runs():
            for line in run.remarks():
                click.echo(line)
