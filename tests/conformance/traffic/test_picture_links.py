"""Links to pictures: where they lead, when they lead nowhere, and to what each client is served."""

from __future__ import annotations

from dataclasses import replace

import httpx
import pytest

from sampan.conformance.http.connection import Reply
from sampan.conformance.traffic.seen import Seen
from tests.support.traffic.made import failed, finding, judged, made, records_changed
from tests.support.traffic.observed import Observed


def _fetch(wire: Observed) -> tuple[list[Seen], Seen]:
    """What passed, and a GET of the picture of a finished job after it."""
    client = made(wire)
    client.picture(next(iter(client.records)), "img_buffer")
    return wire.seen[:-1], wire.seen[-1]


@pytest.mark.parametrize("location", ["moved/a.png", "/b.png", "//fake.test/c.png", "?d"])
def test_a_redirect_is_followed_wherever_it_leads(wire: Observed, location: str) -> None:
    before, get = _fetch(wire)
    there = str(httpx.URL(get.request.target).join(location))
    moved = replace(get, reply=Reply(302, (("location", location),), b"", sent=True))
    page = Reply(200, (("content-type", "text/html"),), b"<p>gone", sent=True)
    last = Seen(replace(get.request, target=there), page, get.at + 1)
    assert failed(judged([*before, moved, last])) == {"IMG-1"}


def test_a_picture_that_comes_late_or_is_gone_for_a_moment_is_there(wire: Observed) -> None:
    before, get = _fetch(wire)
    look = before[-1]
    none = replace(get, reply=Reply(404, (), b"", sent=True))
    again = replace(look, at=look.at + 1000)
    turns = [none, replace(get, at=get.at + 2), again, replace(none, at=again.at + 1)]
    assert failed(judged([*before, *turns])) == set()
    assert failed(judged([*before, none, replace(none, at=get.at + 9)])) == {"IMG-1"}


def test_a_file_made_for_one_client_need_not_be_the_one_of_the_record(wire: Observed) -> None:
    before, get = _fetch(wire)
    bent = records_changed(before[-1], img_format="webp", img_length=5)
    for vary, faults in (("Accept", set()), ("Accept-Encoding", {"IMG-1", "IMG-2"})):
        served = replace(
            get, reply=replace(get.reply, headers=(*get.reply.headers, ("vary", vary)))
        )
        report = judged([*before[:-1], bent, served])
        assert failed(report) == faults, vary
        assert finding(report, "IMG-4").held == 1
