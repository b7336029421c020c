"""The pictures of jobs: palette PNGs, drawn once per geometry and recoloured for every job."""

from __future__ import annotations

import colorsys
import hashlib
import io
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from . import png as container
from .scene import SHADES, cell

View = Literal["image", "thumb", "original", "preview"]
Colours = tuple[str, str, str, str]

_KNOWN = {(1, 1): (1024, 1024), (16, 9): (1456, 816), (3, 2): (1344, 896), (4, 3): (1232, 928)}


@dataclass(frozen=True, slots=True)
class Picture:
    """What a job's picture shows."""

    kind: Literal["grid", "single"]
    ratio: tuple[int, int]
    colours: Colours
    cell: int | None
    texts: tuple[tuple[str, str], ...]
    framed: bool


def palette(job_hash: str, lean: str | None = None) -> Colours:
    drawn = hashlib.sha256(job_hash.encode()).digest()
    if lean is None:
        first = drawn[0] / 256
        hues = [(first + n / 4 + (drawn[n + 1] / 255 - 0.5) * 0.06) % 1 for n in range(4)]
    else:
        hue, _, _ = colorsys.rgb_to_hls(*(part / 255 for part in _rgb(lean)))
        hues = [(hue + (n - 1.5) * 0.03) % 1 for n in range(4)]
    made = [_hex(colorsys.hls_to_rgb(hue, 0.5, 0.6)) for hue in hues]
    return (made[0], made[1], made[2], made[3])


def blend(colours: Sequence[str]) -> str:
    parts = [_rgb(colour) for colour in colours]
    return _hex(tuple(sum(p[i] for p in parts) / len(parts) / 255 for i in range(3)))


def _rgb(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:], 16)


def _hex(rgb: Sequence[float]) -> str:
    return "#" + "".join(f"{round(part * 255):02x}" for part in rgb)


def _inner(ratio: tuple[int, int]) -> tuple[int, int]:
    if ratio in _KNOWN:
        return _KNOWN[ratio]
    if ratio[::-1] in _KNOWN:
        w, h = _KNOWN[ratio[::-1]]
        return h, w
    quotient = min(max(ratio[0] / ratio[1], 0.25), 4)
    return round(1024 * quotient**0.5 / 16) * 16, round(1024 / quotient**0.5 / 16) * 16


def size(picture: Picture, view: View) -> tuple[int, int]:
    width, height = _inner(picture.ratio)
    if view in ("thumb", "preview"):
        return 256, max(round(256 * height / width) // 2 * 2, 2)
    if picture.kind == "single":
        width, height = 2 * width, 2 * height
    if view == "image" and picture.framed:
        return width + 64, height + 128
    return width, height


def length(picture: Picture, view: View) -> int:
    return container.length(_idat(picture, view), container.text_chunks(picture.texts))


def png(picture: Picture, view: View) -> bytes:
    texts = container.text_chunks(picture.texts)
    return container.assemble(_idat(picture, view), _plte(picture), texts)


def webp(picture: Picture, view: View) -> bytes:
    from PIL import Image

    buffer = io.BytesIO()
    Image.open(io.BytesIO(png(picture, view))).convert("RGB").save(buffer, "WEBP", quality=80)
    return buffer.getvalue()


def _plte(picture: Picture) -> bytes:
    chosen: Sequence[str] = picture.colours
    if picture.kind == "single":
        chosen = [picture.colours[(picture.cell or 1) - 1]]
    entries = bytearray()
    for colour in chosen:
        for shade in range(SHADES):
            entries += bytes(_shaded(part, shade) for part in _rgb(colour))
    return bytes(entries + b"\xff\xff\xff")


def _shaded(part: int, shade: int) -> int:
    middle = SHADES // 2
    if shade <= middle:
        return part * (20 + shade) // (20 + middle)
    return part + (255 - part) * (shade - middle) // (SHADES + 10 - middle)


def _idat(picture: Picture, view: View) -> container.Idat:
    framed = picture.framed and view == "image"
    number = picture.cell if picture.kind == "single" else None
    return _drawn(picture.kind, *size(picture, view), framed, number)


@lru_cache(maxsize=64)
def _drawn(kind: str, width: int, height: int, framed: bool, number: int | None) -> container.Idat:
    inner_w, inner_h = (width - 64, height - 128) if framed else (width, height)
    if kind == "single":
        rows = [bytes(row) for row in cell(inner_w, inner_h, number)]
        colours = SHADES + 1
    else:
        colours = 4 * SHADES + 1
        half_w, half_h = inner_w // 2, inner_h // 2
        quarters = [cell(half_w, half_h, n) for n in (1, 2, 3, 4)]
        moved = [
            [bytes(b + n * SHADES for b in row) for row in quarter]
            for n, quarter in enumerate(quarters)
        ]
        rows = [a + b for a, b in zip(moved[0], moved[1], strict=True)]
        rows += [a + b for a, b in zip(moved[2], moved[3], strict=True)]
    if framed:
        edge, blank = bytes([colours - 1]), bytes([colours - 1])
        rows = [blank * width] * 32 + [edge * 32 + row + edge * 32 for row in rows]
        rows += [blank * width] * 96
    return container.pack(rows, colours)
