"""What a client's text costs grows with its length, not with the square of it."""

from __future__ import annotations

from collections.abc import Callable

SHORT, LONG = 4 << 10, 32 << 10


def assert_linear(cost: Callable[[int], float]) -> None:
    """``cost`` gives the CPU time (s) for a size; a measurement that was disturbed is repeated."""
    # Eight times the size: linear is about 8, quadratic 64. The millisecond is for what is fixed.
    assert any(cost(LONG) < 20 * (cost(SHORT) + 0.001) for _ in range(3))


def repeated(part: str, size: int) -> str:
    """``part`` over and over, ``size`` characters long at most."""
    return part * (size // len(part))
