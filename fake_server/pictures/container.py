"""Palette PNGs put together from parts that are made apart.

A picture is an `Idat`, its pixels as palette indexes, compressed once for each geometry, and the
few hundred bytes which differ from job to job: the palette and the text chunks. So putting one
together is a copy and three small checksums, and its length is a sum.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Sequence
from typing import NamedTuple

SIGNATURE = b"\x89PNG\r\n\x1a\n"
_CHUNK = 12  # the bytes of a chunk beside its body: length, type, CRC
_SAME_AS_ABOVE = 2  # the PNG filter "Up"; a row of zeros under it repeats the row above


class Idat(NamedTuple):
    """The pixels of a palette picture, as a whole IDAT chunk; `colours` is how many it may use."""

    width: int
    height: int
    colours: int
    chunk: bytes


def chunk(kind: bytes, body: bytes) -> bytes:
    """One chunk of a PNG file: length, type, body, CRC."""
    crc = zlib.crc32(body, zlib.crc32(kind))
    return len(body).to_bytes(4, "big") + kind + body + crc.to_bytes(4, "big")


def pack(rows: Sequence[bytes], colours: int, twice: bool = False) -> Idat:
    """Compress rows of palette indexes; `twice` doubles every pixel in both directions.

    Run-length matching only (`Z_RLE`): a drawing in flat shades is nearly all runs, so that is
    three times as fast as looking for every match, and smaller than the fast levels. A doubled
    row costs nothing but its zeros.
    """
    width = len(rows[0])
    if twice:
        width *= 2
        above = bytes([_SAME_AS_ABOVE]) + bytes(width)
        raw = b"".join(piece for row in rows for piece in (b"\0", _widen(row), above))
    else:
        raw = b"\0" + b"\0".join(rows)
    packer = zlib.compressobj(6, zlib.DEFLATED, 15, 9, zlib.Z_RLE)
    body = packer.compress(raw) + packer.flush()
    return Idat(width, len(rows) * (2 if twice else 1), colours, chunk(b"IDAT", body))


def _widen(row: bytes) -> bytes:
    wide = bytearray(2 * len(row))
    wide[::2] = row
    wide[1::2] = row
    return bytes(wide)


def text_chunks(texts: Iterable[tuple[str, str]]) -> bytes:
    """Text chunks in the order given: `tEXt` where ASCII suffices, else `iTXt` (UTF-8).

    Raises ValueError on a keyword or text that a PNG can't hold.
    """
    return b"".join(_text_chunk(keyword, text) for keyword, text in texts)


def _text_chunk(keyword: str, text: str) -> bytes:
    plain = keyword.isascii() and keyword.isprintable() and keyword == keyword.strip()
    if not plain or not 1 <= len(keyword) <= 79:
        raise ValueError(
            f"a PNG keyword is 1 to 79 ASCII characters with no space at either end: {keyword!r}"
        )
    key = keyword.encode("ascii")
    if "\0" in text:
        raise ValueError(f"the PNG text {keyword!r} may not hold a NUL character")
    if text.isascii():
        return chunk(b"tEXt", key + b"\0" + text.encode("ascii"))
    return chunk(b"iTXt", key + b"\0\0\0\0\0" + text.encode("utf-8"))


def length(idat: Idat, texts: bytes) -> int:
    """How many bytes `assemble` will give, from the sizes of the parts alone."""
    header_and_end = len(SIGNATURE) + _CHUNK + 13 + _CHUNK
    return header_and_end + len(texts) + _CHUNK + 3 * idat.colours + len(idat.chunk)


def assemble(idat: Idat, palette: bytes, texts: bytes) -> bytes:
    """The whole file; `palette` is `idat.colours` RGB triples, `texts` ready-made chunks."""
    if len(palette) != 3 * idat.colours:
        raise ValueError(f"a palette of {len(palette)} bytes for {idat.colours} colours")
    size = idat.width.to_bytes(4, "big") + idat.height.to_bytes(4, "big")
    header = chunk(b"IHDR", size + b"\x08\x03\0\0\0")
    parts = (SIGNATURE, header, texts, chunk(b"PLTE", palette), idat.chunk, chunk(b"IEND", b""))
    return b"".join(parts)
