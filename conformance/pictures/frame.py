"""The frame of the page's example: its size is a square with 32 pixels around it, 96 below."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from PIL.Image import Image

_SIDE, _ABOVE, _BELOW = 32, 32, 96
_PLAIN = 12  # how much (of 255) the frame's own colour may waver
_CLEAN = 20  # pixels from the outside that no codec's block shares with the picture
_STEP = 8.0  # from the frame to the picture, all three colours together

Box = tuple[int, int, int, int]


def readings(image: Image) -> tuple[Box, ...]:
    """Where the picture itself may be. Two boxes if plain edges may be a frame or may not."""
    width, height = image.size
    whole = (0, 0, width, height)
    if width <= 4 * _SIDE or height <= 2 * (_ABOVE + _BELOW) or not _has_plain_edges(image):
        return (whole,)
    inner = (_SIDE, _ABOVE, width - _SIDE, height - _BELOW)
    return (inner,) if _ends_clearly(image, inner) else (whole, inner)


def _has_plain_edges(image: Image) -> bool:
    width, height = image.size
    edges = (
        (0, 0, _CLEAN, height),
        (width - _CLEAN, 0, width, height),
        (0, 0, width, _CLEAN),
    )
    return all(_is_plain(image.crop(edge)) for edge in edges)


def _is_plain(area: Image) -> bool:
    extrema = cast(Sequence[tuple[int, int]], area.convert("RGB").getextrema())
    return all(high - low <= _PLAIN for low, high in extrema)


def _ends_clearly(image: Image, inner: Box) -> bool:
    """Whether the picture differs from its frame at all of left, right and above."""
    left, top, right, bottom = inner
    lines = (
        ((left - 6, top, left - 2, bottom), (left + 1, top, left + 5, bottom), (1, 16)),
        ((right + 2, top, right + 6, bottom), (right - 5, top, right - 1, bottom), (1, 16)),
        ((left, top - 6, right, top - 2), (left, top + 1, right, top + 5), (16, 1)),
    )
    return all(_steps(image, outside, inside, size) for outside, inside, size in lines)


def _steps(image: Image, outside: Box, inside: Box, size: tuple[int, int]) -> bool:
    from PIL.Image import Resampling

    one, other = (
        image.crop(box).convert("RGB").resize(size, Resampling.BOX).tobytes()
        for box in (outside, inside)
    )
    steps = [
        sum(abs(one[n + band] - other[n + band]) for band in range(3))
        for n in range(0, len(one), 3)
    ]
    return sum(step > _STEP for step in steps) >= len(steps) / 2
