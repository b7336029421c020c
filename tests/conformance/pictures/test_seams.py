"""One picture goes on across its middle lines, and no right grid does, however alike its cells."""

from __future__ import annotations

import random

import pytest
from PIL import Image

from sampan.conformance.pictures import compare as pixels
from sampan.conformance.pictures.seams import Seam
from tests.conformance.pictures.test_compare_pictures import grid, moved, read
from tests.photographs.drawn import SCENES, Palette, dusk, flat, grain, night, portrait, smooth
from tests.photographs.service import reduced

Picture = Image.Image
SIZE = (204, 180)
CODECS = [("PNG", {}), ("JPEG", {"quality": 75}), ("WEBP", {"quality": 60})]


def scene(name: str, seed: int, factor: int = 1) -> Picture:
    drawn = random.Random(seed)
    large = SCENES[name](drawn, (2 * factor * SIZE[0], 2 * factor * SIZE[1]), Palette(drawn))
    return reduced(large, (factor * SIZE[0], factor * SIZE[1]))


def nearly(cell: Picture, seed: int) -> list[Picture]:
    """Four variations as alike as may be: moved a little, with grain."""
    drawn = random.Random(seed)
    return [grain(drawn, moved(cell, n), 1) for n in (1, 2, 4, 6)]


def symmetric(cell: Picture) -> Picture:
    half = cell.crop((0, 0, cell.width // 2, cell.height))
    cell = cell.copy()
    cell.paste(half.transpose(Image.Transpose.FLIP_LEFT_RIGHT), (cell.width // 2, 0))
    return cell


@pytest.mark.parametrize(("kind", "options"), CODECS)
@pytest.mark.parametrize("name", [flat.__name__, smooth.__name__])
def test_what_is_smooth_goes_on(name: str, kind: str, options: dict[str, int]) -> None:
    """A gradient that is nowhere the same goes on where edges meet and nowhere else."""
    found = [pixels.seam(read(scene(name, seed, 2), kind, **options)) for seed in range(6)]
    assert Seam.CUT not in found
    assert found.count(Seam.CONTINUOUS) >= 4


@pytest.mark.parametrize(("kind", "options"), CODECS)
@pytest.mark.parametrize("name", sorted(SCENES))
def test_a_grid_of_cells_as_alike_as_may_be_does_not_go_on(
    name: str, kind: str, options: dict[str, int]
) -> None:
    cell = scene(name, 4)
    for one in (cell, symmetric(cell)):
        assert pixels.seam(read(grid(*nearly(one, 9)), kind, **options)) is not Seam.CONTINUOUS


@pytest.mark.parametrize("name", [night.__name__, dusk.__name__, portrait.__name__])
@pytest.mark.parametrize("factor", [0.6, 1.5, 2.0])
def test_a_grid_that_was_resized_as_a_whole_does_not_go_on(name: str, factor: float) -> None:
    """Neighbours across the line are mixed, as all neighbours are."""
    whole = grid(*[scene(name, n) for n in range(4)])
    lossy = read(whole, "JPEG", quality=85)
    assert pixels.seam(lossy) is not Seam.CONTINUOUS
    size = (round(whole.width * factor), round(whole.height * factor))
    for kind, options in CODECS:
        assert pixels.seam(read(whole.resize(size), kind, **options)) is not Seam.CONTINUOUS


@pytest.mark.parametrize("name", [dusk.__name__, portrait.__name__, flat.__name__])
def test_a_caption_hides_no_seam(name: str) -> None:
    whole = grid(*[scene(name, n) for n in range(4)])
    captioned = Image.new("RGB", (whole.width, whole.height + 60), "black")
    captioned.paste(whole, (0, 0))
    for kind, options in CODECS:
        assert pixels.seam(read(captioned, kind, **options)) is not Seam.CONTINUOUS
