"""How many examples a law over generated input is tried with, and how many of a long table.

``make test`` draws enough to notice what breaks often, and has three and a half minutes on two
cores for all. ``make whole`` tries every row of the tables that are :func:`sampled`; ``make fuzz``
draws fifty times as many examples, and tries all tables whole.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from itertools import cycle, product
from typing import Any, TypeVar

import pytest

_Item = TypeVar("_Item")
_Other = TypeVar("_Other")

_TIMES = float(os.environ.get("SAMPAN_TEST_EXAMPLES", "0.4"))


def examples(number: int) -> int:
    """``number``, times what ``SAMPAN_TEST_EXAMPLES`` says."""
    return max(1, round(number * _TIMES))


def some(items: Sequence[_Item], one_in: int) -> Sequence[_Item]:
    """One in so many of the items; all of them where more examples are asked for."""
    return items if _TIMES > 1 else items[::one_in]


def sampled(rows: Iterable[Any], one_in: int) -> list[Any]:
    """All rows of a table; ``make test`` leaves out all but the first of so many.

    A tuple is a row of several parameters: where it is a value, give ``pytest.param(value)``.
    """
    return [row if number % one_in == 0 else _whole(row) for number, row in enumerate(rows)]


def _whole(row: Any) -> Any:
    if hasattr(row, "marks"):  # a row of pytest's own, with an id or marks
        return pytest.param(*row.values, id=row.id, marks=[*row.marks, pytest.mark.whole])
    return pytest.param(*(row if isinstance(row, tuple) else (row,)), marks=pytest.mark.whole)


def in_turn(many: Sequence[_Item], few: Sequence[_Other]) -> list[tuple[_Item, _Other]]:
    """Each of the many with one of the few, in turn; with every one where more is asked for."""
    if _TIMES > 1:
        return list(product(many, few))
    return list(zip(many, cycle(few), strict=False))
