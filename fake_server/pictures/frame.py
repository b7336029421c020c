"""The border and footer about a picture, in a ramp of sixteen greys from night to paper."""

from __future__ import annotations

from collections.abc import Sequence

from .drawing import paint
from .lettering import ADVANCE, writable, written
from .scene import sampan

GREYS = 16
NIGHT = 0
PAPER = GREYS - 1
_CAPTION = PAPER - 2

#: The line under boat and caption, which differs from job to job: how many pixels of the picture
#: are below its beginning, and the size of a dot. Of a footer of 64 the caption takes 28 and the
#: line 14, so that 10 are left between them and 12 below.
LINE_FROM_BELOW, LINE_DOT = 26, 2


def framed(inner: Sequence[bytes], margin: int, swatches: Sequence[int]) -> list[bytes]:
    """Rows with `margin` added on each of the four sides, and a footer twice as high below.

    The footer holds a boat and a caption at the left and, at the right, one square for each of
    `swatches` (palette indexes: the colours of the cells). Below them is room for a line.
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
    top, size = 0, 7 * dot  # the margin above is space enough
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
    for i, dots in enumerate(written(text, dot, _CAPTION, NIGHT)):
        for row in rows[y + i * dot : y + (i + 1) * dot]:
            row[x : x + len(dots)] = dots


def line(text: str, width: int, margin: int) -> list[bytes]:
    """The rows of the line of a picture ``width`` wide: what can be written of ``text``, cut."""
    fits = (width - 2 * margin) // (ADVANCE * LINE_DOT)
    side = bytes((NIGHT,)) * margin
    dots = written(writable(text)[:fits], LINE_DOT, _CAPTION, NIGHT)
    return [(side + row).ljust(width, bytes((NIGHT,))) for row in dots]
