"""A picture behind a link: fetched once, decoded once and within bounds, beside what follows.

Kept are its size, a digest and small copies (``view.py``); neither the file nor the pixels. Pillow
is imported when the first picture is decoded.
"""

from __future__ import annotations

import hashlib
import io
import re
import warnings
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ..findings import EvidenceItem, Exhibit
from ..http.connection import Reply
from ..http.exchange import Exchange
from .view import View, views

if TYPE_CHECKING:
    from PIL.Image import Image

#: Half as many again as the largest picture this service is known to make (4096 x 4096). Decoded,
#: so many take 100 MB. Of a larger one the header alone is read.
MAX_PIXELS = 25_000_000
#: Those of a format that takes four times as much while it is decoded.
_FEWER = {"webp": 4096 * 4096}
#: The links of a record: the picture, its thumb and the file it was made from.
LINKS = ("img_buffer", "img_thumb", "original_url")
_FORMATS = ("PNG", "JPEG", "WEBP", "GIF")
#: What else is a picture, by how a file begins. The kit knows them, and does not decode them.
_OTHERS = (
    (re.compile(rb".{4}ftypavi[fs]", re.DOTALL), "avif"),
    (re.compile(rb".{4}ftyp(hei[cx]|hevc|mif1|msf1)", re.DOTALL), "heic"),
    (re.compile(rb"\xff\x0a|\0\0\0\x0cJXL \r\n\x87\n"), "jxl"),
    (re.compile(rb"\0\0\0\x0cjP {2}\r\n\x87\n"), "jp2"),
    (re.compile(rb"II\*\0|MM\0\*"), "tiff"),
    (re.compile(rb"BM.{12}[\x0c\x28\x34\x38\x40\x6c\x7c]\0\0\0", re.DOTALL), "bmp"),
)


@dataclass(frozen=True, slots=True)
class Contents:
    """What a file holds. ``problem``: why it is no picture; ``unread``: why it is a picture that
    was not decoded. Otherwise there are one or two ``views``, and a ``thumb``. ``stored``: the size
    before it is turned as the camera's note in a JPEG asks.
    """

    format: str = ""
    size: tuple[int, int] = (0, 0)
    stored: tuple[int, int] = (0, 0)
    problem: str = ""
    unread: str = ""
    views: tuple[View, ...] = ()
    thumb: Image | None = None


@dataclass(frozen=True, slots=True)
class Picture:
    """The result of GET ``url``. ``reply`` has lost its body; ``length`` is that of the file in
    bytes, ``digest`` its SHA-256, ``md5`` its MD5 in hexadecimal. Whoever asks for what is in it
    waits until it is decoded.
    """

    url: str
    reply: Reply
    exchanges: tuple[Exchange, ...]
    length: int
    digest: bytes
    decoding: Future[Contents]
    md5: str = ""

    @property
    def contents(self) -> Contents:
        return self.decoding.result()

    @property
    def problem(self) -> str:
        """Why it is not a picture; empty if it is."""
        return self.contents.problem

    @property
    def unread(self) -> str:
        """Why nothing is known of its pixels; empty if they were decoded."""
        return self.contents.problem or self.contents.unread

    @property
    def format(self) -> str:
        """``png``, ``jpeg`` …, by the file itself; empty if it is no picture."""
        return self.contents.format

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels, as it is shown; zeros if it is not a picture, or not read."""
        return self.contents.size

    @property
    def sizes(self) -> set[tuple[int, int]]:
        """What an honest record may have: as it is shown, and as the file holds it."""
        return {self.contents.size, self.contents.stored}

    @property
    def views(self) -> tuple[View, ...]:
        """How the picture can be read, with a frame or without; empty if it is ``unread``."""
        return self.contents.views

    def exhibits(self) -> tuple[EvidenceItem, ...]:
        if self.contents.thumb is None:
            return self.exchanges
        return (*self.exchanges, Exhibit(self.summary(), self.url, self.thumb))

    def summary(self) -> str:
        width, height = self.size
        return self.problem or f"{self.format} picture, {width}x{height}, {self.length} bytes"

    def thumb(self) -> bytes | None:
        """A small PNG of it; ``None`` if it was not decoded."""
        if self.contents.thumb is None:
            return None
        file = io.BytesIO()
        self.contents.thumb.save(file, "PNG", optimize=True)
        return file.getvalue()


#: Seconds that are left; ``None`` for any number.
TimeLeft = Callable[[], float | None]


def inspected(
    url: str,
    reply: Reply,
    exchanges: tuple[Exchange, ...],
    time_left: TimeLeft = lambda: None,
) -> Picture:
    """The picture that a GET returned. A thread of its own decodes it: Pillow leaves the
    interpreter to others for most of that time. What would be begun too late stays unread."""
    digest = hashlib.sha256(reply.body).digest()
    md5 = hashlib.md5(reply.body, usedforsecurity=False).hexdigest()
    bare = replace(reply, body=b"")
    decoder = ThreadPoolExecutor(1, "decoder")
    decoding = decoder.submit(_contents, reply, time_left)
    decoder.shutdown(wait=False)
    return Picture(url, bare, exchanges, len(reply.body), digest, decoding, md5)


def _contents(reply: Reply, time_left: TimeLeft) -> Contents:
    if reply.failure is not None:
        return Contents(problem=f"{reply.failure.value} {reply.detail}".strip())
    if reply.status != 200:
        return Contents(problem=f"HTTP {reply.status}")
    return _decoded(reply.body, time_left)


def _decoded(data: bytes, time_left: TimeLeft) -> Contents:
    from PIL import Image, ImageOps, UnidentifiedImageError

    for beginning, kind in _OTHERS:
        if beginning.match(data):
            return Contents(kind, unread=f"{kind.upper()}, which the kit does not decode")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(data), formats=_FORMATS) as opened:
                kind = (opened.format or "").lower()
                stored, most = opened.size, _FEWER.get(kind, MAX_PIXELS)
                unread = _too_large(stored, most) if stored[0] * stored[1] > most else ""
                if time_left() == 0:
                    unread = "the time limit of the run is reached"
                if unread:
                    return Contents(kind, stored, stored, unread=unread)
                # As a browser shows it: a JPEG may say which way up it is.
                ImageOps.exif_transpose(opened, in_place=True)
                image = _rgb(opened)
        readings, thumb = views(image)
        return Contents(kind, image.size, stored, views=readings, thumb=thumb)
    except UnidentifiedImageError:
        return Contents(problem=f"no picture that can be decoded (it begins with {data[:12]!r})")
    except Image.DecompressionBombError as bomb:
        return Contents(unread=f"too large to decode safely ({bomb})")
    except Exception as problem:  # Pillow's decoders raise almost anything on a broken file
        what = problem or type(problem).__name__
        return Contents(problem=f"no picture that can be decoded ({what})")


def _rgb(opened: Image) -> Image:
    """The first image of a file as RGB; of 16 bits the upper 8. The same one if it is that."""
    if opened.mode == "RGB":
        opened.load()
        return opened
    if opened.mode.startswith("I"):
        return opened.convert("I").point(lambda value: value * (1 / 256) + 0).convert("RGB")
    return opened.convert("RGB")


def _too_large(size: tuple[int, int], most: int) -> str:
    width, height = size
    return (
        f"too large to decode safely: {width}x{height} pixels, "
        f"and the kit decodes {most / 1_000_000:.0f} million at most"
    )
