"""What a handler of an operation is given."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ..contract.document import Operation
from ..store.store import Account


@dataclass(slots=True)
class Call:
    """One request of one operation, authenticated and checked.

    ``account`` is ``None`` for login alone; ``now`` is that account's time in ms, ``origin`` tells
    where links to this fake start. A handler sets ``invented`` when it answers a ``status`` that
    the page does not show (question pending-statuses).
    """

    operation: Operation
    body: dict[str, Any]
    account: Account | None
    now: int
    origin: Callable[[], str]
    invented: bool = False

    @property
    def base(self) -> str:
        """Where links to this fake start, as the call's client sees it."""
        return self.origin()

    @property
    def caller(self) -> Account:
        """The account whose token the call bears."""
        assert self.account is not None, f"{self.operation.id} is not secured"
        return self.account
