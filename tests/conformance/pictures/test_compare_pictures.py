"""What the kit says of pixels, and where it says that it can't tell."""

from __future__ import annotations

import io
import random
from typing import Any

import pytest
from PIL import Image, ImageDraw, ImageFilter

from sampan.conformance.http.connection import Reply
from sampan.conformance.pictures import compare as pixels
from sampan.conformance.pictures.picture import Picture, inspected
from sampan.conformance.pictures.seams import Seam
from tests.support.examples import sampled

SIZE = 256
PLAIN = Image.new("RGB", (2 * SIZE, 2 * SIZE), "white")


def read(image: Image.Image, form: str = "PNG", **options: Any) -> Picture:
    """The picture as the kit keeps it."""
    file = io.BytesIO()
    image.save(file, form, **options)
    return inspected("http://x/a.png", Reply(200, (), file.getvalue()), ())


def photograph(seed: int, size: int = SIZE) -> Image.Image:
    """Things of all sizes before one another, a little out of focus, with grain."""
    drawn = random.Random(seed)

    def colour() -> tuple[int, int, int]:
        return (drawn.randrange(256), drawn.randrange(256), drawn.randrange(256))

    image = Image.new("RGB", (size, size), colour())
    pen = ImageDraw.Draw(image)
    for n in range(150):
        x, y, radius = drawn.randrange(size), drawn.randrange(size), size // (3 + n // 4)
        pen.ellipse((x - radius, y - radius, x + radius, y + radius), fill=colour())
    return image.filter(ImageFilter.GaussianBlur(size / 200))


def grid(*parts: Image.Image) -> Image.Image:
    """Four pictures, two by two."""
    width, height = parts[0].size
    image = Image.new("RGB", (2 * width, 2 * height))
    for n, part in enumerate(parts):
        image.paste(part, (n % 2 * width, n // 2 * height))
    return image


def in_frame(image: Image.Image, colour: str = "#f4f1ea") -> Image.Image:
    framed = Image.new("RGB", (image.width + 64, image.height + 128), colour)
    framed.paste(image, (32, 32))
    return framed


def moved(image: Image.Image, by: float) -> Image.Image:
    """A part of it at its size: a variation."""
    width, height = image.size
    box = (by, by / 2, width - by, height - by)
    return image.resize(image.size, Image.Resampling.BICUBIC, box=box)


@pytest.fixture(scope="module", params=sampled(range(2), 2))
def parts(request: pytest.FixtureRequest) -> list[Image.Image]:
    return [photograph(100 * request.param + n) for n in range(4)]


def test_a_frame_is_found_and_taken_off(parts: list[Image.Image]) -> None:
    plain = read(grid(*parts))
    for form, options in (("PNG", {}), ("JPEG", {"quality": 80}), ("WEBP", {"quality": 80})):
        framed = read(in_frame(grid(*parts)), form, **options)
        assert [view.size for view in framed.views] == [(2 * SIZE, 2 * SIZE)]
        assert pixels.seam(framed) is Seam.CUT
    assert [view.size for view in plain.views] == [(2 * SIZE, 2 * SIZE)]


def test_edges_that_may_be_a_frame_are_read_both_ways() -> None:
    """A grid of things on white has white edges all around, and no frame."""
    thing = Image.new("RGB", (SIZE, SIZE), "white")
    ImageDraw.Draw(thing).ellipse((70, 70, 180, 180), fill="black")
    picture = read(grid(thing, thing, thing, thing))
    assert len(picture.views) == 2
    assert pixels.seam(picture) is Seam.UNCLEAR
    assert pixels.seam(read(in_frame(thing, "white"))) is not Seam.CUT


def test_cells_are_numbered_as_the_page_numbers_them(parts: list[Image.Image]) -> None:
    picture = read(grid(*parts))
    for n, part in enumerate(parts):
        assert pixels.upscale_of(read(part.resize((600, 600))), picture, n).as_asked is True


def test_a_grid_is_cut_and_a_photograph_goes_on(parts: list[Image.Image]) -> None:
    assert pixels.seam(read(grid(*parts))) is Seam.CUT
    for n, part in enumerate(parts):
        assert pixels.seam(read(photograph(n, 2 * SIZE))) is not Seam.CUT
        assert pixels.seam(read(part)) is not Seam.CUT
    assert Seam.CONTINUOUS in {pixels.seam(read(photograph(n, 2 * SIZE))) for n in range(4)}


def test_a_picture_above_another_is_no_grid() -> None:
    image = Image.new("RGB", (2 * SIZE, 2 * SIZE))
    for n in range(2):
        image.paste(photograph(n, 2 * SIZE).resize((2 * SIZE, SIZE)), (0, n * SIZE))
    assert pixels.seam(read(image)) is Seam.CONTINUOUS
    # Turned, it is what a grid with a caption may look like, whose level seam is elsewhere.
    assert pixels.seam(read(image.transpose(Image.Transpose.TRANSPOSE))) is Seam.UNCLEAR


def test_a_line_that_says_nothing_is_unclear() -> None:
    """Plain, a gradient, stripes, and halves that mirror each other: any grid may have them."""
    gradient = Image.linear_gradient("L").resize(PLAIN.size).convert("RGB")
    stripes = PLAIN.copy()
    for y in range(0, stripes.height, 37):
        ImageDraw.Draw(stripes).rectangle((0, y, stripes.width, y + y % 19), fill="navy")
    half = photograph(1)
    other = half.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    low = [one.transpose(Image.Transpose.FLIP_TOP_BOTTOM) for one in (half, other)]
    for image in (PLAIN, gradient, stripes, grid(half, other, *low)):
        assert pixels.seam(read(image)) is Seam.UNCLEAR


def test_a_frame_that_is_not_known_hides_no_seam(parts: list[Image.Image]) -> None:
    """A caption below moves the middle: the seam is not where it is looked for, but it is there."""
    plain = grid(*parts)
    captioned = Image.new("RGB", (plain.width, plain.height + 70), "black")
    captioned.paste(plain, (0, 0))
    assert pixels.seam(read(captioned)) is not Seam.CONTINUOUS


@pytest.mark.parametrize("chosen", sampled(range(4), 2))
def test_an_upscale_is_known_by_its_cell(parts: list[Image.Image], chosen: int) -> None:
    large = read(in_frame(parts[chosen].resize((600, 600)).filter(ImageFilter.SHARPEN)))
    picture = read(grid(*parts), "JPEG", quality=80)
    for asked in range(4):
        found = pixels.upscale_of(large, picture, asked)
        assert found.as_asked is (asked == chosen)
        assert found.nearest == chosen


def test_cells_that_are_alike_can_not_be_told(parts: list[Image.Image]) -> None:
    twins = [parts[0], parts[0].filter(ImageFilter.GaussianBlur(1)), parts[2], parts[3]]
    large, picture = read(parts[0].resize((600, 600))), read(grid(*twins))
    assert pixels.upscale_of(large, picture, 1).as_asked is None
    assert pixels.upscale_of(large, picture, 3).as_asked is False


def test_a_variation_is_known_by_its_cell(parts: list[Image.Image]) -> None:
    made = read(grid(*[moved(parts[2], 4 * n) for n in range(4)]))
    picture = read(grid(*parts))
    assert [pixels.variation_of(made, picture, n).as_asked for n in range(4)] == [
        False,
        False,
        True,
        False,
    ]


def test_variations_lean_on_the_colour_that_they_share() -> None:
    """Where every cell has the same outlines, or none."""

    def toned(*tones: str) -> Picture:
        return read(grid(*[Image.new("RGB", (200, 200), tone) for tone in tones]))

    parent = toned("#c03030", "#30c030", "#3030c0", "#888888")
    kin = toned("#39b52c", "#2fcb49", "#28a038", "#45c545")
    assert pixels.variation_of(kin, parent, 1).as_asked is True
    assert pixels.variation_of(kin, parent, 0).as_asked is False
    assert pixels.variation_of(parent, parent, 0).as_asked is None
    near = toned("#606060", "#686868", "#646464", "#5c5c5c")
    regraded = toned("#686868", "#696969", "#686868", "#676767")
    assert pixels.variation_of(regraded, near, 0).as_asked is None


def test_four_times_the_same_cell_is_known_whatever_the_codec(parts: list[Image.Image]) -> None:
    same, varied = grid(*[parts[0]] * 4), grid(*[moved(parts[0], n) for n in (2, 4, 6, 8)])
    for form, options in (("PNG", {}), ("JPEG", {"quality": 75}), ("WEBP", {"quality": 75})):
        assert pixels.alike(read(same, form, **options)) is not None
        assert pixels.alike(read(varied, form, **options)) is None
    assert pixels.alike(read(grid(*parts))) is None
    assert pixels.alike(read(PLAIN)) is None


def test_one_picture_twice_is_known_but_not_by_what_shows_nothing(
    parts: list[Image.Image],
) -> None:
    plain, other = read(grid(*parts)), read(grid(*parts[::-1]))
    for again in (read(in_frame(grid(*parts))), read(grid(*parts), "JPEG", quality=80)):
        assert pixels.same(plain, again) is True
    assert pixels.same(plain, other) is False
    assert pixels.same(read(PLAIN), read(PLAIN)) is True  # the same file
    assert pixels.same(read(PLAIN), read(PLAIN, compress_level=1)) is None
    assert pixels.blank(read(PLAIN))
    assert not pixels.blank(plain)


def test_a_cell_made_large_is_no_variation_of_it(parts: list[Image.Image]) -> None:
    picture = read(grid(*parts))
    assert pixels.enlarged(read(moved(parts[1], 5).resize(PLAIN.size)), picture)
    assert not pixels.enlarged(read(grid(*[moved(parts[1], 3 * n) for n in range(4)])), picture)
    assert not pixels.enlarged(picture, picture)


def test_an_upscale_that_is_the_whole_grid_is_known(parts: list[Image.Image]) -> None:
    picture = read(grid(*parts))
    assert pixels.shows_whole(read(grid(*parts).resize((800, 800)), "JPEG"), picture)
    assert not pixels.shows_whole(read(parts[0].resize((800, 800))), picture)
