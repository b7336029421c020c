"""What the judge of traffic concludes, and what it leaves alone."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sampan.conformance.http.connection import Failure, Reply, Request
from sampan.conformance.reports import REPORTS
from sampan.conformance.traffic import judge as traffic
from sampan.conformance.traffic.judge import TrafficJudge
from sampan.conformance.traffic.memory import KEYS
from sampan.conformance.traffic.seen import Seen
from sampan.conformance.verdict import Verdict
from tests.support.examples import examples
from tests.support.fakes import ADDRESS
from tests.support.traffic.client import CREATE, FIND, LOGIN, SUBMISSIONS, UPSCALE, Client
from tests.support.traffic.made import changed, failed, finding, judged, made, records_changed
from tests.support.traffic.observed import Observed

LABEL = {"Content-Type": "application/json"}


def test_nothing_passes_that_was_not_seen(wire: Observed) -> None:
    report = judged([])
    assert {one.verdict for one in report.findings} == {Verdict.UNSEEN}
    assert report.exit_code == 3
    made(wire)
    report = judged(wire.seen)
    assert finding(report, "CREATE-1").held == 1
    assert finding(report, "LIFE-1").message == "seen to hold once"
    assert finding(report, "UP-1").verdict is Verdict.UNSEEN
    assert (report.exit_code, report.jobs_spent, report.requests) == (0, 1, len(wire.seen))


def test_a_failure_is_told_once_with_its_exchange(wire: Observed) -> None:
    made(wire)
    judge = TrafficJudge(ADDRESS)
    find = next(one for one in wire.seen if one.request.target.endswith(FIND))
    wrong = changed(find, errno=999)
    told = [one.id for again in range(5) for one in judge.observe(replace(wrong, at=again))]
    assert told == ["GEN-2", "GEN-3"]
    assert finding(judge.report(), "GEN-2").evidence
    assert judge.report().exit_code == 1


def test_every_report_can_be_made_of_it(wire: Observed) -> None:
    made(wire)
    judge = TrafficJudge(ADDRESS)
    for one in wire.seen:
        judge.observe(one)
    texts = {form.name: form.render(judge.report(), judge.contract) for form in REPORTS}
    assert '"held": 1' in texts["json"]
    assert "not seen in this traffic" in texts["junit"]
    assert "requests seen" in texts["html"]
    assert f"<h1>Traffic with {ADDRESS}</h1>" in texts["html"]
    assert "find-timestamp-unit" in texts["learn"]


def test_no_secret_of_a_client_is_in_a_finding(wire: Observed) -> None:
    client = made(wire)
    secrets = ("abc-secret", client.token, "s3ss10n-c00k1e", "wrong-pass-word", "k3y-in-the-query")
    wire.post(LOGIN, {"username": "abc", "password": "wrong-pass-word"})
    headers = {"Cookie": "session=s3ss10n-c00k1e", "X-Api-Key": "s3ss10n-c00k1e"}
    wire.post(FIND, {}, client.token, **headers)
    wire.send("POST", f"{LOGIN}?key=k3y-in-the-query", b'{"password": "wrong-pass-word"', LABEL)
    judge = TrafficJudge(ADDRESS)
    for one in wire.seen:
        judge.observe(replace(one, reply=replace(one.reply, status=500, body=b"{}")))
        judge.observe(changed(one, errno=999, errmsg=f"no {client.token} abc-secret"))
    report = judge.report()
    assert failed(report)
    for form in REPORTS:
        text = form.render(report, judge.contract)
        assert [one for one in secrets if one in text] == []


def test_a_secret_that_is_forgotten_stays_masked_where_it_was_kept(
    wire: Observed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(traffic, "_SECRETS", 3)
    judge, tried = TrafficJudge(ADDRESS), []
    for number in range(6):
        tried.append(f"{number}-abc-secret")
        wire.post(LOGIN, {"username": "abc", "password": tried[-1]})
        # A breach whose message quotes the server, and the answer to a question that does.
        judge.observe(changed(wire.seen[-1], errno=0, errmsg=f"not {tried[-1]}"))
        wire.post(FIND, {})
        judge.observe(changed(wire.seen[-1], error=f"not {tried[-1]}"))
        texts = [form.render(judge.report(), judge.contract) for form in REPORTS]
        assert "redacted" in texts[0]
        assert [one for one in tried for text in texts if one in text] == []


def test_a_broken_client_is_not_the_servers_mistake(wire: Observed) -> None:
    client = made(wire)
    headers = {**LABEL, "Authorization": f"Bearer {client.token}"}
    for path in (FIND, *SUBMISSIONS):
        for body in (b"", b"{", b"[]", b"null", b'{"limit": 1, "limit": 2}', b"content=x"):
            wire.send("POST", path, body, headers)
        wire.send("POST", path, b"content=a+boat", {**headers, "Content-Type": "text/plain"})
        wire.send("POST", f"{path}?a=b", b"{}", headers)
        wire.send("OPTIONS", path, b"", {"Origin": "http://page.test"})
    for header in ("abc", "Basic YWJjOmFiYy1zZWNyZXQ=", "bearer x", "Bearer"):
        wire.post(FIND, {}, Authorization=header)
    assert failed(judged(wire.seen)) == set()


def test_an_older_token_is_no_forged_one_and_its_jobs_are_followed(wire: Observed) -> None:
    made(wire)
    report = judged(wire.seen[1:])
    assert failed(report) == set()
    assert finding(report, "CREATE-2").held
    assert finding(report, "LOGIN-6").verdict is Verdict.UNSEEN
    gone = records_changed(wire.seen[-1], status=1000)
    assert failed(judged([*wire.seen[1:], replace(gone, at=gone.at + 60)])) == {"LIFE-2"}


def test_without_tokens_nothing_is_said_of_whose_requests_they_are(wire: Observed) -> None:
    made(wire)
    bare = [_without(one, "authorization") for one in wire.seen]
    assert "AUTH-2" in failed(judged(bare))
    assert failed(judged(bare, without_tokens=True)) == set()


def test_a_masked_token_is_nobodys(wire: Observed) -> None:
    for name in ("abc", "second"):
        client = Client(wire, name)
        client.login()
        client.await_(client.submit(CREATE, content=f"a boat of {name}"))
    masked = [_masked(one) for one in wire.seen]
    assert failed(judged(masked)) == set()


def _without(seen: Seen, name: str) -> Seen:
    headers = tuple(pair for pair in seen.request.headers if pair[0].lower() != name)
    return replace(seen, request=replace(seen.request, headers=headers))


def _masked(seen: Seen) -> Seen:
    bare = _without(seen, "authorization")
    if seen.request.target.endswith(LOGIN):
        data = json.loads(seen.reply.body)["data"]
        return changed(seen, data={**data, "token": "[REDACTED]", "id": "[REDACTED]"})
    headers = (*bare.request.headers, ("authorization", "Bearer [REDACTED]"))
    return replace(bare, request=replace(bare.request, headers=headers))


def test_what_is_not_the_apis_is_not_judged(wire: Observed) -> None:
    made(wire)
    page = Reply(200, (("content-type", "text/html"),), b"<html>log in to the network</html>")
    answers = [
        page,
        Reply(503, (("content-type", "application/json"),), b'{"error": "busy"}'),
        Reply(429, (), b""),
        Reply(302, (("location", "http://elsewhere.test/"),), b""),
        Reply(failure=Failure.DROPPED, sent=True),
        Reply(200, (), b'{"errno": 0', Failure.TOO_LARGE, "", True),
    ]
    odd = [replace(wire.seen[-1], reply=one, at=n) for n, one in enumerate(answers)]
    seen = [pair for one in odd for pair in (one, wire.seen[-1])]
    report = judged([*wire.seen, *seen])
    assert failed(report) == set()
    assert "HTTP 503" in " ".join(report.remarks)
    often = [replace(wire.seen[-1], reply=page, at=n) for n in range(3)]
    assert "GEN-1" in failed(judged(often))


def test_looks_that_overlap_are_not_compared(wire: Observed) -> None:
    made(wire)
    find = wire.seen[-1]
    slow = replace(records_changed(find, status=1000), at=find.at - 5)
    slow = replace(slow, reply=replace(slow.reply, elapsed=30.0))
    assert failed(judged([*wire.seen, slow])) == set()
    later = replace(slow, at=find.at + 5)
    assert failed(judged([*wire.seen, later])) == {"LIFE-2"}


def test_unseen_clients_may_add_jobs_and_like_them(wire: Observed) -> None:
    client = made(wire)
    find = wire.seen[-1]
    wire.wait(60)
    Client(wire, "abc", client.token).submit(CREATE, content="a boat of another client")
    unseen = wire.seen.pop()
    assert unseen.request.target.endswith(CREATE)
    client.find(limit=100)
    liked = records_changed(find, is_favourite=True, folders=["one"])
    assert failed(judged([*wire.seen, replace(liked, at=find.at + 30)])) == set()


def test_a_job_that_vanishes_is_missed_only_after_a_while(wire: Observed) -> None:
    client = Client(wire, "abc")
    client.login()
    client.submit(CREATE, content="a quiet harbour")
    client.find()
    find = wire.seen[-1]
    empty = changed(find, data={"res": [], "total": 0})
    assert failed(judged([*wire.seen, replace(empty, at=find.at + 3)])) == set()
    late = failed(judged([*wire.seen, replace(empty, at=find.at + 60)]))
    assert late == {"FIND-13", "CREATE-2"}


def test_other_places_are_passed_over(wire: Observed) -> None:
    made(wire)
    elsewhere = [
        replace(one, request=replace(one.request, target="http://other.test/auth/login"))
        for one in wire.seen
    ]
    report = judged([*elsewhere, *wire.seen[:1]])
    assert report.requests == 1
    assert any("to other places were" in one for one in report.remarks)


def test_memory_is_bounded_whatever_passes() -> None:
    judge = TrafficJudge(ADDRESS)
    envelope = {"errno": 0, "errmsg": "OK"}
    for number in range(250):
        headers = (*LABEL.items(), ("Authorization", f"Bearer {number:040x}abcdefghij"))
        body = json.dumps({"content": f"boat {number}"}).encode()
        request = Request("POST", ADDRESS + CREATE, headers, body)
        answer = json.dumps({**envelope, "data": f"{number:064x}"}).encode()
        reply = Reply(200, (("content-type", "application/json"),), answer, elapsed=0.01)
        judge.observe(Seen(request, reply, float(number)))
    sizes = judge.sizes()
    assert max(sizes.values()) <= 5_000
    assert sizes["accounts"] <= 100


def test_an_upscale_that_names_no_job_there_can_be_is_judged(wire: Observed) -> None:
    client = made(wire)
    client.submit(UPSCALE, parent_hash="no such job", grid_num=1)
    assert finding(judged(wire.seen), "UP-3").held == 1
    accepted = changed(wire.seen[-1], errno=0, errmsg="OK", data="f" * 64)
    assert failed(judged([*wire.seen[:-1], accepted])) == {"UP-3"}


#: Any JSON, also where a field of the API has another type.
_PLAIN = st.none() | st.booleans() | st.integers(-5, 5) | st.floats(allow_nan=False)
_TEXTS = st.text(max_size=5) | st.sampled_from(["abc", "a" * 64, "2000", "http://a.test/b.png"])
VALUES: st.SearchStrategy[object] = st.recursive(
    _PLAIN | _TEXTS,
    lambda one: st.lists(one, max_size=3) | st.dictionaries(_TEXTS, one, max_size=3),
    max_leaves=6,
)
_KEYS = (
    *("limit", "prompt", "service", "job_type", "folders", "favourite", "hash", "content"),
    *("timestamp_smaller_than", "grid_num", "parent_id", "parent_hash", "sender_id"),
    *("username", "password"),
)
FIELDS = st.dictionaries(st.sampled_from(_KEYS), VALUES, max_size=4)
RECORDS = st.dictionaries(st.sampled_from([*KEYS, "odd"]), VALUES, max_size=12)
ANSWERS = st.one_of(
    VALUES,
    st.fixed_dictionaries(
        {
            "errno": st.sampled_from([0, 0, 301, 411, 420, 421, 430, 501, "0", None]),
            "errmsg": st.sampled_from(["OK", "SUCCESS", None, 5]),
            "data": st.one_of(
                VALUES,
                st.fixed_dictionaries(
                    {"res": st.lists(RECORDS | VALUES, max_size=3), "total": VALUES}
                ),
                st.fixed_dictionaries({"token": VALUES, "id": VALUES, "username": VALUES}),
            ),
        }
    ),
)


@given(
    st.lists(
        st.tuples(st.sampled_from([LOGIN, FIND, *SUBMISSIONS]), FIELDS | VALUES, ANSWERS),
        min_size=1,
        max_size=8,
    )
)
@settings(max_examples=examples(60), deadline=None)
def test_nothing_that_passes_makes_it_stumble(passed: list[tuple[str, object, object]]) -> None:
    judge = TrafficJudge(ADDRESS)
    for number, (path, body, answer) in enumerate(passed):
        headers = (*LABEL.items(), ("Authorization", f"Bearer {'abcdefghij' * 3}"))
        request = Request("POST", ADDRESS + path, headers, json.dumps(body).encode())
        reply = Reply(200, (("content-type", "application/json"),), json.dumps(answer).encode())
        judge.observe(Seen(request, reply, 20.0 * number))
    assert judge.report().findings
