"""The pictures of jobs: palette PNGs, drawn once for each geometry, recoloured for each job.

What is drawn is in `scene.py` (a cell) and `frame.py` (the border), the colours in `colours.py`,
the file in `container.py`. All is pure Python and zlib: a record states its picture's length, so
the first finished job waits for the first drawing, and Pillow takes 66 ms to import. CPU measured:
the first picture of a geometry 14 ms (22 ms for a single, of which zlib takes 9), each further
job's 15 µs: a palette, a copy and three checksums, and 60 µs more for the line in its footer.
Pillow is imported for WebP alone.

Palette: the greys of the frame, then SHADES shades of each cell's colour, darkest first.
"""

from __future__ import annotations

import io
import math
from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise
from typing import Literal, NamedTuple

from . import container
from .colours import Colours, rgb, shades
from .frame import GREYS, LINE_DOT, LINE_FROM_BELOW, framed, line
from .lettering import HEIGHT
from .scene import SHADES, cell

Kind = Literal["grid", "single"]
#: image: as a record's img_buffer; thumb: 256 wide; original: never framed; preview: a blurred,
#: pale small one, for a job that still runs.
View = Literal["image", "thumb", "original", "preview"]

_SIDE = 1024  # of a square grid
_KNOWN = {(1, 1): (1024, 1024), (16, 9): (1456, 816), (3, 2): (1344, 896), (4, 3): (1232, 928)}
_LONGEST = 4  # times the short side; what asks for more gets this
_MARGIN = 32
_THUMB = 256
_PREVIEW = 512
_BLUR = 8  # pixels of a preview from one drawn pixel to the next

_SOFTWARE = ("Software", "sampan (fake)")


class Picture(NamedTuple):
    """What a job's picture shows.

    `ratio`: width to height. `colours`: of the four cells; a single shows the colour and number of
    `cell` (1 to 4), or without one, as a blend into one picture, the first colour and no number.
    `texts`: for the PNG's text chunks. `framed`: whether the view `image` has the frame, and in
    its footer the beginning of `line`.
    """

    kind: Kind
    ratio: tuple[int, int]
    colours: Colours
    cell: int | None
    texts: tuple[tuple[str, str], ...]
    framed: bool
    line: str = ""


def size(picture: Picture, view: View) -> tuple[int, int]:
    """Width and height in pixels."""
    width, height = _inner(picture.ratio)
    if view == "thumb":
        return _THUMB, 2 * round(_THUMB * height / width / 2)
    if view == "preview":
        wide = _PREVIEW if width >= height else _PREVIEW // 2
        return wide, 2 * _BLUR * round(wide * height / width / (2 * _BLUR))
    if picture.kind == "single":
        width, height = 2 * width, 2 * height
    if view == "image" and picture.framed:
        return width + 2 * _MARGIN, height + 4 * _MARGIN
    return width, height


def length(picture: Picture, view: View) -> int:
    """Bytes of the PNG, without putting it together."""
    return container.length(_idat(picture, view), _texts(picture))


@lru_cache(maxsize=32)
def png(picture: Picture, view: View) -> bytes:
    """The PNG; the same bytes for the same picture and view, always. The last ones are kept."""
    idat = _idat(picture, view)
    rows = () if idat.line is None else line(picture.line, idat.width, _MARGIN)
    return container.assemble(idat, _plte(picture, view), _texts(picture), rows)


@lru_cache(maxsize=16)
def webp(picture: Picture, view: View) -> bytes:
    """The same picture as a WebP, without its texts; some are kept, since one takes 25 to 90 ms."""
    from PIL import Image

    file = io.BytesIO()
    with Image.open(io.BytesIO(png(picture, view))) as image:
        image.convert("RGB").save(file, "WEBP", quality=80, method=0)
    return file.getvalue()


def _inner(ratio: tuple[int, int]) -> tuple[int, int]:
    """The size of a grid without its frame: about a megapixel, sides in multiples of 16."""
    wide, high = ratio
    if wide < 1 or high < 1:
        raise ValueError(f"a ratio needs two positive numbers, not {wide}:{high}")
    shrunk = math.gcd(wide, high)
    wide, high = wide // shrunk, high // shrunk
    if (wide, high) in _KNOWN:
        return _KNOWN[wide, high]
    if (high, wide) in _KNOWN:
        width, height = _KNOWN[high, wide]
        return height, width
    stretch = math.sqrt(min(wide, _LONGEST * high) / min(high, _LONGEST * wide))
    return 16 * round(_SIDE * stretch / 16), 16 * round(_SIDE / stretch / 16)


# What differs from job to job.


def _texts(picture: Picture) -> bytes:
    return container.text_chunks((*picture.texts, _SOFTWARE))


def _shown(picture: Picture) -> Sequence[str]:
    """The colours of the cells that are shown."""
    return picture.colours if picture.kind == "grid" else [picture.colours[(picture.cell or 1) - 1]]


def _plte(picture: Picture, view: View) -> bytes:
    shown = _shown(picture)
    palette = bytearray(3 * (GREYS + SHADES * len(shown)))
    palette[: 3 * GREYS] = _FRAME
    for i, colour in enumerate(shown):
        first = 3 * (GREYS + SHADES * i)
        end = first + 3 * SHADES
        for part, values in enumerate(shades(colour)):
            palette[first + part : end : 3] = values
    return bytes(palette.translate(_PALER) if view == "preview" else palette)


def _between(start: str, end: str, steps: int) -> bytes:
    pairs = list(zip(rgb(start), rgb(end), strict=True))
    return bytes(round(a + (b - a) * i / (steps - 1)) for i in range(steps) for a, b in pairs)


_FRAME = _between("#14161b", "#f4f0e6", GREYS)
_PALER = bytes(96 + value * 5 // 8 for value in range(255)) + b"\xff"


# What is drawn once.


def _idat(picture: Picture, view: View) -> container.Idat:
    with_frame = picture.framed and view == "image"
    number = picture.cell if picture.kind == "single" else None
    return _drawn(picture.kind, *size(picture, view), with_frame, number, view == "preview")


@lru_cache(maxsize=64)
def _drawn(
    kind: Kind, width: int, height: int, with_frame: bool, number: int | None, blurred: bool
) -> container.Idat:
    """The pixels of every picture of this geometry. `width` and `height` include the frame."""
    margin = _MARGIN if with_frame else 0
    width, height = width - 2 * margin, height - 4 * margin
    # A full-size single is drawn at half its size, and its pixels doubled: a quarter of the time.
    twice = kind == "single" and not blurred and width > _THUMB
    if twice:
        width, height, margin = width // 2, height // 2, margin // 2
    if kind == "grid":
        one, two, three, four = (
            _cell(width // 2, height // 2, number, number - 1, blurred) for number in (1, 2, 3, 4)
        )
        rows = [a + b for a, b in (*zip(one, two, strict=True), *zip(three, four, strict=True))]
    else:
        rows = _cell(width, height, number, 0, blurred)
    cells = 4 if kind == "grid" else 1
    if with_frame:
        rows = framed(rows, margin, [GREYS + SHADES * i + _SWATCH for i in range(cells)])
        above = rows[: -LINE_FROM_BELOW // (2 if twice else 1)]
        below = LINE_FROM_BELOW - HEIGHT * LINE_DOT
        colours = GREYS + SHADES * cells
        return container.pack_above_line(above, colours, twice, HEIGHT, LINE_DOT, below)
    return container.pack(rows, GREYS + SHADES * cells, twice)


_SWATCH = 34  # a middling shade


def _cell(width: int, height: int, number: int | None, place: int, blurred: bool) -> list[bytes]:
    """One cell in palette indexes; `place` counts the cells of the picture, from 0."""
    shift = _SHIFTS[place]
    if not blurred:
        return [row.translate(shift) for row in map(bytes, cell(width, height, number))]
    rows = [bytes(row) for row in cell(width // _BLUR, height // _BLUR, number)]
    for _ in "down", "across":
        rows = _turned(_smooth(_smooth(rows, 4), 2))
    return [row.translate(shift) for row in rows]


_SHIFTS = [
    bytes(GREYS + SHADES * place + shade if shade < SHADES else 0 for shade in range(256))
    for place in range(4)
]


def _turned(rows: list[bytes]) -> list[bytes]:
    width, flat = len(rows[0]), b"".join(rows)
    return [flat[x::width] for x in range(width)]


def _smooth(rows: list[bytes], times: int) -> list[bytes]:
    """As many rows for each (2 or 4), going over to the next one.

    A row is taken as one large number, a byte a lane: four shades still fit into a byte.
    """
    width, down = len(rows[0]), times.bit_length() - 1
    lanes = int.from_bytes(bytes((255 >> down,)) * width)
    numbers = [int.from_bytes(row) for row in (*rows, rows[-1])]
    return [
        ((above * (times - i) + below * i >> down) & lanes).to_bytes(width)
        for above, below in pairwise(numbers)
        for i in range(times)
    ]
