"""The conditions of a find, and what they are in SQL (page, Job Find)."""

from __future__ import annotations

from typing import Any, NamedTuple

from ..jobs.lifecycle import Kind
from .dialect import Condition, Dialect, Match


class Find(NamedTuple):
    """The conditions of a find, all of which must hold; ``None`` is no condition.

    ``account`` ``None``: everybody's. ``before``: ms. ``now``: ms, for jobs not yet visible.
    ``ends_after``: ms; a job that never ends is among them.
    """

    account: int | None
    now: int
    before: int | None = None
    kinds: tuple[Kind, ...] | None = None
    services: tuple[str, ...] | None = None
    prompt: str | None = None
    match: Match = "substring-any-case"
    folders: tuple[str, ...] | None = None
    favourite: bool | None = None
    hash: str | None = None
    ends_after: int | None = None
    limit: int | None = None
    oldest_first: bool = False
    total_before: bool = True

    @property
    def filters(self) -> bool:
        """Whether anything but the owner, the cursor and the limit restricts it."""
        given = (
            *(self.kinds, self.services, self.prompt, self.folders, self.favourite, self.hash),
            self.ends_after,
        )
        return given.count(None) < len(given)


_VISIBLE = "(visible IS NULL OR visible <= ?)"


def where(find: Find, dialect: Dialect, *, cursor: bool) -> tuple[str, list[Any]]:
    """The WHERE clause over ``jobs``; ``cursor``: with ``before`` or as if there were none."""
    conditions = [*_conditions(find, dialect), (_VISIBLE, (find.now,))]
    if cursor and find.before is not None:
        conditions.append(("created < ?", (find.before,)))
    clause = " AND ".join(sql for sql, _ in conditions)
    return f" WHERE {clause}", [value for _, values in conditions for value in values]


def _conditions(find: Find, dialect: Dialect) -> list[Condition]:
    found: list[Condition] = []
    if find.account is not None:
        found.append(("account = ?", (find.account,)))
    if find.kinds is not None:
        found.append(dialect.one_of("kind", find.kinds))
    if find.services is not None:
        found.append(dialect.one_of("service", find.services))
    if find.favourite is not None:
        found.append(("favourite = ?", (find.favourite,)))
    if find.hash is not None:
        found.append(("hash = ?", (find.hash,)))
    if find.ends_after is not None:
        found.append(("(ends > ? OR ends IS NULL)", (find.ends_after,)))
    if find.folders is not None:
        found.append(dialect.folders(find.folders))
    if find.prompt is not None:
        found.append(dialect.prompt[find.match](find.prompt))
    return found
