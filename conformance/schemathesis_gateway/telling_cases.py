"""Requests that say more than generated ones: what no schema describes, as examples of their own.

Data only. A text in braces stands for something that only a run knows (``placeholders.py``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache

from ..contract import Contract
from ..rules.malformed_bodies import SCRIPTS, few, samples

_REFUSED = frozenset({301, 410, 420, 421, 430})
#: What a request without a required parameter can't be answered with.
_NOT_301 = frozenset({0, 410, 420, 421, 430})
#: What a well-formed request without a valid token can't be answered with. 501 says nothing.
_NOT_430 = frozenset({0, 301, 410, 411, 420, 421})
#: A larger body says no more, and fills the reports.
_LARGE = 64 << 10


@dataclass(frozen=True, slots=True)
class Telling:
    """``account``: whose token it carries, ``nobody``, or what is wrong with the token. An answer
    with one of ``wrong``, a set of errnos, breaks the requirement ``id``."""

    name: str
    body: Mapping[str, object] | bytes
    account: str = "first"
    id: str = ""
    wrong: frozenset[int] = frozenset()
    headers: Mapping[str, str] = field(default_factory=dict)


#: Bad tokens of any form, and those of a JWT.
_BAD_TOKENS = (
    "a word for a token",
    "a token that is cut short",
    "a token with another signature",
    "a token with other claims",
    "an unsigned token",
)
_GRID = "{grid.hash}"
_GRID_ID = "{grid.job_id}"
_PICTURE = "{grid.picture}"
_SENDER = "on-ZY5H_G6kX2YI219vcnLlbB9AM"
_LOGIN = {"username": "{first.username}"}


@cache
def telling_cases(contract: Contract) -> Mapping[str, tuple[Telling, ...]]:
    """By operation; the page's example stands among those that schemathesis makes itself."""
    return {
        operation: (*_OWN[operation], *(_of_every_job(contract, operation)), *_malformed(operation))
        for operation in contract.operations
    }


def _of_every_job(contract: Contract, operation: str) -> list[Telling]:
    """Without a token, with bad ones, and of an account without a plan."""
    if operation == "login":
        return []
    example = contract.example(operation)
    # A sender_id might stand in for the token (question sender-id-without-token).
    example.pop("sender_id", None)
    body = {"limit": 1} if operation == "findJobs" else example
    cases = [Telling("no token", body, "nobody", "AUTH-2", _NOT_430)]
    cases += [Telling(bad, body, bad, "AUTH-3", _NOT_430) for bad in _BAD_TOKENS]
    if operation in ("createJob", "blendImages", "describeImage"):
        cases.append(Telling("no plan", body, "limited", "PLAN-1", _REFUSED | {0}))
    return cases


def _malformed(operation: str) -> list[Telling]:
    chosen = samples() if operation == "findJobs" else few()
    return [
        Telling(one.name, one.body, headers=dict(one.headers))
        for one in chosen
        if len(one.body) < _LARGE
    ]


def _children(parent: str, value: str, id: str, unknown: str, sender: str) -> list[Telling]:
    """``parent``: the key that names it. ``id``, ``unknown``, ``sender``: the requirements of a
    right cell, a parent that does not exist, and a sender_id."""
    cells = [
        Telling(f"cell {cell}", {parent: value, "grid_num": cell}, "first", id, _REFUSED)
        for cell in (1, 2, 3, 4)
    ]
    bad = [
        Telling(
            f"cell {cell}", {parent: value, "grid_num": cell}, "first", "GRID-2", _REFUSED - {301}
        )
        for cell in (0, 5, -1, 9, 1.5, "1x", "five")
    ]
    nowhere = {parent: "{unknown}", "grid_num": 2}
    sent = {parent: value, "grid_num": 4 if parent == "parent_id" else 3, "sender_id": _SENDER}
    kind = "{described.job_id}" if parent == "parent_id" else "{described.hash}"
    return [
        *cells,
        *bad,
        Telling(
            "a parent that does not exist", nowhere, "first", unknown, frozenset({0, 301, 421})
        ),
        Telling("with a sender_id", sent, "first", sender, _sent(parent)),
        Telling(
            "a parent without a grid",
            {parent: kind, "grid_num": 1},
            "first",
            "PAR-1",
            frozenset({0, 301, 410, 420}),
        ),
    ]


def _sent(parent: str) -> frozenset[int]:
    """A second upscale of the cell may be 301 (question repeat-upscale), a variation never."""
    return frozenset({410, 420, 421, 430}) | ({301} if parent == "parent_id" else frozenset())


def _links(count: int) -> str:
    return " ".join([_PICTURE] * count)


_FILTERS: Mapping[str, Mapping[str, object]] = {
    "nothing": {},
    "limit": {"limit": 2},
    "service": {"service": ["main"]},
    "the other service": {"service": ["niji"]},
    "job type": {"job_type": ["main"]},
    "prompt": {"prompt": "boat"},
    "favourite": {"favourite": True},
    "folder": {"folders": ["no-such-folder"]},
    "cursor": {"timestamp_smaller_than": 9_999_999_999_999},
    "cursor of 1970": {"timestamp_smaller_than": 1},
    "service and type": {"service": ["main"], "job_type": ["main"], "limit": 1},
}

_WRONG_TYPES: Mapping[str, object] = {
    "timestamp_smaller_than": "yesterday",
    "prompt": 5,
    "favourite": "yes",
    "job_type": [{}],
    "service": 5,
    "folders": {},
}

_OWN: Mapping[str, tuple[Telling, ...]] = {
    "login": (
        Telling("right credentials", {**_LOGIN, "password": "{first.password}"}, id="LOGIN-1"),
        *(
            Telling(
                f"a password that is {how}", {**_LOGIN, "password": f"{{first.password.{how}}}"}
            )
            for how in ("longer", "shorter", "in another case", "longer at its beginning")
        ),
        Telling("no password", _LOGIN),
        Telling("no username", {"password": "a-password"}),
        Telling("an empty object", {}),
        Telling("a password that is a number", {"username": "{unknown}", "password": 5}),
    ),
    "createJob": (
        *(
            Telling(script, {"content": words}, id="CREATE-5", wrong=_REFUSED)
            for script, words in SCRIPTS.items()
        ),
        Telling("no content", {}),
        Telling("content that is a number", {"content": 5}),
    ),
    "findJobs": (
        *(Telling(f"find by {name}", filters) for name, filters in _FILTERS.items()),
        *(Telling(f"a wrong {key}", {key: value}) for key, value in _WRONG_TYPES.items()),
        *(Telling(f"find in {script}", {"prompt": words}) for script, words in SCRIPTS.items()),
    ),
    "varyJob": (
        *_children("parent_id", _GRID_ID, "GRID-1", "VAR-3", "VAR-5"),
        Telling(
            "a remix",
            {"parent_id": _GRID_ID, "grid_num": 1, "content": "old prompt rewritten"},
            id="REMIX-1",
            wrong=_REFUSED,
        ),
        Telling("no parent", {"grid_num": 1}, id="VAR-2", wrong=_NOT_301),
        Telling("no cell", {"parent_id": _GRID_ID}, id="VAR-2", wrong=_NOT_301),
    ),
    "upscaleJob": (
        *_children("parent_hash", _GRID, "GRID-1", "UP-3", "UP-5"),
        Telling("no parent", {"grid_num": 1}, id="UP-2", wrong=_NOT_301),
        Telling("no cell", {"parent_hash": _GRID}, id="UP-2", wrong=_NOT_301),
    ),
    "blendImages": (
        *(
            Telling(f"{count} links", {"content": _links(count)}, id="BLEND-1", wrong=_REFUSED)
            for count in (2, 3, 5)
        ),
        *(
            Telling(
                f"{count} links", {"content": _links(count)}, id="BLEND-2", wrong=_REFUSED - {301}
            )
            for count in (1, 6)
        ),
        Telling(
            "with a sender_id",
            {"content": _links(2), "sender_id": _SENDER},
            id="BLEND-5",
            wrong=_REFUSED,
        ),
        Telling("no content", {}),
    ),
    "describeImage": (
        Telling("one link", {"content": _PICTURE}, id="DESC-1", wrong=_REFUSED),
        Telling("two links", {"content": _links(2)}, id="DESC-2", wrong=_REFUSED - {301}),
        Telling("a word", {"content": "boat"}, id="DESC-2", wrong=_REFUSED - {301}),
        Telling(
            "with a sender_id",
            {"content": _PICTURE, "sender_id": _SENDER},
            id="DESC-3",
            wrong=_REFUSED,
        ),
        Telling("no content", {}),
    ),
}
