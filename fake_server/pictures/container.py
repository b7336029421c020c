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
    """The pixels of a palette picture, as a whole IDAT chunk; `colours` is how many it may use.

    With a `line`, the chunk is the first of two.
    """

    width: int
    height: int
    colours: int
    chunk: bytes
    line: Line | None = None


class Line(NamedTuple):
    """Rows of pixels that differ from job to job, near the end of what is drawn once.

    There are `rows` of them, each repeated by `repeats` (deflated, and as they are in `raw`);
    `rest` is what comes below. `checksum` is that of all above. The rows themselves are not
    compressed: that would cost more than all else, and a record tells how long its picture is.
    """

    rows: int
    repeats: bytes
    repeats_raw: bytes
    rest: bytes
    rest_raw: bytes
    checksum: int


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
    body = _deflate(_filtered(rows, twice), 15, zlib.Z_FINISH)
    times = 2 if twice else 1
    return Idat(len(rows[0]) * times, len(rows) * times, colours, chunk(b"IDAT", body))


def pack_above_line(
    rows: Sequence[bytes], colours: int, twice: bool, count: int, dot: int, below: int
) -> Idat:
    """Compress rows above a line of `count` rows, `dot` pixels high each, and `below` blanks."""
    times = 2 if twice else 1
    width, raw = len(rows[0]) * times, _filtered(rows, twice)
    repeats = (bytes([_SAME_AS_ABOVE]) + bytes(width)) * (dot - 1)
    rest = (b"\0" + bytes(width)) * below
    line = Line(
        count,
        _deflate(repeats, -15, zlib.Z_FULL_FLUSH),
        repeats,
        _deflate(rest, -15, zlib.Z_FINISH),
        rest,
        zlib.adler32(raw),
    )
    body = _deflate(raw, 15, zlib.Z_FULL_FLUSH)  # which ends with a byte, as a stored block begins
    height = len(rows) * times + count * dot + below
    return Idat(width, height, colours, chunk(b"IDAT", body), line)


def _filtered(rows: Sequence[bytes], twice: bool) -> bytes:
    if not twice:
        return b"\0" + b"\0".join(rows)
    above = bytes([_SAME_AS_ABOVE]) + bytes(2 * len(rows[0]))
    return b"".join(piece for row in rows for piece in (b"\0", _widen(row), above))


def _deflate(raw: bytes, wbits: int, end: int) -> bytes:
    packer = zlib.compressobj(6, zlib.DEFLATED, wbits, 9, zlib.Z_RLE)
    return packer.compress(raw) + packer.flush(end)


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
    return header_and_end + len(texts) + _CHUNK + 3 * idat.colours + len(idat.chunk) + _more(idat)


def _more(idat: Idat) -> int:
    """The bytes of the second chunk: for each row a block's header and the row's filter."""
    line = idat.line
    if line is None:
        return 0
    rows = line.rows * (5 + 1 + idat.width + len(line.repeats))
    return _CHUNK + rows + len(line.rest) + 4


def assemble(idat: Idat, palette: bytes, texts: bytes, rows: Sequence[bytes] = ()) -> bytes:
    """The whole file; `palette` is `idat.colours` RGB triples, `texts` ready-made chunks.

    `rows` are those of the line, if there is one.
    """
    if len(palette) != 3 * idat.colours:
        raise ValueError(f"a palette of {len(palette)} bytes for {idat.colours} colours")
    size = idat.width.to_bytes(4, "big") + idat.height.to_bytes(4, "big")
    header = chunk(b"IHDR", size + b"\x08\x03\0\0\0")
    pixels = idat.chunk if idat.line is None else idat.chunk + _line_chunk(idat.line, rows)
    parts = (SIGNATURE, header, texts, chunk(b"PLTE", palette), pixels, chunk(b"IEND", b""))
    return b"".join(parts)


def _line_chunk(line: Line, rows: Sequence[bytes]) -> bytes:
    """The rows as stored blocks (RFC 1951, 3.2.4), with what is ready between and below them."""
    if len(rows) != line.rows:
        raise ValueError(f"a line of {len(rows)} rows for {line.rows}")
    checksum, parts = line.checksum, list[bytes]()
    for row in rows:
        size = len(row) + 1
        parts += (b"\0", size.to_bytes(2, "little"), (0xFFFF - size).to_bytes(2, "little"))
        parts += (b"\0", row, line.repeats)
        checksum = zlib.adler32(line.repeats_raw, zlib.adler32(row, zlib.adler32(b"\0", checksum)))
    checksum = zlib.adler32(line.rest_raw, checksum)
    return chunk(b"IDAT", b"".join((*parts, line.rest, checksum.to_bytes(4, "big"))))
