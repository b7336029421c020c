"""A random client of an honest server: whatever part of its traffic is seen, nothing fails and no
question gets an answer that the server does not give."""

from __future__ import annotations

import random
from collections.abc import Iterable

import pytest

from sampan.conformance.traffic.seen import Seen
from tests.conforming_servers.conforming_server import ConformingServer, plain
from tests.support.examples import examples, sampled
from tests.support.traffic.client import CREATE, FIND, LOGIN, UPSCALE, VARY
from tests.support.traffic.made import Clients, judged, problems, server_with
from tests.support.traffic.observed import Clock, Observed
from tests.support.traffic.walk import answers, walk


def parts(seen: list[Seen], drawn: random.Random) -> Iterable[list[Seen]]:
    """All of it, what somebody saw who looked away now and then, or came late, or reads a part."""
    yield seen
    yield [one for one in seen if drawn.random() < 0.7]
    yield seen[len(seen) // 2 :]
    yield [one for one in seen if one.request.target.endswith((FIND, LOGIN))]


@pytest.mark.parametrize("seed", sampled(range(examples(4)), 2))
def test_no_walk_fails_an_honest_server_or_takes_it_for_another(seed: int) -> None:
    drawn, clock = random.Random(seed), Clock()
    server = ConformingServer("random", "", lambda: plain, answers(drawn))
    wire = Observed(server.build(clock.settings()), clock)
    try:
        walk(wire, drawn, 120)
    finally:
        wire.close()
    for part in parts(wire.seen, drawn):
        assert problems(server, judged(part)) == []


# What such walks have found, each with the least that shows it.


@pytest.mark.parametrize(
    "body", [{"username": None, "password": None}, {"username": None, "password": "abc-secret"},
             {"password": 5}, {"username": "abc", "password": None}],
)  # fmt: skip
def test_a_login_of_another_type_is_not_one_with_a_part_missing(
    clients: Clients, body: dict[str, object]
) -> None:
    server = server_with()
    first, _ = clients(server)
    first.wire.post(LOGIN, body)
    assert problems(server, judged(first.wire.seen)) == []


@pytest.mark.parametrize("cell", [True, 1.0, "1", None])
def test_what_only_equals_a_cell_is_none(clients: Clients, cell: object) -> None:
    server = server_with(unknown_parent="410")
    first, _ = clients(server)
    described = first.submit("/jobs/describe", content="http://a.test/a.png")
    first.await_(described)
    first.submit(VARY, parent_id=first.records[described]["job_id"], grid_num=cell)
    first.submit(UPSCALE, parent_hash=described, grid_num=cell)
    assert problems(server, judged(first.wire.seen)) == []


@pytest.mark.parametrize("others", [{}, {"service": ["main"]}, {"prompt": "boat", "limit": 5}])
def test_favourite_false_may_be_refused(clients: Clients, others: dict[str, object]) -> None:
    server = server_with(favourite_false="301")
    first, _ = clients(server)
    for _ in range(3):
        first.find(favourite=False, **others)
        first.find()
    assert problems(server, judged(first.wire.seen)) == []


def test_a_parent_of_another_account_may_be_refused_as_a_login(clients: Clients) -> None:
    """Whether the observer knows whose it is or not; and a token that has expired is no answer."""
    for answer in ("430", "410"):
        server = server_with(foreign_parent=answer, find_scope="all")
        first, second = clients(server)
        grid = first.submit(CREATE, content="a boat")
        first.await_(grid)
        second.find()
        second.submit(UPSCALE, parent_hash=grid, grid_num=1)
        second.find()
        wire = first.wire
        for part in (wire.seen, wire.seen[1:2] + wire.seen[3:]):
            assert problems(server, judged(part)) == []
    wire.post(UPSCALE, {"parent_hash": grid, "grid_num": 1}, second.token[:-1])
    assert problems(server, judged(wire.seen)) == []


@pytest.mark.parametrize("limit", [0, -1, "5", 1.5, None])
def test_a_bad_limit_is_ground_enough_for_a_refusal(clients: Clients, limit: object) -> None:
    server = server_with(
        find_bad_limit="301", find_hash_filter="honoured", null_parameter="omitted"
    )
    first, _ = clients(server)
    grid = first.submit(CREATE, content="a boat")
    first.await_(grid)
    for filters in ({"hash": grid}, {"prompt": None}, {"service": []}, {"prompt": ""}):
        first.find(limit=limit, **filters)
    first.find(hash=None)
    assert problems(server, judged(first.wire.seen)) == []


def test_a_describe_that_runs_is_no_grid(clients: Clients) -> None:
    server = server_with(unfinished_parent="301")
    first, _ = clients(server)
    described = first.submit("/jobs/describe", content="http://a.test/a.png")
    first.find()
    first.submit(VARY, parent_id=first.records[described]["job_id"], grid_num=1)
    first.find()
    first.await_(described)
    assert problems(server, judged(first.wire.seen)) == []


def test_failures_that_come_and_go_are_no_limit_of_jobs(clients: Clients) -> None:
    server = server_with()
    first, _ = clients(server)
    running = [first.submit(CREATE, content=f"boat {number} --fake slow=9") for number in range(3)]
    first.find()
    for _ in range(2):
        first.submit(CREATE, content="a boat --fake service-error")
        first.submit(CREATE, content="a boat")
    assert running
    assert problems(server, judged(first.wire.seen)) == []


def test_a_failure_of_an_odd_request_is_one_like_others(clients: Clients) -> None:
    """GEN-5: once it is the server's trouble, each time it is how it treats such a request."""
    server = server_with(error_http_status="by-errno")
    first, _ = clients(server)
    headers = {"Content-Type": "text/plain", "Authorization": f"Bearer {first.token}"}
    failing = b'{"content": "a boat --fake service-error"}'
    for body in (failing, b'{"content": "a boat"}', failing, failing):
        first.wire.send("POST", CREATE, body, headers)
        first.submit(CREATE, content="a boat")
    assert problems(server, judged(first.wire.seen)) == []
    odd = [one for one in first.wire.seen if dict(one.request.headers) == headers]
    always = [one for one in first.wire.seen if one is not odd[1]]
    assert [one[:5] for one in problems(server, judged(always))] == ["GEN-5"]
