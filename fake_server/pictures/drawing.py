"""A little anti-aliased drawing on rows of shades, in pure Python.

A canvas is a list of bytearrays, one a row; a pixel is a shade, and shades are a ramp, so a
half-covered pixel is the shade half-way. Polygons are closed, in pixels, y downwards. A shape is
what polygons cover, worked out once and painted wherever it is wanted.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence

Point = tuple[float, float]
Polygon = Sequence[Point]
Canvas = list[bytearray]
#: Row -> runs from one column up to another that are covered so much of FULL.
Shape = Mapping[int, list[tuple[int, int, int]]]

_SCANS = 4  # scan lines a row: vertical precision
_FINE = 16  # steps a pixel: horizontal precision
FULL = _SCANS * _FINE
_UNIT = 1 << 16  # a pixel, in fixed point


def shape(polygons: Iterable[Polygon]) -> Shape:
    """What polygons cover. Those that overlap must turn the same way round, holes the other way.

    Every scan line that crosses an edge adds to the row's steps of coverage at that place; the
    sum of the steps from the left is the coverage.
    """
    rows: dict[int, dict[int, int]] = {}
    for polygon in polygons:
        for start, end in zip(polygon, (*polygon[1:], polygon[0]), strict=True):
            _add_edge(rows, start, end)
    return {y: _runs(steps) for y, steps in rows.items()}


def _add_edge(rows: dict[int, dict[int, int]], start: Point, end: Point) -> None:
    (x0, y0), (x1, y1) = start, end
    first, last = math.ceil(y0 * _SCANS - 0.5), math.ceil(y1 * _SCANS - 0.5)
    if first == last:
        return
    slope = (x1 - x0) / (y1 - y0)
    sign = 1
    if first > last:
        first, last, sign = last, first, -1
    x = int((x0 + ((first + 0.5) / _SCANS - y0) * slope) * _UNIT)
    step = int(slope * _UNIT / _SCANS)
    while first < last:
        y = first // _SCANS
        steps = rows.get(y)
        if steps is None:
            steps = rows[y] = {}
        scans = min(last, (y + 1) * _SCANS) - first
        across = x + (scans - 1) * step
        if x >> 16 == across >> 16:  # a steep edge: the row's scans at once, by their mean
            _step(steps, (x + across) >> 1, sign * scans)
        else:
            for at in range(x, x + scans * step, step):
                _step(steps, at, sign)
        x = across + step
        first += scans


def _step(steps: dict[int, int], x: int, times: int) -> None:
    at, rest = x >> 16, (x & 0xFFFF) >> 12
    steps[at] = steps.get(at, 0) + times * (_FINE - rest)
    steps[at + 1] = steps.get(at + 1, 0) + times * rest


def _runs(steps: dict[int, int]) -> list[tuple[int, int, int]]:
    runs = []
    cover = at = 0
    for x in sorted(steps):
        if cover:
            runs.append((at, x, min(abs(cover), FULL)))
        cover += steps[x]
        at = x
    return runs


def circle(radius: int) -> Shape:
    """A filled circle about the origin."""
    rows = {}
    for y in range(radius):
        inner = int(math.sqrt(max(0.0, (radius - 0.5) ** 2 - (y + 0.5) ** 2)) - 0.5)
        edge = []
        x = max(inner, 0)
        while (cover := radius + 0.5 - math.hypot(x + 0.5, y + 0.5)) > 0:
            edge.append((x, x + 1, min(FULL, int(cover * FULL))))
            x += 1
        middle = [(-inner, inner, FULL)] if inner > 0 else []
        mirrored = [(-end, -start, cover) for start, end, cover in edge]
        rows[y] = rows[-1 - y] = mirrored + middle + edge
    return rows


def paint(canvas: Canvas, what: Shape, x: int, y: int, shade: int) -> None:
    """Fill a shape, moved to (x, y), with one shade. It must lie within the canvas."""
    for at, runs in what.items():
        row = canvas[y + at]
        for start, end, cover in runs:
            if cover == FULL:
                row[x + start : x + end] = bytes((shade,)) * (end - start)
            else:
                for i in range(x + start, x + end):
                    row[i] += (shade - row[i]) * cover // FULL


def stroke(line: Polygon, width: float) -> list[Point]:
    """The outline of a line drawn with a broad pen, flat at both ends."""
    left: list[Point] = []
    right: list[Point] = []
    for i, (x, y) in enumerate(line):
        (xa, ya), (xb, yb) = line[max(i - 1, 0)], line[min(i + 1, len(line) - 1)]
        along = math.hypot(xb - xa, yb - ya)
        dx, dy = (yb - ya) / along * width / 2, (xb - xa) / along * width / 2
        left.append((x + dx, y - dy))
        right.append((x - dx, y + dy))
    return left + right[::-1]


def arc(x: float, y: float, rx: float, ry: float, start: float, end: float, n: int) -> list[Point]:
    """n + 1 points on an ellipse about (x, y); angles in degrees, clockwise from the right."""
    angles = [math.radians(start + (end - start) * i / n) for i in range(n + 1)]
    return [(x + rx * math.cos(a), y + ry * math.sin(a)) for a in angles]


def scaled(polygons: Iterable[Polygon], size: float) -> list[list[Point]]:
    """Polygons in units of 1, in units of `size` pixels."""
    return [[(size * x, size * y) for x, y in polygon] for polygon in polygons]
