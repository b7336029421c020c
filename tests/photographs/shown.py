"""Which mistakes a picture can show, by the picture as it was made, before any file.

Where nothing but a colour, a gradient or grain meets a middle line, one picture looks like a grid
of four such; four views of a bare wall look like four times the same one; and no wall is like one
wall more than like another. These are counted apart (``python -m tests.photographs``). Nothing here
is the kit's: neither its code nor its verdict.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from PIL import Image, ImageChops

Picture = Image.Image

_BOX = Image.Resampling.BOX
_APART = 3  # pixels on each side of a line that may be mixed if the picture is resized
_ALIKE = 0.5  # correlation of both sides of a line
_SLOPE = 1.0  # of brightness (of 255), a pixel of a cell of 64 by 64
_THINGS = 1.0  # the deviation (of 255) of what is in a picture, without its slow changes


def goes_on(picture: Picture) -> bool:
    """Whether anything but a gradient is found again beyond both middle lines: the deviations of
    brightness along each, three pixels before it and three behind it, correlate.

    One line is not enough: a grid of symmetric cells goes on across the upright one, as its mirror
    image does, and a grid with a caption across the level one, since its seam is elsewhere.
    """
    turned = picture.transpose(Image.Transpose.TRANSPOSE)
    return all(_across(one.convert("L")) >= _ALIKE for one in (picture, turned))


def _across(grey: Picture) -> float:
    x, height = grey.width // 2, grey.height
    sides = []
    for first in (x - _APART - 2, x + _APART):
        column = grey.crop((first, 0, first + 2, height)).resize((1, height // 3), _BOX)
        sides.append(_deviations(list(column.tobytes())))
    return _correlation(*sides)


def _deviations(values: Sequence[int]) -> list[float]:
    """Without what changes over an eighth of the line."""
    reach = max(2, len(values) // 16)
    found = []
    for n, value in enumerate(values):
        near = values[max(0, n - reach) : n + reach + 1]
        found.append(value - sum(near) / len(near))
    return found


def _correlation(one: Sequence[float], other: Sequence[float]) -> float:
    both = sum(a * b for a, b in zip(one, other, strict=True))
    return both / math.sqrt(sum(a * a for a in one) * sum(b * b for b in other) or 1.0)


def has_slopes(cell: Picture) -> bool:
    """Whether a move of it, in either direction, changes more than a lossy codec does."""
    small = cell.convert("L").resize((64, 64), _BOX)
    moved = (ImageChops.offset(small, 2, 0), ImageChops.offset(small, 0, 2))
    inner = (2, 2, 62, 62)
    return all(_rms(ImageChops.difference(small, one).crop(inner)) / 2 >= _SLOPE for one in moved)


def has_things(cell: Picture) -> bool:
    """Whether it shows more than a gradient, grain and what these have at random."""
    small = cell.convert("L").resize((32, 32), _BOX)
    slow = small.resize((4, 4), _BOX).resize((32, 32), Image.Resampling.BICUBIC)
    return _rms(ImageChops.difference(small, slow)) >= _THINGS


def _rms(image: Picture) -> float:
    values = image.tobytes()
    return math.sqrt(sum(value * value for value in values) / len(values))
