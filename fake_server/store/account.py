"""An account as it is remembered, with what need not be counted again."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from ..jobs.lifecycle import Job
from .ids import STRIDE, first_id
from .transactions import NotStoredError

if TYPE_CHECKING:
    from .driver import Database

AccountPlan = Literal["unlimited", "none"]

#: As the control API has it, in whose paths it stands; clients take ``.`` and ``..`` out of them.
_NAME = re.compile(r"(?!\.\.?$)[^/\x00-\x1f\x7f]{1,200}")
#: The longest password, in characters.
MAX_PASSWORD = 1000


def is_name(text: str) -> bool:
    """Whether an account may have this name: ``createAccount`` of ``admin.yaml``."""
    return _NAME.fullmatch(text) is not None


class AccountGoneError(Exception):
    """The account was deleted by another process while the request was under way."""


@dataclass(slots=True)
class JobCounts:
    """What is remembered of an account's jobs, so that it need not be counted.

    ``stored`` is how many there are, ``ordinal`` the number of the last one, ``created`` the time
    of the latest (ms) and ``visible`` when the last that hides will be found (ms).
    """

    stored: int = 0
    ordinal: int = 0
    created: int = -1
    visible: int = -1

    @classmethod
    def of(cls, account: int, row: Sequence[Any]) -> JobCounts:
        """What :data:`COUNT` has selected of an account; the last of its jobs may be deleted."""
        stored, last, created, visible, number = row
        ordinal = 0 if last is None else last - first_id(account) + 1
        return cls(
            stored,
            max(ordinal, int(number or 0)),
            -1 if created is None else created,
            -1 if visible is None else visible,
        )

    def add(self, job: Job) -> None:
        """Count one more job."""
        self.stored += 1
        self.ordinal += 1
        self.created = max(self.created, job.timestamp)
        if job.visible is not None:
            self.visible = max(self.visible, job.visible)

    def drop(self) -> None:
        """Count one job less; what was the last stays so."""
        self.stored -= 1


#: How many jobs an account has, the last id, instant and end of hiding among them, and the number
#: of the last when a job was deleted. Its values are :func:`number_key` and the account's id.
COUNT = (
    "SELECT count(*), max(id), max(created), max(visible),"
    " (SELECT value FROM meta WHERE key = ?) FROM jobs WHERE account = ?"
)


def number_key(account: int) -> str:
    """The key, in the table ``meta``, of the number of the last job that an account ever had."""
    return f"last-number-{account}"


def total(counts: Iterable[JobCounts]) -> JobCounts:
    """What is remembered of the jobs of several accounts; their last numbers mean nothing."""
    stored, created, visible = 0, -1, -1
    for each in counts:
        stored += each.stored
        created, visible = max(created, each.created), max(visible, each.visible)
    return JobCounts(stored, 0, created, visible)


@dataclass(slots=True)
class Account:
    """An account, which is a sandbox: it has its own jobs, clock and faults.

    ``revoked`` are moments (ms, in order): from each on, the tokens issued before it are invalid.
    ``epoch`` grows whenever what was rendered for the account may no longer hold. ``burst`` is the
    last run of milliseconds with a job in each.
    """

    id: int
    username: str
    password: str
    plan: AccountPlan
    name: str | None = None
    revoked: list[int] = field(default_factory=list)
    epoch: int = 0
    burst: tuple[int, int] = (0, -1)
    counts: JobCounts = field(default_factory=JobCounts)

    def outdate(self) -> None:
        """Let go of what was rendered for the account."""
        self.epoch += 1


def new_id(account: Account, number: int) -> int:
    """The id of the account's job of that number. Raises ``NotStoredError`` where none is left.

    Only a state document gets an account so far.
    """
    if number > STRIDE:
        raise NotStoredError(
            f"account {account.username!r} has had {STRIDE} jobs, and no id is left for another;"
            " reset it"
        )
    return first_id(account.id) + number - 1


#: In one statement: between two of them another process may add an account.
_EVERY = (
    "SELECT id, username, password, plan, name, at FROM accounts"
    " LEFT JOIN revocations ON account = id ORDER BY id, at"
)


def every(db: Database) -> dict[int, Account]:
    """Every account by its id, oldest first."""
    accounts: dict[int, Account] = {}
    for *row, at in db.execute(_EVERY).fetchall():
        account = accounts.setdefault(row[0], Account(*row))
        if at is not None:
            account.revoked.append(at)
    return accounts
