"""What the control API has set, as rows: profiles, and faults and scenarios with their counts.

Each method stores at once, or with the transaction that is open. Raises ``NotStoredError``.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import orjson

from .changes import FAULTS, NOBODY, PROFILE, SCENARIOS, Changes
from .dialect import Dialect
from .transactions import Transactions

if TYPE_CHECKING:
    from .driver import Database


class ProfileRow(NamedTuple):
    """The answers of an account, or of all others (``None``).

    ``start`` is the profile that the fake was started with when they were set.
    """

    account: int | None
    name: str
    answers: dict[str, str]
    start: dict[str, str]


class FaultRow(NamedTuple):
    """An armed fault. ``terms`` are what it was armed with, ``account`` the name in its match."""

    id: str
    account: str | None
    terms: dict[str, Any]
    matched: int
    applied: int


class ScenarioRow(NamedTuple):
    """An armed scenario. ``position`` orders them, ``times`` is how often it is left.

    ``applied`` is how often it was used, ``optional`` whether it may stay unused.
    """

    position: int
    scenario: str
    number: int
    account: int | None
    times: int | None
    applied: int
    optional: bool


class ControlRows:
    """The tables ``profiles``, ``faults`` and ``scenarios``."""

    def __init__(
        self,
        db: Database,
        dialect: Dialect,
        transaction: Transactions,
        changes: Changes = NOBODY,
    ) -> None:
        self._db = db
        self._dialect = dialect
        self.transaction = transaction
        self._changes = changes

    def _run(self, what: str, sql: str, *values: Any, account: int | None = None) -> None:
        with self.transaction():
            self._changes.note(what, account)
            self._db.execute(sql, values)

    # Profiles

    def profiles(self) -> list[ProfileRow]:
        """Every profile."""
        rows = self._db.execute("SELECT account, name, answers, start FROM profiles").fetchall()
        return [
            ProfileRow(account or None, name, orjson.loads(answers), orjson.loads(start))
            for account, name, answers, start in rows
        ]

    def keep_profile(self, row: ProfileRow) -> None:
        """Keep a profile in place of the one before."""
        answers, start = orjson.dumps(row.answers).decode(), orjson.dumps(row.start).decode()
        with self.transaction():
            self.drop_profile(row.account)
            sql = "INSERT INTO profiles VALUES (?, ?, ?, ?)"
            self._db.execute(sql, (row.account or 0, row.name, answers, start))

    def drop_profile(self, account: int | None) -> None:
        """Forget the profile of an account, or of all others."""
        sql = "DELETE FROM profiles WHERE account = ?"
        self._run(PROFILE, sql, account or 0, account=account)

    # Faults

    def faults(self) -> list[FaultRow]:
        """Every fault, in the order in which they were armed."""
        sql = "SELECT id, account, terms, matched, applied FROM faults ORDER BY position"
        return [
            FaultRow(id, account, orjson.loads(terms), *counts)
            for id, account, terms, *counts in self._db.execute(sql).fetchall()
        ]

    def last_position(self) -> int:
        """The highest position that a fault was ever kept at, a forgotten one included."""
        found = self._db.execute(self._dialect.last_fault).fetchone()
        return 0 if found is None else int(found[0])

    def add_fault(self, row: FaultRow, position: int) -> None:
        """Keep one more fault, at a position behind the last one."""
        terms = orjson.dumps(row.terms).decode()
        values = (position, row.id, row.account, terms, row.matched, row.applied)
        with self.transaction():
            self._run(FAULTS, "INSERT INTO faults VALUES (?, ?, ?, ?, ?, ?)", *values)
            for statement in self._dialect.positioned:
                self._db.execute(statement, (position,))

    def count_faults(self, counts: Iterable[tuple[int, int, str]]) -> None:
        """Keep how often faults have matched and been applied: (matched, applied, id)."""
        with self.transaction.rows():
            sql = "UPDATE faults SET matched = ?, applied = ? WHERE id = ?"
            self._db.executemany(sql, counts)

    def fault_counts(self, ids: Sequence[str]) -> dict[str, tuple[int, int]] | None:
        """How often faults have matched and been applied, by all processes; by id.

        They stay so until the transaction ends. ``None``: no other process counts.
        """
        return None

    def drop_fault(self, id: str) -> None:
        """Forget one fault."""
        self._run(FAULTS, "DELETE FROM faults WHERE id = ?", id)

    def drop_faults(self, account: str | None) -> None:
        """Forget the faults that name an account, or all."""
        if account is None:
            self._run(FAULTS, "DELETE FROM faults")
        else:
            self._run(FAULTS, "DELETE FROM faults WHERE account = ?", account)

    # Scenarios

    def scenarios(self) -> list[ScenarioRow]:
        """Every armed scenario, oldest first."""
        sql = (
            "SELECT position, scenario, number, account, times, applied, optional FROM scenarios"
            " ORDER BY position"
        )
        found = self._db.execute(sql).fetchall()
        return [ScenarioRow(*row)._replace(optional=bool(row[-1])) for row in found]

    def add_scenario(self, row: ScenarioRow) -> None:
        """Keep one more scenario."""
        self._run(SCENARIOS, "INSERT INTO scenarios VALUES (?, ?, ?, ?, ?, ?, ?)", *row)

    def count_scenario(self, position: int, times: int | None, applied: int) -> None:
        """Keep how often a scenario is left and was used; one that is not left is forgotten."""
        if times == 0:
            self.drop_scenario(position)
        else:
            sql = "UPDATE scenarios SET times = ?, applied = ? WHERE position = ?"
            self._run(SCENARIOS, sql, times, applied, position)

    def drop_scenario(self, position: int) -> None:
        """Forget one scenario."""
        self._run(SCENARIOS, "DELETE FROM scenarios WHERE position = ?", position)
