"""What files are pictures, which way up they are, and what a record may say of them."""

from __future__ import annotations

import io
from typing import Any

import pytest
from PIL import Image
from PIL.ExifTags import Base

from sampan.conformance.http.connection import Reply
from sampan.conformance.pictures import measures
from sampan.conformance.pictures.picture import Picture, inspected

WIDE = Image.linear_gradient("L").resize((60, 40)).convert("RGB")


def read(data: bytes) -> Picture:
    return inspected("http://x/a", Reply(200, (), data), ())


def file(image: Image.Image, form: str, **options: Any) -> bytes:
    held = io.BytesIO()
    image.save(held, form, **options)
    return held.getvalue()


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_picture_is_seen_as_a_browser_shows_it(orientation: int) -> None:
    note = Image.Exif()
    note[Base.Orientation] = orientation
    picture = read(file(WIDE, "JPEG", exif=note))
    assert picture.size == ((40, 60) if orientation > 4 else (60, 40))
    assert picture.sizes == {picture.size, (60, 40)}
    for size in picture.sizes:
        record = {"img_width": size[0], "img_height": size[1], "img_length": picture.length}
        assert measures.fits(record, picture)
    assert not measures.fits({**record, "img_width": 41}, picture)
    assert not measures.fits({**record, "img_length": 1}, picture)


_OTHERS = {
    "avif": b"\0\0\0\x1cftypavif\0\0\0\0",
    "heic": b"\0\0\0\x18ftypheic\0\0\0\0",
    "jxl": b"\xff\x0a\x01",
    "jp2": b"\0\0\0\x0cjP  \r\n\x87\n\0",
    "tiff": file(WIDE, "TIFF"),
    "bmp": file(WIDE, "BMP"),
}


@pytest.mark.parametrize("form", _OTHERS)
def test_a_picture_that_the_kit_does_not_decode_is_one(form: str) -> None:
    picture = read(_OTHERS[form])
    assert picture.problem == ""
    assert picture.format == form
    assert form.upper() in picture.unread
    assert picture.size == (0, 0)


@pytest.mark.parametrize("data", [b"", b"BM is a word", b"MM", b"<html>", b"ftypavif", b"\xff\xd8"])
def test_what_is_no_picture_says_so_in_the_same_words_each_time(data: bytes) -> None:
    problem = read(data).problem
    assert "no picture that can be decoded" in problem
    assert problem == read(data).problem


@pytest.mark.parametrize(
    ("named", "other"),
    [
        *((name, "") for name in ("jpeg", "jpg", "JPG", ".jpg", "image/jpeg", "image/jpg", "")),
        *((name, name) for name in ("png", "webp", "jpeg2000")),
    ],
)
def test_a_format_has_several_spellings(named: str, other: str) -> None:
    assert measures.other_format({"img_format": named}, read(file(WIDE, "JPEG"))) == other
