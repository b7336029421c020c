"""Conditions on a body: text, patterns, parts of JSON, and fields by their path."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from sampan.fake_server.http.matching import ABSENT, Body, BodyMatch, MatchError, path_pattern

CAT = b'{"content": "a cat", "grid_num": 2, "folders": ["f1", "f2"], "a.b": {"c": [1, null]}}'
CHINESE = json.dumps({"content": '小船 "x" \u2028'}).encode()  # escaped, as Python writes it
PLAIN = b"content=a+cat"


@pytest.mark.parametrize(
    ("body", "terms", "admitted"),
    [
        (CAT, {}, True),
        (CAT, {"contains": "a cat"}, True),
        (CAT, {"contains": '"content": "a cat"'}, True),  # as it was sent
        (CAT, {"contains": '"content":"a cat"'}, True),  # without spaces
        (CAT, {"contains": "A CAT"}, False),
        (CHINESE, {"contains": "小船"}, True),
        (CHINESE, {"contains": "\\u5c0f"}, True),
        (PLAIN, {"contains": "a+cat"}, True),
        (b"", {"contains": "x"}, False),
        (b"\xff\xfe x", {"contains": " x"}, True),
        (CAT, {"matches": "c.t"}, True),
        (CAT, {"matches": "^cat"}, False),
        (CAT, {"matches": "(?i)A CAT"}, True),
        (CHINESE, {"matches": r"\p{Han}{2} "}, True),
        (PLAIN, {"matches": r"^content=\w\+cat$"}, True),
        (CAT, {"json": {"content": "a cat"}}, True),
        (CAT, {"json": {"grid_num": 2.0}}, True),
        (CAT, {"json": {"grid_num": "2"}}, False),
        (CAT, {"json": {"a.b": {"c": [1, None]}}}, True),
        (CAT, {"json": {"a.b": {"c": [1]}}}, False),
        (CAT, {"json": {"folders": ["f1"]}}, False),
        (CAT, {"json": {"missing": None}}, False),
        (CAT, {"json": {}}, True),
        (PLAIN, {"json": {}}, False),
        (CAT, {"equals": json.loads(CAT)}, True),
        (CAT, {"equals": {"content": "a cat"}}, False),
        (b"null", {"equals": None}, True),
        (b"1", {"equals": True}, False),
        (CAT, {"fields": {"content": "a cat"}}, True),
        (CAT, {"fields": {"$.content": "a cat"}}, True),
        (CAT, {"fields": {"folders[1]": "f2"}}, True),
        (CAT, {"fields": {"folders[2]": "f3"}}, False),
        (CAT, {"fields": {"folders[*]": "f2"}}, True),
        (CAT, {"fields": {"folders[*]": "f3"}}, False),
        (CAT, {"fields": {"folders": ["f1", "f2"]}}, True),
        (CAT, {"fields": {"['a.b'].c[0]": 1}}, True),
        (CAT, {"fields": {'$["a.b"].c[1]': None}}, True),
        (CAT, {"fields": {"['a.b'].c[0]": True}}, False),
        (CAT, {"fields": {"content": {"contains": "cat"}}}, True),
        (CAT, {"fields": {"content": {"matches": "^a (cat|dog)$"}}}, True),
        (CAT, {"fields": {"content": {"matches": "^cat"}}}, False),
        (CAT, {"fields": {"grid_num": {"matches": "^2$"}}}, True),
        (CAT, {"fields": {"folders": {"contains": "f1"}}}, True),
        (CAT, {"fields": {"folders": {"contains": "f"}}}, False),
        (CAT, {"fields": {"content": {"present": True}}}, True),
        (CAT, {"fields": {"content": {"present": False}}}, False),
        (CAT, {"fields": {"sender_id": {"present": False}}}, True),
        (CAT, {"fields": {"sender_id": {"present": True}}}, False),
        (CAT, {"fields": {"content": {"equals": {"contains": "x"}}}}, False),
        (CAT, {"fields": {"content": "a cat", "grid_num": 3}}, False),
        (PLAIN, {"fields": {"content": {"present": False}}}, False),
        (CAT, {"contains": "cat", "matches": "dog"}, False),
        (b"[" * 500 + b"]" * 500, {"contains": "[[["}, True),
    ],
    ids=str,
)  # fmt: skip
def test_a_condition_admits_a_body_or_not(
    body: bytes, terms: dict[str, Any], admitted: bool
) -> None:
    match = BodyMatch(terms)
    assert match.admits(Body(body)) is admitted
    assert (list(match.differences(Body(body))) == []) is admitted


@pytest.mark.parametrize(
    ("body", "terms", "where"),
    [
        (CAT, {"contains": "dog"}, ["the body"]),
        (CAT, {"json": {"content": "a dog", "grid_num": 3}}, ["content", "grid_num"]),
        (CAT, {"json": {"a.b": {"c": [2, None]}}}, ["a.b.c[0]"]),
        (CAT, {"json": {"missing": 1}}, ["missing"]),
        (b"{}", {"equals": {"a": 1}}, ["a"]),
        (b'{"a":1}', {"equals": {}}, ["a"]),
        (b"[1]", {"equals": [2]}, ["[0]"]),
        (CAT, {"fields": {"content": {"contains": "x", "matches": "y"}}}, ["content", "content"]),
        (PLAIN, {"json": {"a": 1}, "fields": {"a": 1}}, ["the body"]),
    ],
    ids=str,
)
def test_a_difference_says_where(body: bytes, terms: dict[str, Any], where: list[str]) -> None:
    assert [each.where for each in BodyMatch(terms).differences(Body(body))] == where


def test_what_is_not_there_is_absent() -> None:
    (difference,) = BodyMatch({"fields": {"a": 1}}).differences(Body(b"{}"))
    assert difference.actual is ABSENT


@pytest.mark.parametrize(
    "pattern", ["(", "[", "a{2,1}", "(?=a)", "(?<!a)b", r"(a)\1", "x{100000}", "(x{300}){300}"]
)
def test_a_pattern_that_could_run_for_ever_is_refused(pattern: str) -> None:
    for terms in ({"matches": pattern}, {"fields": {"content": {"matches": pattern}}}):
        with pytest.raises(MatchError, match="is not a regular expression that the fake takes"):
            BodyMatch(terms)


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        ("(a+)+$", "a" * 60_000 + "b"),
        ("^(a|aa)+$", "a" * 60_000 + "b"),
        ("(.*)(.*)(.*)(.*)x$", "x" * 60_000 + "y"),
        ("(a?){200}a{200}$", "a" * 60_000 + "b"),
        ("^(([a-z])+.)+[A-Z]([a-z])+$", "a" * 60_000),
    ],
)
def test_no_pattern_blocks_the_fake(pattern: str, text: str) -> None:
    began = time.process_time()
    BodyMatch({"matches": pattern}).admits(Body(text.encode()))
    assert time.process_time() - began < 1


@pytest.mark.parametrize("path", ["a..b", ".a", "a[", "a[-1]", "a[x]", "$$", "a['b", "a[*", "*"])
def test_a_path_of_another_form_is_refused_with_the_right_ones(path: str) -> None:
    with pytest.raises(MatchError, match=r"write one like content, \$\.content, service\[0\]"):
        BodyMatch({"fields": {path: 1}})


def test_the_words_of_all_conditions() -> None:
    terms = {
        "contains": "x", "matches": "y", "equals": 1, "json": {"a": 2},
        "fields": {"b": "z", "c": {"contains": "u", "present": True}, "d": {"present": False},
                   "e": {"matches": "v"}},
    }  # fmt: skip
    assert list(BodyMatch(terms).words()) == [
        "the body contains 'x'",
        "the body matches /y/",
        "the body is 1",
        'the body has {"a":2}',
        'b is "z"',
        "c is present",
        "c contains 'u'",
        "d is absent",
        "e matches /v/",
    ]


def test_no_more_paths_are_kept_compiled_than_are_of_use() -> None:
    for number in range(1000):
        path_pattern(f"/{number}*")
    assert path_pattern.cache_info().currsize < 1000


def test_a_path_has_a_bounded_depth() -> None:
    deep = "[*]" * 100
    nested = b"[" * 1000 + b"1" + b"]" * 1000
    assert not BodyMatch({"fields": {deep: 1}}).admits(Body(nested))
    assert BodyMatch({"fields": {deep: {"present": True}}}).admits(Body(nested))
    with pytest.raises(MatchError, match=r"^body\.fields: .* has more than 100 steps$"):
        BodyMatch({"fields": {deep + "[0]": 1}})
