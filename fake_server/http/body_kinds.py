"""What a body is that is no JSON object, said so that its sender knows what to change."""

from __future__ import annotations

import json
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
    (rb"\[object [A-Z]\w*\]", "JavaScript's text for an object, not JSON.stringify's"),
    (rb"b['\"]", "Python's text for bytes"),
    (rb"'", "text in single quotes"),
    (rb"(?:\{\{|\$\{|\{%|<%)", "a template that was not filled in"),
    (rb"\{\s*\\+\"", "JSON whose quotes are escaped"),
    (rb"\{\s*&(?:quot|#34|#x22);", "JSON that is encoded for HTML"),
    (
        rb"\{\s*(?:\xe2\x80[\x98-\x9f]|\xe3\x80[\x8c\x8d]|\xef\xbc\x82)",
        "JSON with typographic quotes",
    ),
    (rb"\{\s*(?:\"[^\"]{0,200}\"|:\w{1,200})\s*=>", "a Ruby or PHP object"),
    (rb"\{\s*\w+=", "Java's text for a map"),
    (rb"[A-Za-z_][\w.$]*@[0-9a-f]{1,8}\Z", "Java's text for an object"),
    (rb"System\.[\w.`\[\],]+\Z", ".NET's text for an object"),
    (rb"@\{", "PowerShell's text for a hash table"),
    (rb"(?:HASH|ARRAY)\(0x[0-9a-f]+\)", "Perl's text for a reference"),
    (rb"&?map\[", "Go's text for a map"),
    (rb"<[^<>]{1,200}\bat 0x[0-9A-Fa-f]+>|<_io\.", "Python's text for an object"),
    (rb"@[\w./\\:~-]+\Z", "the name of a file behind @, which curl alone reads"),
    (rb"`", "text in backticks"),
    (rb"\x1e", "a JSON text sequence"),
    (rb"data: ?[{\[]", "a stream of events"),
    (rb"[A-Za-z_$][\w.$]*\(\s*[{\[]", "JSONP"),
    (rb"\)\]\}'", "JSON behind )]}'"),
    (
        rb"(?:\xc2\xa0|\xe2\x80[\x8b-\x8f]|\xe3\x80\x80)+\s*\{",
        "JSON behind a blank or invisible character that JSON does not have",
    ),
    (rb"\s*(?://|/\*)", "text that begins with a comment"),
    (rb"[0-9A-Fa-f]{1,8}\r\n", "chunked without Transfer-Encoding"),
    (rb"(?:0x)?7[Bb](?:[0-9A-Fa-f]{2})+\s?\Z", "hexadecimal digits"),
    # "{" and a blank, encoded.
    (rb"e(?:y[A-D]|w[k-r0-3])[A-Za-z0-9+/\r\n_-]{8}", "base64"),
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
    return f"the body is not valid JSON: {_mistake(problem)}"


def _mistake(problem: orjson.JSONDecodeError) -> str:
    """What is wrong with text that is no JSON, where the parser's own words say less."""
    signed = problem.doc[problem.pos - 1 : problem.pos] == "-"
    word = _WORD.match(problem.doc, problem.pos - signed)
    if word is not None:
        return f"{word[0]} is no JSON value: line {problem.lineno} column {problem.colno}"
    if problem.doc.lstrip()[:1] not in ("{", "[", '"'):
        return "it does not begin with {"
    if problem.msg.startswith("no digit after sign"):
        place = f"line {problem.lineno} column {problem.colno}"
        return f"a number begins with a digit, or with - and a digit: {place}"
    if _is_python_json(problem.doc):
        return "it has half of a surrogate pair, such as \\ud83d alone"
    return next((words for said, words in _SAID_BADLY.items() if said in problem.msg), str(problem))


#: What the parser says of many levels. The second is of levels that are not closed: the guess that
#: it makes of the memory for a text is right for whole ones only.
_SAID_BADLY = {
    "depth limit exceeded": "it is nested more than a thousand levels deep",
    "failed to allocate memory": "it ends before all of its [ and { are closed",
}


#: What JavaScript and Python write for values that JSON does not have, or writes otherwise.
_WORD = re.compile(r"(?:-?Infinity|NaN|nan|-?inf|undefined|None|True|False)\b")


def _is_python_json(text: str) -> bool:
    """Whether Python's parser takes a text; it does not look for halves of pairs."""
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


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
    return next((kind for form, kind in _FORMS if re.match(form, head, re.DOTALL)), None)


def _said(raw: bytes, headers: RequestHeaders) -> str | None:
    """By its type. Whoever sends broken JSON with curl has not meant the form that curl says."""
    if raw.lstrip()[:1] in b'{["':
        return None
    told = headers.get(b"content-type", b"").decode("latin-1").lower()
    return next((kind for part, kind in _TYPES if part in told), None)
