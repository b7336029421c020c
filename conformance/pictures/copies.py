"""Whether two cells are one and the same but for what a codec loses.

A codec adds noise; it moves nothing and regrades nothing. The difference of two cells is therefore
put down to a move, a zoom and a gain as far as it can be, by least squares. Cells are copies if all
of these are nought, within an uncertainty that would show the least that a variation does, and if
what is left over is no more than a codec's noise, everywhere.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING

from . import floats
from .patch import Patch

if TYPE_CHECKING:
    from PIL.Image import Image

_SIDE = 64  # at this size, in pixels of which moves are counted
_EDGE = 2  # pixels left out all around, where a codec mixes neighbours
_TINT = 0.6  # (of 255) a codec leaves the mean colour as it is to 0.4
_MOVE, _GAIN = 0.08, 0.03  # more is no codec's doing
_UNSURE = 0.04  # of a move and of a gain: a cell that shows less can't be told from its like
_NOISE, _RINGING = 2.0, 0.15  # a codec's loss: of 255, and as a share of the contrast around
_PER_SAMPLE = 4  # neighbours that a codec's noise makes alike: as many tell as much as one


def is_copy(one: Patch, other: Patch) -> bool:
    """Whether there is no difference but noise, and enough to see to be sure of it."""
    if max(abs(a - b) for a, b in zip(one.colour, other.colour, strict=True)) > _TINT:
        return False
    first, second = _grey(one), _grey(other)
    both = floats.of(lambda a, b: (a + b) / 2.0, first, second)
    causes = _causes(both)
    difference = _level(_inner(floats.of(lambda a, b: b - a, first, second)))
    found = _explained(causes, difference)
    if found is None:
        return False
    (gain, *moves), (unsure_gain, *unsure), noise = found
    if abs(gain) > _GAIN or max(map(abs, moves)) > _MOVE:
        return False
    if unsure_gain > _UNSURE or max(unsure) > _UNSURE or noise > _NOISE:
        return False
    return _is_noise_everywhere(difference, causes[1], causes[2])


def _grey(patch: Patch) -> Image:
    return floats.floats(patch.image.convert("L"), _SIDE, _SIDE)


def _inner(image: Image) -> Image:
    return image.crop((_EDGE, _EDGE, _SIDE - _EDGE, _SIDE - _EDGE))


def _level(image: Image) -> Image:
    mean = _mean(image)
    return floats.of(lambda a, _: a - mean, image, image)


def _causes(image: Image) -> list[Image]:
    """What a cell changes by if it is graded, moved right, moved down or zoomed, a little."""
    across, down = _slope(image, 1, 0), _slope(image, 0, 1)
    x, y = _ramps()
    zoom = floats.of(
        lambda a, b: a + b,
        floats.of(lambda a, b: a * b, across, x),
        floats.of(lambda a, b: a * b, down, y),
    )
    graded = _level(_inner(image))
    return [graded, *(_inner(one) for one in (across, down, zoom))]


def _slope(image: Image, x: int, y: int) -> Image:
    from PIL.Image import Transform

    def moved(sign: int) -> Image:
        matrix = (1, 0, sign * x, 0, 1, sign * y)
        return image.transform(image.size, Transform.AFFINE, matrix)

    return floats.of(lambda a, b: (a - b) / 2.0, moved(1), moved(-1))


@cache
def _ramps() -> tuple[Image, Image]:
    """-1 to 1, left to right and from above: a zoom moves the edges by as many pixels."""
    from PIL import Image

    row = Image.new("F", (_SIDE, 1))
    row.putdata([2 * (n + 0.5) / _SIDE - 1 for n in range(_SIDE)])
    across = row.resize((_SIDE, _SIDE))
    return across, across.transpose(Image.Transpose.TRANSPOSE)


def _explained(
    causes: Sequence[Image], difference: Image
) -> tuple[list[float], list[float], float] | None:
    """How much of each cause there is, the uncertainty of each, and the rest (root mean square).
    ``None`` if two causes look alike in this cell.
    """
    moments = [[_moment(a, b) for b in causes] for a in causes]
    shares = [_moment(difference, one) for one in causes]
    inverse = _inverse(moments)
    if inverse is None:
        return None
    found = [sum(a * b for a, b in zip(row, shares, strict=True)) for row in inverse]
    explained = sum(a * b for a, b in zip(found, shares, strict=True))
    rest = max(0.0, _moment(difference, difference) - explained)
    samples = difference.width * difference.height / _PER_SAMPLE
    # No codec is trusted to be as exact as a rest of nought would have it.
    scale = (rest + 0.01) / samples
    unsure = [math.sqrt(max(0.0, inverse[n][n]) * scale) for n in range(len(found))]
    return found, unsure, math.sqrt(rest)


def _is_noise_everywhere(difference: Image, across: Image, down: Image) -> bool:
    """No small thing is in one and not in the other."""
    from PIL.Image import Resampling

    side = difference.width // 4
    squares = [floats.of(lambda a, b: a * b, one, one) for one in (difference, across, down)]
    lost, *slopes = (floats.values(one.resize((side, side), Resampling.BOX)) for one in squares)
    return all(
        a <= _NOISE**2 * 2 + _RINGING**2 * (b + c) for a, b, c in zip(lost, *slopes, strict=True)
    )


def _mean(image: Image) -> float:
    from PIL.Image import Resampling

    return floats.values(image.resize((1, 1), Resampling.BOX))[0]


def _moment(one: Image, other: Image) -> float:
    return _mean(floats.of(lambda a, b: a * b, one, other))


def _inverse(matrix: Sequence[Sequence[float]]) -> list[list[float]] | None:
    """By Gauss and Jordan; ``None`` if there is none."""
    size = len(matrix)
    rows = [[*row, *(float(n == m) for m in range(size))] for n, row in enumerate(matrix)]
    for n in range(size):
        pivot = max(range(n, size), key=lambda m: abs(rows[m][n]))
        rows[n], rows[pivot] = rows[pivot], rows[n]
        if abs(rows[n][n]) < 1e-9:
            return None
        rows[n] = [value / rows[n][n] for value in rows[n]]
        for m in range(size):
            if m != n:
                part = rows[m][n]
                rows[m] = [a - part * b for a, b in zip(rows[m], rows[n], strict=True)]
    return [row[size:] for row in rows]
