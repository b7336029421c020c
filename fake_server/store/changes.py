"""What one process tells the others of the same store: that something which they remember changed.

A change is noted in the transaction that makes it, so that it is known from the moment at which it
holds. Jobs are not remembered, so a submission notes nothing.
"""

from __future__ import annotations

from typing import Protocol

#: What may have changed: an account (its plan, password, revoked tokens and records), a clock, a
#: profile, the armed faults or scenarios, or all of it.
ACCOUNT, CLOCK, PROFILE, FAULTS, SCENARIOS, EVERYTHING = (
    "account", "clock", "profile", "faults", "scenarios", "everything",
)  # fmt: skip


class Changes(Protocol):
    """Where changes are noted, as part of the transaction that is open."""

    def note(self, what: str, account: int | None = None) -> None:
        """Note a change; ``account`` is whose, ``None`` what all share."""


class _Nobody:
    """A store that one process has for itself."""

    def note(self, what: str, account: int | None = None) -> None:
        pass


NOBODY = _Nobody()
