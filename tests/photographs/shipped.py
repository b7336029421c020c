"""The photographs that scikit-image ships in its wheel (the extra ``photographs``).

They are read as files: scikit-image itself is not imported, and nothing is downloaded.
"""

from __future__ import annotations

import random
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from PIL import Image

Picture = Image.Image
Size = tuple[int, int]

#: Portraits, animals, things, the night sky, tissue, textures, printed pages, surfaces.
NAMES = (
    "astronaut.png", "chelsea.png", "coffee.png", "rocket.jpg", "motorcycle_left.png",
    "camera.png", "hubble_deep_field.jpg", "moon.png", "ihc.png", "retina.jpg", "cell.png",
    "grass.png", "gravel.png", "brick.png", "coins.png", "clock_motion.png", "page.png",
    "text.png", "horse.png",
)  # fmt: skip


@cache
def photographs() -> dict[str, Picture]:
    """Those that are there, by name; empty if scikit-image is not installed."""
    spec = find_spec("skimage")
    if spec is None or spec.origin is None:
        return {}
    folder = Path(spec.origin).parent / "data"
    found = {}
    for name in NAMES:
        if (folder / name).is_file():
            with Image.open(folder / name) as image:
                found[name.split(".")[0]] = image.convert("RGB")
    return found


def view(drawn: random.Random, photograph: Picture, size: Size) -> Picture:
    """A part of a photograph in the shape of ``size``, at that size."""
    ratio = size[0] / size[1]
    most = min(photograph.width, photograph.height * ratio)
    width = most * drawn.uniform(0.35, 0.75)
    height = width / ratio
    x = drawn.uniform(0, photograph.width - width)
    y = drawn.uniform(0, photograph.height - height)
    box = (x, y, x + width, y + height)
    return photograph.resize(size, Image.Resampling.BICUBIC, box=box)
