"""Scenarios armed by the control API, for submissions that name none themselves.

Like armed faults they are stored, with how often each is left.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from ..jobs.scenarios import SCENARIOS, Scenario
from ..store.control_rows import ControlRows, ScenarioRow


@dataclass(slots=True)
class ArmedScenario:
    """A scenario for the next ``times`` submissions (``None``: all) of an account, or of all.

    ``applied`` is how often it was used; ``optional``: a test may end without that. ``position``
    is where its row lies in the store, once it is armed; before that it is 0.
    """

    scenario: Scenario
    number: int
    account: int | None = None
    times: int | None = None
    applied: int = 0
    optional: bool = False
    position: int = 0


class ArmedScenarios:
    """All armed scenarios of a fake, oldest first, stored in ``rows``.

    What changes something raises ``NotStoredError``, and has then changed nothing.
    """

    def __init__(self, rows: ControlRows) -> None:
        """Raises ``KeyError`` on a row that names no scenario."""
        self._rows = rows
        self.load()

    def load(self) -> None:
        """Take them from the store."""
        self.all = [
            ArmedScenario(
                SCENARIOS[row.scenario],
                row.number,
                row.account,
                row.times,
                row.applied,
                row.optional,
                row.position,
            )
            for row in self._rows.scenarios()
        ]

    def arm(self, armed: ArmedScenario) -> None:
        """Arm one more."""
        self.replace([], [armed])

    def next(self, account: int) -> ArmedScenario | None:
        """The scenario of an account's next submission, which is then to be counted."""
        return next((each for each in self.all if each.account in (None, account)), None)

    def count(self, armed: ArmedScenario) -> None:
        """Count one submission. One that a marker names was not armed, and nothing is counted."""
        if not armed.position:
            return
        left = None if armed.times is None else armed.times - 1
        self._rows.count_scenario(armed.position, left, armed.applied + 1)
        self._rows.transaction.then(lambda: self._leave(armed, left))

    def _leave(self, armed: ArmedScenario, times: int | None) -> None:
        armed.times = times
        armed.applied += 1
        if times == 0:
            self.all.remove(armed)

    def clear(self, account: int | None = None) -> int:
        """Disarm those of an account, or all. Returns how many there were."""
        removed = self.of(account)
        self.replace(removed, [])
        return len(removed)

    def of(self, account: int | None) -> list[ArmedScenario]:
        """Those of an account, or all."""
        return [each for each in self.all if account is None or each.account == account]

    def replace(self, old: Iterable[ArmedScenario], new: Iterable[ArmedScenario]) -> None:
        """Disarm some and arm others."""
        gone = {each.position for each in old}
        last = max((each.position for each in self.all), default=0)
        armed = [replace(each, position=last + n) for n, each in enumerate(new, 1)]
        with self._rows.transaction():
            for position in gone:
                self._rows.drop_scenario(position)
            for each in armed:
                self._rows.add_scenario(_row(each))
            self._rows.transaction.then(lambda: self._put(gone, armed))

    def _put(self, gone: set[int], armed: list[ArmedScenario]) -> None:
        self.all = [each for each in self.all if each.position not in gone] + armed


def _row(armed: ArmedScenario) -> ScenarioRow:
    return ScenarioRow(
        armed.position,
        armed.scenario.name,
        armed.number,
        armed.account,
        armed.times,
        armed.applied,
        armed.optional,
    )


def to_json(armed: ArmedScenario, username: str | None) -> dict[str, Any]:
    """``ArmedScenario`` of ``admin.yaml``; ``username`` is the name of its account."""
    return {
        "scenario": armed.scenario.name,
        "argument": armed.number if armed.scenario.argument is not None else None,
        "account": username,
        "times": armed.times,
        "optional": armed.optional,
        "applied": armed.applied,
    }
