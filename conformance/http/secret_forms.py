"""What a secret looks like where it was changed beyond any escape: normalised, misread, encoded.

Escapes are undone instead (``escapes.py``).
"""

from __future__ import annotations

import base64
import html
import json
import unicodedata
from collections.abc import Callable
from urllib.parse import quote

from .fragments import TELLING

#: Shorter than this, base64 at an offset leaves too few whole characters to rule out chance.
_ENCODABLE = 6
#: What separates the items of a list of bytes, as numbers; and of one of characters.
_BETWEEN_BYTES = (",", ", ", " ")
_BETWEEN_CHARACTERS = (", ", *(f"{sign},{blank}{sign}" for sign in "'\"" for blank in ("", " ")))


def spellings(secret: str) -> set[str]:
    """How the secret reads once its escapes are undone.

    Forms have a plus for a blank, some writers normalise, and UTF-8 that is read byte by byte (in
    a header, or as ``\\xc3\\xa9``) is Latin-1, once or twice.
    """
    forms = {secret} | {unicodedata.normalize(form, secret) for form in ("NFC", "NFD")}
    forms |= {one.replace(" ", "+") for one in forms}
    for _ in range(2):
        forms |= {_misread(one, page) for one in forms for page in ("latin-1", "cp1252")}
    return forms | _marked(secret)


def _marked(secret: str) -> set[str]:
    """The secret where a page has no place for some of its characters: with a mark for each
    character, for each unit of UTF-16 or for each byte of UTF-8."""
    if secret.isascii() or sum(map(str.isascii, secret)) < TELLING:
        return set()
    lengths: tuple[Callable[[str], int], ...] = (
        len,
        lambda one: len(one.encode("utf-16-le", "surrogatepass")) // 2,
        lambda one: len(one.encode("utf-8", "surrogatepass")),
    )
    return {
        "".join(one if one.isascii() else mark * length(one) for one in secret)
        for mark in "?\ufffd"
        for length in lengths
    }


def _misread(text: str, page: str) -> str:
    """Its UTF-8 read byte by byte. What the page has not, is read as in Latin-1."""
    if text.isascii():
        return text
    raw = text.encode("utf-8", "surrogatepass")
    return "".join(one.to_bytes().decode(page, "ignore") or chr(one) for one in raw)


def encoded(secret: str) -> set[str]:
    """How the secret reads in base64 and base32, alone or inside something longer, in both
    alphabets, in hexadecimal digits and as a list of bytes or characters."""
    texts = {secret, json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1]}
    texts |= {html.escape(secret), quote(secret.encode("utf-8", "surrogatepass"), safe="")}
    plain = secret.encode("utf-8", "surrogatepass")
    forms = _lists(secret, plain) | {case for sign in ":- " for case in _cases(plain.hex(sign))}
    for raw in (text.encode("utf-8", "surrogatepass") for text in texts):
        if len(raw) >= _ENCODABLE:
            forms |= {_at_offset(raw, offset, 6) for offset in range(3)}
            forms |= _cases(raw.hex())
    if len(plain) >= _ENCODABLE:
        for codec in ("utf-16-le", "utf-16-be"):  # as .NET and SQL Server, and as Java
            wide = secret.encode(codec, "surrogatepass")
            forms |= {_at_offset(wide, offset, 6) for offset in range(3)}
            forms |= _cases(wide.hex())
        forms |= {_at_offset(plain, offset, 5) for offset in range(5)}
    return forms | {form.replace("+", "-").replace("/", "_") for form in forms}


def _lists(secret: str, plain: bytes) -> set[str]:
    """The secret as an array: of bytes as JSON, Go or Java (where they have a sign) write them, or
    of characters."""
    signed = [byte - 256 if byte > 127 else byte for byte in plain]
    written = (list(map(str, plain)), list(map(str, signed)), [f"{byte:#x}" for byte in plain])
    forms = {between.join(items) for items in written for between in _BETWEEN_BYTES}
    if len(secret) >= _ENCODABLE:
        forms |= {between.join(secret) for between in _BETWEEN_CHARACTERS}
    return forms


def _cases(digits: str) -> set[str]:
    return {digits, digits.upper()}


def _at_offset(raw: bytes, offset: int, bits: int) -> str:
    """So many bits to a character; those that the neighbours share are not ours."""
    encode = base64.b64encode if bits == 6 else base64.b32encode
    encoded = encode(b"\0" * offset + raw).decode()
    return encoded[-(-8 * offset // bits) : 8 * (offset + len(raw)) // bits]
