"""Shapes: what polygons and circles cover, and what painting them leaves."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sampan.fake_server.pictures import drawing

SQUARE = [(1.5, 1.0), (6.0, 1.0), (6.0, 5.5), (1.5, 5.5)]


def painted(*polygons: list[tuple[float, float]], shade: int = 40, ground: int = 0) -> list[bytes]:
    canvas = [bytearray([ground]) * 8 for _ in range(7)]
    drawing.paint(canvas, drawing.shape(polygons), 0, 0, shade)
    return [bytes(row) for row in canvas]


def test_a_half_covered_pixel_has_the_shade_half_way() -> None:
    empty, middle, last = bytes(8), bytes([0, 20, *[40] * 4, 0, 0]), bytes([0, 10, *[20] * 4, 0, 0])
    assert painted(SQUARE) == [empty, *[middle] * 4, last, empty]
    on_light = painted(SQUARE, shade=10, ground=50)
    assert on_light[2] == bytes([50, 30, *[10] * 4, 50, 50])
    assert on_light[0] == bytes([50] * 8)


def test_which_way_a_polygon_turns_is_all_one_but_for_its_holes() -> None:
    hole = [(3.0, 2.0), (3.0, 4.0), (5.0, 4.0), (5.0, 2.0)]
    assert painted(SQUARE[::-1]) == painted(SQUARE)
    assert painted(SQUARE, hole)[2] == bytes([0, 20, 40, 0, 0, 40, 0, 0])
    assert painted(SQUARE, hole[::-1]) == painted(SQUARE)  # no hole: covered twice is covered


@given(st.lists(st.tuples(st.floats(1, 99), st.floats(1, 99)), min_size=3, max_size=3))
def test_a_triangle_covers_its_area(corners: list[tuple[float, float]]) -> None:
    (ax, ay), (bx, by), (cx, cy) = corners
    area = abs((bx - ax) * (cy - ay) - (cx - ax) * (by - ay)) / 2
    around = sum(math.dist(corners[i], corners[i - 1]) for i in range(3))
    runs = [run for row in drawing.shape([corners]).values() for run in row]
    covered = sum((end - start) * cover for start, end, cover in runs) / drawing.FULL
    assert covered == pytest.approx(area, abs=0.1 * around + 0.2)


@pytest.mark.parametrize("radius", [1, 2, 7, 28, 115])
def test_a_circle_covers_its_area(radius: int) -> None:
    rows = drawing.circle(radius)
    covered = sum((end - start) * cover for row in rows.values() for start, end, cover in row)
    assert covered / drawing.FULL == pytest.approx(math.pi * radius**2, rel=0.12 / radius + 0.01)
    assert set(rows) == set(range(-radius, radius))
