"""A picture, or a cell of one, at a small size, and how like another one it is.

Brightness, contrast and tint are normalised away: a correlation of 1 is the same picture however
it was graded, 0 is another one. Noise averages out at these sizes.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from operator import mul
from typing import TYPE_CHECKING

from . import floats

if TYPE_CHECKING:
    from PIL.Image import Image

SIDE = 128  # pixels of a patch, both ways
_LAYOUT = 16  # where things are, at this size
_DETAIL, _OVER = 32, 8  # things themselves: without what changes over so many pixels
_FINE = 64

#: The mean colour of an area, red, green, blue, 0 to 255.
Colour = tuple[float, float, float]


@dataclass(frozen=True)
class Patch:
    """``image``: RGB, ``SIDE`` by ``SIDE``."""

    image: Image

    @cached_property
    def colour(self) -> Colour:
        red, green, blue = (sum(one) / len(one) for one in self._bands(4))
        return red, green, blue

    @cached_property
    def spread(self) -> float:
        """The deviation from the mean colour, root of the mean square, 0 to 255."""
        vector = self.layout
        return math.sqrt(sum(map(mul, vector, vector)) / len(vector))

    @cached_property
    def layout(self) -> list[float]:
        found = []
        for band in self._bands(_LAYOUT):
            mean = sum(band) / len(band)
            found += [value - mean for value in band]
        return found

    @cached_property
    def detail(self) -> list[float]:
        return self._detail(_DETAIL)

    @cached_property
    def fine(self) -> list[float]:
        return self._detail(_FINE)

    def _detail(self, size: int) -> list[float]:
        found = []
        for band in self.image.split():
            small = floats.floats(band, size, size)
            found += floats.values(floats.detail(small, _OVER, along=False))
        return found

    def _bands(self, size: int) -> list[list[float]]:
        return [floats.values(floats.floats(band, size, size)) for band in self.image.split()]


def correlation(one: list[float], other: list[float]) -> float:
    """-1 to 1; 0 if either has nothing in it."""
    power: float = sum(map(mul, one, one)) * sum(map(mul, other, other))
    both: float = sum(map(mul, one, other))
    return both / (math.sqrt(power) + 1e-3)
