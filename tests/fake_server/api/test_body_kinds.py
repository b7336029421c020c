"""The reason of a refusal says what was sent, where that was something else than a JSON object."""

from __future__ import annotations

import base64
import bz2
import gzip
import json
import lzma
import pickle
import time
import zlib

import pytest

from tests.support.controls import Control
from tests.support.fakes import Caller, Fake, envelope

LOGIN = {"username": "abc", "password": "abc-secret"}
TEXT = json.dumps(LOGIN).encode()
FORM = "application/x-www-form-urlencoded"

#: A body, its type, and what the reason says of it.
KINDS: dict[str, tuple[bytes, str | None, str]] = {
    "a form": (b"username=abc&password=abc-secret", FORM, "a form"),
    "a form without a type": (b"content=a+cat", None, "a form"),
    "a form with escapes": (b"a%5Bb%5D=%E5%9B%BE&c=", "application/json", "a form"),
    "an odd form": (b"abc", FORM, "a form"),
    "multipart": (
        b'--x1\r\nContent-Disposition: form-data; name="content"\r\n\r\na cat\r\n--x1--\r\n',
        None,
        "multipart",
    ),
    "gzip": (gzip.compress(TEXT), None, "gzip"),
    "deflate": (zlib.compress(TEXT), None, "deflate"),
    "bzip2": (bz2.compress(TEXT), None, "bzip2"),
    "xz": (lzma.compress(TEXT), None, "xz"),
    "zstd": (b"\x28\xb5\x2f\xfd" + TEXT, None, "zstd"),
    "XML": (b'<?xml version="1.0"?><content>a cat</content>', None, "XML"),
    "XML behind blanks": (b"  <a/>", "application/json", "XML"),
    "HTML": (b"<!DOCTYPE html><p>", None, "HTML"),
    "MessagePack": (b"\x81\xa7content\xa5a cat", None, "MessagePack"),
    "an empty map of MessagePack": (b"\x80", "application/msgpack", "MessagePack"),
    "CBOR": (b"\xa1\x67content\x65a cat", None, "CBOR"),
    "BSON": (b"\x14\0\0\0\x02a\0\x08\0\0\0content\0"[:19] + b"\0", None, "BSON"),
    "pickle": (pickle.dumps(LOGIN), None, "pickle"),
    "Protocol Buffers": (b"\x0a\x05a cat", "application/x-protobuf", "Protocol Buffers"),
    "YAML": (b"content: a cat\n", None, "YAML"),
    "a YAML document": (b"---\ncontent: a cat\n", None, "YAML"),
    "CSV": (b"a,b\n1,2\n", "text/csv", "CSV"),
    "UTF-16": (TEXT.decode().encode("utf-16"), None, "UTF-16"),
    "UTF-16 without a mark": (TEXT.decode().encode("utf-16-be"), None, "UTF-16"),
    "UTF-32": (TEXT.decode().encode("utf-32"), None, "UTF-32"),
    "UTF-32 without a mark": (TEXT.decode().encode("utf-32-le"), None, "UTF-32"),
    "a byte order mark": (b"\xef\xbb\xbf" + TEXT, None, "byte order mark"),
    "Latin-1": ('{"content":"é"}'.encode("latin-1"), None, "not UTF-8 (byte 0xe9 at position 12)"),
    "a surrogate": (b'{"content":"\xed\xa0\x80"}', None, "not UTF-8 (byte 0xed"),
    "Python": (b"{'content': 'a cat'}", None, "a Python or JavaScript object"),
    "JavaScript": (b'{content: "a cat"}', None, "keys have no quotes"),
    "escapes of a URL": (b"%7B%22content%22%3A1%7D", FORM, "encoded for a URL"),
    "base64": (b"eyJjb250ZW50IjoiYSBjYXQifQ==", None, "base64"),
    "base64 of indented JSON": (base64.b64encode(b'{\n  "content": 1\n}'), FORM, "base64"),
    "base64 of spaced JSON": (base64.b64encode(b'{ "content": 1}'), None, "base64"),
    "hexadecimal digits": (TEXT.hex().encode(), None, "hexadecimal"),
    "JavaScript's text": (b"[object Object]", "text/plain", "JSON.stringify"),
    "text of an event": (b"[object FormData]", None, "JSON.stringify"),
    "Python's bytes": (repr(TEXT).encode(), None, "Python's text for bytes"),
    "single quotes": (b"'{\"content\": 1}'", None, "single quotes"),
    "escaped quotes": (b'{\\"content\\":\\"a\\"}', None, "quotes are escaped"),
    "entities": (b"{&quot;content&quot;: 1}", None, "encoded for HTML"),
    "typographic quotes": ("{\u201ccontent\u201d: 1}".encode(), None, "typographic quotes"),
    "a template": (b'{{"content": 1}}', None, "a template"),
    "a placeholder": (b"${body}", "application/json", "a template"),
    "Ruby": (b'{"content"=>"a cat"}', None, "Ruby"),
    "Java": (b"{content=a cat, grid_num=1}", None, "Java's text"),
    "a comment": (b'// mine\n{"content": 1}', None, "a comment"),
    "chunks": (b'e\r\n{"content": 1}\r\n0\r\n\r\n', None, "chunked without Transfer-Encoding"),
    "UTF-7": (b"+AHs-", None, "does not begin with {"),
    "a name": (b"a lighthouse in fog", "application/json", "does not begin with {"),
    "a call": (b'callback({"content": 1})', None, "JSONP"),
    "a Java object": (b"com.example.Body@1b2c3d4f", None, "Java's text for an object"),
    "a .NET object": (b"System.Net.Http.StringContent", None, ".NET's text"),
    "PowerShell": (b"@{content=a cat}", None, "PowerShell"),
    "Perl": (b"HASH(0x55d1c0ffee00)", None, "Perl"),
    "Go": (b"map[content:a cat]", None, "Go's text"),
    "a Python object": (b"<function body at 0x7f00beef>", None, "Python's text for an object"),
    "a Python file": (b"<_io.BufferedReader name='body.json'>", None, "Python's text"),
    "a file's name": (b"@./body.json", FORM, "behind @, which curl alone reads"),
    "Markdown": (b'```json\n{"content": 1}\n```', None, "in backticks"),
    "a sequence": (b'\x1e{"content": 1}\n', None, "a JSON text sequence"),
    "events": (b'data: {"content": 1}\n\n', None, "a stream of events"),
    "a prefix": (b')]}\',\n{"content": 1}', None, "behind )]}'"),
    "a hard blank": (b'\xc2\xa0{"content": 1}', None, "invisible character"),
    "a sign": (b'{"limit": +1}', None, "begins with a digit, or with - and a digit: line 1 column"),
    "XML of an email": (b"<a@b>", None, "XML"),
    "undefined": (b"undefined", None, "undefined is no JSON value: line 1 column 1"),
    "Python's words": (b'{"favourite": True}', None, "True is no JSON value: line 1 column 15"),
    "not a number": (b'{"a": "\xe5\x9b\xbe", "b": NaN}', None, "NaN is no JSON value"),
    "infinity": (b'{"limit": -Infinity}', None, "-Infinity is no JSON value"),
    "half a pair": (b'{"content": "\\ud83d"}', None, "half of a surrogate pair"),
    "the other half": (b'{"content": "a\\udE00b"}', None, "half of a surrogate pair"),
    "encoded twice": (json.dumps(TEXT.decode()).encode(), None, "encoded twice"),
    "a PNG": (b"\x89PNG\r\n\x1a\n", "image/png", "a PNG file"),
    "an array": (b"[{}]", None, "a JSON array"),
    "a string": (b'"a cat"', None, "a JSON string"),
    "a number": (b"1.5", None, "a number"),
    "null": (b"null", None, "null"),
    "true": (b"true", None, "true or false"),
    "nothing": (b"", None, "empty"),
    "blanks": (b" \r\n", None, "blank"),
    # What was meant to be JSON is told as what is wrong with it.
    "cut off": (b'{"content":"a c', FORM, "not valid JSON"),
    "levels left open": (b"[" * 600 + b"1", None, "ends before all of its [ and { are closed"),
    "open objects": (b'{"a":' * 900, None, "not valid JSON"),
    "too many levels": (b"[" * 20_000 + b"]" * 20_000, None, "more than a thousand levels deep"),
    "a comma too many": (b'{"limit":10,}', "application/json", "not valid JSON"),
}


@pytest.mark.parametrize("name", KINDS)
def test_the_reason_says_what_the_body_is(fake: Fake, name: str) -> None:
    body, type, kind = KINDS[name]
    headers = {} if type is None else {"Content-Type": type}
    answer = fake.send("POST", "/auth/login", body, headers)
    assert envelope(answer)["errno"] == 301
    reason = answer.headers["x-fake-reason"]
    assert kind in reason
    assert "JSON" in reason
    assert "abc-secret" not in reason


def test_a_coding_that_leaves_no_mark_is_told_by_its_header(fake: Fake) -> None:
    brotli = b"\x0b\x02\x80{}\x03"
    answer = fake.send("POST", "/auth/login", brotli, {"Content-Encoding": "br"})
    assert answer.headers["x-fake-reason"].startswith("the body is compressed (br);")


@pytest.mark.parametrize("headers", [{"Content-Type": FORM}, {"Content-Encoding": "gzip"}, {}])
def test_json_is_taken_whatever_the_headers_say(fake: Fake, headers: dict[str, str]) -> None:
    assert fake.send("POST", "/auth/login", TEXT, headers).json()["errno"] == 0


def test_the_control_api_says_it_as_well(control: Control) -> None:
    json = {"Content-Type": "application/json"}
    answer = control.fake.send("POST", "/__admin/reset", b"account=abc", json)
    assert answer.status_code == 400
    assert "the body is a form" in answer.json()["error"]["message"]


@pytest.mark.parametrize("body", [b"", b"{}", b'{"content": 5}', b"content=x", b"[]"])
def test_parameters_in_the_query_are_said_not_to_be_read(abc: Caller, body: bytes) -> None:
    token = {"Authorization": f"Bearer {abc.token}"}
    with_query = abc.fake.send("POST", "/jobs/create?content=a+cat", body, token)
    assert with_query.json()["errno"] == 301
    assert "the query is not read" in with_query.headers["x-fake-reason"]
    without = abc.fake.send("POST", "/jobs/create", body, token)
    assert "query" not in without.headers["x-fake-reason"]


def test_a_token_in_the_query_is_said_not_to_be_read(abc: Caller) -> None:
    answer = abc.fake.send("POST", f"/jobs/find?token={abc.token}", b"{}")
    assert answer.json()["errno"] == 430
    assert "the query is not read" in answer.headers["x-fake-reason"]
    assert abc.token not in answer.headers["x-fake-reason"]


@pytest.mark.parametrize(
    "piece",
    [
        b"a=",
        b"-",
        b"<",
        b" ",
        b"{ ",
        b"%7",
        b"a:",
        b"a",
        b"\x81",
        b"--a\r",
        b'{"',
        b"7b",
        b"eyA\n",
        b"[1,",
    ],
)
def test_telling_takes_no_time(fake: Fake, piece: bytes) -> None:
    body = (piece * 1_000_000)[: 1 << 20]
    began = time.perf_counter()
    assert fake.send("POST", "/auth/login", body).json()["errno"] == 301
    assert time.perf_counter() - began < 1
