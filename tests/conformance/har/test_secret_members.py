"""What stands under a telling name in a body is a secret, on any path and in any answer."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from sampan.conformance.har.reader import read_har
from sampan.conformance.http import secret_members
from sampan.conformance.http.connection import Reply, Request
from sampan.conformance.http.redaction import Secrets
from sampan.conformance.traffic.judge import TrafficJudge
from sampan.conformance.traffic.seen import Seen
from tests.conformance.har.test_writer import JSON, exchange, login, written
from tests.support.traffic.har_files import API, TOKEN

KEYS = (
    *("refreshToken", "refresh_token", "ACCESS_TOKEN", "new_password", "oldPasswd", "apiKey"),
    *("client_secret", "id_jwt", "sessionKey", "x-api-key", "privateKey", "Authorization"),
)
SECRET = 'q7"\\é-0123456789abcdef'
TELLING = "0123456789abcdef"


def traffic(key: str) -> list[Seen]:
    """A login whose answer has one key more; the secret sent elsewhere, and got from there."""
    first = login("abc", "another one", TOKEN)
    answer = json.loads(first.reply.body)
    answer["data"][key] = SECRET
    body = json.dumps(answer).encode()
    sent = exchange("/auth/refresh", {key: SECRET}, {"errno": 7, "data": {key: SECRET}}, None)
    get = Request("GET", f"{API}/x?{key}={TELLING}", (("X-Odd", TELLING),))
    there = (("location", f"http://a.test/?{key}={TELLING}"),)
    return [
        replace(first, reply=replace(first.reply, body=body)),
        sent,
        exchange("/jobs/find", {"limit": 1}, {"errno": 999, "data": {key: SECRET}}),
        Seen(get, Reply(302, (*JSON, *there), b"", sent=True, elapsed=0.01), first.at + 3),
    ]


@pytest.mark.parametrize("key", KEYS)
def test_it_is_in_no_har_and_all_is_judged(tmp_path: Path, key: str) -> None:
    text = written(tmp_path / "a.har", *traffic(key))
    assert TELLING not in text
    found = read_har(tmp_path / "a.har")
    assert (found.broken, found.unjudged) == ([], [])
    assert len(found.seen) == 4


@pytest.mark.parametrize("key", KEYS)
def test_it_is_in_no_report(key: str) -> None:
    judge = TrafficJudge(API, secrets=Secrets())
    news = [one for seen in traffic(key) for one in judge.observe(seen)]
    assert {one.id for one in news} >= {"GEN-2"}
    assert TELLING not in repr(news) + repr(judge.report().findings)


@pytest.mark.parametrize(
    "body",
    [
        '{"errmsg": "missing username or password", "error": "an invalid token, as it seems"}',
        '{"content": "say \\"token\\": \\"as it seems to you\\""}',
        '{"token": 5, "secret": null, "session": "main", "tokens": []}',
        '{"account_type": "consumer-of-tokens"}',
    ],
)
def test_what_only_mentions_it_is_none(body: str) -> None:
    assert list(secret_members.members(body)) == []
    assert secret_members.replaced(body, lambda *_: "x") == body


def test_one_that_was_cut_off_is_one() -> None:
    assert list(secret_members.members('{"a": 1, "refreshToken" : "abcdefgh')) == ["abcdefgh"]
