"""Comparing pixels: frames, seams, and which of several pictures a picture resembles.

Pictures of this service may be photographs or drawings, so nothing here looks for a colour or a
shape: areas are compared by what is left of them at a small size, and every result can be
"can't tell".
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from PIL.Image import Image

#: The frame that the page's example has: its size is a square with this much around it.
_SIDE, _ABOVE, _BELOW = 32, 32, 96
_PLAIN = 12  # how much (of 255) the frame's own colour may waver
_SMALL = 16  # areas are compared at this width and height
_CLEAR = 0.7  # another one is meant if it is nearer by this factor
_ALIKE = 4.0  # nearer to each other than this (of 255), two areas look the same


@dataclass(frozen=True, slots=True)
class Likeness:
    """Which of several candidates (from 0) a picture looks most like; ``None``: can't tell.

    ``distances`` are mean differences, 0 to 255, one a candidate.
    """

    nearest: int | None
    distances: tuple[float, ...]

    def summary(self) -> str:
        """For a message: the distance to each, numbered from 1."""
        return ", ".join(f"{n}: {one:.0f}" for n, one in enumerate(self.distances, 1))


def framed(image: Image) -> bool:
    """Whether the picture stands in a frame of the size that the example's does."""
    width, height = image.size
    if width <= 4 * _SIDE or height <= 2 * (_ABOVE + _BELOW):
        return False
    edges = (
        (0, 0, _SIDE - 2, height),
        (width - _SIDE + 2, 0, width, height),
        (0, 0, width, _ABOVE - 2),
    )
    return all(_is_plain(image.crop(edge)) for edge in edges)


def inner(image: Image) -> Image:
    """The picture less its frame, if it has one."""
    if not framed(image):
        return image
    return image.crop((_SIDE, _ABOVE, image.width - _SIDE, image.height - _BELOW))


def cells(image: Image) -> tuple[Image, Image, Image, Image]:
    """The quarters of a grid without its frame: top left, top right, bottom left, bottom right."""
    width, height = image.size
    x, y = width // 2, height // 2
    return (
        image.crop((0, 0, x, y)),
        image.crop((x, 0, width, y)),
        image.crop((0, y, x, height)),
        image.crop((x, y, width, height)),
    )


def distance(one: Image, other: Image) -> float:
    """How different two pictures are at a small size: the mean difference, 0 to 255."""
    first, second = _small(one), _small(other)
    return sum(abs(a - b) for a, b in zip(first, second, strict=True)) / len(first)


def likeness(image: Image, candidates: Sequence[Image]) -> Likeness:
    """Which of the candidates the picture looks like."""
    return _choose([distance(image, candidate) for candidate in candidates])


def kinship(images: Sequence[Image], candidates: Sequence[Image]) -> Likeness:
    """Which of the candidates several pictures lean on, by their colours as a whole."""
    tones = [_tone(image) for image in images]
    return _choose(
        [sum(_apart(tone, _tone(one)) for tone in tones) / len(tones) for one in candidates]
    )


def alike(images: Sequence[Image]) -> tuple[int, int] | None:
    """Two of the pictures (from 0) that look the same, if there are such."""
    for n, one in enumerate(images):
        for m in range(n):
            if distance(one, images[m]) < _ALIKE:
                return m, n
    return None


def repeats(image: Image) -> bool:
    """Whether the four quarters of a picture are one and the same."""
    first, *others = cells(image)
    return all(distance(first, one) < _ALIKE for one in others)


def seams(image: Image) -> tuple[bool | None, bool | None]:
    """Whether a picture changes abruptly at its vertical and at its horizontal middle line.

    ``False``: what is drawn goes on across the line. ``None``: can't tell, since there is too
    little on the line to go on or to break off.
    """
    from PIL.Image import Transpose

    return _seam(image), _seam(image.transpose(Transpose.TRANSPOSE))


def _choose(distances: list[float]) -> Likeness:
    ranked = sorted(range(len(distances)), key=distances.__getitem__)
    first, second = distances[ranked[0]], distances[ranked[1]]
    told = first <= _CLEAR * second and second - first >= _ALIKE / 2
    return Likeness(ranked[0] if told else None, tuple(distances))


def _small(image: Image) -> bytes:
    from PIL.Image import Resampling

    return image.resize((_SMALL, _SMALL), Resampling.BOX).tobytes()


def _tone(image: Image) -> tuple[int, ...]:
    from PIL.Image import Resampling

    return tuple(image.resize((1, 1), Resampling.BOX).tobytes())


def _apart(one: tuple[int, ...], other: tuple[int, ...]) -> float:
    return sum(abs(a - b) for a, b in zip(one, other, strict=True)) / len(one)


def _is_plain(area: Image) -> bool:
    return all(high - low <= _PLAIN for low, high in _extrema(area))


def _extrema(area: Image) -> Sequence[tuple[int, int]]:
    return cast(Sequence[tuple[int, int]], area.getextrema())  # of RGB: a pair a band


def _seam(image: Image) -> bool | None:
    """The step across the vertical middle, beside the steps between columns around it."""
    from PIL.Image import Resampling

    width, height = image.size
    if width < 64 or height < 64:
        return None
    middle, rows = width // 2, 64
    strip = image.crop((middle - 16, 0, middle + 16, height)).resize((32, rows), Resampling.BOX)
    pixels = strip.tobytes()
    steps = [_step(pixels, column, rows) for column in range(31)]
    across = max(steps[14:17])
    around = sorted(steps[:13] + steps[18:])
    usual = around[len(around) * 3 // 4]
    if across >= 3.0 and across > 2.0 * usual:
        return True
    plain = _is_plain(strip.crop((14, 0, 18, rows)))
    return None if plain or across > 1.3 * usual + 0.5 else False


def _step(pixels: bytes, column: int, rows: int) -> float:
    """The mean difference between a column and the next one."""
    total = 0
    for row in range(rows):
        at = 3 * (32 * row + column)
        total += sum(abs(pixels[at + n] - pixels[at + n + 3]) for n in range(3))
    return total / (3 * rows)
