"""The colours of jobs: four drawn from a hash, those that lean on another, and their shades.

Colours are `#rrggbb` strings; distances are Euclidean in RGB, 0 to 441. Every colour keeps each of
its parts between LOW and HIGH, so that its lights and shades stay within 0 to 255 and the mean
colour of a cell in those shades is within 24 of the colour itself, and mostly much nearer.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from functools import lru_cache
from hashlib import blake2b

from .scene import SHADES

Colours = tuple[str, str, str, str]
Rgb = tuple[float, float, float]

LOW, HIGH = 56, 212

# Of a job that leans on nothing: four hues a quarter turn apart, each a little off, two of them
# darker and two lighter (OKLab, so that no hue outshines another): any two are 82 apart or more.
_LIGHT = 0.63
_LIFT = 0.08
_CHROMA = (0.14, 0.15)
_SWAY = math.radians(4)

# Of a job that leans on a cell: how far its colours go from that cell's, in RGB.
_REACH = 70.0  # when the other cells are known
_SURE = 40.0  # when they are not: less than half the way between two cells of any first job
_SHARE = 0.75  # of the way to where another cell would be as near


def palette(job_hash: str, lean: str | None = None, apart: Iterable[str] = ()) -> Colours:
    """The four colours of a job.

    With `lean`, all four stay nearer to that colour than to any in `apart`, the parent's colours
    (`lean` among them or not). Without `apart` they keep within 40 of `lean`, so the same is true
    of a parent that leaned on nothing; the children of children need `apart`.
    """
    drawn = blake2b(job_hash.encode("utf-8", "surrogatepass"), digest_size=32).digest()
    found = _spread(drawn) if lean is None else _leaning(drawn, rgb(lean), [*map(rgb, apart)])
    one, two, three, four = (_written(colour) for colour in found)
    return one, two, three, four


def blend(colours: Sequence[str]) -> str:
    """The mean of one or more colours, for a blend to lean on."""
    if not colours:
        raise ValueError("a blend needs at least one colour")
    parts = [rgb(colour) for colour in colours]
    red, green, blue = (sum(part) / len(parts) for part in zip(*parts, strict=True))
    return _written((red, green, blue))


def rgb(colour: str) -> Rgb:
    """`#rrggbb` as three numbers, 0 to 255."""
    value = int(colour[1:], 16)
    return (value >> 16, value >> 8 & 255, value & 255)


def _written(colour: Rgb) -> str:
    red, green, blue = (int(part + 0.5) for part in colour)
    return f"#{red << 16 | green << 8 | blue:06x}"


def _within(part: float) -> float:
    return min(max(part, LOW), HIGH)


def _spread(drawn: bytes) -> list[Rgb]:
    chroma = _CHROMA[0] + (_CHROMA[1] - _CHROMA[0]) * drawn[3] / 255
    first = math.tau * int.from_bytes(drawn[:2], "big") / 65536
    step = math.tau / 4 * (1 if drawn[4] & 1 else -1)
    lift = _LIFT if drawn[4] & 2 else -_LIFT
    found = []
    for n in range(4):
        hue = first + step * n + _SWAY * (drawn[5 + n] / 127.5 - 1)
        found.append(_oklch(_LIGHT + lift, chroma, hue))
        lift = -lift
    return found


def _oklch(light: float, chroma: float, hue: float) -> Rgb:
    """OKLab by lightness, chroma and hue (Björn Ottosson, 2020) as sRGB, kept within bounds."""
    a, b = chroma * math.cos(hue), chroma * math.sin(hue)
    long = (light + 0.3963377774 * a + 0.2158037573 * b) ** 3
    medium = (light - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (light - 0.0894841775 * a - 1.2914855480 * b) ** 3
    return (
        _gamma(4.0767416621 * long - 3.3077115913 * medium + 0.2309699292 * short),
        _gamma(-1.2684380046 * long + 2.6097574011 * medium - 0.3413193965 * short),
        _gamma(-0.0041960863 * long - 0.7034186147 * medium + 1.7076147010 * short),
    )


def _gamma(linear: float) -> float:
    return _within(255 * (1.055 * max(linear, 0.0031308) ** (1 / 2.4) - 0.055))


def _directions() -> list[Rgb]:
    """From the middle of a cube to its faces, edges and corners."""
    ways = [(x, y, z) for x in (-1, 0, 1) for y in (-1, 0, 1) for z in (-1, 0, 1) if x or y or z]
    return [(x / math.hypot(x, y, z), y / math.hypot(x, y, z), z / math.hypot(x, y, z))
            for x, y, z in ways]  # fmt: skip


_DIRECTIONS = _directions()


def _leaning(drawn: bytes, lean: Rgb, apart: Sequence[Rgb]) -> list[Rgb]:
    """Four places about `lean`: one drawn, then those farthest from what is taken."""
    middle = (_within(lean[0]), _within(lean[1]), _within(lean[2]))
    others = [other for other in apart if other != lean]
    farthest = _REACH if others else _SURE
    places = [middle]
    for i, (x, y, z) in enumerate(_DIRECTIONS):
        # A little aside, so that hardly two jobs take the same.
        a, b, c = drawn[i], drawn[i + 1], drawn[i + 2]
        way = (x * (0.8 + a / 640), y * (0.8 + b / 640), z * (0.8 + c / 640))
        reach = min(farthest / math.hypot(*way), _to_bounds(middle, way))
        for other in others:
            reach = min(reach, _to(other, middle, way))
        reach *= 0.85 + drawn[i + 3] / 1700
        x, y, z = (round(at + reach * part) for at, part in zip(middle, way, strict=True))
        # Rounded, it might be on the wrong side, if the cells are but a few steps apart.
        if all(math.dist((x, y, z), lean) < math.dist((x, y, z), other) for other in others):
            places.append((x, y, z))
    places.sort(key=lambda place: -math.dist(place, middle))
    found = [places[drawn[0] % 8]]
    while len(found) < 4:
        found.append(max(places, key=lambda place: min([math.dist(place, at) for at in found])))
    return found


def _to_bounds(middle: Rgb, way: Rgb) -> float:
    """How far one can go before a part leaves its bounds."""
    return min(
        ((HIGH if part > 0 else LOW) - at) / part
        for at, part in zip(middle, way, strict=True)
        if part
    )


def _to(other: Rgb, middle: Rgb, way: Rgb) -> float:
    """How far one can go and stay clearly nearer to `middle` than to `other`."""
    x, y, z = other[0] - middle[0], other[1] - middle[1], other[2] - middle[2]
    towards = x * way[0] + y * way[1] + z * way[2]
    return _SHARE * (x * x + y * y + z * z) / (2 * towards) if towards > 0 else math.inf


# Shades: from ink through the colour itself to light. The two ends are not grey: night is blue and
# paper warm, which is what makes a picture in one colour look painted.

_INK: Rgb = (14, 18, 38)
_PAPER: Rgb = (255, 249, 236)
_ITSELF = 36  # the shade that is the colour itself
_WEIGHTS = [
    0.94 * (1 - t / _ITSELF) if t < _ITSELF else 0.9 * (t - _ITSELF) / (SHADES - 1 - _ITSELF)
    for t in range(SHADES)
]
# What a cell's pixels take on from the two ends, measured on the drawing: the share of all, and
# what it brings to each part. A colour is made so much stronger that the mean is the colour again.
_FOREIGN = 0.335
_BROUGHT: Rgb = (52.0, 51.5, 52.0)


def shades(colour: str) -> tuple[bytes, bytes, bytes]:
    """The reds, the greens and the blues of the SHADES shades of a colour, darkest first."""
    red, green, blue = (int(part) for part in rgb(colour))
    return _ramp(0, red), _ramp(1, green), _ramp(2, blue)


# For each part, what the ends bring to each shade (and a half, to round), and what the colour does.
_MIXES = [
    [
        ((_INK if t < _ITSELF else _PAPER)[part] * weight + 0.5, 1 - weight)
        for t, weight in enumerate(_WEIGHTS)
    ]
    for part in range(3)
]


@lru_cache(maxsize=768)
def _ramp(part: int, value: int) -> bytes:
    strong = min(max((value - _BROUGHT[part]) / (1 - _FOREIGN), 0), 255)
    return bytes([int(brought + strong * share) for brought, share in _MIXES[part]])
