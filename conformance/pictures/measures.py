"""What a record says of the file at img_buffer, and what it may say (IMG-1 and IMG-2). Pure."""

from __future__ import annotations

from ..json_access import Record, integer, text
from .picture import Picture

#: Other names of formats, as endings of files and media types have them.
_NAMES = {"jpg": "jpeg", "pjpeg": "jpeg", "tif": "tiff", "heif": "heic", "apng": "png"}

Measures = dict[str, int | None]


def other_format(record: Record | None, picture: Picture) -> str:
    """The format that img_format names, if it is another than the file's; empty if not.

    In whatever spelling: ``png``, ``.PNG`` and ``image/png`` are one.
    """
    named = (text(record, "img_format") or "").lower().removeprefix("image/").removeprefix(".")
    known = not named or not picture.format or _NAMES.get(named, named) == picture.format
    return "" if known else named


def said(record: Record | None) -> Measures:
    """img_width, img_height and img_length."""
    return {key: integer(record, key) for key in ("img_width", "img_height", "img_length")}


def fits(record: Record | None, picture: Picture) -> bool:
    """Whether those are the file's. A file that is shown turned has two honest sizes."""
    return any(said(record) == _of(size, picture) for size in picture.sizes)


def measured(picture: Picture) -> Measures:
    """What they should be."""
    return _of(picture.size, picture)


def _of(size: tuple[int, int], picture: Picture) -> Measures:
    return {"img_width": size[0], "img_height": size[1], "img_length": picture.length}
