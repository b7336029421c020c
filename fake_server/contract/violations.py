"""What is wrong with a value by its schema: a few errors, of however many there are.

The validator makes all of its errors before it returns the first, and each takes longer than to
parse a hundred values: 300,000 wrong items fit into a body of a megabyte, and would keep everybody
waiting for many seconds.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from typing import Any

import jsonschema_rs

#: Items of a list that are looked at from the first wrong one on, and keys of an object.
_ITEMS, _KEYS = 20, 1000


def violations(
    check: jsonschema_rs.Draft202012Validator, value: Any
) -> list[jsonschema_rs.ValidationError]:
    """Errors of ``value``, the first of them and all of its own keys' among them; none if it is
    valid. Raises ``ValueError`` on one that is nested more deeply than the validator goes."""
    try:
        check.validate(value)
    except jsonschema_rs.ValidationError as first:
        # A list that is too long is so no more once it is shortened.
        return list(check.iter_errors(_shortened(value, first.instance_path))) or [first]
    return []


def _shortened(value: Any, path: Sequence[str | int], *, whole: bool = True) -> Any:
    """``value`` with what lies at ``path``, at its place, and little beyond; ``whole`` with all of
    its own keys."""
    here, rest = (path[0], path[1:]) if path else (None, ())
    if isinstance(value, list):
        # Those before the first wrong one are right, and keep its place.
        start = here if isinstance(here, int) else 0
        following = value[start : start + _ITEMS]
        inner = [_shortened(item, rest, whole=False) for item in following[:1]]
        inner += [_shortened(item, (), whole=False) for item in following[1:]]
        return value[:start] + inner
    if isinstance(value, dict):
        # What is missing can't be told of an object that is cut.
        kept = list(value) if whole else [*islice(value, _KEYS)]
        if here in value and here not in kept:
            kept.append(here)
        return {
            key: _shortened(value[key], rest if key == here else (), whole=False) for key in kept
        }
    return value
