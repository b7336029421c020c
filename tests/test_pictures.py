"""The drawing of pictures: sizes, bytes, and what can be told from the pixels."""

from __future__ import annotations

import math
import subprocess
import sys
import zlib
from collections.abc import Iterator
from dataclasses import replace
from io import BytesIO
from itertools import combinations
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageChops, ImageStat

from fake_server import pictures, png
from fake_server.pictures import Colours, Picture, View

HASH = "89ee3ce8bb4d2a056e38d6bd4a0ab5f2bf5ef258cda6aa49cb2928c99b33349d"
VIEWS: tuple[View, ...] = get_args(View)
SIZES = {
    (1, 1): (1024, 1024),
    (16, 9): (1456, 816),
    (9, 16): (816, 1456),
    (3, 2): (1344, 896),
    (2, 3): (896, 1344),
    (4, 3): (1232, 928),
    (3, 4): (928, 1232),
}
EXTREMES = [(4, 1), (1, 4)]
Rgb = tuple[float, float, float]

hashes = st.text("0123456789abcdef", min_size=64, max_size=64) | st.text()
numbers = st.integers(1, 4)
ratios = st.tuples(st.integers(1, 9999), st.integers(1, 9999))


def grid(hash: str = HASH, ratio: tuple[int, int] = (1, 1), framed: bool = True) -> Picture:
    texts = (("Job", hash), ("Kind", "main"))
    return Picture("grid", ratio, pictures.palette(hash), None, texts, framed)


def single(number: int | None, ratio: tuple[int, int] = (1, 1), framed: bool = True) -> Picture:
    return replace(grid(ratio=ratio, framed=framed), kind="single", cell=number)


def load(picture: Picture, view: View) -> Image.Image:
    image = Image.open(BytesIO(pictures.png(picture, view)))
    image.load()
    return image


def rgb(picture: Picture, view: View) -> Image.Image:
    return load(picture, view).convert("RGB")


def cells(image: Image.Image) -> list[Image.Image]:
    """The four cells of an unframed grid, 1 to 4."""
    w, h = image.width // 2, image.height // 2
    return [image.crop((x, y, x + w, y + h)) for y in (0, h) for x in (0, w)]


def mean(image: Image.Image) -> Rgb:
    red, green, blue = ImageStat.Stat(image).mean
    return red, green, blue


def value(colour: str) -> Rgb:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:], 16)


def distance(one: str, two: str) -> float:
    return math.dist(value(one), value(two))


def least(colours: Colours) -> float:
    return min(distance(one, two) for one, two in combinations(colours, 2))


def difference(one: Image.Image, two: Image.Image) -> float:
    """Mean difference of the pixels, 0 to 255."""
    return sum(mean(ImageChops.difference(one, two))) / 3


def chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Type and body of every chunk; each CRC is checked."""
    assert data[:8] == png.SIGNATURE
    at = 8
    while at < len(data):
        end = at + 8 + int.from_bytes(data[at : at + 4])
        assert int.from_bytes(data[end : end + 4]) == zlib.crc32(data[at + 4 : end])
        yield data[at + 4 : at + 8], data[at + 8 : end]
        at = end + 4


# Sizes.


@pytest.mark.parametrize(("ratio", "inner"), SIZES.items())
def test_sizes_are_those_of_the_page_and_of_midjourney(
    ratio: tuple[int, int], inner: tuple[int, int]
) -> None:
    wide, high = inner
    assert pictures.size(grid(ratio=ratio), "original") == inner
    assert pictures.size(grid(ratio=ratio), "image") == (wide + 64, high + 128)
    assert pictures.size(grid(ratio=ratio, framed=False), "image") == inner
    assert pictures.size(single(2, ratio), "original") == (2 * wide, 2 * high)
    assert pictures.size(single(2, ratio), "image") == (2 * wide + 64, 2 * high + 128)


def test_the_square_one_has_the_size_of_the_pages_example() -> None:
    assert pictures.size(grid(), "image") == (1088, 1152)


@given(ratios)
def test_any_shape_is_a_megapixel_or_so(ratio: tuple[int, int]) -> None:
    width, height = pictures.size(grid(ratio=ratio), "original")
    assert width % 16 == height % 16 == 0
    assert 0.95 < width * height / 1024**2 < 1.2
    wanted = min(max(ratio[0] / ratio[1], 1 / 4), 4)
    assert width / height == pytest.approx(wanted, rel=0.035)
    assert pictures.size(grid(ratio=ratio[::-1]), "original") == (height, width)
    for view in ("thumb", "preview"):
        w, h = pictures.size(grid(ratio=ratio), view)
        assert abs(h - w * height / width) <= 8


def test_a_ratio_counts_in_its_lowest_terms() -> None:
    assert pictures.size(grid(ratio=(32, 18)), "original") == SIZES[16, 9]


@pytest.mark.parametrize("ratio", [(0, 1), (1, 0), (-1, 2)])
def test_what_is_no_ratio_is_refused(ratio: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="two positive numbers"):
        pictures.size(grid(ratio=ratio), "image")


# Files.

texts = st.lists(
    st.tuples(
        st.sampled_from(["Job", "Kind", "Parent", "A B"]),
        st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")),
    ),
    unique_by=lambda text: text[0],
    max_size=4,
).map(tuple)
pictures_drawn = st.builds(
    Picture,
    kind=st.sampled_from(["grid", "single"]),
    ratio=st.sampled_from([(1, 1), (16, 9), (2, 3), *EXTREMES]),
    colours=hashes.map(pictures.palette),
    cell=st.none() | numbers,
    texts=texts,
    framed=st.booleans(),
)


@settings(deadline=None, max_examples=150)
@given(pictures_drawn, st.sampled_from(VIEWS))
def test_a_picture_is_what_it_is_said_to_be(picture: Picture, view: View) -> None:
    told = pictures.length(picture, view)
    data = pictures.png(picture, view)
    assert len(data) == told
    assert data == pictures.png(replace(picture), view)
    kinds = [kind for kind, _ in chunks(data)]
    assert kinds[0] == b"IHDR"
    assert kinds[-3:] == [b"PLTE", b"IDAT", b"IEND"]
    image = Image.open(BytesIO(data))
    image.load()
    assert (image.format, image.mode, image.size) == ("PNG", "P", pictures.size(picture, view))
    assert image.info == {**dict(picture.texts), "Software": "sampan (fake)"}


def test_the_bytes_do_not_depend_on_what_was_drawn_before() -> None:
    # In other processes, in two orders: each draws the four pictures and prints their checksums.
    script = """if True:
        import sys, zlib
        from fake_server.pictures import Picture, palette, png
        views = [("grid", "image"), ("single", "original"), ("grid", "thumb"), ("grid", "preview")]
        order = views if sys.argv[1] == "forth" else views[::-1]
        files = {}
        for kind, view in order:
            picture = Picture(kind, (3, 2), palette("x"), 3 if kind == "single" else None, (), True)
            files[kind + view] = zlib.crc32(png(picture, view))
        assert "PIL" not in sys.modules
        print(sorted(files.items()))
    """
    printed = [
        subprocess.run(
            [sys.executable, "-c", script, order], capture_output=True, text=True, check=True
        ).stdout
        for order in ("forth", "back")
    ]
    assert printed[0] == printed[1] != ""


def test_two_jobs_share_their_pixels_and_differ_in_palette_and_texts() -> None:
    one, two = (dict(chunks(pictures.png(grid(hash), "image"))) for hash in ("one", "two"))
    assert one[b"IDAT"] == two[b"IDAT"]
    assert one[b"PLTE"] != two[b"PLTE"]
    assert one[b"tEXt"] == two[b"tEXt"] == b"Software\0sampan (fake)"


def test_a_text_in_any_script_is_kept() -> None:
    picture = replace(grid(), texts=(("Parent", "小船 ⛵ é"),))
    assert dict(chunks(pictures.png(picture, "thumb")))[b"iTXt"].endswith("小船 ⛵ é".encode())
    assert load(picture, "thumb").info["Parent"] == "小船 ⛵ é"


@pytest.mark.parametrize(
    ("keyword", "text", "wrong"),
    [
        ("", "x", "keyword is 1 to 79"),
        ("K" * 80, "x", "keyword is 1 to 79"),
        ("小船", "x", "keyword is 1 to 79"),
        (" Job", "x", "no space at either end"),
        ("Job", "a\0b", "NUL"),
    ],
)
def test_a_text_that_a_png_cannot_hold_is_refused(keyword: str, text: str, wrong: str) -> None:
    with pytest.raises(ValueError, match=wrong):
        pictures.png(replace(grid(), texts=((keyword, text),)), "thumb")


def test_a_palette_of_another_length_is_refused() -> None:
    pixels = png.pack([b"\0\1", b"\1\0"], 2)
    with pytest.raises(ValueError, match="3 bytes for 2 colours"):
        png.assemble(pixels, b"\0\0\0", b"")


def test_doubled_pixels_are_the_same_pixels() -> None:
    rows = [bytes([1, 2, 0]), bytes([0, 0, 3])]
    palette = bytes(range(12))
    plain, double = (
        Image.open(BytesIO(png.assemble(png.pack(rows, 4, twice), palette, b"")))
        for twice in (False, True)
    )
    assert plain.tobytes() == b"".join(rows)
    assert double.tobytes() == plain.resize((6, 4), Image.Resampling.NEAREST).tobytes()


def test_a_webp_shows_the_same() -> None:
    for view in VIEWS:
        data = pictures.webp(grid(), view)
        assert data == pictures.webp(grid(), view)
        image = Image.open(BytesIO(data))
        assert (image.format, image.size) == ("WEBP", pictures.size(grid(), view))
        assert difference(image.convert("RGB"), rgb(grid(), view)) < 8


# What is seen.


@pytest.mark.parametrize("ratio", [*SIZES, *EXTREMES, (5, 4), (21, 9)])
def test_the_mean_of_a_cell_is_near_its_colour(ratio: tuple[int, int]) -> None:
    for hash in map(str, range(12)):
        picture = grid(hash, ratio)
        for view in ("original", "thumb"):
            means = [mean(cell) for cell in cells(rgb(picture, view))]
            for found, colour in zip(means, picture.colours, strict=True):
                assert math.dist(found, value(colour)) < 24
            assert min(math.dist(one, two) for one, two in combinations(means, 2)) > 60


@pytest.mark.parametrize("ratio", [(1, 1), (16, 9), (9, 16), *EXTREMES])
def test_a_single_is_the_chosen_cell_of_the_grid_and_no_other(ratio: tuple[int, int]) -> None:
    # In one and the same colour, so that nothing but what is drawn tells the cells apart.
    grey: Colours = ("#808080",) * 4
    of_grid = cells(rgb(replace(grid(ratio=ratio), colours=grey), "original"))
    for number in (1, 2, 3, 4):
        shown = rgb(replace(single(number, ratio), colours=grey), "original")
        small = shown.resize(of_grid[0].size, Image.Resampling.BOX)
        differences = [difference(small, cell) for cell in of_grid]
        own = differences.pop(number - 1)
        assert own < 1
        assert min(differences) > 3 * own


def test_a_number_is_in_the_sun_of_every_cell_and_is_large() -> None:
    # What a cell with a number has, and one without has not, within the sun.
    nothing = rgb(single(None), "original").resize((512, 512), Image.Resampling.BOX)
    sun = (256 - 115, 148 - 115, 256 + 115, 148 + 115)
    grey: Colours = (pictures.palette(HASH)[0],) * 4
    for cell in cells(rgb(replace(grid(), colours=grey), "original")):
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
        changed = replace(picture, colours=_but(picture.colours, number))
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


# Colours.


@settings(max_examples=2000)
@given(hashes)
def test_the_colours_of_a_job_are_told_apart(hash: str) -> None:
    colours = pictures.palette(hash)
    assert colours == pictures.palette(hash)
    assert least(colours) >= 82


def test_jobs_are_told_apart_by_their_colours() -> None:
    palettes = [pictures.palette(f"job {n}") for n in range(2000)]
    assert len(set(palettes)) == 2000
    # The first cells are of every hue: each twelfth of the circle has its share.
    hues = [Image.new("RGB", (1, 1), each[0]).convert("HSV").getpixel((0, 0)) for each in palettes]
    counts = [0] * 12
    for hue in hues:
        assert isinstance(hue, tuple)
        counts[int(hue[0] * 12 / 256)] += 1
    assert min(counts) > 50


def leans(child: Colours, parent: Colours, number: int) -> bool:
    """Whether every colour is nearer to the chosen cell's than to the other three."""
    chosen = parent[number - 1]
    others = [colour for colour in parent if colour != chosen]
    return all(
        distance(colour, chosen) < min(distance(colour, other) for other in others)
        for colour in child
    )


@settings(max_examples=500)
@given(hashes, hashes, numbers)
def test_a_variation_leans_on_the_chosen_cell(parent: str, child: str, number: int) -> None:
    colours = pictures.palette(parent)
    lean = colours[number - 1]
    for apart in ((), colours):
        found = pictures.palette(child, lean, apart)
        assert leans(found, colours, number)
        assert least(found) >= (45 if apart else 24)
        assert found == pictures.palette(child, lean, apart)


@given(hashes, st.lists(numbers, min_size=1, max_size=6))
def test_a_variation_of_a_variation_leans_too(hash: str, chosen: list[int]) -> None:
    parent = pictures.palette(hash)
    for generation, number in enumerate(chosen):
        child = pictures.palette(f"{hash} {generation}", parent[number - 1], parent)
        assert len(set(child)) == 4
        assert leans(child, parent, number)
        parent = child


def test_that_a_variation_leans_is_seen_in_the_pixels() -> None:
    for n in range(12):
        parent, number = grid(f"parent {n}"), n % 4 + 1
        colours = pictures.palette(f"child {n}", parent.colours[number - 1], parent.colours)
        means = [mean(cell) for cell in cells(rgb(parent, "thumb"))]
        for cell in cells(rgb(replace(parent, colours=colours), "thumb")):
            nearest = min(range(4), key=lambda i: math.dist(mean(cell), means[i]))
            assert nearest == number - 1


def test_hardly_two_variations_of_a_cell_have_the_same_colours() -> None:
    parent = pictures.palette(HASH)
    assert len({pictures.palette(str(n), parent[2], parent) for n in range(2000)}) > 1980


@given(st.lists(hashes.map(lambda hash: pictures.palette(hash)[0]), min_size=1, max_size=5))
def test_a_blend_is_the_mean_and_its_job_leans_on_it(colours: list[str]) -> None:
    blended = pictures.blend(colours)
    exact = [sum(part) / len(colours) for part in zip(*map(value, colours), strict=True)]
    assert all(abs(a - b) <= 0.5 for a, b in zip(value(blended), exact, strict=True))
    assert blended == pictures.blend(colours[::-1])
    assert all(distance(colour, blended) <= 42 for colour in pictures.palette("x", blended))


def test_a_blend_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one"):
        pictures.blend([])
