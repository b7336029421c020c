"""A picture behind a link: fetched once and decoded within bounds.

Pillow is imported when the first picture is decoded.
"""

from __future__ import annotations

import io
import warnings
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from ..findings import EvidenceItem, Exhibit
from ..http.connection import Reply
from ..http.exchange import Exchange

if TYPE_CHECKING:
    from PIL.Image import Image

#: More than twice the largest picture this service is known to make; a bomb has more.
MAX_PIXELS = 50_000_000
_FORMATS = ("PNG", "JPEG", "WEBP", "GIF")
_THUMB = 320

#: The mean colour of an area, red, green, blue, 0 to 255.
Colour = tuple[float, float, float]


@dataclass(frozen=True)
class Picture:
    """The result of GET ``url``. ``problem``: why it is not a picture; empty if it is."""

    url: str
    reply: Reply
    exchanges: tuple[Exchange, ...]

    @property
    def length(self) -> int:
        """Bytes of the file."""
        return len(self.reply.body)

    @property
    def problem(self) -> str:
        return self._decoded[1]

    @property
    def format(self) -> str:
        """``png``, ``jpeg``, ``webp`` or ``gif``, by the file itself; empty if it is no picture."""
        return self._decoded[2]

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels; zeros if it is not a picture."""
        return (self.image.width, self.image.height) if self.image else (0, 0)

    @property
    def image(self) -> Image | None:
        """The pixels, RGB."""
        return self._decoded[0]

    @property
    def pixels(self) -> Image:
        """The image of a picture that has no ``problem``."""
        assert self.image is not None, self.problem
        return self.image

    @cached_property
    def _decoded(self) -> tuple[Image | None, str, str]:
        if self.reply.failure is not None:
            return None, f"{self.reply.failure.value} {self.reply.detail}".strip(), ""
        if self.reply.status != 200:
            return None, f"HTTP {self.reply.status}", ""
        return _decode(self.reply.body)

    def exhibits(self) -> tuple[EvidenceItem, ...]:
        if self.image is None:
            return self.exchanges
        return (*self.exchanges, Exhibit(self.summary(), self.url, self.thumb))

    def summary(self) -> str:
        width, height = self.size
        return self.problem or f"{self.format} picture, {width}x{height}, {self.length} bytes"

    def thumb(self) -> bytes | None:
        """A small PNG of it; ``None`` if it is not a picture."""
        if self.image is None:
            return None
        small = self.image.copy()
        small.thumbnail((_THUMB, _THUMB))
        file = io.BytesIO()
        small.save(file, "PNG", optimize=True)
        return file.getvalue()


def _decode(data: bytes) -> tuple[Image | None, str, str]:
    from PIL import Image

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(data), formats=_FORMATS) as opened:
                kind = (opened.format or "").lower()
                if opened.width * opened.height > MAX_PIXELS:
                    return None, f"{opened.width}x{opened.height} pixels are too many", kind
                return opened.convert("RGB"), "", kind
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as bomb:
        return None, f"too many pixels ({bomb})", ""
    except Exception as problem:  # Pillow's decoders raise almost anything on a broken file
        return None, f"no picture that can be decoded ({problem or type(problem).__name__})", ""
