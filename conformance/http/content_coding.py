"""Content codings undone within bounds, and as strictly as the strictest client does it."""

from __future__ import annotations

import zlib

_WINDOWS = {"gzip": 31, "x-gzip": 31, "deflate": 15}


class CodingError(Exception):
    """The body is not what its Content-Encoding says; the text says why."""


class TooLargeError(Exception):
    """The body has more bytes than allowed once it is unpacked."""


def unpacked(body: bytes, coding: str, cap: int) -> bytes:
    """``body`` without its ``coding``; no more than ``cap`` bytes are ever made of it."""
    window = _WINDOWS.get(coding)
    if window is None:
        raise CodingError(coding[:100])
    whole, rest = bytearray(), body
    while rest:
        unpacker = zlib.decompressobj(window)
        try:
            whole += unpacker.decompress(rest, cap + 1 - len(whole))
        except zlib.error as error:
            raise CodingError(str(error)) from None
        if len(whole) > cap:
            raise TooLargeError
        if not unpacker.eof:
            raise CodingError(f"the {coding} stream is cut short")
        # A gzip body may have several members; anything else behind it is refused by most clients.
        rest = unpacker.unused_data
        if rest and window != _WINDOWS["gzip"]:
            raise CodingError(f"{len(rest)} bytes follow the {coding} stream")
    return bytes(whole)
