"""Scenarios armed by the control API, for submissions that name none themselves.

Like armed faults they belong to a test: they end with the process, and travel in a state document.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ..jobs.scenarios import Scenario


@dataclass(slots=True)
class ArmedScenario:
    """A scenario for the next ``times`` submissions (``None``: all) of an account, or of all."""

    scenario: Scenario
    number: int
    account: int | None = None
    times: int | None = None


class ArmedScenarios:
    """All armed scenarios of a fake, oldest first."""

    def __init__(self) -> None:
        self.all: list[ArmedScenario] = []

    def take(self, account: int) -> ArmedScenario | None:
        """The scenario of an account's next submission, counted as used."""
        for armed in self.all:
            if armed.account in (None, account):
                if armed.times is not None:
                    armed.times -= 1
                    if armed.times == 0:
                        self.all.remove(armed)
                return armed
        return None

    def clear(self, account: int | None = None) -> int:
        """Disarm those of an account, or all. Returns how many there were."""
        kept = [each for each in self.all if account is not None and each.account != account]
        removed = len(self.all) - len(kept)
        self.all = kept
        return removed


def to_json(armed: ArmedScenario, username: str | None) -> dict[str, Any]:
    """``ArmedScenario`` of ``admin.yaml``; ``username`` is the name of its account."""
    return {
        "scenario": armed.scenario.name,
        "argument": armed.number if armed.scenario.argument is not None else None,
        "account": username,
        "times": armed.times,
    }
