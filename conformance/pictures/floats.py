"""Arithmetic on whole pictures of floating point numbers, by Pillow in C; Pillow's mode is F."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from PIL.Image import Image


def floats(band: Image, width: int, height: int) -> Image:
    """One band as means of blocks, ``width`` by ``height`` of them."""
    from PIL.Image import Resampling

    return band.convert("F").resize((width, height), Resampling.BOX)


def of(function: Callable[[Any, Any], Any], one: Image, other: Image) -> Image:
    """``function`` of two pictures, pixel by pixel."""
    from PIL import ImageMath

    return cast(
        "Image",
        ImageMath.lambda_eval(
            lambda given: function(given["one"], given["other"]), one=one, other=other
        ),
    )


def columns(image: Image, first: int, last: int) -> Image:
    """The columns from ``first`` up to, not including, ``last``."""
    return image.crop((first, 0, last, image.height))


def groups(image: Image, size: int) -> Image:
    """At each column the mean of ``size`` columns from there on."""
    width = image.width - size + 1
    total = columns(image, 0, width)
    for n in range(1, size):
        total = of(lambda a, b: a + b, total, columns(image, n, n + width))
    return of(lambda a, _: a / float(size), total, total)


def detail(image: Image, factor: int, *, along: bool) -> Image:
    """What is left without what changes over ``factor`` pixels or more, downwards if ``along``."""
    from PIL.Image import Resampling

    width = image.width if along else max(1, image.width // factor)
    coarse = image.resize((width, max(1, image.height // factor)), Resampling.BOX)
    return of(lambda a, b: a - b, image, coarse.resize(image.size, Resampling.BICUBIC))


def rows(image: Image, count: int) -> list[list[float]]:
    """The means of ``count`` rows of blocks, each as high as the picture has room for."""
    from PIL.Image import Resampling

    flat = values(image.resize((image.width, count), Resampling.BOX))
    return [flat[n * image.width : (n + 1) * image.width] for n in range(count)]


def values(image: Image) -> list[float]:
    """Every pixel, row by row."""
    return cast("list[float]", memoryview(image.tobytes()).cast("f").tolist())
