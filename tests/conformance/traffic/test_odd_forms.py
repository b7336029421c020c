"""Requests that are not in the page's form: little is judged of them, and they are counted."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from sampan.conformance.report import Report
from sampan.conformance.traffic.seen import Seen
from tests.support.traffic.made import finding, judged, made
from tests.support.traffic.observed import Observed

#: What is unlike the page's requests, as the report names it.
ODD = {
    "no Content-Type": {"content-type": None},
    "Content-Type 'application/x-www-form-urlencoded'": {
        "content-type": "application/x-www-form-urlencoded"
    },
    "Content-Type 'text/plain\\u202e'": {"content-type": "text/plain\u202e"},
    "Content-Encoding 'zstd'": {"content-encoding": "zstd"},
    "a query string": {"target": "?utm_source=x"},
    "a body that is no well-formed JSON object": {"body": b'{"limit": 1, "limit": 2}'},
    "a body of more than 65536 bytes": {"body": b'{"prompt": "' + b"a" * 70_000 + b'"}'},
}


def bent(seen: Seen, changes: dict[str, object]) -> Seen:
    request = seen.request
    headers = {key.lower(): value for key, value in request.headers}
    for key in ("content-type", "content-encoding"):
        if key in changes:
            headers[key] = str(changes[key])
            if changes[key] is None:
                del headers[key]
    body, target = (
        changes.get("body", request.body),
        request.target + str(changes.get("target", "")),
    )
    assert isinstance(body, bytes)
    request = replace(request, headers=tuple(headers.items()), body=body, target=target)
    return replace(seen, request=request, at=seen.at + 5)


def line(report: Report) -> str:
    (found,) = [one for one in report.remarks if "page's form" in one]
    return found


@pytest.mark.parametrize("name", ODD)
def test_each_way_to_be_unlike_the_page_is_counted_by_name(wire: Observed, name: str) -> None:
    made(wire)
    find = wire.seen[-1]
    one = judged([*wire.seen, bent(find, ODD[name])])
    assert line(one).startswith("1 request is not in the page's form")
    assert line(one).endswith(f": 1 × {name}")
    usual = judged(wire.seen)
    assert not [each for each in usual.remarks if "page's form" in each]
    assert finding(one, "FIND-2").held == finding(usual, "FIND-2").held
    assert finding(one, "GEN-5").held == finding(usual, "GEN-5").held + 1


def test_kinds_are_counted_together_and_bounded(wire: Observed) -> None:
    made(wire)
    find = wire.seen[-1]
    strange = [
        replace(bent(find, {"content-type": f"odd/{number % 300}"}), at=find.at + number)
        for number in range(400)
    ]
    said = line(judged([*wire.seen, *strange]))
    assert said.startswith("400 requests are")
    assert "2 × Content-Type 'odd/0'" in said
    assert said.endswith("× others")
    assert len(said) < 500


def test_a_secret_in_a_header_is_not_in_the_report(wire: Observed) -> None:
    client = made(wire)
    odd = bent(wire.seen[-1], {"content-type": f"text/{client.token[:50]}"})
    assert client.token[:50] not in json.dumps(judged([*wire.seen, odd]).remarks)


def test_what_calls_no_operation_is_counted(wire: Observed) -> None:
    made(wire)
    wire.send("GET", "/jobs/find")
    wire.send("POST", "/no/such", b"{}")
    wire.send("OPTIONS", "/jobs/find")
    (said,) = [one for one in judged(wire.seen).remarks if "no operation" in one]
    assert said.startswith("3 requests called no operation")


def test_calls_of_the_control_api_are_told_apart(wire: Observed) -> None:
    made(wire)
    nowhere = wire.send("POST", "/no/such", b"{}")
    usual, before = judged(wire.seen).remarks, len(wire.seen)
    for method, path in (("GET", "accounts"), ("GET", "no/such"), ("OPTIONS", "jobs")):
        wire.send(method, f"/__admin/{path}")
    wire.send("POST", "/__admin/clock/freeze", b"{}")
    said = judged(wire.seen).remarks
    assert set(said) - set(usual) == {"4 calls of the fake's control API, not judged"}
    # A server that has none answers there as anywhere.
    strange = [replace(one, reply=nowhere) for one in wire.seen[before:]]
    (said_then,) = set(judged([*wire.seen[:before], *strange]).remarks) - set(usual)
    assert said_then.startswith("5 requests called no operation")
