"""Every wrong server is seen by the check of the very requirement that it breaks.

That check runs alone here, where it can; ``make mutants`` runs the whole kit on each server, and
tells what else fails.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import httpx
import pytest
import yaml

from sampan.conformance.verdict import Verdict
from tests.support.paths import OPENAPI
from tests.support.tampering.exchange import DropError, Go, Reply, Request
from tests.support.tampering.server import ACCOUNTS, settings, tampered
from tests.support.tampering.trial import trial
from tests.wrong_servers import WRONG_SERVERS, WrongServer
from tests.wrong_servers import __main__ as command
from tests.wrong_servers.trying.matrix import Outcome, chosen, judged, tried
from tests.wrong_servers.wrong_server import REGISTERED, add

REQUIREMENTS = yaml.load((OPENAPI / "requirements.yaml").read_bytes(), yaml.CSafeLoader)[
    "requirements"
]
BREACHED = sorted({one.requirement for one in WRONG_SERVERS})

#: Wrong servers of one requirement that are tried here.
SAMPLE = 1
#: Requirements whose checks take seconds; the checks' own tests try breaches of them, too.
LONG = {"FIND-11", "GEN-4", "GEN-5", "LIFE-2", "LIFE-4"}
#: Trials at a time: most of one is waiting for jobs.
SIDE_BY_SIDE = 8


async def plain(request: Request, go: Go) -> Reply:
    return await go(request)


async def confused(request: Request, go: Go) -> Reply:
    raise ZeroDivisionError("the tampering's own fault")


def test_every_requirement_that_can_be_breached_is() -> None:
    breached = {one.requirement for one in WRONG_SERVERS}
    assert [one["id"] for one in REQUIREMENTS if one["breach"] and one["id"] not in breached] == []
    assert len(WRONG_SERVERS) >= 80


def test_mutants_name_requirements() -> None:
    known = {one["id"] for one in REQUIREMENTS}
    for wrong_server in WRONG_SERVERS:
        named = (wrong_server.requirement, *wrong_server.touches)
        assert known.issuperset(named), wrong_server.id
        assert len(set(named)) == len(named), wrong_server.id


def test_no_two_mutants_have_one_id() -> None:
    before = dict(REGISTERED)
    with pytest.raises(ValueError, match="two wrong servers are called limit-is-ignored"):
        add("limit-is-ignored", "FIND-3", "says nothing", lambda: plain)
    assert before == REGISTERED


def test_mutants_are_chosen_by_id_requirement_and_section() -> None:
    assert [one.id for one in chosen(["limit-is-ignored"])] == ["limit-is-ignored"]
    assert {one.requirement for one in chosen(["find-3", "UP-4"])} == {"FIND-3", "UP-4"}
    assert {one.requirement for one in chosen(["LIFE"])} == {f"LIFE-{n}" for n in (1, 2, 3, 4)}
    assert chosen([]) == list(WRONG_SERVERS)
    assert chosen(["no such"]) == []


def test_each_mutant_can_be_built_and_answers_a_login() -> None:
    """Its own trials are at a server in a thread; here it is called directly."""

    async def answers() -> Iterator[tuple[str, int, str | None]]:
        return iter([await _login(wrong_server) for wrong_server in WRONG_SERVERS])

    for id, status, broken in asyncio.run(answers()):
        assert status > 0, id
        assert broken is None, id


async def _login(wrong_server: WrongServer) -> tuple[str, int, str | None]:
    app = wrong_server.build(settings())
    first = ACCOUNTS["first"]
    body = {"username": first.username, "password": first.password}
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://wrong.test") as client:
        reply = await client.post("/auth/login", json=body)
    app.service.close()
    return wrong_server.id, reply.status_code, None if app.broken is None else repr(app.broken)


def _sample(requirement: str) -> Sequence[WrongServer]:
    every = chosen([requirement])
    return every[:: max(len(every) // SAMPLE, 1)][:SAMPLE]


@pytest.mark.parametrize(
    "requirements",
    [
        pytest.param([each for each in BREACHED if each not in LONG], id="short"),
        pytest.param(sorted(LONG), id="long", marks=pytest.mark.whole),
    ],
)
def test_a_wrong_server_is_seen_by_the_check_of_its_own_requirement(
    requirements: Sequence[str],
) -> None:
    """A sample for each requirement; `make mutants` tries all of them."""
    servers = [server for each in requirements for server in _sample(each)]
    with ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
        found = list(pool.map(partial(tried, alone=True), servers))
    survivors = {
        outcome.server.id: (outcome.verdict.word, outcome.broken or outcome.message)
        for outcome in map(judged, servers, found)
        if not outcome.killed
    }
    assert survivors == {}


def test_a_server_without_a_mistake_survives() -> None:
    harmless = WrongServer("harmless", "FIND-3", "makes no mistake", lambda: plain)
    outcome = judged(harmless, tried(harmless, alone=True))
    assert outcome.verdict is Verdict.PASS
    assert not outcome.killed


def test_a_twist_that_breaks_kills_nothing() -> None:
    broken = WrongServer("broken", "LOGIN-1", "breaks by itself", lambda: confused)
    outcome = judged(broken, tried(broken, alone=True))
    assert outcome.broken == """ZeroDivisionError("the tampering's own fault")"""
    assert not outcome.killed


def test_a_twist_may_close_the_connection() -> None:
    async def drop(request: Request, go: Go) -> Reply:
        raise DropError

    found = trial(tampered(drop, settings()), only=("LOGIN-1",))
    assert found.verdicts["LOGIN-1"] is not Verdict.PASS
    assert found.broken is None


def test_a_survivor_is_exit_1(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (wrong_server,) = chosen(["limit-is-ignored"])
    passed = Outcome(wrong_server, Verdict.PASS, "all well", ("FIND-4",), (), 0.1, None)
    monkeypatch.setattr(command, "outcomes", lambda *_, **__: iter([passed]))
    assert command.main(["--only", "limit-is-ignored"]) == 1
    told = capsys.readouterr().out
    assert "0 of 1 killed" in told
    assert "SURVIVED limit-is-ignored (FIND-3): limit is ignored\n    pass: all well" in told
    assert "+FIND-4" in told


def test_a_matrix_without_survivors_is_exit_0(capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["--alone", "--workers", "1", "--only", "limit-is-ignored"]) == 0
    assert "1 of 1 killed" in capsys.readouterr().out


def test_a_name_that_no_mutant_has_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        command.main(["--only", "no such"])
    assert end.value.code == 2
    assert "names no wrong server" in capsys.readouterr().err
