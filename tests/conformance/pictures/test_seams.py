"""One picture goes on across its middle lines, and no right grid does, however alike its cells."""

from __future__ import annotations

import random
from itertools import product

import pytest
from PIL import Image, ImageDraw

from sampan.conformance.pictures import compare as pixels
from sampan.conformance.pictures.seams import Seam
from tests.conformance.pictures.test_compare_pictures import grid, moved, read
from tests.photographs.drawn import SCENES, Palette, dusk, flat, grain, night, portrait, smooth
from tests.photographs.service import reduced
from tests.support.examples import in_turn, sampled

Picture = Image.Image
SIZE = (204, 180)
Codec = tuple[str, dict[str, int]]
CODECS: list[Codec] = [("PNG", {}), ("JPEG", {"quality": 75}), ("WEBP", {"quality": 60})]


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


def seamless(cell: Picture) -> Picture:
    """It goes on at its other side, as patterns do."""
    for _ in range(2):
        width = cell.width // 4
        fade = Image.linear_gradient("L").rotate(90).resize((width, cell.height))
        begin = cell.crop((0, 0, width, cell.height))
        end = cell.crop((cell.width - width, 0, cell.width, cell.height))
        cell = cell.crop((0, 0, cell.width - width, cell.height))
        cell.paste(Image.composite(begin, end, fade), (0, 0))
        cell = cell.transpose(Image.Transpose.TRANSPOSE)
    return cell.resize(SIZE)


@pytest.mark.parametrize(("kind", "options"), sampled(CODECS, 3))
def test_views_that_meet_at_either_side_are_a_grid(kind: str, options: dict[str, int]) -> None:
    """Four views over one gradient: what is at the left edge of all of them is at the right too."""
    for seed in range(8):
        drawn = random.Random(seed)
        views = [_view_over_a_gradient(random.Random(seed), drawn) for _ in range(4)]
        assert pixels.seam(read(grid(*views), kind, **options)) is not Seam.CONTINUOUS


def _view_over_a_gradient(drawn: random.Random, grained: random.Random) -> Picture:
    large = 4 * SIZE[0], 4 * SIZE[1]
    sky, ground = (tuple(drawn.randrange(20, 235) for _ in range(3)) for _ in range(2))
    light = Image.linear_gradient("L").resize(large)
    view = Image.composite(Image.new("RGB", large, sky), Image.new("RGB", large, ground), light)
    draw = ImageDraw.Draw(view)
    for _ in range(5):  # across the left edge and the right one, at one height
        y, high = drawn.randrange(large[1]), drawn.randrange(40, 160)
        colour = tuple(drawn.randrange(256) for _ in range(3))
        for x in (0, large[0]):
            wide, lower = high + grained.randrange(20), y + grained.randrange(-4, 5)
            draw.ellipse((x - wide, lower - high, x + wide, lower + high), fill=colour)
    return grain(grained, reduced(view, SIZE), 4)


@pytest.mark.parametrize(
    ("codec", "name"), sampled(in_turn(CODECS, [flat.__name__, smooth.__name__]), 3)
)
def test_what_is_smooth_goes_on(name: str, codec: Codec) -> None:
    """A gradient that is nowhere the same goes on where edges meet and nowhere else."""
    kind, options = codec
    found = [pixels.seam(read(scene(name, seed, 2), kind, **options)) for seed in range(6)]
    assert Seam.CUT not in found
    assert found.count(Seam.CONTINUOUS) >= 4


@pytest.mark.parametrize(("name", "codec"), sampled(in_turn(sorted(SCENES), CODECS), 3))
def test_a_grid_of_cells_as_alike_as_may_be_does_not_go_on(name: str, codec: Codec) -> None:
    kind, options = codec
    cell = scene(name, 4)
    for one in (cell, symmetric(cell), seamless(cell)):
        assert pixels.seam(read(grid(*nearly(one, 9)), kind, **options)) is not Seam.CONTINUOUS


@pytest.mark.parametrize(
    ("name", "factor"),
    sampled(in_turn([night.__name__, dusk.__name__, portrait.__name__], [0.6, 1.5, 2.0]), 3),
)
def test_a_grid_that_was_resized_as_a_whole_does_not_go_on(name: str, factor: float) -> None:
    """Neighbours across the line are mixed, as all neighbours are."""
    whole = grid(*[scene(name, n) for n in range(4)])
    lossy = read(whole, "JPEG", quality=85)
    assert pixels.seam(lossy) is not Seam.CONTINUOUS
    size = (round(whole.width * factor), round(whole.height * factor))
    for kind, options in CODECS:
        assert pixels.seam(read(whole.resize(size), kind, **options)) is not Seam.CONTINUOUS


def test_the_shades_of_a_gradient_are_no_cut() -> None:
    """Rounding makes steps of them, and some lie along both middle lines."""
    drawn = random.Random(1)
    for size, steps in product([(600, 800), (512, 512)], range(1, 4)):
        shades = [drawn.randrange(40, 200) for _ in range(3)]
        picture = Image.new("RGB", size)
        for x, y in product(range(2), range(2)):
            # Each colour is one shade further at a line; one after the other, or all at once.
            shade = [one + (x + y if n < steps else 0) for n, one in enumerate(shades)]
            box = x * size[0] // 2, y * size[1] // 2, (x + 1) * size[0] // 2, (y + 1) * size[1] // 2
            picture.paste(tuple(shade), box)
        assert pixels.seam(read(picture)) is not Seam.CUT, (size, steps)
        assert pixels.is_cut(read(picture))


@pytest.mark.parametrize("name", sampled([dusk.__name__, portrait.__name__, flat.__name__], 3))
def test_a_caption_hides_no_seam(name: str) -> None:
    whole = grid(*[scene(name, n) for n in range(4)])
    captioned = Image.new("RGB", (whole.width, whole.height + 60), "black")
    captioned.paste(whole, (0, 0))
    for kind, options in CODECS:
        assert pixels.seam(read(captioned, kind, **options)) is not Seam.CONTINUOUS
