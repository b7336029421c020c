"""An answer's body is read as a strict client reads it, and kept within bounds."""

from __future__ import annotations

import json

import pytest

from sampan.conformance.http.connection import Reply
from sampan.conformance.http.json_body import cut, read

ENVELOPE = {"errno": 0, "errmsg": "OK", "data": "上海"}
JSON = json.dumps(ENVELOPE, ensure_ascii=False).encode()


@pytest.mark.parametrize(
    ("body", "flaw"),
    [
        (JSON, ""),
        (b" \n\t\r" + JSON + b"\n", ""),
        (b'{"errno":0,"errno":0}', ""),  # names should be unique, says the RFC, no more
        (b'{"errno":0,"data":{"a":1,"a":1.0}}', ""),
        (b'{"errno":0,"errno":430}', "two values under one key"),
        (b'{"errno":0,"data":{"res":[{"status":1000,"hash":"h","status":2000}]}}', "two values"),
        (b'{"errno":0,"data":"\\ud83d\\udea3"}', ""),
        (b'{"errno":0,"data":"\\\\ud83d"}', ""),
        (b'{"errno":0,"data":"\\ud800"}', "lone surrogate"),
        (b'{"errno":0,"data":["boat \\uD83D"]}', "lone surrogate"),
        (b'{"errno":0,"\\udea3\\ud83d":1}', "lone surrogate"),
        (b"\xef\xbb\xbf" + JSON, "byte order mark"),
        (JSON.decode().encode("utf-16"), "UTF-16"),
        (JSON.decode().encode("utf-16-be"), "UTF-16-BE"),
        (JSON.decode().encode("utf-32-le"), "UTF-32-LE"),
        (b'{"errno":0,"data":1e400}', "larger than a double"),
    ],
)
def test_what_a_strict_client_refuses_is_a_flaw_of_a_body_that_can_be_read(
    body: bytes, flaw: str
) -> None:
    found = read(Reply(200, (), body))
    assert isinstance(found.value, dict)
    assert found.problem == ""
    assert flaw in found.flaw
    assert bool(flaw) is bool(found.flaw)


@pytest.mark.parametrize(
    ("label", "flaw"),
    [
        ("application/json", ""),
        ("application/json; charset=utf-8", ""),
        ('application/json;charset="UTF8"', ""),
        ("application/json; charset=nonsense", ""),  # what nobody knows, everybody passes over
        ("application/json; charset=ISO-8859-1", "charset=ISO-8859-1"),
        ("application/json;Charset=gbk", "charset=gbk"),
        ('text/json; a=b; charset="utf-16"', "charset=utf-16"),
        ("application/json; charset=punycode", ""),
        ("application/json; charset=base64", ""),
    ],
)
def test_a_charset_that_is_not_that_of_the_text_is_a_flaw(label: str, flaw: str) -> None:
    headers = (("content-type", label),)
    found = read(Reply(200, headers, JSON)).flaw
    assert flaw in found
    assert bool(flaw) is bool(found)
    assert read(Reply(200, headers, b'{"errno":0}')).flaw == ""


@pytest.mark.parametrize(
    "body",
    [
        *(b'{"errno":NaN}', b'{"errno":-Infinity}', b'{"errno":0,}', b'{"errno":0} x', b"{'a':1}"),
        *(b'{"errno":0}\0', b'\0{"errno":0}', b'{"a":"\n"}', b'{"a":"\0"}', b'{"a":01}', b"{a:1}"),
        *(b'{"a":"\xed\xa0\x80"}', b'{"a":"\xff"}', b'\xa0{"a":1}', b"/**/{}", b'{"a":+1}'),
    ],
)
def test_what_no_strict_client_reads_is_no_json(body: bytes) -> None:
    assert read(Reply(200, (), body)).problem.startswith("not JSON")


def test_a_large_answer_is_cut_and_says_how_large_it_was() -> None:
    record = {"hash": "h", "unread": "x" * 100_000, "status": 2000}
    data = {"res": [record] * 3, "total": 3, "more": list(range(5_000))}
    body = {"errno": 0, "errmsg": "OK" * 200_000, "data": data, "extra": "y" * 3_000_000}
    kept = read(Reply(200, (), json.dumps(body).encode())).value
    assert isinstance(kept, dict)
    assert len(json.dumps(kept)) < 200_000
    assert kept["errno"] == 0
    assert [one["status"] for one in kept["data"]["res"]] == [2000] * 3
    assert "(100000 characters in all)" in kept["data"]["res"][0]["unread"]
    assert kept["errmsg"].endswith("(400000 characters in all)")


def test_what_is_small_is_kept_as_it_is() -> None:
    assert read(Reply(200, (), JSON)).value == ENVELOPE
    assert cut(ENVELOPE) == ENVELOPE
