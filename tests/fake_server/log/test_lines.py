"""A line of the request log: readable in 80 columns, and always one line."""

from __future__ import annotations

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sampan.fake_server.log.lines import Entry, as_coloured_text, as_json, as_text

CREATED = Entry(1_712_040_515_164, "POST", "/jobs/create", "abc", "createJob", 200, 0, took=412_345)


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({}, "   0.4 ms ok        abc          createJob"),
        ({"errno": 301, "reason": "no content"}, "errno 301 abc          createJob  no content"),
        ({"status": None, "errno": None, "fault": "DELAY"}, "no answer abc "),
        ({"operation": None, "errno": None, "status": 304}, "HTTP 304  abc          POST /jobs"),
        ({"account": None}, "ok        -            createJob"),
        ({"took": 60_000_000_000}, "  60.0 s  ok"),
    ],
)  # fmt: skip
def test_the_text_has_columns(changed: dict[str, object], expected: str) -> None:
    line = as_text(CREATED._replace(**changed))
    assert re.match(r"\d\d:\d\d:\d\d ", line)
    assert expected in line


def test_what_is_asked_most_fits_80_columns() -> None:
    assert len(as_text(CREATED._replace(account="a" * 100, reason="content is missing"))) <= 80


def test_json_holds_everything() -> None:
    assert json.loads(as_json(CREATED._replace(errno=301, reason="否", fault="ERRNO"))) == {
        "at": "2024-04-02T06:48:35.164Z",
        "account": "abc",
        "operation": "createJob",
        "method": "POST",
        "path": "/jobs/create",
        "status": 200,
        "errno": 301,
        "reason": "否",
        "fault": "ERRNO",
        "took_ms": 0.412345,
    }


def test_colour_is_all_that_a_terminal_gets_more() -> None:
    for entry in (CREATED, CREATED._replace(errno=430), CREATED._replace(fault="DELAY")):
        coloured = as_coloured_text(entry)
        assert re.sub(r"\x1b\[\d+m", "", coloured) == as_text(entry)
    assert "\x1b[31m" in as_coloured_text(CREATED._replace(errno=430))


_ANYTHING = st.text(st.characters()) | st.sampled_from(
    ["\n", "\r\n", "\x1b[2J", "\x9b2J", "\u2028", "\u202e", "\x85", "\x7f", "\ud800", "\u200b"]
)


@given(_ANYTHING, _ANYTHING, _ANYTHING)
def test_whatever_a_client_sends_stays_in_its_line(address: str, account: str, why: str) -> None:
    entry = Entry(0, "GET", address, account, None, 200, None, why, None, 1)
    for text in (as_text(entry), as_json(entry)):
        assert text.isprintable()
        text.encode()
    found = json.loads(as_json(entry))
    assert (found["path"], found["account"], found["reason"]) == (address, account, why)
