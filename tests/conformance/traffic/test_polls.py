"""Who polls gets the same answer again and again: it is read once, and judged as if it were new."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from sampan.conformance.http.connection import Failure, Reply
from sampan.conformance.http.json_body import read
from sampan.conformance.traffic.bodies import Bodies
from sampan.conformance.traffic.judge import TrafficJudge
from sampan.conformance.traffic.seen import Seen
from tests.support.fakes import ADDRESS
from tests.support.traffic.client import CREATE, Client
from tests.support.traffic.made import changed, failed, finding, judged, made, records_changed
from tests.support.traffic.observed import Observed


def reply(body: bytes) -> Reply:
    return Reply(200, (), body, sent=True)


def test_the_same_bytes_are_read_once_and_others_as_they_are() -> None:
    bodies = Bodies()
    first, second = b'{"errno": 0, "data": [1]}', b'{"errno": 1, "data": [1]}'
    once = bodies.read(reply(first))
    assert once == read(reply(first))
    assert bodies.read(reply(second)) == read(reply(second))
    assert bodies.read(reply(bytes(bytearray(first)))) is once
    lost = replace(reply(first), failure=Failure.DROPPED)
    assert bodies.read(lost) == read(lost)
    assert bodies.read(reply(b"")) == read(reply(b""))


def test_what_is_kept_is_bounded() -> None:
    bodies = Bodies()
    early = bodies.read(reply(b'"early"'))
    for number in range(100):
        bodies.read(reply(b"%d" % number))
    assert bodies.read(reply(b'"early"')) is not early
    large = b'"' + b"a" * (1 << 20) + b'"'
    assert bodies.read(reply(large)) is not bodies.read(reply(large))


def polls(wire: Observed, times: int) -> list[Seen]:
    last = wire.seen[-1]
    return [replace(last, at=last.at + 1 + number) for number in range(times)]


def test_each_poll_counts(wire: Observed) -> None:
    made(wire)
    before, after = judged(wire.seen), judged([*wire.seen, *polls(wire, 30)])
    for id in ("GEN-1", "FIND-2", "LIFE-2", "LIFE-4"):
        assert finding(after, id).held == finding(before, id).held + 30, id


def test_a_change_between_two_same_answers_is_seen(wire: Observed) -> None:
    made(wire)
    first, second, third = polls(wire, 3)
    odd = records_changed(second, msg_content="something else")
    assert "LIFE-4" in failed(judged([*wire.seen, first, odd, third]))
    assert failed(judged([*wire.seen, first, second, third])) == set()


@pytest.mark.parametrize("number", [33, 54, 55, 200])
def test_a_job_that_no_poll_shows_is_missed(wire: Observed, number: int) -> None:
    """Many polls are judged together: what only time tells is told all the same."""
    client = Client(wire, "abc")
    client.login()
    client.submit(CREATE, content="a quiet harbour")
    client.find()
    wire.seen[-1] = changed(wire.seen[-1], data={"res": [], "total": 0})
    report = judged([*wire.seen, *polls(wire, number)])
    assert failed(report) == {"CREATE-2"}
    assert finding(report, "FIND-2").held == number + 1


def test_a_picture_is_known_by_a_name_that_the_target_gets_later(wire: Observed) -> None:
    """Links by a public name, which nobody asked for before its pictures."""
    client = made(wire)
    path = json.loads(wire.seen[-1].reply.body)["data"]["res"][0]["img_buffer"]
    public = path.replace(ADDRESS, "http://public.test")
    shown = records_changed(wire.seen[-1], img_buffer=public)
    wire.send("GET", path)
    picture = wire.seen[-1]
    headers = (("Host", "public.test"),)
    broken = replace(
        picture,
        at=shown.at + 3,
        request=replace(picture.request, target=path, headers=headers),
        reply=replace(picture.reply, body=b"no picture"),
    )
    judge = TrafficJudge(ADDRESS)
    told = []
    for one in [*wire.seen[:-2], shown, broken, replace(broken, at=shown.at + 9)]:
        told += judge.observe(one)
    again = [replace(shown, at=shown.at + 5), replace(broken, at=shown.at + 9)]
    for one in again:
        told += judge.observe(one)
    assert client.token
    assert {one.id for one in told} == {"IMG-1"}


def test_what_fails_in_the_queue_shows_no_null(wire: Observed) -> None:
    """Jobs that never begin have neither progress nor preview, whatever those would be."""
    client = Client(wire, "abc")
    client.login()
    hash = client.submit(CREATE, content="a riot --fake banned")
    for _ in range(60):
        if client.find(limit=100) and client.records[hash]["error"]:
            break
        wire.wait(0.1)
    looks = [
        records_changed(one, pct_prog=None, img_prog=None, status=None)
        if one.request.target.endswith("/jobs/find")
        else one
        for one in wire.seen
    ]
    answers = {one.id: one.answer for one in judged(looks).observations}
    for id in ("progress-type", "preview-image", "pending-statuses"):
        assert answers[id] is None, id
