"""One picture in a grid's place, where its middle lines say nothing: known by its relatives."""

from __future__ import annotations

import random

import pytest
from PIL import Image

from sampan.conformance.pictures import compare as pixels
from sampan.conformance.pictures.picture import Picture
from sampan.conformance.pictures.seams import Seam
from tests.conformance.pictures.test_compare_pictures import grid, in_frame, read
from tests.photographs.drawn import Palette, fog, grain, night, product
from tests.photographs.service import reduced, upscaled, varied
from tests.support.examples import sampled

CELL = (180, 240)


class Sky:
    """A right service's pictures of the night sky, which has stars and nothing at the seams."""

    def __init__(self, seed: int) -> None:
        self.drawn = drawn = random.Random(seed)
        self.views = [night(drawn, (360, 480), Palette(drawn)) for _ in range(4)]
        cells = [reduced(view, CELL) for view in self.views]
        self.grid = read(grid(*cells))
        self.upscales = [read(upscaled(drawn, self.views[n])) for n in (1, 3)]
        self.variations = [self.variation(cells[n], 1.0 + (n == 3)) for n in (2, 3)]

    def variation(self, cell: Image.Image, strength: float) -> Picture:
        return read(grid(*[varied(self.drawn, cell, strength) for _ in range(4)]))


@pytest.fixture(scope="module", params=sampled([11, 12], 2))
def sky(request: pytest.FixtureRequest) -> Sky:
    return Sky(request.param)


def test_a_right_service_has_neither(sky: Sky) -> None:
    assert not pixels.shown_whole(sky.grid, sky.upscales, sky.variations)
    for picture in (*sky.variations, sky.grid):
        assert not pixels.enlarged(picture, sky.grid)


@pytest.mark.parametrize("strength", [1.0, 2.0])
def test_a_variation_that_is_one_picture_is_found_wherever_it_was_moved(
    sky: Sky, strength: float
) -> None:
    single = read(varied(sky.drawn, sky.views[2], strength))
    assert pixels.seam(single) is not Seam.CUT
    assert pixels.enlarged(single, sky.grid)


@pytest.mark.parametrize("cell", sampled([1, 2, 3], 3))
def test_a_grid_that_is_one_cell_is_shown_whole_by_the_children_of_that_cell(
    sky: Sky, cell: int
) -> None:
    single = read(sky.views[cell])
    assert pixels.shown_whole(single, sky.upscales, sky.variations)


def test_children_of_other_cells_do_not_say_so(sky: Sky) -> None:
    assert not pixels.shown_whole(read(sky.views[0]), sky.upscales, sky.variations)


def test_upscales_of_the_whole_grid_are_not_the_grids_fault(sky: Sky) -> None:
    """Its variations show its quarters."""
    assert not pixels.shown_whole(sky.grid, [sky.grid, sky.grid], sky.variations)


def test_a_variation_of_another_cell_is_told_by_stars_that_have_moved() -> None:
    drawn = random.Random(10)
    cells = [reduced(night(drawn, (360, 480), Palette(drawn)), CELL) for _ in range(4)]
    picture = read(grid(*cells))
    for n, cell in enumerate(cells):
        far = read(grid(*[varied(drawn, cell, 1.5) for _ in range(4)]))
        found = [pixels.variation_of(far, picture, asked).as_asked for asked in range(4)]
        assert found == [asked == n for asked in range(4)]


@pytest.mark.parametrize("noise", sampled([12, 16], 2))
def test_an_upscale_of_another_cell_is_told_in_noise(noise: int) -> None:
    drawn = random.Random(3)
    views = [fog(drawn, (360, 480), Palette(drawn)) for _ in range(4)]
    faint = grid(*[grain(drawn, reduced(view, CELL), noise) for view in views])
    picture = read(faint, "WEBP", quality=80)
    large = read(upscaled(drawn, grain(drawn, views[3], noise / 2)), "WEBP", quality=80)
    found = [pixels.upscale_of(large, picture, asked).as_asked for asked in range(4)]
    assert found == [False, False, False, True]


@pytest.mark.parametrize("seed", [1, 3, 4])
def test_of_two_readings_that_one_counts_in_which_the_pictures_fit(seed: int) -> None:
    """A thing on white may have a frame; read without one, the wrong cell may look likest."""
    drawn = random.Random(seed)
    things = [product(drawn, (360, 480), Palette(drawn)) for _ in range(4)]
    picture = read(grid(*[reduced(one, CELL) for one in things]))
    for n, thing in enumerate(things):
        large = read(in_frame(upscaled(drawn, thing), "#fafafa"))
        assert len(large.views) == 2
        found = [pixels.upscale_of(large, picture, asked).as_asked for asked in range(4)]
        assert found == [asked == n for asked in range(4)]
