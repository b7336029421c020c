"""What the kit tells from pixels, and where it owns that it can't tell."""

from __future__ import annotations

import random
from functools import cache

import pytest
from PIL import Image, ImageDraw, ImageFilter

from sampan.conformance.pictures import compare as pixels

SIZE = 512


@cache
def photograph(seed: int, size: int = SIZE) -> Image.Image:
    """Blurred blobs over a ground: no flat colours, no edges of its own, like a photograph."""
    drawn = random.Random(seed)

    def colour() -> tuple[int, int, int]:
        return (drawn.randrange(256), drawn.randrange(256), drawn.randrange(256))

    image = Image.new("RGB", (size, size), colour())
    pen = ImageDraw.Draw(image)
    for _ in range(30):
        x, y, radius = drawn.randrange(size), drawn.randrange(size), drawn.randrange(20, size // 3)
        pen.ellipse((x - radius, y - radius, x + radius, y + radius), fill=colour())
    return image.filter(ImageFilter.GaussianBlur(size // 24))


def grid(*parts: Image.Image) -> Image.Image:
    """Four pictures, two by two."""
    width, height = parts[0].size
    image = Image.new("RGB", (2 * width, 2 * height))
    for n, part in enumerate(parts):
        image.paste(part, (n % 2 * width, n // 2 * height))
    return image


def in_frame(image: Image.Image) -> Image.Image:
    framed = Image.new("RGB", (image.width + 64, image.height + 128), "#f4f1ea")
    framed.paste(image, (32, 32))
    return framed


@pytest.fixture(params=range(5))
def parts(request: pytest.FixtureRequest) -> list[Image.Image]:
    return [photograph(100 * request.param + n) for n in range(4)]


def test_a_frame_is_found_and_taken_off(parts: list[Image.Image]) -> None:
    plain = grid(*parts)
    assert not pixels.framed(plain)
    assert pixels.framed(in_frame(plain))
    assert pixels.inner(in_frame(plain)).tobytes() == plain.tobytes()
    assert pixels.inner(plain) is plain


def test_cells_are_numbered_as_the_page_numbers_them(parts: list[Image.Image]) -> None:
    for cell, part in zip(pixels.cells(grid(*parts)), parts, strict=True):
        assert cell.tobytes() == part.tobytes()


def test_a_grid_has_two_seams_and_a_photograph_none(parts: list[Image.Image]) -> None:
    assert pixels.seams(grid(*parts)) == (True, True)
    for part in parts:
        assert True not in pixels.seams(part)


def test_two_pictures_side_by_side_are_no_grid(parts: list[Image.Image]) -> None:
    left, right = (part.resize((SIZE, 2 * SIZE)) for part in parts[:2])
    image = Image.new("RGB", (2 * SIZE, 2 * SIZE))
    image.paste(left, (0, 0))
    image.paste(right, (SIZE, 0))
    upright, level = pixels.seams(image)
    assert upright is True
    assert level is False


def test_a_plain_ground_shows_neither_seam_nor_its_lack() -> None:
    assert pixels.seams(Image.new("RGB", (SIZE, SIZE), "white")) == (None, None)


@pytest.mark.parametrize("chosen", range(4))
def test_an_upscale_is_known_by_its_cell(parts: list[Image.Image], chosen: int) -> None:
    large = parts[chosen].resize((2048, 2048)).filter(ImageFilter.DETAIL)
    assert pixels.likeness(large, pixels.cells(grid(*parts))).nearest == chosen


def test_cells_that_are_alike_can_not_be_told(parts: list[Image.Image]) -> None:
    twins = [parts[0], parts[0].filter(ImageFilter.GaussianBlur(1)), parts[2], parts[3]]
    assert pixels.likeness(parts[0], twins).nearest is None
    assert pixels.alike(twins) == (0, 1)
    assert pixels.alike(parts) is None


def test_pictures_lean_on_the_colour_that_they_share() -> None:
    tones = [Image.new("RGB", (64, 64), tone) for tone in ("#c03030", "#30c030", "#3030c0", "#888")]
    kin = [
        Image.new("RGB", (64, 64), tone) for tone in ("#39b52c", "#2fcb49", "#28a038", "#45c545")
    ]
    assert pixels.kinship(kin, tones).nearest == 1
    assert pixels.kinship(tones, tones).nearest is None


def test_a_picture_that_repeats_itself_is_known(parts: list[Image.Image]) -> None:
    assert pixels.repeats(grid(*[parts[0]] * 4))
    assert not pixels.repeats(grid(*parts))
    assert not pixels.repeats(parts[0])
