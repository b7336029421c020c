"""What is seen in a picture: its cells, their numbers and colours, the frame."""

from __future__ import annotations

import math
import time
from itertools import combinations

import pytest
from PIL import Image, ImageChops

from sampan.fake_server import pictures
from sampan.fake_server.pictures import Colours, Picture
from sampan.fake_server.pictures.frame import line
from tests.support.examples import sampled
from tests.support.linear import assert_linear, repeated
from tests.support.samples.pixels import (
    EXTREMES,
    HASH,
    SIZES,
    cells,
    difference,
    grid,
    mean,
    rgb,
    single,
    value,
)


@pytest.mark.parametrize(
    "ratio", sampled(map(pytest.param, [*SIZES, *EXTREMES, (5, 4), (21, 9)]), 3)
)
def test_the_mean_of_a_cell_is_near_its_colour(ratio: tuple[int, int]) -> None:
    for hash in map(str, range(12)):
        picture = grid(hash, ratio)
        for view in ("original", "thumb"):
            means = [mean(cell) for cell in cells(rgb(picture, view))]
            for found, colour in zip(means, picture.colours, strict=True):
                assert math.dist(found, value(colour)) < 24
            assert min(math.dist(one, two) for one, two in combinations(means, 2)) > 60


@pytest.mark.parametrize(
    "ratio", sampled(map(pytest.param, [(1, 1), (16, 9), (9, 16), *EXTREMES]), 3)
)
def test_a_single_is_the_chosen_cell_of_the_grid_and_no_other(ratio: tuple[int, int]) -> None:
    # In one and the same colour, so that nothing but what is drawn tells the cells apart.
    grey: Colours = ("#808080",) * 4
    of_grid = cells(rgb(grid(ratio=ratio)._replace(colours=grey), "original"))
    for number in (1, 2, 3, 4):
        shown = rgb(single(number, ratio)._replace(colours=grey), "original")
        small = shown.resize(of_grid[0].size, Image.Resampling.BOX)
        differences = [difference(small, cell) for cell in of_grid]
        own = differences.pop(number - 1)
        assert own < 1
        assert min(differences) > 3 * own


def test_every_cell_has_other_hills() -> None:
    grey: Colours = ("#808080",) * 4
    hills = [
        cell.crop((0, 270, 512, 330))
        for cell in cells(rgb(grid()._replace(colours=grey), "original"))
    ]
    assert all(difference(one, two) > 4 for one, two in combinations(hills, 2))


def test_a_number_is_in_the_sun_of_every_cell_and_is_large() -> None:
    # What a cell with a number has, and one without has not, within the sun.
    nothing = rgb(single(None), "original").resize((512, 512), Image.Resampling.BOX)
    sun = (256 - 115, 148 - 115, 256 + 115, 148 + 115)
    grey: Colours = (pictures.palette(HASH)[0],) * 4
    for cell in cells(rgb(grid()._replace(colours=grey), "original")):
        changed = ImageChops.difference(cell.crop(sun), nothing.crop(sun)).convert("L")
        box = changed.point(lambda level: 255 if level > 64 else 0).getbbox()
        assert box is not None
        assert 512 * 0.25 < box[3] - box[1] < 512 * 0.35


def test_a_single_shows_the_colour_of_its_cell_alone() -> None:
    for number in (1, 2, 3, 4):
        picture = single(number)
        found = mean(rgb(picture, "original"))
        nearest = min(picture.colours, key=lambda colour: math.dist(value(colour), found))
        assert nearest == picture.colours[number - 1]
        changed = picture._replace(colours=_but(picture.colours, number))
        assert pictures.png(changed, "image") == pictures.png(picture, "image")


def _but(colours: Colours, number: int) -> Colours:
    """Other colours but for one."""
    one, two, three, four = (
        colour if i == number else "#000000" for i, colour in enumerate(colours, 1)
    )
    return one, two, three, four


def test_a_single_of_no_cell_shows_the_first_colour_and_no_number() -> None:
    picture = single(None)
    image = rgb(picture, "original")
    assert math.dist(mean(image), value(picture.colours[0])) < 20
    # The sun is empty: one colour from edge to edge.
    assert len(image.crop((850, 420, 1200, 770)).getcolors() or []) == 1


@pytest.mark.parametrize("picture", [grid(), single(3), grid(ratio=(9, 16)), grid(ratio=(4, 1))])
def test_a_frame_goes_round_the_picture(picture: Picture) -> None:
    image, inner = rgb(picture, "image"), rgb(picture, "original")
    w, h = inner.size
    within = image.crop((32, 32, 32 + w, 32 + h))
    assert within.tobytes() == inner.tobytes()
    sides = [(0, 0, w + 64, 32), (0, 32, 32, h + 32), (w + 32, 32, w + 64, h + 32)]
    for box in (*sides, (0, h + 32, w + 64, h + 64)):
        assert image.crop(box).getcolors() == [
            ((box[2] - box[0]) * (box[3] - box[1]), (0x14, 0x16, 0x1B))
        ]
    footer = image.crop((0, h + 64, w + 64, h + 128))
    assert len(footer.getcolors(10_000) or []) > 4  # a boat, a caption, the colours


def test_the_footer_shows_the_colours_of_the_cells() -> None:
    picture = grid()
    image = rgb(picture, "image")
    for i, colour in enumerate(reversed(picture.colours)):
        swatch = image.getpixel((1088 - 32 - 14 - 36 * i, 1088 + 22))
        assert isinstance(swatch, tuple)
        red, green, blue = swatch
        nearest = min(picture.colours, key=lambda c: math.dist(value(c), (red, green, blue)))
        assert nearest == colour


def test_the_footer_bears_a_boat_and_a_caption() -> None:
    footer = rgb(grid(), "image").crop((0, 1088, 800, 1152)).convert("L")
    light = footer.point(lambda level: 255 if level > 180 else 0)
    boat, caption = light.crop((0, 0, 78, 64)).getbbox(), light.crop((78, 0, 800, 64)).getbbox()
    assert boat is not None
    assert caption is not None
    assert boat[3] - boat[1] > 20
    # Eleven letters of five dots and the ten gaps between them, seven dots high; a dot is 4 pixels.
    assert (caption[2] - caption[0], caption[3] - caption[1]) == (4 * (11 * 5 + 10), 4 * 7)


@pytest.mark.parametrize("picture", [grid(), single(3), grid(ratio=(9, 16)), grid(ratio=(1, 4))])
def test_the_footer_has_a_line_that_tells_jobs_apart(picture: Picture) -> None:
    """Below boat and caption, in the same grey, within the margins, with space above and below."""
    blank = rgb(picture, "image")
    right, below = blank.width - 32, blank.height
    footer = blank.convert("L").crop((80, below - 64, right, below))
    caption = footer.point(lambda level: 255 if level > 100 else 0).getbbox()
    assert caption is not None
    under_caption = below - 64 + caption[3]
    for text in ("89ee3ce8 Shanghai cyberpunk", "上海 b 👋", "~" * 300, "é\u0301\x00\ud800"):
        image = rgb(picture._replace(line=text), "image")
        box = ImageChops.difference(image, blank).getbbox()
        assert box is not None, text
        assert 32 <= box[0] < box[2] <= right, text
        assert under_caption + 8 <= box[1] < box[3] <= below - 8, text


def test_the_line_can_be_read() -> None:
    """A letter is five dots of two pixels, and an accent is dropped."""
    image = rgb(grid()._replace(line="Aé"), "image").convert("L")
    cells = [image.crop((32 + 12 * i, 1126, 42 + 12 * i, 1140)) for i in range(2)]
    dots = [
        "".join("#" if each.getpixel((2 * x + 1, 2 * y + 1)) > 100 else "." for x in range(5))
        for each in cells
        for y in range(7)
    ]
    assert dots[:7] == [".###.", "#...#", "#...#", "#...#", "#####", "#...#", "#...#"]
    assert dots[7:] == [".....", ".....", ".###.", "#...#", "#####", "#....", ".###."]


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("89ee3ce8 上海的早晨 a boat 🚣", "89ee3ce8 a boat"),
        ("89ee3ce8 上海，夜景，全景。", "89ee3ce8"),
        ("89ee3ce8 a (red 'boat') 上海(全景)--ar 3:2", "89ee3ce8 a (red 'boat') --ar 3:2"),
        ("a很b\u3000c\x00d\ud800e", "a b c d e"),
        ("cafe\u0301 so\u00adft\u200b 👩\u200d🚀\ufe0f", "cafe soft"),
        ("--ａｒ １６：９ ﬁn ½…", "--ar 16:9 fin 1/2..."),
        ("–‘x’“y” тест", "-'x'\"y\""),
        (300 * "船" + "a boat", "a boat"),
    ],
)
def test_the_line_has_what_the_font_has(text: str, read: str) -> None:
    """What it lacks is left out: a row of boxes says nothing."""
    assert line(text, 1088, 32) == line(read, 1088, 32)
    assert line(text, 1088, 32) != line("", 1088, 32)


@pytest.mark.parametrize("part", ["(", "'(", "x(", "船(", "(船", "é[", "船 )", "\n("])
def test_the_line_of_a_long_prompt_takes_linear_time(part: str) -> None:
    """Whoever fetches the picture waits for it, and so does everybody else."""

    def cost(size: int) -> float:
        began = time.process_time()
        line(repeated(part, size), 1088, 32)
        return time.process_time() - began

    assert_linear(cost)


def test_without_a_frame_the_image_is_the_original() -> None:
    for picture in (grid(framed=False), single(1, framed=False)):
        assert pictures.png(picture, "image") == pictures.png(picture, "original")


@pytest.mark.parametrize("picture", [grid(), single(4), *(grid(ratio=each) for each in EXTREMES)])
def test_a_thumb_is_smaller_and_shows_the_same(picture: Picture) -> None:
    assert pictures.length(picture, "thumb") < pictures.length(picture, "image") / 2
    thumb, original = rgb(picture, "thumb"), rgb(picture, "original")
    assert thumb.width == 256 < original.width
    small = original.resize(thumb.size, Image.Resampling.BOX)
    assert difference(thumb, small) < 6


@pytest.mark.parametrize("picture", [grid(), single(4), *(grid(ratio=each) for each in EXTREMES)])
def test_a_preview_is_small_pale_and_blurred(picture: Picture) -> None:
    preview = rgb(picture, "preview")
    assert 256 <= preview.width <= 512
    original = rgb(picture, "original").resize(preview.size, Image.Resampling.BOX)
    assert all(p > o for p, o in zip(mean(preview), mean(original), strict=True))
    assert _steepest(preview) < _steepest(original) / 2


def _steepest(image: Image.Image) -> int:
    """The largest step of brightness from a pixel to its right neighbour, within a cell."""
    grey = image.convert("L").crop((0, 0, image.width // 2, image.height // 2))
    moved = ImageChops.difference(grey, ImageChops.offset(grey, 1, 0)).crop((1, 0, *grey.size))
    highest = moved.getextrema()[1]
    assert isinstance(highest, int)
    return highest


def test_that_a_variation_leans_is_seen_in_the_pixels() -> None:
    for n in range(12):
        parent, number = grid(f"parent {n}"), n % 4 + 1
        colours = pictures.palette(f"child {n}", parent.colours[number - 1], parent.colours)
        means = [mean(cell) for cell in cells(rgb(parent, "thumb"))]
        for cell in cells(rgb(parent._replace(colours=colours), "thumb")):
            nearest = min(range(4), key=lambda i: math.dist(mean(cell), means[i]))
            assert nearest == number - 1
