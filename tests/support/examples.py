"""How many examples a law over generated input is tried with.

``make test`` draws enough to notice what breaks often; ``make fuzz`` draws twenty times as many.
"""

from __future__ import annotations

import os

_TIMES = float(os.environ.get("SAMPAN_TEST_EXAMPLES", "1"))


def examples(number: int) -> int:
    """``number``, times what ``SAMPAN_TEST_EXAMPLES`` says."""
    return max(1, round(number * _TIMES))
