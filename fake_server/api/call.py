"""What a handler of an operation is given."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ..contract.document import Operation
from ..contract.profile import Profile
from ..service import FakeService, Rules
from ..store.account import Account


@dataclass(slots=True)
class Call:
    """One request of one operation, authenticated and checked.

    ``account`` is ``None`` for operations without a token; ``now`` is that account's time in ms,
    ``rules`` are its own or those of the fake, and ``origin`` returns where links to this fake
    start. A handler sets ``invented`` when it answers a ``status`` that the page does not show
    (question pending-statuses).
    """

    operation: Operation
    body: dict[str, Any]
    account: Account | None
    now: int
    rules: Rules
    origin: Callable[[], str]
    invented: bool = False

    @property
    def profile(self) -> Profile:
        """The answers to the open questions for this call."""
        return self.rules.profile

    def answer(self, question: str) -> str:
        """The answer to a question for this operation."""
        return self.rules.profile.of_operation(question, self.operation.id)

    @property
    def caller(self) -> Account:
        """The account of the token."""
        assert self.account is not None, f"{self.operation.id} is not secured"
        return self.account


#: Returns the ``data`` of a success as JSON text. Raises ``ApiError``.
Handler = Callable[[FakeService, Call], bytes]
