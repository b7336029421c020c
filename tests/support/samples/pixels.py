"""Pictures to look at in tests, and what is measured in their pixels and colours."""

from __future__ import annotations

import math
from io import BytesIO
from itertools import combinations

from hypothesis import strategies as st
from PIL import Image, ImageChops, ImageStat

from sampan.fake_server import pictures
from sampan.fake_server.pictures import Colours, Picture, View

HASH = "89ee3ce8bb4d2a056e38d6bd4a0ab5f2bf5ef258cda6aa49cb2928c99b33349d"
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


def grid(hash: str = HASH, ratio: tuple[int, int] = (1, 1), framed: bool = True) -> Picture:
    texts = (("Job", hash), ("Kind", "main"))
    return Picture("grid", ratio, pictures.palette(hash), None, texts, framed)


def single(number: int | None, ratio: tuple[int, int] = (1, 1), framed: bool = True) -> Picture:
    return grid(ratio=ratio, framed=framed)._replace(kind="single", cell=number)


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
