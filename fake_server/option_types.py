"""Numbers on the command line, within bounds that a refusal states."""

from __future__ import annotations

from typing import Any

import click
from click import Context, Parameter


class Integer(click.IntRange):
    """An integer from ``min`` to ``max``."""

    name = "integer"

    def convert(self, value: Any, param: Parameter | None, ctx: Context | None) -> Any:
        try:
            return super().convert(value, param, ctx)
        except click.BadParameter:
            self.fail(f"{value!r} is not an integer from {self.min} to {self.max}.", param, ctx)


class Number(click.FloatRange):
    """A number from ``min`` to ``max``, which NaN is not."""

    name = "number"

    def convert(self, value: Any, param: Parameter | None, ctx: Context | None) -> Any:
        try:
            number = super().convert(value, param, ctx)
        except click.BadParameter:
            number = None
        if number is None or number != number:
            self.fail(f"{value!r} is not a number from {self.min} to {self.max}.", param, ctx)
        return number
