"""The conditions of a find, and what they are in SQL (page, Job Find)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, NamedTuple

import orjson

from ..jobs.lifecycle import Kind

Match = Literal["substring-any-case", "substring", "exact", "words"]


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


#: A condition in SQL and the values for its question marks.
Condition = tuple[str, Sequence[Any]]

_VISIBLE = "(visible IS NULL OR visible <= ?)"


def where(find: Find, *, cursor: bool) -> tuple[str, list[Any]]:
    """The WHERE clause over ``jobs``; ``cursor``: with ``before`` or as if there were none."""
    conditions = [*_conditions(find), (_VISIBLE, (find.now,))]
    if cursor and find.before is not None:
        conditions.append(("created < ?", (find.before,)))
    clause = " AND ".join(sql for sql, _ in conditions)
    return f" WHERE {clause}", [value for _, values in conditions for value in values]


def _conditions(find: Find) -> list[Condition]:
    found: list[Condition] = []
    if find.account is not None:
        found.append(("account = ?", (find.account,)))
    if find.kinds is not None:
        found.append(_one_of("kind", find.kinds))
    if find.services is not None:
        found.append(_one_of("service", find.services))
    if find.favourite is not None:
        found.append(("favourite = ?", (find.favourite,)))
    if find.hash is not None:
        found.append(("hash = ?", (find.hash,)))
    if find.ends_after is not None:
        found.append(("(ends > ? OR ends IS NULL)", (find.ends_after,)))
    if find.folders is not None:
        found.append((_FOLDERS, (orjson.dumps(find.folders).decode(),)))
    if find.prompt is not None:
        found.append(_prompt(find.match, find.prompt))
    return found


def _one_of(column: str, given: Sequence[str]) -> Condition:
    few = tuple(dict.fromkeys(given))
    return f"{column} IN ({', '.join('?' * len(few))})", few


# One value however many folders: a client may name more than a statement takes values.
_FOLDERS = """id IN (
    SELECT job FROM folders WHERE folder IN (SELECT value FROM json_each(?))
)"""


def _prompt(match: Match, prompt: str) -> Condition:
    if match == "substring-any-case":
        return "instr(casefold(prompt), ?)", (prompt.casefold(),)
    if match == "substring":
        return "instr(prompt, ?)", (prompt,)
    if match == "exact":
        return "prompt = ?", (prompt,)
    return "has_words(casefold(prompt), ?)", (prompt.casefold(),)
