"""What a picture can show, decided without the kit."""

from __future__ import annotations

import random

from PIL import Image

from tests.photographs import shown
from tests.photographs.drawn import Palette, flat, leaves, noise, smooth
from tests.photographs.service import grid

SIZE = (400, 300)


def test_things_go_on_and_grain_walls_and_grids_do_not() -> None:
    drawn = random.Random(3)
    palette = Palette(drawn)
    assert shown.goes_on(smooth(drawn, SIZE, palette))
    assert not shown.goes_on(flat(drawn, SIZE, palette))
    assert not shown.goes_on(noise(drawn, SIZE, 30).convert("RGB"))
    assert not shown.goes_on(Image.new("RGB", SIZE, "white"))
    assert not shown.goes_on(grid([leaves(drawn, SIZE, palette) for _ in range(4)]))


def test_one_line_is_not_enough() -> None:
    """A symmetric cell goes on, at its right, as its own mirror image begins."""
    drawn = random.Random(4)
    half = smooth(drawn, SIZE, Palette(drawn))
    cell = Image.new("RGB", (2 * SIZE[0], SIZE[1]))
    cell.paste(half, (0, 0))
    cell.paste(half.transpose(Image.Transpose.FLIP_LEFT_RIGHT), (SIZE[0], 0))
    assert not shown.goes_on(grid([cell] * 4))


def test_a_wall_has_neither_things_nor_slopes() -> None:
    drawn = random.Random(5)
    palette = Palette(drawn)
    wall, scene = flat(drawn, SIZE, palette), leaves(drawn, SIZE, palette)
    assert shown.has_things(scene)
    assert shown.has_slopes(scene)
    assert not shown.has_things(wall)
    assert not shown.has_slopes(wall)
