"""Which request parameters are wrong beyond any question, and which are beyond doubt. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from ..contract import Contract

_Body = Mapping[str, object]

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
    page neither allows nor forbids them.
    """
    tests: Mapping[str, Callable[[object], bool]] = {
        "limit": lambda value: _among(value, 1, 100),
        "timestamp_smaller_than": lambda value: _among(value, 1, 10**13),
        "service": lambda value: _items(value, ("main", "niji")),
        "job_type": lambda value: _items(value, ("main", "upscale")),
        "prompt": lambda value: (
            isinstance(value, str) and value.isprintable() and value.strip() != ""
        ),
        "folders": lambda value: value == [],
        "favourite": lambda value: isinstance(value, bool),
    }
    return all(key in tests and tests[key](value) for key, value in filters.items())


def _among(value: object, least: int, most: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and least <= value <= most


def _items(value: object, known: tuple[str, ...]) -> bool:
    return isinstance(value, list) and all(one in known for one in value)
