"""The border and footer about a picture, in a ramp of sixteen greys from night to paper."""

from __future__ import annotations

from collections.abc import Sequence

from .drawing import paint
from .scene import sampan

GREYS = 16
NIGHT = 0
PAPER = GREYS - 1
_CAPTION = PAPER - 2

# Five by seven, a row a number, the highest bit at the left.
_LETTERS = {
    "S": (15, 16, 16, 14, 1, 1, 30),
    "A": (14, 17, 17, 31, 17, 17, 17),
    "M": (17, 27, 21, 21, 17, 17, 17),
    "P": (30, 17, 17, 30, 16, 16, 16),
    "N": (17, 25, 21, 19, 17, 17, 17),
    "F": (31, 16, 16, 30, 16, 16, 16),
    "K": (17, 18, 20, 24, 20, 18, 17),
    "E": (31, 16, 16, 30, 16, 16, 31),
    " ": (0, 0, 0, 0, 0, 0, 0),
}


def framed(inner: Sequence[bytes], margin: int, swatches: Sequence[int]) -> list[bytes]:
    """Rows with `margin` added on each of the four sides, and a footer twice as high below.

    The footer holds a boat and a caption at the left and, at the right, one square for each of
    `swatches` (palette indexes: the colours of the cells).
    """
    width = len(inner[0]) + 2 * margin
    side = bytes((NIGHT,)) * margin
    blank = bytes((NIGHT,)) * width
    middle = [side + row + side for row in inner]
    footer = _footer(width, margin, swatches)
    return [*([blank] * margin), *middle, *([blank] * margin), *map(bytes, footer)]


def _footer(width: int, margin: int, swatches: Sequence[int]) -> list[bytearray]:
    rows = [bytearray((NIGHT,)) * width for _ in range(2 * margin)]
    dot = margin // 8
    top, size = margin // 4, 7 * dot
    boat = margin // 2
    for shape in sampan(boat):
        paint(rows, shape, margin + round(1.4 * boat), top + round(0.95 * size), _CAPTION)
    _write(rows, "SAMPAN FAKE", margin + 3 * boat, top, dot)
    for i, colour in enumerate(reversed(swatches)):
        right = width - margin - i * (size + 2 * dot)
        for row in rows[top : top + size]:
            row[right - size : right] = bytes((colour,)) * size
    return rows


def _write(rows: list[bytearray], text: str, x: int, y: int, dot: int) -> None:
    on, off = bytes((_CAPTION,)) * dot, bytes((NIGHT,)) * dot
    for i in range(7):
        connection = b"".join(
            on if _LETTERS[letter][i] >> 5 - bit & 1 else off for letter in text for bit in range(6)
        )
        for row in rows[y + i * dot : y + (i + 1) * dot]:
            row[x : x + len(connection)] = connection
