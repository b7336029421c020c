"""Picture files: their sizes, their bytes, their texts."""

from __future__ import annotations

import subprocess
import sys
import zlib
from collections.abc import Iterator
from io import BytesIO
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from sampan.fake_server import pictures
from sampan.fake_server.pictures import Picture, View, container
from tests.support.examples import examples
from tests.support.samples.pixels import (
    EXTREMES,
    SIZES,
    difference,
    grid,
    hashes,
    load,
    numbers,
    rgb,
    single,
)

VIEWS: tuple[View, ...] = get_args(View)
ratios = st.tuples(st.integers(1, 9999), st.integers(1, 9999))


def chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Type and body of every chunk; each CRC is checked."""
    assert data[:8] == container.SIGNATURE
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
    line=st.text(),
)


@settings(deadline=None, max_examples=examples(60))
@given(pictures_drawn, st.sampled_from(VIEWS))
def test_a_picture_is_what_it_is_said_to_be(picture: Picture, view: View) -> None:
    told = pictures.length(picture, view)
    data = pictures.png(picture, view)
    assert len(data) == told
    assert data == pictures.png(picture._replace(), view)
    kinds = [kind for kind, _ in chunks(data)]
    assert kinds[0] == b"IHDR"
    # With a frame, the line in the footer is apart.
    pixels = [b"IDAT"] * (2 if picture.framed and view == "image" else 1)
    assert kinds[kinds.index(b"PLTE") :] == [b"PLTE", *pixels, b"IEND"]
    image = Image.open(BytesIO(data))
    image.load()
    assert (image.format, image.mode, image.size) == ("PNG", "P", pictures.size(picture, view))
    assert image.info == {**dict(picture.texts), "Software": "sampan (fake)"}


def test_the_bytes_do_not_depend_on_what_was_drawn_before() -> None:
    # In other processes, in two orders: each draws the four pictures and prints their checksums.
    script = """if True:
        import sys, zlib
        from sampan.fake_server.pictures import Picture, palette, png
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
    picture = grid()._replace(texts=(("Parent", "小船 ⛵ é"),))
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
        pictures.png(grid()._replace(texts=((keyword, text),)), "thumb")


def test_a_palette_of_another_length_is_refused() -> None:
    pixels = container.pack([b"\0\1", b"\1\0"], 2)
    with pytest.raises(ValueError, match="3 bytes for 2 colours"):
        container.assemble(pixels, b"\0\0\0", b"")


def test_doubled_pixels_are_the_same_pixels() -> None:
    rows = [bytes([1, 2, 0]), bytes([0, 0, 3])]
    palette = bytes(range(12))
    plain, double = (
        Image.open(BytesIO(container.assemble(container.pack(rows, 4, twice), palette, b"")))
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
