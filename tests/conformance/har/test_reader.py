"""HAR files of browsers, proxies and other programs are read as what passed, no more."""

from __future__ import annotations

import base64
import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from sampan.conformance.har.reader import HarFile, read_har
from sampan.conformance.http.connection import Failure
from tests.support.traffic.har_files import API, TOKEN, changed, entry, written

ANSWER = json.dumps({"errno": 0, "errmsg": "OK"})


def only(folder: Path, changes: dict[str, Any], **options: Any) -> HarFile:
    """A file with one entry that is changed, and one as usual, which is kept in any case."""
    path = written(folder, changed(entry(**options), changes), entry(at="2026-05-04T11:00:00Z"))
    found = read_har(path)
    assert found.target == API
    assert found.passed_over == 0
    assert len(found.seen) + len(found.broken) + len(found.unjudged) == 2
    return found


def test_an_exchange_is_read_whole(tmp_path: Path) -> None:
    sent, came = {"limit": 1}, {"errno": 0, "errmsg": "OK", "data": {"res": [], "total": 0}}
    found = read_har(written(tmp_path, entry(sent=sent, came=came, status=201)))
    (seen,) = found.seen
    assert (seen.request.method, seen.request.target) == ("POST", f"{API}/jobs/find")
    assert ("Authorization", f"Bearer {TOKEN}") in seen.request.headers
    assert json.loads(seen.request.body) == sent
    assert (seen.reply.status, json.loads(seen.reply.body)) == (201, came)
    assert seen.reply.header("content-type") == "application/json; charset=utf-8"
    assert (seen.reply.failure, seen.reply.elapsed) == (None, 0.0125)
    assert seen.at == 1777888800.0
    assert (found.broken, found.unjudged, found.tokens_removed) == ([], [], False)


@pytest.mark.parametrize(
    ("written_as", "second"),
    [
        ("2026-05-04T10:00:00Z", 0),
        ("2026-05-04T18:00:01.5+08:00", 1.5),
        ("2026-05-04T06:30:02.250000-0330", 2.25),
        ("2026-05-04T10:00:03.123456789Z", 3.123456),
        ("2026-05-04T10:00:04", 4),
    ],
)
def test_times_of_any_zone_are_put_in_order(tmp_path: Path, written_as: str, second: float) -> None:
    other = entry(at="2026-05-04T10:00:02Z")
    found = read_har(written(tmp_path, entry(at=written_as), other))
    assert [one.at for one in found.seen] == sorted((1777888800 + second, 1777888802))


@pytest.mark.parametrize(
    ("changes", "body"),
    [
        ({"response.content": {"text": ANSWER}}, ANSWER),
        (
            {
                "response.content.text": base64.encodebytes(ANSWER.encode()).decode(),
                "response.content.encoding": "base64",
            },
            ANSWER,
        ),
        ({"response.bodySize": -1, "request.bodySize": -1}, ANSWER),
        # Undone by the browser, though the header still names it; the size is as it was unpacked.
        (
            {
                "response.headers": [
                    {"name": "content-encoding", "value": "br"},
                    {"name": "content-length", "value": "4000"},
                ]
            },
            ANSWER,
        ),
        # mitmproxy: the size is as it came, packed larger than it was.
        (
            {
                "response.headers": [{"name": "Content-Encoding", "value": "gzip"}],
                "response.content.size": len(ANSWER) + 20,
                "response.content.compression": -20,
            },
            ANSWER,
        ),
        # Not undone.
        (
            {
                "response.headers": [{"name": "Content-Encoding", "value": "gzip"}],
                "response.content.text": base64.b64encode(gzip.compress(ANSWER.encode())).decode(),
                "response.content.encoding": "base64",
                "response.content.size": 1,
            },
            ANSWER,
        ),
        ({"response.content": {"size": 0, "text": ""}}, ""),
        ({"response.content": {"size": 0, "mimeType": "x-unknown"}}, ""),
        ({"response.status": 204, "response.content": {}}, ""),
        ({"response.status": 200.0}, ANSWER),
        # mitmproxy: bytes that are no UTF-8.
        ({"response.content.text": "\udcff" + ANSWER}, "\udcff" + ANSWER),
    ],
)
def test_the_body_is_the_one_that_the_client_read(
    tmp_path: Path, changes: dict[str, Any], body: str
) -> None:
    found = only(tmp_path, changes)
    assert found.seen[0].reply.body == body.encode("utf-8", "surrogateescape")


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"response.content.text": ...}, "the answer's body is not recorded"),
        ({"response.content.text": ""}, "the answer's body is not recorded"),
        ({"response.content": ...}, "the answer's body is not recorded"),
        ({"response.content": {"size": -1}}, "the answer's body is not recorded"),
        (
            {
                "response.content": {"size": 0},
                "response.headers": [{"name": "content-length", "value": "40"}],
            },
            "the answer's body is not recorded",
        ),
        ({"response.status": 302, "response.content": {"size": 0}}, "body is not recorded"),
        ({"response.content.size": 4000}, "the answer's body is cut short"),
        (
            {"response.headers": [{"name": "Content-Length", "value": "4000"}]},
            "the answer's body is cut short",
        ),
        ({"response.content": {"size": 3, "_file": "ab.json"}}, "in a file of its own"),
        ({"request.postData": ...}, "the request's body is not recorded"),
        (
            {"request.postData": ..., "request.bodySize": -1},
            "the request's body is not recorded",
        ),
        (
            {"request.headers": [{"name": "content-length", "value": "90"}]},
            "the request's body is cut short",
        ),
        (
            {
                "request.postData": {
                    "mimeType": "multipart/form-data",
                    "params": [{"name": "a", "fileName": "b"}],
                }
            },
            "recorded as parameters only",
        ),
        ({"response.status": 0, "response._error": "net::ERR_ABORTED"}, "net::ERR_ABORTED"),
        ({"response.status": -1, "response.headers": []}, "no answer is recorded"),
        ({"_fromCache": "disk"}, "cache"),
        ({"_fetchType": "Memory Cache"}, "cache"),
        ({"_fetchType": "Service Worker"}, "Service Worker"),
        ({"response._fetchedViaServiceWorker": True}, "service worker"),
        (
            {"response.headers": [{"name": "Non-Authoritative-Reason", "value": "HSTS"}]},
            "by itself",
        ),
        (
            {
                "request.method": "OPTIONS",
                "request.headers": [{"name": "Access-Control-Request-Method", "value": "POST"}],
            },
            "preflight",
        ),
        ({"time": ..., "timings": ...}, "how long it took"),
        ({"time": -1, "timings": {"wait": -1}}, "how long it took"),
    ],
)
def test_what_is_not_recorded_is_said_and_not_taken_for_empty(
    tmp_path: Path, changes: dict[str, Any], reason: str
) -> None:
    found = only(tmp_path, changes)
    (line,) = found.unjudged
    assert line.startswith("entry 1 (")
    assert reason in line
    assert "\n" not in line


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"request.method": ...}, "request.method is missing"),
        ({"request.headers": ...}, "request.headers is no array"),
        ({"request.headers": [5]}, "request.headers has one without a name or a value"),
        ({"response": None}, "response is no object"),
        ({"response.headers": {"a": "b"}}, "response.headers is no array"),
        ({"response.status": "200"}, "response.status is no status: '200'"),
        ({"response.status": 20}, "response.status is no status: 20"),
        ({"response.content.encoding": "rot13"}, "not base64: 'rot13'"),
        ({"response.content.encoding": "base64"}, "response.content is not valid base64"),
        ({"response.content.text": "\ud800"}, "a character that is no text"),
        ({"startedDateTime": ...}, "startedDateTime is no ISO 8601 time: None"),
        ({"startedDateTime": "yesterday\n"}, "startedDateTime is no ISO 8601 time"),
    ],
)
def test_a_malformed_entry_is_told_apart(
    tmp_path: Path, changes: dict[str, Any], reason: str
) -> None:
    found = only(tmp_path, changes)
    (line,) = found.broken
    assert line.startswith("entry 1 (")
    assert reason in line
    assert "\n" not in line


#: What programs write beside or instead of what Chrome does.
PROGRAMS: dict[str, dict[str, Any]] = {
    "Firefox": {
        "startedDateTime": "2026-05-04T18:00:00.000+08:00",
        "pageref": "page_1",
        "request.headersSize": 512,
        "request.postData.params": [],
        "response.content.comment": "",
        "timings": {"blocked": 0, "dns": -1, "connect": 0, "ssl": 0, "send": 0, "wait": 12},
        "_securityState": "insecure",
    },
    "mitmproxy": {
        "startedDateTime": "2026-05-04T10:00:00.123456+00:00",
        "request.headers": [{"name": "authorization", "value": f"Bearer {TOKEN}"}],
        "request.postData.params": [],
        "response.content.compression": 0,
        "serverIPAddress": "164.90.147.104",
    },
    "Charles": {
        "startedDateTime": "2026-05-04T12:00:00.000+0200",
        "response.content.text": base64.b64encode(ANSWER.encode()).decode(),
        "response.content.encoding": "base64",
        "response.headers": [{"name": "Transfer-Encoding", "value": "chunked"}],
        "response.bodySize": -1,
    },
    "Safari": {
        "cache": {},
        "response.content.compression": -4,
        "_fetchType": "Network Load",
        "_priority": "medium",
    },
    "a converter": {
        "pageref": ...,
        "cache": ...,
        "timings": ...,
        "request.queryString": ...,
        "request.cookies": ...,
        "request.bodySize": ...,
        "request.headersSize": ...,
        "response.content.size": ...,
        "response.content.mimeType": ...,
        "response.redirectURL": ...,
        "response.statusText": ...,
    },
}


@pytest.mark.parametrize("program", PROGRAMS)
def test_the_same_is_read_of_every_program(tmp_path: Path, program: str) -> None:
    found = only(tmp_path, PROGRAMS[program])
    assert (found.broken, found.unjudged, found.tokens_removed) == ([], [], False)
    seen = found.seen[0]
    assert json.loads(seen.request.body) == {}
    assert seen.reply.body == ANSWER.encode()
    assert 0 <= seen.at - 1777888800 < 1
    assert f"Bearer {TOKEN}" in dict(seen.request.headers).values()


def test_headers_are_those_that_were_sent_on_the_wire(tmp_path: Path) -> None:
    pairs = [(":authority", "x"), ("AUTHORIZATION", "Bearer a"), ("X-Number", 5)]
    came = [(":status", "200"), ("X-Mixed", "a\nb")]
    found = only(
        tmp_path,
        {
            "request.headers": [{"name": name, "value": value} for name, value in pairs],
            "response.headers": [{"name": name, "value": value} for name, value in came],
        },
    )
    assert found.seen[0].request.headers == (("AUTHORIZATION", "Bearer a"), ("X-Number", "5"))
    assert found.seen[0].reply.headers == (("x-mixed", "a"), ("x-mixed", "b"))


def test_a_form_recorded_as_parameters_is_put_together(tmp_path: Path) -> None:
    params = [{"name": "a b", "value": "ä&"}, {"name": "c"}]
    post = {"mimeType": "application/x-www-form-urlencoded", "text": "", "params": params}
    found = only(tmp_path, {"request.postData": post})
    assert found.seen[0].request.body == b"a+b=%C3%A4%26&c="


def test_other_hosts_are_passed_over_but_for_pictures(tmp_path: Path) -> None:
    picture = "https://cdn.test/image/a.png"
    elsewhere = ["https://cdn.test/other.png", f"{API}0/jobs/find", "data:,x", "ws://a.test/"]
    listing = {"errno": 0, "data": {"res": [{"img_buffer": picture}], "total": 1}}
    found = read_har(
        written(
            tmp_path,
            *(changed(entry(url=url), {"response.status": "odd"}) for url in elsewhere),
            entry(url=f"{picture}#top", method="GET"),
            entry(came=listing),
            entry(url=f"{API}/favicon.ico", method="GET"),
        )
    )
    assert found.passed_over == len(elsewhere)
    assert sorted(one.request.target for one in found.seen) == [
        f"{API}/favicon.ico",
        f"{API}/jobs/find",
        picture,
    ]
    assert found.broken == []


def test_a_redirect_leads_to_a_picture_wherever_that_lies(tmp_path: Path) -> None:
    """As of a link on the API's host to a store's signed one."""
    steps = [f"{API}/image/a.png", "http://cdn.test/b.png", "https://store.test/c.png?signed"]
    seen = [
        changed(
            entry(url=url, method="GET", status=302),
            {"response.headers": [{"name": "Location", "value": there}]},
        )
        for url, there in zip(steps, ["//cdn.test/b.png", steps[2]], strict=False)
    ]
    seen = [changed(one, {"response.content.text": ""}) for one in seen]
    seen = [changed(one, {"response.content.size": 0}) for one in seen]
    last, other = entry(url=steps[2], method="GET"), entry(url="https://store.test/", method="GET")
    found = read_har(written(tmp_path, entry(), *seen, last, other))
    assert [one.request.target for one in found.seen] == [f"{API}/jobs/find", *steps]
    assert found.passed_over == 1


@pytest.mark.parametrize(("time", "wait", "seconds"), [(0, 40, 0.04), (0, 0, 0), (7, 40, 0.007)])
def test_a_time_of_0_is_one_only_where_the_timings_have_no_other(
    tmp_path: Path, time: float, wait: float, seconds: float
) -> None:
    found = only(tmp_path, {"time": time, "timings": {"wait": wait}})
    assert found.seen[0].reply.elapsed == seconds


def test_an_exchange_that_a_browser_wrote_twice_counts_once(tmp_path: Path) -> None:
    """But for ours: two that are the same passed by side."""
    one, later = entry(), entry(at="2026-05-04T10:00:01.000Z")
    found = read_har(written(tmp_path, one, one, later))
    assert [seen.at for seen in found.seen] == [1777888800.0, 1777888801.0]
    ours = changed(one, {"response._sampan": {}})
    assert len(read_har(written(tmp_path, ours, ours)).seen) == 2


@pytest.mark.parametrize("more", [{}, {"response._sampan": {}}])
def test_what_two_files_have_in_common_counts_once(tmp_path: Path, more: dict[str, object]) -> None:
    """Put together by hand, however many exchanges lie between."""
    times = [f"2026-05-04T10:{n // 60:02}:{n % 60:02}.000Z" for n in range(250)]
    exchanges = [
        changed(entry(at=at), {"request.postData.text": f'{{"limit":{10 + n % 90}}}', **more})
        for n, at in enumerate(times)
    ]
    assert len(read_har(written(tmp_path, *exchanges, *exchanges[:240])).seen) == 250


def test_the_target_is_where_most_calls_go_or_as_asked(tmp_path: Path) -> None:
    bases = ["http://a.test/v1", "http://b.test", "http://a.test/v1", "http://c.test"]
    path = written(tmp_path, *(entry(url=f"{base}/jobs/find?x=1") for base in bases))
    assert (read_har(path).target, read_har(path).passed_over) == ("http://a.test/v1", 2)
    assert read_har(path, "HTTP://B.test:80/").passed_over == 3
    assert read_har(written(tmp_path, entry(url="http://a.test/"))).target is None
    without_bodies = changed(entry(), {"response.content.text": ...})
    found = read_har(written(tmp_path, without_bodies))
    assert (found.target, len(found.unjudged)) == (API, 1)


def test_removed_tokens_are_noticed_and_never_read_as_none(tmp_path: Path) -> None:
    login = entry("/auth/login", token=None)
    for removed in (None, "[REDACTED]", "***", "‹redacted›", "..."):
        later = entry(token=removed, at="2026-05-04T10:00:01.000Z")
        found = read_har(written(tmp_path, login, entry(token=removed), later))
        assert found.tokens_removed
        sent = [dict(one.request.headers).get("Authorization") for one in found.seen]
        assert sent == [None, "Bearer removed-2", "Bearer removed-3"]
    mixed = read_har(written(tmp_path, login, entry(token=None), entry()))
    assert not mixed.tokens_removed
    # It may come from another export: whether it had a token is left open.
    assert dict(mixed.seen[1].request.headers)["Authorization"] == "Bearer removed-2"


def test_a_failure_that_we_recorded_is_one_again(tmp_path: Path) -> None:
    ours = {"failure": "DROPPED", "detail": "reset", "sent": True}
    found = only(tmp_path, {"response.status": 0, "response._sampan": ours})
    reply = found.seen[0].reply
    assert (reply.failure, reply.detail, reply.sent) == (Failure.DROPPED, "reset", True)
    broken = only(tmp_path, {"response._sampan": {"failure": "ODD"}})
    assert "failure is not known: 'ODD'" in broken.broken[0]
