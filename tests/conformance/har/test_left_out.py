"""A file from which an export has left out parts is judged as far as it goes, and says how far."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sampan.conformance.contract import shipped
from sampan.conformance.har.check import check_har
from sampan.conformance.har.writer import HarWriter
from sampan.conformance.report import Report
from sampan.conformance.traffic.seen import Seen
from sampan.conformance.verdict import Verdict
from tests.conforming_servers.conforming_server import plain
from tests.support.examples import examples
from tests.support.tampering.server import tampered
from tests.support.traffic.flow import flow
from tests.support.traffic.har_files import Entry, changed, entry, written
from tests.support.traffic.observed import Clock, Observed

LOGIN = entry(
    "/auth/login",
    sent={"username": "a"},
    came={"errno": 301, "errmsg": "missing username or password"},
    token=None,
)
FOUND = {"errno": 0, "errmsg": "OK", "data": {"res": [], "total": 0}}

#: What an export does to an entry, and what is said of it.
STRIPPED: dict[str, tuple[dict[str, Any], str]] = {
    "bodies of requests": (
        {"request.postData": ...},
        "the request's body in 2 (nothing of these is judged)",
    ),
    "bodies of answers": (
        {"response.content.text": ...},
        "the answer's body in 2 (nothing of these is judged)",
    ),
    "the ends of bodies": (
        {"response.content.size": 9_000},
        "the answer's body in 2 (nothing of these is judged)",
    ),
    "durations": (
        {"time": -1, "timings": {}},
        "how long it took in 2 (nothing of these is judged, for their place is not known)",
    ),
    "headers of requests": (
        {"request.headers": []},
        "the request's headers in 2 (whose they are is not judged)",
    ),
    "headers of answers": (
        {"response.headers": []},
        "the answer's headers in 2 (content.mimeType stands for Content-Type; without it, nothing"
        " of these is judged)",
    ),
    "tokens": (
        {"request.headers": [{"name": "Content-Type", "value": "application/json"}]},
        "Authorization in 2 (if they had one; whose they are is not judged)",
    ),
}


def at(minute: int, source: Entry) -> Entry:
    return changed(source, {"startedDateTime": f"2026-05-04T10:{minute:02}:00.000Z"})


def failed(report: Report) -> dict[str, str]:
    return {one.id: one.message for one in report.findings if one.verdict is Verdict.FAIL}


@pytest.mark.parametrize("name", STRIPPED)
def test_what_is_missing_is_counted_with_what_is_not_judged(tmp_path: Path, name: str) -> None:
    changes, said = STRIPPED[name]
    find = entry(came=FOUND)
    path = written(
        tmp_path,
        *(at(0, LOGIN), at(1, find), at(2, changed(find, changes)), at(3, changed(find, changes))),
        entry(url="http://other.test/", method="GET"),
    )
    report = check_har(path, shipped())
    (line,) = [one for one in report.remarks if "lacks" in one]
    assert line == f"of 4 entries with the API, the file lacks {said}"
    assert failed(report) == {}


def test_a_whole_file_lacks_nothing(tmp_path: Path) -> None:
    report = check_har(written(tmp_path, at(0, LOGIN), at(1, entry(came=FOUND))), shipped())
    assert not [one for one in report.remarks if "lacks" in one]


def test_without_headers_the_media_type_is_that_of_the_content(tmp_path: Path) -> None:
    bare = changed(entry(came=FOUND), {"response.headers": []})
    for kind, verdict in (
        ("application/json", Verdict.PASS),
        ("text/html", Verdict.FAIL),
        ("x-unknown", Verdict.UNSEEN),
        ("", Verdict.UNSEEN),
    ):
        odd = changed(bare, {"response.content.mimeType": kind})
        login = changed(LOGIN, {"response.status": 0})
        other = entry(url="http://164.90.147.104:8091/", method="GET", at="2026-05-04T11:00:00Z")
        report = check_har(written(tmp_path, login, odd, other), shipped())
        (found,) = [one for one in report.findings if one.id == "GEN-6"]
        assert found.verdict is verdict, kind


def test_a_refusal_without_headers_is_not_one_of_a_request_without_a_token(tmp_path: Path) -> None:
    refused = entry(came={"errno": 430, "error": "invalid login"})
    bare = changed(refused, {"request.headers": []})
    report = check_har(written(tmp_path, at(0, LOGIN), at(1, entry()), at(2, bare)), shipped())
    (found,) = [one for one in report.findings if one.id == "AUTH-3"]
    assert found.verdict is Verdict.UNSEEN


#: What a careless export may do to any entry.
ROBBERIES: tuple[Callable[[Entry], Entry], ...] = (
    *(lambda one, changes=changes: changed(one, changes) for changes, _ in STRIPPED.values()),
    lambda one: changed(one, {"request.headers": [], "response.headers": []}),
    lambda one: changed(
        one, {"response.headers": [], "response.content.mimeType": "", "request.headers": []}
    ),
)


@pytest.fixture(name="traffic", scope="module")
def whole_traffic() -> list[Seen]:
    clock = Clock()
    wire = Observed(tampered(plain, clock.settings()), clock)
    flow(wire)
    wire.close()
    return wire.seen[: examples(300)]


@pytest.mark.parametrize("seed", range(examples(2)))
def test_no_robbery_makes_a_right_server_fail(
    tmp_path: Path, traffic: list[Seen], seed: int
) -> None:
    drawn = random.Random(seed)
    with HarWriter(tmp_path / "whole.har") as writer:
        for one in traffic:
            writer.write(one)

    entries = json.loads((tmp_path / "whole.har").read_text())["log"]["entries"]
    share = drawn.choice((0.05, 0.3, 0.9))
    robbed = [drawn.choice(ROBBERIES)(one) if drawn.random() < share else one for one in entries]
    report = check_har(written(tmp_path, *robbed), shipped())
    assert failed(report) == {}
    assert [one for one in report.remarks if "lacks" in one]
