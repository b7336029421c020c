"""How many examples a law over generated input is tried with, and how many of a long table.

``make test`` draws enough to notice what breaks often, and has ten minutes on two cores for all;
``make fuzz`` draws fifty times as many, and tries the tables whole.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from itertools import cycle, product
from typing import TypeVar

_Item = TypeVar("_Item")
_Other = TypeVar("_Other")

_TIMES = float(os.environ.get("SAMPAN_TEST_EXAMPLES", "0.4"))


def examples(number: int) -> int:
    """``number``, times what ``SAMPAN_TEST_EXAMPLES`` says."""
    return max(1, round(number * _TIMES))


def some(items: Sequence[_Item], one_in: int) -> Sequence[_Item]:
    """One in so many of the items; all of them where more examples are asked for."""
    return items if _TIMES > 1 else items[::one_in]


def in_turn(many: Sequence[_Item], few: Sequence[_Other]) -> list[tuple[_Item, _Other]]:
    """Each of the many with one of the few, in turn; with every one where more is asked for."""
    if _TIMES > 1:
        return list(product(many, few))
    return list(zip(many, cycle(few), strict=False))
