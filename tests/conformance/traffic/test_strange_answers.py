"""Answers without an envelope: what stands before an API says them with any status."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sampan.conformance.http.connection import Reply
from sampan.conformance.traffic.seen import Seen
from tests.support.examples import sampled, some
from tests.support.traffic.client import CREATE, VARY
from tests.support.traffic.made import changed, failed, judged, made, records_changed
from tests.support.traffic.observed import Observed

#: By status, as servers of HTTP, proxies, firewalls and networks send them.
STATUSES = (
    *(200, 204, 301, 304, 400, 401, 403, 404, 405, 407, 408, 411, 413, 414, 417, 421, 426, 429),
    *(431, 451, 494, 499, 500, 501, 502, 503, 504, 505, 507, 508, 511, 520, 530),
)
#: What HTTP refuses however often a client sends it.
OF_HTTP = (407, 411, 413, 414, 417, 421, 426, 431, 451, 494, 499, 505, 508, 511, 520)
BODIES = {"text/html": b"<html><center>nginx</center></html>", "text/plain": b"no", "": b""}


def _answered(seen: Seen, status: int, label: str, at: float) -> Seen:
    headers = (("content-type", label),) if label else ()
    return replace(seen, at=at, reply=Reply(status, headers, BODIES[label], elapsed=0.02))


@pytest.mark.parametrize("status", some(STATUSES, len(STATUSES)))
def test_a_page_now_and_then_or_for_a_while_is_no_evidence(wire: Observed, status: int) -> None:
    made(wire)
    find = wire.seen[-1]
    for label in BODIES:
        times = [find.at + 5 * n for n in range(1, 7)]
        pages = [_answered(find, status, label, at) for at in times]
        assert failed(judged([*wire.seen, pages[0]])) == set()
        assert failed(judged([*wire.seen, *pages, replace(find, at=find.at + 40)])) == set()


@pytest.mark.parametrize("status", some(OF_HTTP, len(OF_HTTP)))
def test_what_http_refuses_is_never_the_apis(wire: Observed, status: int) -> None:
    made(wire)
    find = wire.seen[-1]
    pages = [_answered(find, status, "text/html", find.at + 5 * n) for n in range(1, 7)]
    assert failed(judged(pages)) == set()


@pytest.mark.parametrize("label", ["text/html", "application/json", ""])
def test_a_firewall_goes_by_what_a_request_says(wire: Observed, label: str) -> None:
    """It lets other requests through in between, and those of the same operation, too."""
    client = made(wire)
    for _ in range(4):
        client.submit(CREATE, content="drop table; --")
        body = BODIES.get(label, b'{"message": "Forbidden"}')
        headers = (("content-type", label),) if label else ()
        wire.seen[-1] = replace(wire.seen[-1], reply=Reply(403, headers, body, elapsed=0.02))
        wire.wait(2)
        client.find(limit=5)
    assert failed(judged(wire.seen)) == set()


def test_a_request_of_large_headers_may_be_refused(wire: Observed) -> None:
    made(wire)
    find = wire.seen[-1]
    headers = (*find.request.headers, ("Cookie", "a=" + "b" * 9_000))
    large = replace(find, request=replace(find.request, headers=headers))
    pages = [_answered(large, 400, "text/html", find.at + 5 * n) for n in range(1, 7)]
    assert failed(judged(pages)) == set()


@pytest.mark.parametrize("status", [200, 400, 401, 404, 405, 500])
def test_pages_again_and_again_are_the_apis_own(wire: Observed, status: int) -> None:
    """Where nothing else comes, or other operations are answered in between."""
    made(wire)
    login, find = wire.seen[0], wire.seen[-1]
    pages = [_answered(find, status, "text/html", find.at + 5 * n) for n in range(1, 5)]
    assert "GEN-1" in failed(judged(pages))
    logins = [replace(login, at=one.at + 2) for one in pages]
    between = [one for pair in zip(pages, logins, strict=True) for one in pair]
    assert "GEN-1" in failed(judged([*wire.seen, *between]))


@pytest.mark.parametrize("value", sampled([["main"], {"main": [{}]}], 2), ids=str)
def test_any_json_may_stand_in_a_record(wire: Observed, value: object) -> None:
    """In any of its keys but the hash."""
    client = made(wire)
    (parent,) = client.records.values()
    own = {"sender_id": parent["sender_id"], "grid_num": 1}
    for key in ("service", "job_type", "folders"):
        client.find(**{key: "main"})
    client.submit(VARY, parent_id=parent["job_id"], **own)
    client.find(limit=100)
    again = changed(wire.seen[-2], errno=301, errmsg="INVALID PARAMETER", data=None)
    seen = [*wire.seen[:3], *wire.seen[-6:], replace(again, at=again.at + 9)]
    for key in parent.keys() - {"hash"}:
        judged(
            records_changed(one, **{key: value}) if b'"res"' in one.reply.body else one
            for one in seen
        )
