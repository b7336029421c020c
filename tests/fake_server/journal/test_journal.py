"""The journal: what was asked and answered, bounded, counted and waited for."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sampan import FakeServer
from sampan.fake_server.client.errors import NotInTime
from sampan.fake_server.http.exchange import Exchange
from sampan.fake_server.http.responses import Response
from sampan.fake_server.journal.journal import Journal, RequestMatch
from sampan.fake_server.journal.redaction import MARK, Secrets
from tests.support.controls import Control
from tests.support.fakes import Caller, Fake

MakeFake = Callable[..., Fake]


def exchange(body: bytes = b"") -> Exchange:
    """A request for a journal of its own."""
    made = Exchange("POST", "/x", [])
    made.body = body
    return made


def test_a_request_is_shown_with_its_answer(control: Control, abc: Caller) -> None:
    hash = abc.create("a cat")
    login, create = control.requests()
    assert login["operation"] == "login"
    assert create["took_ms"] >= 0
    assert create["request_headers"]["authorization"] == f"Bearer {MARK}"
    shown = {key: value for key, value in create.items() if key not in ("at", "took_ms")}
    del shown["request_headers"]
    assert shown == {
        "id": 2,
        "account": "abc",
        "method": "POST",
        "path": "/jobs/create",
        "operation": "createJob",
        "request_body": {"content": "a cat"},
        "status": 200,
        "errno": 0,
        "response_body": {"errno": 0, "errmsg": "OK", "data": hash},
        "reason": None,
        "fault": None,
        "truncated": False,
        "nearest": None,
    }


def test_a_refusal_is_shown_with_its_reason(control: Control, abc: Caller) -> None:
    abc.post("/jobs/create", {})
    (request,) = control.requests(errno=301)
    assert request["reason"] == '"content" is a required property'


def test_a_fault_is_named(control: Control, abc: Caller) -> None:
    fault = control.post("faults", type="ERRNO", errno=501, match={"operation": "createJob"})
    abc.post("/jobs/create", {})
    assert [each["fault"] for each in control.requests()] == [None, fault["id"]]
    assert control.requests()[1]["reason"] == f"sent by fault {fault['id']}"


def test_pictures_are_their_jobs_accounts_and_not_kept(control: Control, abc: Caller) -> None:
    path = abc.picture()["img_buffer"].removeprefix("http://fake.test")
    control.fake.get(path)
    request = control.requests(account="abc")[-1]
    assert (request["path"], request["status"], request["response_body"]) == (path, 200, None)
    assert request["nearest"] is None


@pytest.mark.parametrize(
    ("method", "path", "operation", "differs"),
    [
        ("POST", "/jobs/creat", "createJob", ["path"]),
        ("POST", "/jobs/create/", "createJob", ["path"]),
        ("POST", "/Jobs/Find", "findJobs", ["path"]),
        ("GET", "/jobs/find", "findJobs", ["method"]),
        ("PUT", "/job/upscale", "upscaleJob", ["method", "path"]),
        ("POST", "/api/v2/midjourney/imagine/text", None, None),
    ],
)
def test_what_reached_nothing_is_shown_with_what_it_may_have_meant(
    control: Control, method: str, path: str, operation: str | None, differs: list[str] | None
) -> None:
    control.fake.send(method, path, b"{}")
    control.fake.get("/")
    (request,) = control.requests(unmatched="true")
    assert request["operation"] is None
    if operation is None:
        assert request["nearest"] is None
    else:
        assert request["nearest"]["operation"] == operation
        assert request["nearest"]["differs"] == differs
    assert control.get("requests/count", unmatched="false") == {"count": 1}


def test_conditions_combine(control: Control, abc: Caller) -> None:
    limited = control.fake.login("limited")
    abc.create()
    limited.post("/jobs/create", {"content": "x"})
    abc.find()
    abc.find()

    def count(**query: object) -> int:
        return int(control.get("requests/count", **query)["count"])

    assert count() == 6
    assert count(account="abc") == 4
    assert count(operation="createJob") == 2
    assert count(operation="createJob", account="abc") == 1
    assert count(errno=411) == 1
    assert count(errno=411, account="abc") == 0
    assert count(status=200) == 6
    assert count(status=404) == 0
    assert count(since=4) == 2
    answer = control.get("requests", account="abc", limit=2)
    assert [each["id"] for each in answer["requests"]] == [1, 3]
    assert answer["total"] == 4


def test_a_journal_can_be_emptied_in_part(control: Control, abc: Caller) -> None:
    control.fake.login("limited")
    abc.find()
    assert control.delete("requests", account="abc") == {"deleted": 2}
    assert [each["account"] for each in control.requests()] == ["limited"]
    assert control.delete("requests") == {"deleted": 1}
    abc.find()
    assert control.requests()[0]["id"] == 4  # ids go on


# Its bounds


def test_the_oldest_go_when_it_is_full(make_fake: MakeFake) -> None:
    control = Control(make_fake(journal_bytes=20_000))
    abc = control.fake.login()
    for _ in range(50):
        abc.find()
    answer = control.get("requests")
    assert 0 < len(answer["requests"]) < 20
    assert answer["requests"][-1]["id"] == 51
    assert answer["lost"] == 51 - len(answer["requests"])


@given(st.lists(st.integers(0, 5000), max_size=60), st.integers(0, 40_000))
def test_it_never_holds_more_than_its_limit(sizes: list[int], limit: int) -> None:
    journal = Journal((), Secrets(), limit)
    for size in sizes:
        journal.record(exchange(b"x" * size), Response(200, b"y" * size))
    kept = journal.find(RequestMatch())
    assert sum(len(each.body) * 2 + 1500 for each in kept) <= limit
    assert [each.number for each in kept] == list(range(1, len(sizes) + 1))[
        -len(kept) :
    ] or not kept
    assert journal.lost == len(sizes) - len(kept)


@given(
    st.lists(st.tuples(st.integers(0, 5000), st.booleans()), max_size=60), st.integers(0, 40_000)
)
def test_an_answer_that_follows_counts_as_well(sizes: list[tuple[int, bool]], limit: int) -> None:
    journal = Journal((), Secrets(), limit)
    open_ones: list[Exchange] = []
    for size, answers in sizes:
        made = exchange(b"x" * size)
        journal.keep(made)
        open_ones.append(made)
        if answers:
            journal.answered(open_ones.pop(0), Response(200, b"y" * size))
    kept = journal.find(RequestMatch())
    answers = [each.answer.body for each in kept if each.answer is not None]
    assert sum(len(each.body) + 1500 for each in kept) + sum(map(len, answers)) <= limit
    assert journal.lost == len(sizes) - len(kept)


def test_a_large_body_is_kept_in_part(control: Control, abc: Caller) -> None:
    abc.create("x" * 200_000)
    (request,) = control.requests(operation="createJob")
    assert request["truncated"]
    assert len(request["request_body"]) == 64 << 10


# Waiting


def test_what_was_asked_before_counts_as_well(control: Control, abc: Caller) -> None:
    abc.find()
    answer = control.post("requests/wait", match={"operation": "findJobs"}, timeout="10m")
    assert (answer["reached"], answer["count"]) == (True, 1)
    assert answer["requests"][0]["operation"] == "findJobs"


def test_time_runs_out_by_the_machines_clock(control: Control) -> None:
    control.post("clock/freeze")
    answer = control.post("requests/wait", count=2, timeout=20)
    assert answer == {"reached": False, "count": 0, "requests": []}


def test_a_wait_ends_with_the_request_it_waits_for() -> None:
    with FakeServer() as server:
        account = server.account()
        account.find()
        asking = threading.Timer(0.05, lambda: [account.find() for _ in range(3)])
        asking.start()
        found = account.admin.wait_for(3, operation="findJobs", timeout=30)
        assert len(found) >= 3
        asking.join()
        with pytest.raises(NotInTime):
            account.admin.wait_for(5, operation="findJobs", timeout=0.02)


def test_many_can_wait_at_once() -> None:
    async def wait_all() -> list[int]:
        journal = Journal((), Secrets())
        waits = [journal.wait(RequestMatch(), count, 30) for count in range(1, 20)]
        tasks = [asyncio.create_task(wait) for wait in waits]
        for _ in range(19):
            await asyncio.sleep(0)
            journal.record(exchange(), Response(200, b""))
        return [len(found) for found in await asyncio.gather(*tasks)]

    assert all(length >= count for count, length in enumerate(asyncio.run(wait_all()), 1))


def test_the_newest_requests_come_first_where_they_are_asked_for(control: Control) -> None:
    for number in range(5):
        control.fake.get(f"/x{number}")
    ids = [each["id"] for each in control.requests()]
    newest = control.requests(order="newest-first", limit=2)
    assert [each["id"] for each in newest] == ids[:2:-1]
    older = control.requests(order="newest-first", before=newest[-1]["id"])
    assert [each["id"] for each in older] == ids[2::-1]
    assert control.get("requests", before=ids[0])["total"] == 0


def test_the_requests_of_one_job_are_those_that_name_it(control: Control, abc: Caller) -> None:
    record, other = abc.picture(), abc.create("another")
    path = record["img_buffer"].removeprefix("http://fake.test")
    control.fake.get(path)
    child = abc.submit("/jobs/upscale", parent_hash=record["hash"], grid_num=1)
    abc.find(prompt="another")
    control.fake.get("/nowhere")
    told = control.requests(job=record["hash"])
    paths = [each["path"] for each in told]
    assert paths == ["/jobs/create", "/jobs/find", path, "/jobs/upscale"]
    assert [each["path"] for each in control.requests(job=child)] == ["/jobs/upscale"]
    assert [each["path"] for each in control.requests(job=other)] == ["/jobs/create", "/jobs/find"]
    assert control.refusal("GET", "requests?job=none").message == "job 'none' does not exist"
