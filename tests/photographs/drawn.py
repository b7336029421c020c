"""Photographs drawn by Pillow with the statistics of real ones.

A spectrum that falls as 1/f, colours that vary more slowly than brightness, and things of all
sizes that cover one another with sharp edges (the dead leaves model). Every function takes a
random generator and a size in pixels; ``SCENES`` names them.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping

from PIL import Image, ImageChops, ImageDraw, ImageFilter

Picture = Image.Image
Size = tuple[int, int]
Rgb = tuple[int, int, int]
Scene = Callable[[random.Random, Size, "Palette"], Picture]


class Palette:
    """The colours of one prompt: what its four views have in common."""

    def __init__(self, drawn: random.Random) -> None:
        base = [drawn.randrange(30, 226) for _ in range(3)]
        self.colours: list[Rgb] = []
        for _ in range(7):
            light = drawn.uniform(0.35, 1.5)
            red, green, blue = (
                max(0, min(255, round(part * light + drawn.gauss(0, 22)))) for part in base
            )
            self.colours.append((red, green, blue))

    def one(self, drawn: random.Random) -> Rgb:
        return drawn.choice(self.colours)


def noise(drawn: random.Random, size: Size, amplitude: float) -> Picture:
    """White noise about 128, in grey; ``amplitude`` is its standard deviation."""
    width, height = size
    # The sum of two uniform numbers is near enough to a normal one.
    one, two = (Image.frombytes("L", size, drawn.randbytes(width * height)) for _ in range(2))
    part = amplitude / 52.2  # the deviation of the mean of two
    return ImageChops.add(one, two, 2.0).point(
        [max(0, min(255, round(128 + (v - 128) * part))) for v in range(256)]
    )


def cloud(drawn: random.Random, size: Size, amplitude: float, finest: int = 256) -> Picture:
    """Grey about 128 with a spectrum of 1/f: every octave has the same energy."""
    total = Image.new("L", size, 128)
    grain = 3
    while grain <= min(finest, max(size)):
        octave = noise(drawn, (grain, grain), amplitude * 0.7)
        total = ImageChops.add(total, octave.resize(size, Image.Resampling.BICUBIC), 1.0, -128)
        grain *= 2
    return total


def grain(drawn: random.Random, image: Picture, amplitude: float) -> Picture:
    """The picture with the noise of a sensor, its own in each colour."""
    bands = [noise(drawn, image.size, amplitude) for _ in range(3)]
    return ImageChops.add(image, Image.merge("RGB", bands), 1.0, -128)


def lit(image: Picture, light: Picture) -> Picture:
    """The picture brighter where ``light`` is above 128, darker where it is below."""
    return ImageChops.add(image, light.convert("RGB"), 1.0, -128)


def regraded(image: Picture, gains: tuple[float, ...], offsets: tuple[float, ...]) -> Picture:
    """Each colour times its gain, plus its offset."""
    table: list[int] = []
    for gain, offset in zip(gains, offsets, strict=True):
        table += [max(0, min(255, round(value * gain + offset))) for value in range(256)]
    return image.point(table)


def leaves(drawn: random.Random, size: Size, palette: Palette) -> Picture:
    """Things of all sizes before one another."""
    image = Image.new("RGB", size, palette.one(drawn))
    pen, scale = ImageDraw.Draw(image), min(size)
    for n in range(260):
        radius = scale * 0.5 / (1 + n / 5) * drawn.uniform(0.5, 1.5)
        _thing(drawn, pen, size, max(radius, 2.0), palette.one(drawn))
    textured = lit(image, cloud(drawn, size, 9))
    return grain(drawn, textured.filter(ImageFilter.GaussianBlur(0.8)), 2)


def _thing(
    drawn: random.Random, pen: ImageDraw.ImageDraw, size: Size, radius: float, fill: Rgb
) -> None:
    x, y = drawn.uniform(0, size[0]), drawn.uniform(0, size[1])
    if drawn.random() < 0.5:
        wide, high = radius * drawn.uniform(0.5, 1.5), radius * drawn.uniform(0.5, 1.5)
        pen.ellipse((x - wide, y - high, x + wide, y + high), fill=fill)
        return
    corners = [
        (x + radius * drawn.uniform(-1.4, 1.4), y + radius * drawn.uniform(-1.4, 1.4))
        for _ in range(drawn.randrange(3, 6))
    ]
    pen.polygon(corners, fill=fill)


def portrait(drawn: random.Random, size: Size, palette: Palette) -> Picture:
    """A head before a backdrop: nothing happens at the edges but a gradient."""
    image = _backdrop(drawn, size, palette)
    pen = ImageDraw.Draw(image)
    width, height = size
    x, y = width * drawn.uniform(0.42, 0.58), height * drawn.uniform(0.38, 0.48)
    unit = min(size) * drawn.uniform(0.16, 0.24)
    pen.ellipse(
        (x - 2.2 * unit, y + 1.3 * unit, x + 2.2 * unit, y + 6 * unit), fill=palette.one(drawn)
    )
    pen.ellipse((x - 1.1 * unit, y - 1.5 * unit, x + 1.1 * unit, y + unit), fill=(52, 36, 30))
    pen.ellipse((x - 0.85 * unit, y - unit, x + 0.85 * unit, y + 1.2 * unit), fill=(214, 170, 142))
    for side in (-1, 1):
        eye = x + side * 0.35 * unit
        pen.ellipse((eye - 0.12 * unit, y - 0.1 * unit, eye + 0.12 * unit, y), fill=(40, 30, 30))
    pen.ellipse((x - 0.3 * unit, y + 0.6 * unit, x + 0.3 * unit, y + 0.72 * unit), fill="#a04444")
    soft = image.filter(ImageFilter.GaussianBlur(unit / 22))
    return grain(drawn, lit(soft, cloud(drawn, size, 3)), 2)


def _backdrop(drawn: random.Random, size: Size, palette: Palette) -> Picture:
    """A gradient between two like colours, in any direction."""
    corners = Image.new("RGB", (2, 2))
    base = palette.one(drawn)
    for n in range(4):
        red, green, blue = (max(0, min(255, part + drawn.randrange(-22, 23))) for part in base)
        corners.putpixel((n % 2, n // 2), (red, green, blue))
    return corners.resize(size, Image.Resampling.BICUBIC)


def night(drawn: random.Random, size: Size, palette: Palette) -> Picture:
    """A night sky: nearly black, some glow, stars of all magnitudes."""
    sky = Image.new("RGB", size, (6, 7, 12))
    glow = cloud(drawn, size, 4, 8).point([max(0, v - 124) for v in range(256)])
    image = ImageChops.add(sky, Image.merge("RGB", (glow, glow, glow)))
    pen = ImageDraw.Draw(image)
    for _ in range(drawn.randrange(150, 500)):
        x, y, light = drawn.uniform(0, size[0]), drawn.uniform(0, size[1]), drawn.random() ** 3
        radius = 0.5 + 2.2 * light * min(size) / 500
        shade = round(60 + 190 * light)
        pen.ellipse(
            (x - radius, y - radius, x + radius, y + radius),
            fill=(shade, shade, min(255, shade + 9)),
        )
    return grain(drawn, image.filter(ImageFilter.GaussianBlur(0.7)), 3)


def landscape(drawn: random.Random, size: Size, palette: Palette) -> Picture:
    """Sky, a horizon that runs through the whole picture, and ridges below it."""
    image = _backdrop(drawn, size, palette)
    pen, (width, height) = ImageDraw.Draw(image), size
    level = height * drawn.uniform(0.35, 0.6)
    for n in range(4):
        shade = palette.one(drawn)
        points = [(0.0, float(height))]
        slope = 0.0
        for step in range(41):
            slope = 0.8 * slope + drawn.gauss(0, 0.006 * n) * height
            points.append((width * step / 40, level + slope))
        pen.polygon([*points, (float(width), float(height))], fill=shade)
        level += height * drawn.uniform(0.08, 0.2)
    return grain(drawn, lit(image.filter(ImageFilter.GaussianBlur(0.8)), cloud(drawn, size, 6)), 2)


def texture(drawn: random.Random, size: Size, palette: Palette) -> Picture:
    """Grass, gravel, cloth: fine everywhere, without things."""
    image = Image.new("RGB", size, palette.one(drawn))
    fine = noise(drawn, size, 60).filter(ImageFilter.GaussianBlur(drawn.uniform(0.8, 2.5)))
    stretched = ImageChops.add(fine, fine, 1.0, -128)
    return lit(lit(image, stretched), cloud(drawn, size, 5))


def fog(drawn: random.Random, size: Size, palette: Palette) -> Picture:
    """Low contrast: a scene of which a twelfth is left."""
    part = drawn.uniform(0.06, 0.14)
    gain, offset = (part,) * 3, (drawn.uniform(90, 190),) * 3
    return grain(drawn, regraded(leaves(drawn, size, palette), gain, offset), 1)


def dusk(drawn: random.Random, size: Size, palette: Palette) -> Picture:
    """A scene in the dark."""
    part = drawn.uniform(0.05, 0.15)
    return grain(drawn, regraded(leaves(drawn, size, palette), (part,) * 3, (3, 3, 5)), 2)


def noisy(drawn: random.Random, size: Size, palette: Palette) -> Picture:
    """A scene at the highest sensitivity: the grain is stronger than most of what it shows."""
    return grain(drawn, leaves(drawn, size, palette), drawn.uniform(18, 40))


def smooth(drawn: random.Random, size: Size, palette: Palette) -> Picture:
    """Out of focus: no edge anywhere."""
    image = leaves(drawn, size, palette)
    return grain(drawn, image.filter(ImageFilter.GaussianBlur(min(size) / 30)), 1)


def product(drawn: random.Random, size: Size, palette: Palette) -> Picture:
    """One thing on white."""
    image = Image.new("RGB", size, (250, 250, 250))
    pen, unit = ImageDraw.Draw(image), min(size)
    for _ in range(drawn.randrange(3, 9)):
        x, y = (side * drawn.uniform(0.35, 0.65) for side in size)
        radius = unit * drawn.uniform(0.03, 0.22)
        pen.ellipse((x - radius, y - radius / 2, x + radius, y + radius), fill=palette.one(drawn))
    return image.filter(ImageFilter.GaussianBlur(1.0))


def flat(drawn: random.Random, size: Size, palette: Palette) -> Picture:
    """Hardly anything: a wall, a clear sky."""
    return grain(drawn, _backdrop(drawn, size, palette), drawn.choice((0, 1, 3)))


SCENES: Mapping[str, Scene] = {
    "leaves": leaves,
    "portrait": portrait,
    "night": night,
    "landscape": landscape,
    "texture": texture,
    "fog": fog,
    "dusk": dusk,
    "noisy": noisy,
    "smooth": smooth,
    "product": product,
    "flat": flat,
}
