"""A picture, or a cell of one, at a small size, and how like another one it is.

Brightness, contrast and tint are normalised away: a correlation of 1 is the same picture however
it was graded, 0 is another one. Noise averages out at these sizes.
"""

from __future__ import annotations

import math
from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from operator import mul, sub
from typing import TYPE_CHECKING

from . import floats

if TYPE_CHECKING:
    from PIL.Image import Image

SIDE = 128  # pixels of a patch, both ways
_LAYOUT = 16  # where things are, at this size
_DETAIL, _OVER = 32, 8  # things themselves: without what changes over so many pixels
_FINE = 64
_PARTS, _STEP = 5, 0.03  # sizes of parts, each smaller by so much and so far from one another

#: The mean colour of an area, red, green, blue, 0 to 255.
Colour = tuple[float, float, float]


@dataclass(frozen=True)
class Vector:
    """What is compared of a patch, and its power: the sum of the squares."""

    values: Sequence[float]
    power: float

    @property
    def spread(self) -> float:
        """The root of the mean square."""
        return math.sqrt(self.power / len(self.values))

    def __sub__(self, other: Vector) -> Vector:
        return _vector(list(map(sub, self.values, other.values)))


def _vector(values: Sequence[float]) -> Vector:
    return Vector(values, sum(map(mul, values, values)))


@dataclass(frozen=True)
class Vectors:
    """Many of them, as the rows of one picture of floats: what is compared with all of them is
    compared at once, in C."""

    rows: Image
    powers: Sequence[float]

    @classmethod
    def of(cls, pictures: Sequence[Image]) -> Vectors:
        """One for each picture of floats; they have one size."""
        from PIL import Image

        size = pictures[0].width * pictures[0].height, len(pictures)
        rows = Image.frombytes("F", size, b"".join(one.tobytes() for one in pictures))
        return cls(rows, _products(rows, rows))

    def likeness(self, one: Vector) -> float:
        """The highest correlation with any of them."""
        from PIL import Image

        row = Image.frombytes("F", (self.rows.width, 1), array("f", one.values).tobytes())
        same = row.resize(self.rows.size, Image.Resampling.NEAREST)
        return max(
            _normalised(both, one.power, power)
            for both, power in zip(_products(self.rows, same), self.powers, strict=True)
        )


def _products(one: Image, other: Image) -> list[float]:
    """Of each row with the same of the other."""
    from PIL.Image import Resampling

    means = floats.of(lambda a, b: a * b, one, other).resize((1, one.height), Resampling.BOX)
    return [one.width * mean for mean in floats.values(means)]


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
        return self.layout.spread

    @cached_property
    def layout(self) -> Vector:
        found = []
        for band in self._bands(_LAYOUT):
            mean = sum(band) / len(band)
            found += [value - mean for value in band]
        return _vector(found)

    @cached_property
    def detail(self) -> Vector:
        return self._detail(_DETAIL)

    @cached_property
    def fine(self) -> Vector:
        return self._detail(_FINE)

    @cached_property
    def things(self) -> Vector:
        """Its detail in grey."""
        return _vector(floats.values(_things(self.image.convert("L"))))

    @cached_property
    def parts(self) -> Vectors:
        """The same of every part that a variation may show: seven eighths or more, at any place.

        Fine content (a night sky, print), moved by as much, is no more like itself than like
        another picture.
        """
        from PIL.Image import Resampling

        found, grey, size = [], self.image.convert("L"), (_DETAIL, _DETAIL)
        for step in range(_PARTS):
            side = SIDE * (1 - _STEP * step)
            places = [(SIDE - side) * n / max(1, step) for n in range(step + 1)]
            for x, y in product(places, places):
                box = (x, y, x + side, y + side)
                found.append(_things(grey.resize(size, Resampling.BOX, box=box)))
        return Vectors.of(found)

    def _detail(self, size: int) -> Vector:
        found = []
        for band in self.image.split():
            small = floats.floats(band, size, size)
            found += floats.values(floats.detail(small, _OVER, along=False))
        return _vector(found)

    def _bands(self, size: int) -> list[list[float]]:
        return [floats.values(floats.floats(band, size, size)) for band in self.image.split()]


def _things(grey: Image) -> Image:
    return floats.detail(floats.floats(grey, _DETAIL, _DETAIL), _OVER, along=False)


def correlation(one: Vector, other: Vector) -> float:
    """-1 to 1; 0 if either has nothing in it."""
    return _normalised(sum(map(mul, one.values, other.values)), one.power, other.power)


def _normalised(both: float, power: float, other: float) -> float:
    return both / (math.sqrt(power * other) + 1e-3)
