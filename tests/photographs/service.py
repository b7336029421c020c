"""What a service makes of photographs: grids, variations, remixes, upscales, thumbs and files."""

from __future__ import annotations

import io
import random
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from PIL import Image, ImageFilter

from tests.photographs import drawn as scenes
from tests.photographs import shipped

Picture = Image.Image
Size = tuple[int, int]

RATIOS = ((1, 1), (1, 1), (16, 9), (9, 16), (3, 2), (2, 3), (4, 3), (3, 4), (2, 1), (1, 3))
#: Pixels of a cell; those of the real service have 262,144.
CELLS = (40_000, 65_000, 120_000)


@dataclass
class Look:
    """How one service makes its pictures. ``kind``: PNG, JPEG or WEBP; frames for each kind."""

    kind: str
    quality: int
    cell: Size
    framed: bool
    upscales_framed: bool
    source: str
    seed: int
    factor: float = 2.0
    palette: scenes.Palette = field(init=False)
    frame: tuple[int, int, int] = (14, 14, 20)

    def __post_init__(self) -> None:
        self.palette = scenes.Palette(random.Random(f"{self.seed} palette"))

    def summary(self) -> str:
        """In a few words."""
        width, height = self.cell
        frames = f"{'framed' if self.framed else 'raw'}, upscales "
        frames += "framed" if self.upscales_framed else "raw"
        return f"{self.source} {self.kind} {self.quality} {width}x{height} {frames}"


def sources(*, also_shipped: bool = True) -> list[str]:
    """Everything that a picture may show."""
    there = list(shipped.photographs()) if also_shipped else []
    return [*scenes.SCENES, *there]


def drawn_look(drawn: random.Random, source: str) -> Look:
    ratio = drawn.choice(RATIOS)
    pixels = drawn.choice(CELLS)
    width = round((pixels * ratio[0] / ratio[1]) ** 0.5 / 4) * 4
    height = round(width * ratio[1] / ratio[0] / 4) * 4
    return Look(
        drawn.choice(("PNG", "PNG", "JPEG", "WEBP")),
        drawn.choice((75, 85, 92)),
        (width, height),
        drawn.random() < 0.5,
        drawn.random() < 0.5,
        source,
        drawn.randrange(2**40),
        drawn.choice((1.5, 2.0, 2.0)),
        drawn.choice(((14, 14, 20), (244, 241, 234), (0, 0, 0), (255, 255, 255))),
    )


def view(drawn: random.Random, look: Look) -> Picture:
    """One large view of the prompt, at the size of an upscale."""
    size = (round(look.cell[0] * look.factor), round(look.cell[1] * look.factor))
    if look.source in scenes.SCENES:
        return scenes.SCENES[look.source](drawn, size, look.palette)
    photograph = shipped.photographs()[look.source]
    seen = shipped.view(drawn, photograph, size)
    if drawn.random() < 0.25:
        seen = seen.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    return scenes.grain(drawn, seen, 1.5)


def reduced(image: Picture, size: Size) -> Picture:
    return image.resize(size, Image.Resampling.LANCZOS)


def grid(parts: Sequence[Picture]) -> Picture:
    """Four pictures, two by two."""
    width, height = parts[0].size
    image = Image.new("RGB", (2 * width, 2 * height))
    for n, part in enumerate(parts):
        image.paste(part, (n % 2 * width, n // 2 * height))
    return image


def in_frame(image: Picture, colour: tuple[int, int, int]) -> Picture:
    framed = Image.new("RGB", (image.width + 64, image.height + 128), colour)
    framed.paste(image, (32, 32))
    return framed


def varied(drawn: random.Random, cell: Picture, strength: float = 1.0) -> Picture:
    """A picture a little moved, regraded and grainy."""
    width, height = cell.size
    zoom = 1 - drawn.uniform(0.005, 0.06) * strength
    wide, high = width * zoom, height * zoom
    x, y = drawn.uniform(0, width - wide), drawn.uniform(0, height - high)
    moved = cell.resize(cell.size, Image.Resampling.BICUBIC, box=(x, y, x + wide, y + high))
    gains = tuple(1 + drawn.uniform(-0.08, 0.08) * strength for _ in range(3))
    offsets = tuple(drawn.uniform(-6, 6) * strength for _ in range(3))
    return scenes.grain(drawn, scenes.regraded(moved, gains, offsets), drawn.uniform(1, 4))


def upscaled(drawn: random.Random, large: Picture) -> Picture:
    return large.filter(ImageFilter.UnsharpMask(2, drawn.randrange(60, 180), 2))


def encoded(image: Picture, look: Look) -> bytes:
    file = io.BytesIO()
    if look.kind == "PNG":
        image.save(file, "PNG", compress_level=1)
    elif look.kind == "JPEG":
        image.save(file, "JPEG", quality=look.quality)
    else:
        image.save(file, "WEBP", quality=look.quality, method=0)
    return file.getvalue()


def decoded(data: bytes) -> Picture:
    with Image.open(io.BytesIO(data)) as image:
        return image.convert("RGB")


class Pictures:
    """What one service makes: the pictures of every job that the kit compares, not yet as files.

    ``views`` are those of the first prompt at the size of an upscale, ``others`` of the second.
    """

    def __init__(self, drawn: random.Random, look: Look) -> None:
        self.look = look
        self.views = [view(drawn, look) for _ in range(4)]
        other = replace(look, seed=look.seed + 1)
        self.others = [view(drawn, other) for _ in range(4)]
        self.cells = [reduced(one, look.cell) for one in self.views]
        self.grid = grid(self.cells)
        self.made = {
            "grid": self.grid,
            "niji": grid([reduced(one, look.cell) for one in self.others]),
            "upscale": upscaled(drawn, self.views[1]),
            "upscale_4": upscaled(drawn, self.views[3]),
            "variation": self.variation(drawn, 2),
            "remix": self.variation(drawn, 3, 2.0),
        }

    def variation(self, drawn: random.Random, cell: int, strength: float = 1.0) -> Picture:
        """Four like one cell (from 0) and nearly alike among themselves."""
        return grid([varied(drawn, self.cells[cell], strength) for _ in range(4)])


#: (operation, grid_num) of the jobs that are compared.
JOBS: dict[str, tuple[str, int | None]] = {
    "grid": ("createJob", None),
    "niji": ("createJob", None),
    "upscale": ("upscaleJob", 2),
    "upscale_4": ("upscaleJob", 4),
    "variation": ("varyJob", 3),
    "remix": ("varyJob", 4),
}


class Files:
    """The files of a service by job (``grid``) or its thumb (``grid/thumb``), and what its records
    say of them where that is not the truth.
    """

    def __init__(self, look: Look) -> None:
        self.look = look
        self.data: dict[str, bytes] = {}
        self.sizes: dict[bytes, Size] = {}
        self.measures: dict[str, dict[str, int]] = {}

    def copy(self) -> Files:
        """The same, to be changed."""
        other = Files(self.look)
        other.data, other.sizes = dict(self.data), dict(self.sizes)
        return other

    def show(self, name: str, image: Picture) -> None:
        """Let a job have this picture, in a frame if its kind has one, and a thumb of it."""
        framed = self.look.upscales_framed if name.startswith("upscale") else self.look.framed
        shown = in_frame(image, self.look.frame) if framed else image
        small = shown.resize((max(1, shown.width // 4), max(1, shown.height // 4)))
        for key, one in ((name, shown), (f"{name}/thumb", small)):
            self.data[key] = encoded(one, self.look)
            self.sizes[self.data[key]] = one.size

    def measured(self, name: str) -> dict[str, int]:
        """What the record says: img_width, img_height and img_length."""
        if name in self.measures:
            return self.measures[name]
        data = self.data[name]
        width, height = self.sizes[data]
        return {"img_width": width, "img_height": height, "img_length": len(data)}


def files_of(pictures: Pictures) -> Files:
    """The files of a right service."""
    files = Files(pictures.look)
    for name, image in pictures.made.items():
        files.show(name, image)
    return files
