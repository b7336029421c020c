"""What a body is that is no JSON object, said so that its sender knows what to change."""

from __future__ import annotations

import re
from typing import Any

import orjson

from .types import RequestHeaders

_TAKES = "the API takes a JSON object in UTF-8"

#: How files and compressed data begin.
_MAGIC = (
    (b"\x1f\x8b", "gzip"),
    (b"\x28\xb5\x2f\xfd", "zstd"),
    (b"\xfd7zXZ\0", "xz"),
    (b"BZh", "bzip2"),
    (b"\x04\x22\x4d\x18", "lz4"),
    (b"PK\x03\x04", "a zip file"),
    (b"\x89PNG", "a PNG file"),
    (b"\xff\xd8\xff", "a JPEG file"),
    (b"GIF8", "a GIF file"),
    (b"RIFF", "a WebP file"),
    (b"%PDF", "a PDF file"),
    (b"\0\0\xfe\xff", "UTF-32"),
    (b"\xff\xfe\0\0", "UTF-32"),
    (b"\xfe\xff", "UTF-16"),
    (b"\xff\xfe", "UTF-16"),
    (b"\xef\xbb\xbf", "text behind a byte order mark"),
    (b"\0\0\0{", "UTF-32"),
    (b"{\0\0\0", "UTF-32"),
    (b"\0{", "UTF-16"),
    (b"{\0", "UTF-16"),
    (b"eyJ", "base64"),
)
#: Types that tell more than the bytes do, by a part of their name.
_TYPES = (
    ("msgpack", "MessagePack"),
    ("cbor", "CBOR"),
    ("bson", "BSON"),
    ("protobuf", "Protocol Buffers"),
    ("multipart/", "multipart"),
    ("x-www-form-urlencoded", "a form"),
    ("yaml", "YAML"),
    ("xml", "XML"),
    ("csv", "CSV"),
)
# In the order in which they are looked for; each is read from the body's first bytes.
_FORMS = (
    (rb"--[^\r\n]{1,70}\r?\n(?i:content-)", "multipart"),
    (rb"\s*<(?i:!doctype html|html)\b", "HTML"),
    (rb"\s*<", "XML"),
    (rb"%7[Bb]", "JSON that is encoded for a URL"),
    (rb"[\w.%+\-\[\]]+=[^\s{}\"']*\Z", "a form"),
    (rb"\{\s*'", "a Python or JavaScript object"),
    (rb"\{\s*[A-Za-z_]\w*\s*:", "a JavaScript object, whose keys have no quotes"),
    (rb"(?:---\s|[A-Za-z_][\w-]*:\s)", "YAML"),
    # A map whose first key is text.
    (rb"(?:[\x81-\x8f]|\xde..|\xdf....)[\xa0-\xbf\xd9-\xdb]", "MessagePack"),
    (rb"[\xa1-\xbf][\x60-\x7b]", "CBOR"),
    (rb"\x80[\x02-\x05]", "a Python pickle"),
    (rb"\x78[\x01\x5e\x9c\xda]", "deflate"),
)
_KINDS = tuple((re.compile(pattern, re.DOTALL), kind) for pattern, kind in _FORMS)
#: How far the forms are looked into.
_HEAD = 4096
_NAMES: dict[type, str] = {
    str: "a JSON string",
    list: "a JSON array",
    int: "a number",
    float: "a number",
    bool: "true or false",
    type(None): "null",
}


def why_no_json(raw: bytes, headers: RequestHeaders, problem: orjson.JSONDecodeError) -> str:
    """The reason for a body that is no JSON; ``problem`` is what the parser says of it."""
    for ask in (_empty, _marked, _compressed, _written, _said):
        kind = ask(raw, headers)
        if kind is not None:
            return f"the body is {kind}; {_TAKES}"
    try:
        raw.decode()
    except UnicodeDecodeError as wrong:
        byte, place = raw[wrong.start], wrong.start
        return f"the body is not UTF-8 (byte 0x{byte:02x} at position {place}); {_TAKES}"
    return f"the body is not valid JSON: {problem}"


def why_no_object(value: Any) -> str:
    """The reason for JSON that is no object."""
    kind = _NAMES[type(value)]
    if isinstance(value, str) and value.lstrip()[:1] in ("{", "["):
        kind = "JSON that is encoded twice (a string that holds JSON)"
    return f"the body is {kind}; the body must be a JSON object"


def _empty(raw: bytes, _: RequestHeaders) -> str | None:
    if not raw:
        return "empty"
    return None if raw.strip(b" \t\r\n") else "blank"


def _marked(raw: bytes, _: RequestHeaders) -> str | None:
    return next((kind for mark, kind in _MAGIC if raw.startswith(mark)), None)


def _compressed(_: bytes, headers: RequestHeaders) -> str | None:
    coding = headers.get(b"content-encoding", b"").decode("latin-1").strip().lower()[:40]
    return f"compressed ({coding})" if coding not in ("", "identity") else None


def _written(raw: bytes, _: RequestHeaders) -> str | None:
    if len(raw) == int.from_bytes(raw[:4], "little") and raw.endswith(b"\0"):
        return "BSON"
    head = raw[:_HEAD]
    return next((kind for pattern, kind in _KINDS if pattern.match(head)), None)


def _said(raw: bytes, headers: RequestHeaders) -> str | None:
    """By its type. Whoever sends broken JSON with curl has not meant the form that curl says."""
    if raw.lstrip()[:1] in b'{["':
        return None
    told = headers.get(b"content-type", b"").decode("latin-1").lower()
    return next((kind for part, kind in _TYPES if part in told), None)
