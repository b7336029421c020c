"""What a codec loses, and what only another picture can differ by."""

from __future__ import annotations

import random

import pytest
from PIL import Image, ImageDraw

from sampan.conformance.pictures import compare as pixels
from sampan.conformance.pictures.copies import is_copy
from sampan.conformance.pictures.picture import Picture
from tests.conformance.pictures.test_compare_pictures import grid, moved, photograph, read
from tests.photographs.drawn import grain, regraded

CODECS = [("JPEG", 75), ("JPEG", 92), ("WEBP", 75), ("WEBP", 90)]
SIZE = (204, 180)  # no multiple of a codec's block: each copy loses something else


def part(seed: int, contrast: float = 1.0) -> Image.Image:
    drawn = random.Random(seed)
    image = grain(drawn, photograph(seed).resize(SIZE), 2)
    return regraded(image, (contrast,) * 3, (100 * (1 - contrast),) * 3)


def one_copy(first: Image.Image, second: Image.Image, codec: tuple[str, int]) -> bool:
    picture = read(grid(first, second, first, second), codec[0], quality=codec[1])
    return all(is_copy(picture.views[0].cells[0], picture.views[0].cells[n]) for n in (1, 3))


@pytest.mark.parametrize("codec", CODECS)
@pytest.mark.parametrize("contrast", [1.0, 0.3, 0.08])
def test_a_copy_is_known_behind_any_codec_at_any_contrast(
    codec: tuple[str, int], contrast: float
) -> None:
    cell = part(3, contrast)
    assert one_copy(cell, cell, codec)
    assert pixels.alike(read(grid(*[cell] * 4), codec[0], quality=codec[1])) is not None


@pytest.mark.parametrize("codec", CODECS)
def test_a_variation_however_slight_is_no_copy(codec: tuple[str, int]) -> None:
    for seed in range(4):
        cell = part(seed, 0.5)
        assert not one_copy(cell, moved(cell, 1), codec)
        assert not one_copy(cell, regraded(cell, (1.05,) * 3, (-5.0,) * 3), codec)
        assert not one_copy(cell, regraded(cell, (1.0,) * 3, (2.0, 0.0, 0.0)), codec)


@pytest.mark.parametrize("codec", CODECS)
def test_a_thing_in_one_of_them_only_is_seen(codec: tuple[str, int]) -> None:
    cell = part(5, 0.5)
    other = cell.copy()
    ImageDraw.Draw(other).ellipse((60, 70, 72, 82), fill=(200, 180, 160))
    assert not one_copy(cell, other, codec)


def wall(seed: int) -> Picture:
    """Four times a gradient with grain, in a codec that keeps none of the grain."""
    corners = Image.new("RGB", (2, 2))
    for n in range(4):
        corners.putpixel((n % 2, n // 2), (120 + 4 * n, 110, 100 - 3 * n))
    bare = corners.resize(SIZE, Image.Resampling.BICUBIC)
    return read(grid(*[grain(random.Random(seed + n), bare, 1) for n in range(4)]), "WEBP")


def test_walls_that_show_nothing_else_can_not_be_called_copies() -> None:
    assert pixels.alike(wall(1)) is None
    assert pixels.may_be_alike(wall(1))


def test_equal_grain_is_a_copy_without_any_contrast() -> None:
    faint = part(7, 0.04)
    assert pixels.alike(read(grid(*[faint] * 4))) == (0, 1)
    assert pixels.alike(read(grid(*[Image.new("RGB", SIZE, "#777")] * 4))) is None


def test_equal_cells_are_seen_where_the_edges_may_be_a_frame() -> None:
    """The same thing on white four times: read without its edges, the cells differ."""
    thing = Image.new("RGB", (256, 256), "white")
    ImageDraw.Draw(thing).ellipse((70, 60, 150, 190), fill="navy")
    picture = read(grid(*[thing] * 4))
    assert len(picture.views) == 2
    assert pixels.alike(picture) == (0, 1)
