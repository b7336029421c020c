"""Usernames that differ in case alone: two accounts on one server, and one on another."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from sampan.conformance.har.reader import read_har
from sampan.conformance.har.writer import HarWriter
from sampan.conformance.traffic.seen import Seen
from tests.support.traffic.client import CREATE, LOGIN, Client
from tests.support.traffic.made import changed, failed, judged
from tests.support.traffic.observed import Observed


@pytest.fixture(name="of_two")
def traffic_of_two_accounts(wire: Observed) -> list[Seen]:
    clients = Client(wire, "abc"), Client(wire, "second")
    for content in ("a quiet harbour", "a red boat"):
        for one in clients:
            one.login()
            one.await_(one.submit(CREATE, content=content))
            wire.wait(12)
    return wire.seen


def called(seen: Seen, username: str, name: str) -> Seen:
    """The login of an account under another name, which the server shows as it was sent."""
    if not seen.request.target.endswith(LOGIN):
        return seen
    sent, came = json.loads(seen.request.body), json.loads(seen.reply.body)
    if sent["username"] != username:
        return seen
    body = json.dumps({**sent, "username": name}).encode()
    answered = changed(seen, data={**came["data"], "username": name})
    return replace(answered, request=replace(seen.request, body=body))


def through_a_har(seen: list[Seen], path: Path) -> list[Seen]:
    with HarWriter(path) as writer:
        for one in seen:
            writer.write(one)
    assert "bob" not in path.read_text().lower()
    return read_har(path).seen


def test_they_may_be_two_accounts(of_two: list[Seen], tmp_path: Path) -> None:
    seen = [called(called(one, "abc", "Bob"), "second", "bob") for one in of_two]
    assert failed(judged(seen)) == set()
    assert failed(judged(through_a_har(seen, tmp_path / "a.har"))) == set()


def test_they_may_be_one_account(of_two: list[Seen], tmp_path: Path) -> None:
    """Which has one id, however its name is spelt."""
    names = iter(["BOB", "bob"])
    seen = [
        called(one, "abc", next(names)) if b'"abc"' in one.request.body else one for one in of_two
    ]
    assert failed(judged(seen)) == set()
    assert failed(judged(through_a_har(seen, tmp_path / "a.har"))) == set()
