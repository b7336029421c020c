"""Bodies that generators don't make: no JSON, no object, JSON that breaks readers or that is not
labelled as JSON (GEN-5).

Bytes, since most of them can't be written as text.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

#: The page promises no limit of size; this is far above any request and quickly sent.
_HUGE = 1 << 20
_DEEP = 20_000


@dataclass(frozen=True, slots=True)
class Sample:
    """One body; ``headers`` replace those of an ordinary request."""

    name: str
    body: bytes
    headers: tuple[tuple[str, str], ...] = ()


@cache
def few() -> tuple[Sample, ...]:
    """The telling ones, for operations where each one might cost a job."""
    return (
        Sample("an empty body", b""),
        Sample("half an object", b"{"),
        Sample("an array", b"[]"),
        Sample("null", b"null"),
        Sample("bytes that are not UTF-8", b'{"content": "caf\xe9 \xff\xfe"'),
    )


@cache
def samples() -> tuple[Sample, ...]:
    """All of them."""
    form = (("Content-Type", "application/x-www-form-urlencoded"),)
    plain = (("Content-Type", "text/plain"),)
    return (
        *few(),
        Sample("a word", b"hello"),
        Sample("a string", b'"hello"'),
        Sample("a number", b"5"),
        Sample("true", b"true"),
        Sample("a filled array", b'[{"limit": 1}]'),
        # The page's own example of find has comments and a trailing comma.
        Sample("comments", '{"limit": 10, // 可选\n}'.encode()),
        Sample("single quotes", b"{'limit': 1}"),
        Sample("two objects", b"{}{}"),
        Sample("a form", b"limit=1&prompt=boat", form),
        Sample("a form labelled as text", b"limit=1", plain),
        Sample("JSON labelled as text", b'{"limit": 1}', plain),
        Sample("HTML", b"<html></html>", (("Content-Type", "text/html"),)),
        Sample("NaN", b'{"limit": NaN}'),
        Sample("infinity", b'{"limit": 1e400}'),
        Sample("a number of 5000 digits", b'{"limit": ' + b"9" * 5000 + b"}"),
        Sample("a byte order mark", b"\xef\xbb\xbf{}"),
        Sample("UTF-16", '{"prompt": "boat"}'.encode("utf-16")),
        Sample("Latin-1", b'{"prompt": "caf\xe9", "username": "caf\xe9", "password": "x"}'),
        Sample("an overlong encoding", b'{"prompt": "\xc0\xaf"}'),
        Sample("a surrogate in UTF-8", b'{"prompt": "\xed\xa0\x80"}'),
        Sample(
            "a lone surrogate",
            b'{"prompt": "\\ud800", "username": "\\ud800", "password": "\\udfff"}',
        ),
        Sample("a raw NUL", b'{"prompt": "a\x00b"}'),
        Sample(
            "an escaped NUL",
            b'{"prompt": "a\\u0000b", "username": "\\u0000", "password": "\\u0000"}',
        ),
        Sample("a raw line feed in a string", b'{"prompt": "a\nb"}'),
        Sample("arrays, very deep", b"[" * _DEEP),
        Sample("closed arrays, very deep", b"[" * _DEEP + b"]" * _DEEP),
        Sample("objects, very deep", b'{"prompt": ' * _DEEP + b"1" + b"}" * _DEEP),
        Sample("one megabyte that is not JSON", b"x" * _HUGE),
        Sample(
            "one megabyte of text",
            b'{"prompt": "'
            + b"x" * _HUGE
            + b'", "username": "'
            + b"x" * 99
            + b'", "password": ""}',
        ),
        Sample("a key twice", b'{"limit": 1, "limit": "x"}'),
        Sample("keys of objects", b'{"__proto__": {"x": 1}, "constructor": 1, "": 1}'),
    )


#: Text that a client may send as a prompt.
SCRIPTS: dict[str, str] = {
    "Chinese": "上海的早晨",
    "emoji": "🚣 🏮",
    "an emoji of several": "👩🏽‍🚀👨‍👩‍👧",
    "rare Chinese beyond 16 bits": "𠮷野家",
    "Arabic": "قارب صغير",
    "Hindi": "छोटी नाव",
    "Thai": "เรือลำเล็ก",
    "Cyrillic": "лодка",
    "letters with combining marks": "cafe\u0301 n\u0303",
    "quotes and backslashes": 'the "old" boat\'s \\ sail',
    "signs of SQL": "50% of_it; --",
}
