"""What a test is to be failed for at its end, besides what it asserts itself.

A fault or a scenario that was armed and never applied: the test proves less than it seems to. And,
if asked for, what the client did that would hurt it on the real service.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from .account import Account
from .admin import Admin
from .control_call import Document
from .errors import ControlRefused, Disconnected, Unreachable
from .faults import unused_text


class Ending(NamedTuple):
    """What is looked at when a test ends. ``lint_ignore`` are rules that are left out."""

    unused_faults: bool = True
    lint: bool = False
    lint_ignore: tuple[str, ...] = ()


def problem(account: Account, ending: Ending) -> str | None:
    """Why a test fails that has passed; ``None`` if it does not."""
    admin = account.admin
    try:
        unused = admin.unused() if ending.unused_faults else []
        findings = admin.lint(ignore=ending.lint_ignore) if ending.lint else []
    except (ControlRefused, Unreachable, Disconnected) as gone:
        if isinstance(gone, ControlRefused) and gone.code != "not-found":
            raise
        # The test has removed its account, or stopped its fake: then the fixture's end reports it.
        return None
    found = []
    if unused:
        found.append(f"{unused_text(unused)} (Or @pytest.mark.sampan(unused_faults='ignore').)")
    if findings:
        found.append("\n".join(["lint of the client:", *_lines(findings)]))
    return "\n".join(found) or None


def forget(admin: Admin, username: str) -> None:
    """Delete a test's account, unless the test has done that itself."""
    try:
        admin.delete_account(username)
    except ControlRefused as gone:
        if gone.code != "not-found":
            raise


def _lines(findings: Iterable[Document]) -> Iterator[str]:
    for each in findings:
        more = each["count"] - len(each["requests"])
        named = ", ".join(f"#{number}" for number in each["requests"])
        yield f"- {each['rule']}: {each['message']} ({named}{f' and {more} more' if more else ''})"
