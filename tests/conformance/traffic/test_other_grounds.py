"""What a right server's answer may come from besides what a hasty judge would take it for: clients
that nobody saw, answers that were lost, requests side by side, tokens that ended."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from sampan.conformance.http.connection import Failure, Reply
from sampan.conformance.traffic.judge import TrafficJudge
from sampan.conformance.traffic.seen import Seen
from tests.support.fakes import ADDRESS
from tests.support.traffic.client import BLEND, CREATE, DESCRIBE, FIND, LOGIN, UPSCALE, VARY, Client
from tests.support.traffic.made import changed, failed, judged, made, records_changed
from tests.support.traffic.observed import Observed

REFUSED = Reply(
    200,
    (("content-type", "application/json"),),
    b'{"errno": 301, "errmsg": "INVALID PARAMETER"}',
    sent=True,
    elapsed=0.02,
)


def answers(seen: list[Seen]) -> dict[str, str | None]:
    return {one.id: one.answer for one in judged(seen).observations}


def job(client: Client) -> dict[str, object]:
    return next(iter(client.records.values()))


def refused(seen: Seen) -> Seen:
    return replace(seen, reply=REFUSED)


# Upscales that may have been made before


def upscales(wire: Observed, *cells: int) -> Client:
    client = made(wire)
    for cell in cells:
        wire.wait(1)
        client.submit(UPSCALE, parent_hash=job(client)["hash"], grid_num=cell)
    return client


def test_upscales_that_were_lost_or_made_by_others_may_be_refused_as_repeated(
    wire: Observed,
) -> None:
    upscales(wire, 1, 2)
    *before, first, second = wire.seen
    lost = replace(first, reply=Reply(failure=Failure.DROPPED, sent=True, elapsed=9.0))
    retried = [replace(refused(one), at=one.at + 20) for one in (first, second)]
    for part in ([*before, *retried], [*before, lost, *retried]):
        assert failed(judged(part)) == set()


def test_upscales_are_no_repetitions_where_those_are_taken(wire: Observed) -> None:
    """Whichever comes first."""
    upscales(wire, 1, 1, 4)
    *before, first, again, other = wire.seen
    earlier = replace(refused(other), at=first.at - 0.5)
    for part in ([*before, first, again, refused(other)], [*before, earlier, first, again]):
        assert failed(judged(part)) == {"UP-1", "GRID-1"}


def test_two_upscales_side_by_side_or_after_a_failure_tell_nothing(wire: Observed) -> None:
    client = upscales(wire, 1)
    client.find(limit=100)
    client.submit(UPSCALE, parent_hash=job(client)["hash"], grid_num=1)
    *before, first, find, again = wire.seen
    assert answers(wire.seen)["repeat-upscale"] == "new-job"
    beside = replace(again, at=first.at, reply=replace(again.reply, elapsed=3.0))
    assert answers([*before, first, beside])["repeat-upscale"] is None
    ended = records_changed(find, status=4000, error="a failure", img_buffer=None)
    assert answers([*before, first, ended, again])["repeat-upscale"] is None


def test_an_upscale_is_no_repetition_where_the_account_has_none(wire: Observed) -> None:
    client = upscales(wire, 1)
    wire.wait(20)
    client.find(limit=100)
    *before, first, find = wire.seen
    data = json.loads(find.reply.body)["data"]
    upscale = next(one for one in data["res"] if one["job_type"] == "upscale")
    cases: tuple[tuple[dict[str, object], set[str]], ...] = (
        ({}, set()),
        ({"grid_num": None}, set()),
        ({"grid_num": 2}, {"UP-1", "GRID-1"}),
        ({"parent_hash": "f" * 64}, {"UP-1", "GRID-1"}),
    )
    for other, faults in cases:
        rest = [one for one in data["res"] if one is not upscale]
        look = changed(find, data={**data, "res": [*rest, upscale | other]})
        assert failed(judged([*before, refused(first), look])) == faults, other
        early = replace(look, at=first.at + 5)
        assert failed(judged([*before, refused(first), early])) == set(), other


# A sender_id


def test_a_strangers_sender_id_may_be_refused_and_ones_own_may_not(wire: Observed) -> None:
    client = made(wire)
    body = {"parent_id": job(client)["job_id"], "grid_num": 1}
    client.submit(VARY, **body)
    all_three = {"VAR-1", "VAR-5", "GRID-1"}
    for sender, faults in (("stranger", set()), (job(client)["sender_id"], all_three)):
        client.submit(VARY, **body, sender_id=sender)
        with_it, without = refused(wire.seen.pop()), wire.seen[-1]
        assert failed(judged([*wire.seen, with_it])) == faults
        late = replace(without, at=with_it.at + 1)
        assert failed(judged([*wire.seen[:-1], with_it, late])) == faults


def test_a_token_that_has_ended_is_no_want_of_a_sender_id(wire: Observed) -> None:
    client = made(wire)
    link = f"{job(client)['img_buffer']}"
    client.submit(DESCRIBE, content=link)
    ended = changed(wire.seen.pop(), errno=430, errmsg="no login", data=None)
    client.login()
    client.submit(DESCRIBE, content=link, sender_id=job(client)["sender_id"])
    assert failed(judged([*wire.seen[:-2], ended, *wire.seen[-2:]])) == set()


def test_what_a_user_wrote_may_be_refused_before_its_parent(wire: Observed) -> None:
    client = made(wire)
    described = client.submit(DESCRIBE, content=f"{job(client)['img_buffer']}")
    client.await_(described)
    parent = client.records[described]["job_id"]
    for more, faults in (
        ({"content": "blood"}, set()),
        ({"sender_id": "x"}, set()),
        ({}, {"PAR-1"}),
    ):
        client.submit(VARY, parent_id=parent, grid_num=1, **more)
        assert failed(judged([*wire.seen[:-1], refused(wire.seen[-1])])) == faults


# Names, and what was looked for


@pytest.mark.parametrize("spelled", ["{}", " {} ", "{{{}}}"])
def test_a_name_in_another_spelling_is_one(wire: Observed, spelled: str) -> None:
    client = made(wire)
    name = str(job(client)["job_id"])
    for one in (spelled.format(name), spelled.format(name.replace("-", "").upper())):
        client.submit(VARY, parent_id=one, grid_num=1)
        taken = changed(wire.seen.pop(), errno=0, errmsg="OK", data=f"{len(one):064x}")
        assert failed(judged([*wire.seen, taken])) == set(), one


def test_flags_may_be_kept_where_nobody_sees_them(wire: Observed) -> None:
    """Found by what was submitted, shown without; wherever the flags stand."""
    client = Client(wire, "abc")
    client.login()
    for content in (
        "a quiet harbour --niji",
        "--no people a quiet harbour",
        "a quiet harbour\n--tile",
    ):
        client.submit(CREATE, content=content)
        for prompt in ("niji", "people", "tile"):
            client.find(prompt=prompt, limit=100)
    bare = [
        records_changed(one, msg_content="a quiet harbour", msg_display="a quiet harbour")
        if one.request.target.endswith(FIND)
        else one
        for one in wire.seen
    ]
    assert failed(judged(bare)) == set()
    assert answers([bare[0], *bare[2:]])["find-prompt-match"] is None


@pytest.mark.parametrize("name", ["a.test/one.png", "//a.test/b.png", "data:image/png;base64,eA=="])
def test_what_may_pass_for_a_link_is_no_text(wire: Observed, name: str) -> None:
    client = made(wire)
    picture = job(client)["img_buffer"]
    assert client.submit(BLEND, content=f"{name} {name}")
    client.find(limit=100)
    ended = {"status": 2000, "img_buffer": picture, "description": "a boat", "error": None}
    *before, look = wire.seen
    assert failed(judged([*before, records_changed(look, **ended)])) == set()


@pytest.mark.parametrize("username", ["+1 (555) 010-9999", "13800138000", "a@b.test"])
def test_an_account_may_have_several_names(wire: Observed, username: str) -> None:
    made(wire)
    wire.post(LOGIN, {"username": username, "password": "abc-secret"})
    body = json.loads(wire.seen[0].reply.body)
    taken = changed(wire.seen[-1], **body)
    assert failed(judged([taken])) == set()


@pytest.mark.parametrize("body", [{"username": "abc", "client": "web"}, {"password": " "}])
def test_a_login_may_be_refused_for_something_else_that_it_lacks(
    wire: Observed, body: dict[str, str]
) -> None:
    wire.post(LOGIN, body)
    assert failed(judged([refused(wire.seen[-1])])) == set()
    wire.post(LOGIN, {"username": "abc"})
    assert failed(judged([refused(wire.seen[-1])])) == {"LOGIN-3"}


# Side by side


def test_a_total_that_was_counted_a_moment_before_is_no_miscount(wire: Observed) -> None:
    client = made(wire)
    client.submit(CREATE, content="a second harbour")
    for prompt in ("harbour", "quiet", "quiet", "harbour"):
        client.find(prompt=prompt)
    *before, two, one, again, both = wire.seen
    data = json.loads(one.reply.body)["data"]
    raced = [changed(each, data={**data, "total": 2}) for each in (one, again)]
    assert failed(judged([*before, two, raced[0], again, both])) == set()
    late = replace(raced[1], at=both.at + 1)
    assert failed(judged([*before, two, raced[0], again, late])) == set()
    another = changed(again, data={**data, "total": 3})  # where many jobs are made, it is no wonder
    assert failed(judged([*before, two, raced[0], another])) == set()
    assert failed(judged([*before, two, *raced])) == {"FIND-13"}


def test_double_clicks_that_get_one_hash_are_two_submissions(wire: Observed) -> None:
    """Nothing writes twice what passed through the proxy."""
    made(wire)
    judge = TrafficJudge(ADDRESS)
    told = [one.id for seen in wire.seen for _ in range(2) for one in judge.observe(seen)]
    assert told == ["CREATE-4"]
