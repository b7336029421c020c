"""An open question is answered by what can mean nothing else: each of these answers has two."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sampan.conformance.http.connection import Failure, Reply
from sampan.conformance.traffic.seen import Seen
from tests.support.traffic.client import BLEND, CREATE, FIND, LOGIN, UPSCALE, VARY, Client
from tests.support.traffic.made import (
    Clients,
    changed,
    failed,
    judged,
    problems,
    records_changed,
    server_with,
)


def answer(seen: list[Seen], id: str) -> str:
    return next(one.answer or "" for one in judged(seen).observations if one.id == id)


def finished(client: Client, content: str = "a quiet harbour") -> str:
    """The hash of a job that has finished, which no find without filters has shown."""
    hash = client.submit(CREATE, content=content)
    for _ in range(30):
        client.wire.wait(2)
        client.find(service=["main"], limit=100)
        if client.records.get(hash, {}).get("status") == 2000:
            break
    return hash


def test_jobs_that_came_since_the_last_total_are_no_total_without_the_cursor(
    clients: Clients,
) -> None:
    server = server_with()
    first, _ = clients(server)
    finished(first)
    first.find(limit=100)
    newest = [finished(first, f"boat {number}") for number in range(3)][-1]
    first.wire.wait(20)
    cursor = int(first.records[newest]["timestamp"]) - 2000
    for _ in range(2):
        first.find(limit=100, timestamp_smaller_than=cursor)
    assert problems(server, judged(first.wire.seen)) == []
    first.find(limit=100)
    first.find(limit=100, timestamp_smaller_than=cursor)
    assert answer(first.wire.seen, "find-total-scope") == "filters-with-cursor"


def test_a_field_is_refused_only_where_the_same_is_taken_without_it(clients: Clients) -> None:
    """What else may be refused: a parent that runs, words for links, a wrong password, a prompt."""
    first, _ = clients(server_with(wrong_credentials="301", blend_bad_link="301"))
    grid = finished(first)
    link = first.records[grid]["img_buffer"]
    first.submit(UPSCALE, parent_hash=grid, grid_num=1)
    first.submit(BLEND, content=f"{link} {link}")
    running = first.submit(CREATE, content="a boat")
    first.submit(UPSCALE, parent_hash=running, grid_num=1, colour="red")
    first.submit(BLEND, content="a boat", colour="red")
    first.wire.post(LOGIN, {"username": "abc", "password": "not-it", "remember": True})
    assert answer(first.wire.seen, "unknown-field") == ""
    other, _ = clients(server_with(unknown_field="301"))
    for fields in ({}, {"colour": "red"}):
        other.login(**fields)
        other.submit(CREATE, content="a boat", **fields)
    said = answer(other.wire.seen, "unknown-field")
    assert said.startswith("301 (login, createJob)")
    backwards = [replace(one, at=-one.at) for one in reversed(other.wire.seen[2:])]
    assert "301 (login" in answer([*other.wire.seen[:2], *backwards], "unknown-field")


def test_a_parent_is_foreign_where_its_submission_tells_whose_it_is(clients: Clients) -> None:
    first, second = clients(server_with(find_scope="all", foreign_parent="allowed"))
    grid = finished(first)
    second.find(limit=100)
    create = next(one for one in first.wire.seen if one.request.target.endswith(CREATE))
    looks = [one for one in first.wire.seen if one.request.target.endswith(FIND)]
    first.wire.wait(1)
    first.submit(VARY, parent_id=first.records[grid]["job_id"], grid_num=1)
    first.wire.wait(1)
    # A capture that begins after the create, in which only the other account looks.
    unseen = [one for one in first.wire.seen if one not in (create, *looks[:-1])]
    assert answer(unseen, "foreign-parent") == ""
    second.submit(VARY, parent_id=grid, grid_num=1)  # a hash is no id
    assert "vary" not in answer(first.wire.seen, "foreign-parent").split("not seen")[0]
    second.submit(VARY, parent_id=first.records[grid]["job_id"], grid_num=1)
    assert answer(first.wire.seen, "foreign-parent").startswith("allowed (varyJob)")


@pytest.mark.parametrize("sent", [True, False])
def test_a_job_with_a_sender_id_may_be_that_accounts(clients: Clients, sent: bool) -> None:
    first, second = clients(server_with())
    first.submit(CREATE, content="for a friend", **({"sender_id": second.id} if sent else {}))
    first.find(limit=100)
    theirs = first.wire.seen[-1].reply
    second.find(limit=100)
    shown = replace(first.wire.seen[-1], reply=theirs)
    assert answer([*first.wire.seen[:-1], shown], "find-scope") == ("" if sent else "all")


def test_a_token_without_bearer_may_have_ended(clients: Clients) -> None:
    first, _ = clients(server_with())
    first.find()
    first.wire.post(FIND, {}, Authorization=first.token)
    assert answer(first.wire.seen, "bearer-prefix") == ""
    first.find()
    assert answer(first.wire.seen, "bearer-prefix").startswith("required (findJobs)")


@pytest.mark.parametrize("service", ["abc", "", " "])
@pytest.mark.parametrize("unknown", ["301", "no-restriction"])
def test_what_is_no_service_tells_nothing_of_a_single_one(
    clients: Clients, service: str, unknown: str
) -> None:
    server = server_with(find_scalar_for_array="accepted", find_unknown_service=unknown)
    first, _ = clients(server)
    finished(first)
    first.wire.wait(20)
    first.find(service=service)
    assert answer(first.wire.seen, "find-scalar-for-array") == ""


def test_a_favourite_may_be_none_any_more(clients: Clients) -> None:
    first, _ = clients(server_with(favourite_false="no-restriction"))
    finished(first)
    first.wire.seen[-1] = records_changed(first.wire.seen[-1], is_favourite=True)
    first.wire.wait(20)
    first.find(favourite=False)
    assert answer(first.wire.seen, "favourite-false") == ""
    none = changed(first.wire.seen[-1], data={"res": [], "total": 0})
    assert answer([*first.wire.seen[:-1], none], "favourite-false") == "others"


def test_one_record_more_may_have_come_before_it_was_counted(clients: Clients) -> None:
    first, _ = clients(server_with())
    record = first.records[finished(first)]
    first.find()
    shown = changed(first.wire.seen[-1], data={"res": [record], "total": 2})
    whole = changed(shown, data={"res": [record], "total": 1})
    rounds = [
        replace(one, at=shown.at + number) for number, one in enumerate((shown, whole, shown))
    ]
    assert answer([*first.wire.seen, *rounds], "find-default-limit") == ""
    assert answer([*first.wire.seen, *rounds[::2]], "find-default-limit") == "1"


def test_what_stands_before_a_server_tells_nothing_of_other_methods(clients: Clients) -> None:
    first, _ = clients(server_with())
    for method, path in (("POST", "/no/such"), ("GET", FIND)):
        first.wire.send(method, path)
    last = first.wire.seen[-1]
    said = answer(first.wire.seen, "other-method")
    assert said.startswith("as-unknown-route (findJobs)")
    for reply in (
        Reply(502, (), b""),
        Reply(302, (("location", "/"),)),
        Reply(failure=Failure.DROPPED),
    ):
        assert answer([*first.wire.seen, replace(last, reply=reply)], "other-method") == said


def test_a_limit_that_counts_as_omitted_is_no_maximum(clients: Clients) -> None:
    first, _ = clients(server_with())
    record = first.records[finished(first)]
    for limit in (200, 300, 2):
        first.find(limit=limit)
        first.wire.seen[-1] = changed(first.wire.seen[-1], data={"res": [record], "total": 900})
    assert answer(first.wire.seen[:-1], "find-max-limit") == ""
    assert answer(first.wire.seen, "find-max-limit") == "1"


def test_a_prompt_may_be_refused_whether_its_parent_has_finished_or_not(clients: Clients) -> None:
    first, _ = clients(server_with(unfinished_parent="queued"))
    running = first.submit(CREATE, content="a boat")
    first.find(limit=100)
    parent = {"parent_id": first.records[running]["job_id"], "grid_num": 1}
    first.wire.wait(1)
    first.submit(VARY, **parent, content="blood")
    said = {"errno": 301, "errmsg": "INVALID PARAMETER", "data": None}
    first.wire.seen[-1] = changed(first.wire.seen[-1], **said)
    first.wire.wait(1)
    first.await_(running)
    first.wire.wait(1)
    first.submit(VARY, **parent)
    assert answer(first.wire.seen, "unfinished-parent") == ""


def test_a_listing_that_began_before_a_job_need_not_have_it(clients: Clients) -> None:
    first, second = clients(server_with(find_scope="all"))
    second.find(limit=100)
    listing = first.wire.seen.pop()
    first.submit(CREATE, content="a boat of the first")
    second.find(prompt="boat")
    long = first.wire.seen[-1].at - listing.at + 1
    slow = replace(listing, reply=replace(listing.reply, elapsed=long))
    assert failed(judged([*first.wire.seen, slow])) == set()
    late = replace(listing, at=listing.at + 60)
    assert "AUTH-5" in failed(judged([*first.wire.seen, late]))
