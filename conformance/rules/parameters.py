"""Which request parameters are wrong beyond any question, and which are beyond doubt. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence

from ..contract import Contract
from ..json_access import Record
from .find_rules import prompts

_Body = Mapping[str, object]

#: The limit in the page's example.
_SHOWN_LIMIT = 10

#: What each field may hold before it counts as wrong: the type shown, and what the questions
#: allow beside it (find-bad-limit, find-scalar-for-array, grid-num-string). ``None``: anything.
#: A sender_id need not be looked at where there is a token, nor a content beyond its type.
_TYPES: Mapping[str, tuple[type, ...] | None] = {
    "username": (str,),
    "password": (str,),
    "content": (str,),
    "parent_id": (str,),
    "parent_hash": (str,),
    "grid_num": None,
    "sender_id": None,
    "limit": None,
    "timestamp_smaller_than": (int, float),
    "service": (str, list),
    "job_type": (str, list),
    "folders": (str, list),
    "prompt": (str,),
    "favourite": (bool,),
}


def wrong_parameter(contract: Contract, operation: str, body: _Body) -> str:
    """The fault of ``body`` beyond any question; empty if it has none."""
    schema = contract.request_schema(operation)
    for key in schema.get("required", ()):
        if body.get(key) is None:
            return f"no {key}"
    for key, value in body.items():
        types = _TYPES.get(key) if key in schema["properties"] else None
        if types is None or value is None:
            continue
        if not isinstance(value, types) or (isinstance(value, bool) and bool not in types):
            if key == "timestamp_smaller_than" and re.fullmatch(r"-?[\d.]+", str(value)):
                continue  # a record's own timestamp is a string
            return f"{key} is {_kind(value)}"
        items = value if isinstance(value, list) else []
        if inner := [item for item in items if isinstance(item, dict | list)]:
            return f"{key} contains {_kind(inner[0])}"
    return ""


#: What a login is refused with for its credentials (question wrong-credentials).
_NO_LOGIN = (410, 420, 430)
#: Filters whose unknown values may simply match nothing (question find-unknown-type).
_CHOICES = ("service", "job_type", "folders")


def tolerated(
    contract: Contract,
    operation: str,
    body: _Body,
    errno: int | None,
    records: Sequence[Record] = (),
) -> str:
    """Why an answer other than 301 to wrong parameters is no breach; empty if it may be one.

    A login with a password of another type is refused all the same if it is refused as a wrong
    one. A find may take a number for the text it is written as, and look for a choice that is none:
    ``records`` are those it returned.
    """
    if operation == "login":
        missing = wrong_parameter(contract, operation, body).startswith("no ")
        return "" if missing or errno not in _NO_LOGIN else "refused as wrong credentials"
    if operation != "findJobs" or errno != 0:
        return ""
    wrong = [key for key, value in body.items() if _is_wrong(contract, key, value)]
    if wrong and all(_fits(key, body[key], records) for key in wrong):
        return "taken for a text, or for a choice that nothing matches"
    return ""


def _is_wrong(contract: Contract, key: str, value: object) -> bool:
    items = value if isinstance(value, list) and key in _CHOICES else []
    if any(not isinstance(item, str) for item in items):
        return True
    return bool(wrong_parameter(contract, "findJobs", {key: value}))


def _fits(key: str, value: object, records: Sequence[Record]) -> bool:
    """Whether the records may be those that a wrong value selects, read as leniently as may be."""
    if key in _CHOICES:
        return not records and not isinstance(value, dict)
    if key != "prompt" or not isinstance(value, int | float):
        return False
    written = {str(value).casefold(), str(int(value)) if value == value // 1 else ""} - {""}
    texts = ["\n".join(prompts(record)).casefold() for record in records]
    return all(any(one in text for one in written) for text in texts)


def _kind(value: object) -> str:
    names: dict[type, str] = {
        dict: "an object",
        list: "an array",
        str: "a string",
        bool: "a boolean",
    }
    return names.get(type(value), "a number")


def sensible(filters: _Body) -> bool:
    """Whether a server has no ground to refuse these filters.

    Generated values may be strange: a year before 1970, an unknown type, control characters. The
    page neither allows nor forbids them, and shows ``favourite`` as true alone (favourite-false).
    """
    tests: Mapping[str, Callable[[object], bool]] = {
        "limit": lambda value: _among(value, 1, _SHOWN_LIMIT),
        "timestamp_smaller_than": lambda value: _among(value, 1, 10**13),
        "service": lambda value: _items(value, ("main", "niji")),
        "job_type": lambda value: _items(value, ("main", "upscale")),
        "prompt": lambda value: (
            isinstance(value, str) and value.isprintable() and value.strip() != ""
        ),
        "folders": lambda value: value == [],
        "favourite": lambda value: value is True,
    }
    return all(key in tests and tests[key](value) for key, value in filters.items())


def too_many(filters: _Body, errno: int | None) -> bool:
    """Whether a find is refused for a limit above the page's, which may be above the server's
    own (question find-max-limit)."""
    limit = filters.get("limit")
    return errno == 301 and isinstance(limit, int) and limit > _SHOWN_LIMIT


def _among(value: object, least: int, most: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and least <= value <= most


def _items(value: object, known: tuple[str, ...]) -> bool:
    return isinstance(value, list) and all(one in known for one in value)
