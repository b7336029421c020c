"""What a cell shows: a sampan on the water before hills at dawn, the cell's number in the sun.

Drawn in shades, 0 (ink) to 59 (light) of one colour, at the size asked for. The ground (sky, hills,
water) is put together column by column from ready gradients and turned over by slicing; sun,
number, light on the water and boat are painted on it. The four cells of a grid share a ground,
each turned a quarter further round. CPU measured on one core: a first cell of 512 x 512 4 ms, the
next ones 1.4 ms each.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import lru_cache
from itertools import pairwise

from .drawing import Canvas, Point, Polygon, Shape, arc, circle, paint, scaled, shape, stroke

SHADES = 60
_BYTE = [bytes([shade]) for shade in range(SHADES)]
#: What cells share is kept for so many sizes: those of a grid, of a single and of their thumbs. The
#: largest takes 1.5 MB.
_SIZES = 4

_SUN = 56
_NUMBER = 13
_BOAT = 5
_SAIL = 9
_GLITTER = 52

_PEN = 0.165  # of the number's height


def _numerals() -> dict[int, list[Polygon]]:
    """The four numbers as outlines, 1 high, about the origin."""
    two = [*arc(0, -0.215, 0.205, 0.205, -172, 32, 26), (-0.2, 0.42)]
    upper = [*arc(-0.01, -0.234, 0.2, 0.19, -158, 90, 26), (-0.11, -0.044)]
    lower = arc(-0.01, 0.187, 0.225, 0.23, -90, 158, 28)
    return {
        1: [[(-0.02, -0.5), (0.13, -0.5), (0.13, 0.5), (-0.05, 0.5), (-0.05, -0.27), (-0.24, -0.16),
             (-0.24, -0.33)]],
        2: [stroke(two, _PEN), [(-0.3, 0.34), (0.3, 0.34), (0.3, 0.5), (-0.3, 0.5)]],
        3: [stroke(upper, _PEN), stroke(lower, _PEN)],
        4: [[(0.05, -0.5), (0.22, -0.5), (0.22, 0.13), (0.34, 0.13), (0.34, 0.28), (0.22, 0.28),
             (0.22, 0.5), (0.05, 0.5), (0.05, 0.28), (-0.36, 0.28), (-0.36, 0.14)],
            [(-0.18, 0.13), (0.05, 0.13), (0.05, -0.22)]],
    }  # fmt: skip


_NUMERALS = _numerals()

# The boat, in units of half its length, about the middle of its deck; the hull, then mast, sail
# (a lug sail with battens, the gaps of which are left open), cabin and boatman's oar.
_HULL: Polygon = [
    (-1.02, -0.13), (-0.6, 0.0), (0.55, 0.0), (1.05, -0.17), (0.84, 0.15), (0.62, 0.22),
    (-0.62, 0.22), (-0.86, 0.12),
]  # fmt: skip
_CABIN: Polygon = [*arc(-0.38, 0.02, 0.27, 0.24, 180, 360, 10)]
_MAST: Polygon = [(0.12, -1.5), (0.16, -1.5), (0.17, 0.02), (0.11, 0.02)]
_OAR: Polygon = [(-0.86, -0.28), (-0.82, -0.3), (-1.3, 0.4), (-1.35, 0.38)]
_LEFT_EDGE = ((-0.22, -1.02), (-0.4, -0.14))
_RIGHT_EDGE = ((0.3, -1.46), (0.74, -0.2))
_BATTENS = 5


def _along(edge: tuple[Point, Point], t: float) -> Point:
    (x0, y0), (x1, y1) = edge
    return (x0 + (x1 - x0) * t, y0 + (y1 - y0) * t)


def _cloth() -> list[Polygon]:
    """The strips of the sail between its battens."""
    strips: list[Polygon] = []
    for i in range(_BATTENS):
        top, bottom = i / _BATTENS + 0.022, (i + 1) / _BATTENS - 0.022
        upper = (_along(_LEFT_EDGE, top), _along(_RIGHT_EDGE, top))
        lower = (_along(_RIGHT_EDGE, bottom), _along(_LEFT_EDGE, bottom))
        strips.append([*upper, *lower])
    return strips


_CLOTH = _cloth()


def _gradient(stops: list[tuple[float, float]], height: int) -> bytes:
    """Shades down a column of `height` pixels, straight between (y of 1, shade) stops."""
    shades = bytearray()
    at = 0
    for (y0, s0), (y1, s1) in pairwise(stops):
        end = round(y1 * height)
        span = max(1, round((y1 - y0) * height))
        shades += bytes(round(s0 + (s1 - s0) * i / span) for i in range(end - at))
        at = end
    return bytes(shades)


# (y, shade) stops; y in heights of the cell. The horizon is at _HORIZON.
_HORIZON = 0.66
_SUN_AT = 0.29
_SKY_ALONE = 0.52  # no hill reaches above this, nor the sun below
_SKY = [(0.0, 27.0), (0.3, 38.0), (_HORIZON, 52.0), (1.0, 52.0)]
_FAR = [(0.0, 28.0), (0.46, 31.0), (_HORIZON, 49.0), (1.0, 49.0)]
_NEAR = [(0.0, 16.0), (0.52, 18.0), (_HORIZON, 36.0), (_HORIZON, 46.0), (0.84, 31.0), (1.0, 24.0)]
_WAVE = [(0.0, 30.0), (0.80, 30.0), (0.9, 17.0), (1.0, 12.0)]
_SWELL = [(0.0, 19.0), (0.88, 19.0), (1.0, 5.0)]


@lru_cache(maxsize=_SIZES)
def _ground(width: int, height: int) -> list[bytes]:
    """Sky, hills and water of a cell; its right edge meets its left, so that it can be turned.

    A column is slices of the five gradients; between two, the pixel they share.
    """
    sky, far, near, wave, swell = (
        _gradient(stops, height) for stops in (_SKY, _FAR, _NEAR, _WAVE, _SWELL)
    )
    columns: list[bytes] = []
    for tops in _tops(width, height):
        a, b, c, d = map(int, tops)
        columns += (
            sky[:a],
            _shared(sky[a], far[a], tops[0] - a),
            far[a + 1 : b],
            _shared(far[b], near[b], tops[1] - b) if b > a else b"",
            near[b + 1 : c],
            _shared(near[c], wave[c], tops[2] - c),
            wave[c + 1 : d],
            _shared(wave[d], swell[d], tops[3] - d),
            swell[d + 1 :],
        )
    turned = b"".join(columns)
    return [turned[y::height] for y in range(height)]


def _shared(above: int, below: int, part: float) -> bytes:
    """A pixel of which the upper `part` belongs to one shade, the rest to another."""
    return _BYTE[int(below + (above - below) * part + 0.5)]


def _tops(width: int, height: int) -> Iterator[tuple[float, float, float, float]]:
    """For each column, where far hills, near hills, wave and swell begin, in pixels."""
    table = [math.sin(math.tau * x / width) for x in range(width)]

    def sine(times: int, turn: float) -> list[float]:
        first = int(turn * width)
        return (table * (times + 1))[first : first + times * width : times]

    one, two, three, five = sine(1, 0.1), sine(2, 0.65), sine(3, 0.32), sine(5, 0.0)
    eight, thirteen = sine(8, 0.0), sine(13, 0.0)
    horizon = _HORIZON * height
    for a, b, c, d, e, f in zip(one, two, three, five, eight, thirteen, strict=True):
        # A hill behind a nearer one ends with it; wave and swell are a pixel apart at least.
        near = min(horizon, height * (0.64 + 0.066 * b + 0.022 * d + 0.006 * f))
        yield (
            min(near, height * (0.6 + 0.042 * a + 0.028 * c + 0.007 * e)),
            near,
            wave := height * (0.85 + 0.010 * c + 0.004 * e),
            max(wave + 1, height * (0.93 + 0.012 * b + 0.005 * d)),
        )


def cell(width: int, height: int, number: int | None) -> Canvas:
    """The rows of one cell, in shades; `number` (1 to 4) or None, which leaves the sun empty."""
    turn = width * (number or 0) // 4
    ground, sky = _ground(width, height), int(_SKY_ALONE * height)
    rows = [bytearray(row) for row in _sky(width, height)]
    rows += [bytearray(row[turn:] + row[:turn]) for row in ground[sky:]]
    unit = min(width, height)
    middle = width // 2
    if number is not None:
        paint(rows, _numeral(number, _radius(unit)), middle, int(_SUN_AT * height), _NUMBER)
    paint(rows, _glitter(unit, height), middle, round(_HORIZON * height), _GLITTER)
    sail, boat = sampan(round(0.12 * unit))
    x, y = round(width * (0.27 if (number or 0) % 2 else 0.73)), round(0.865 * height)
    paint(rows, sail, x, y, _SAIL)
    paint(rows, boat, x, y, _BOAT)
    return rows


@lru_cache(maxsize=4 * _SIZES)
def _numeral(number: int, radius: int) -> Shape:
    return shape(scaled(_NUMERALS[number], 1.32 * radius))


def _radius(unit: int) -> int:
    return int(0.225 * unit)


@lru_cache(maxsize=_SIZES)
def _sky(width: int, height: int) -> list[bytes]:
    """The rows above all hills, with the sun: the same in every cell."""
    radius = _radius(min(width, height))
    rows = [bytearray(row) for row in _ground(width, height)[: int(_SKY_ALONE * height)]]
    paint(rows, circle(radius), width // 2, int(_SUN_AT * height), _SUN)
    return [bytes(row) for row in rows]


@lru_cache(maxsize=_SIZES)
def _glitter(unit: int, height: int) -> Shape:
    """Streaks of light on the water under the sun, the nearer the broader apart."""
    streaks = []
    for i, length in enumerate((0.2, 0.13, 0.17, 0.1, 0.06)):
        x, y = 0.03 * unit * (-1) ** i, (0.012 + 0.007 * i) * (i + 1) * height
        streaks.append(arc(x, y, length * unit, 0.0045 * unit, 0, 360, 16)[:-1])
    return shape(streaks)


@lru_cache(maxsize=2 * _SIZES)
def sampan(size: int) -> tuple[Shape, Shape]:
    """The sail, and the rest of the boat."""
    rest = [_HULL, _CABIN, _MAST, _OAR]
    return shape(scaled(_CLOTH, size)), shape(scaled(rest, size))
