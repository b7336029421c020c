"""The gate: no more jobs than allowed are ever submitted."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sampan.conformance.http import gate as gate_module
from sampan.conformance.http.budget import Budget
from sampan.conformance.http.connection import Failure, Reply
from sampan.conformance.http.pace import Pace
from sampan.conformance.verdict import UnavailableError, Verdict
from tests.support.network.gates import ACCEPTED, REFUSED, a_gate, always, submit
from tests.support.network.scripted import ReceivedRequest, Scripted, http


@settings(deadline=None)
@given(
    allowed=st.integers(0, 6),
    steps=st.lists(st.tuples(st.booleans(), st.booleans()), max_size=30),
)
def test_never_more_is_spent_than_allowed(allowed: int, steps: list[tuple[bool, bool]]) -> None:
    budget = Budget(allowed)
    accepted = 0
    reasons: set[Verdict] = set()
    for planned, refused in steps:
        try:
            with budget.reserve(planned=planned, patience=0) as reservation:
                accepted += not refused
                if refused:
                    reservation.give_back()
        except UnavailableError as problem:
            reasons.add(problem.verdict)
    assert reasons <= {Verdict.UNTESTABLE}
    assert accepted <= allowed
    assert budget.spent == accepted
    assert budget.affords(planned=True) is (accepted < allowed)


def test_a_refusal_gives_the_job_back() -> None:
    with Scripted(always(*http(REFUSED))) as server:
        gate = a_gate(server.url, jobs=1)
        for _ in range(20):
            assert submit(gate).errno == 301
        assert gate.budget.spent == 0


def test_an_acceptance_spends_it_and_the_next_is_not_sent() -> None:
    with Scripted(always(*http(ACCEPTED))) as server:
        gate = a_gate(server.url, jobs=1)
        submit(gate)
        with pytest.raises(UnavailableError, match="budget of 1 is spent") as refusal:
            submit(gate)
        assert refusal.value.verdict is Verdict.UNTESTABLE
        assert server.count()["/jobs/create"] == 1


@pytest.mark.parametrize(
    ("answer", "spent"),
    [
        (http(ACCEPTED), 1),
        (http(REFUSED), 0),
        (http(REFUSED, status=400), 0),
        (http("<html>Bad Request</html>", 400, "text/html"), 0),
        (http("<html>Oops</html>", 500, "text/html"), 1),
        (http({"errno": 501, "errmsg": "SERVICE_ERROR"}, 500), 0),
        (http("no json", 200), 1),
        (http({"errno": "301", "errmsg": "x"}), 1),
        (http({}, 307, location="http://127.0.0.1:9/elsewhere"), 1),
        ([], 1),
        ([b"HTTP/1.1 200 OK\r\ncontent-length: 90\r\n\r\n{"], 1),
        ([b"no http at all\r\n\r\n"], 1),
    ],
    ids=lambda value: None if isinstance(value, int) else (value or [b"dropped"])[0][9:30].decode(),
)
def test_only_a_clear_refusal_gives_it_back(answer: list[bytes], spent: int) -> None:
    with Scripted(always(*answer)) as server:
        gate = a_gate(server.url, jobs=3)
        submit(gate, planned=True)
        assert gate.budget.spent == spent
        assert server.count()["/jobs/create"] == 1


def test_a_timeout_spends_it() -> None:
    release = threading.Event()

    def hang(_: ReceivedRequest) -> Iterator[bytes]:
        release.wait(30)
        yield b""

    with Scripted(hang) as server:
        gate = a_gate(server.url, jobs=1)
        gate.timeout = 0.2
        answer = submit(gate)
        release.set()
        assert answer.failure is Failure.TIMEOUT
        assert gate.budget.spent == 1


def test_what_never_left_is_given_back() -> None:
    with Scripted(always()) as server:
        url = server.url
    gate = a_gate(url, jobs=1)
    assert submit(gate).failure is Failure.CONNECT
    assert gate.budget.spent == 0


@pytest.mark.parametrize("failure", [Failure.TIMEOUT, Failure.DROPPED, Failure.PROTOCOL])
@pytest.mark.parametrize("sent", [True, False])
def test_only_what_may_have_left_is_spent(
    failure: Failure, sent: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    reply = Reply(failure=failure, sent=sent)  # a deadline may pass between connect and send
    monkeypatch.setattr(gate_module, "transmit", lambda *_: reply)
    gate = a_gate("http://127.0.0.1:9", jobs=1)
    submit(gate, planned=True)
    assert gate.budget.spent == sent


def test_an_interrupt_before_its_turn_spends_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Pace, "wait", stop)
    gate = a_gate("http://127.0.0.1:9", jobs=1)
    with pytest.raises(KeyboardInterrupt):
        submit(gate, planned=True)
    assert gate.budget.spent == 0


@pytest.mark.parametrize("planned", [True, False])
def test_what_there_is_no_time_for_is_not_spent(planned: bool) -> None:
    with Scripted(always(*http(ACCEPTED))) as server:
        gate = a_gate(server.url, jobs=11, until=time.monotonic() - 1)
        with pytest.raises(UnavailableError, match="time limit"):
            submit(gate, planned=planned)
    assert (server.asked, gate.budget.spent, gate.log.requests) == ([], 0, 0)


def test_a_crash_of_the_kit_spends_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("a bug")

    monkeypatch.setattr(gate_module, "transmit", broken)
    gate = a_gate("http://127.0.0.1:9", jobs=1)
    with pytest.raises(RuntimeError, match="a bug"):
        submit(gate)
    assert gate.budget.spent == 1
    assert not gate.budget.affords(planned=True)


@pytest.mark.parametrize("answers", ["accept", "refuse", "drop", "mixed"])
def test_parallel_submissions_never_overspend(answers: str) -> None:
    made: list[str] = []
    lock = threading.Lock()

    def script(asked: ReceivedRequest) -> Iterable[bytes]:
        if asked.path == "/jobs/find":
            return http(REFUSED)
        with lock:
            turn = len(made)
            kind = ("accept", "refuse", "drop")[turn % 3] if answers == "mixed" else answers
            made.append(kind)
        return {"accept": http(ACCEPTED), "refuse": http(REFUSED), "drop": []}[kind]

    def one(_: int) -> str:
        try:
            submit(gate, planned=True)
        except UnavailableError as problem:
            return problem.verdict.word
        return "sent"

    with Scripted(script) as server:
        gate = a_gate(server.url, jobs=5)
        with ThreadPoolExecutor(16) as pool:
            outcomes = list(pool.map(one, range(60)))
        could_be_jobs = sum(kind != "refuse" for kind in made)
        assert could_be_jobs <= 5
        assert gate.budget.spent == could_be_jobs
        assert set(outcomes) <= {"sent", "untestable"}
        assert outcomes.count("sent") == len(made)
        if answers == "refuse":
            assert outcomes.count("sent") == 60


def test_a_server_that_takes_everything_gets_a_fifth() -> None:
    with Scripted(always(*http(ACCEPTED))) as server:
        gate = a_gate(server.url, jobs=10)
        submit(gate)
        submit(gate)
        with pytest.raises(UnavailableError, match="kept for planned submissions"):
            submit(gate)
        assert submit(gate, planned=True).ok
        assert gate.budget.spent == 3


@pytest.mark.parametrize(
    "path",
    [
        "/jobs/create",
        "/JOBS/Create",
        "//jobs//create/",
        "/jobs/%63reate",
        "/jobs/create?x=1",
        "/jobs/new",
        "/v1/jobs/upscale",
        "/jobs\\create",
        "/jobs",
    ],
)
def test_whatever_could_submit_is_reserved(path: str) -> None:
    with Scripted(always(*http(ACCEPTED))) as server:
        gate = a_gate(server.url, jobs=0)
        with pytest.raises(UnavailableError, match="budget is 0"):
            gate.send("GET", path, b"", {})
        assert server.asked == []


def test_login_and_find_cost_nothing() -> None:
    with Scripted(always(*http(ACCEPTED))) as server:
        gate = a_gate(server.url, jobs=0)
        for path in ("/auth/login", "/jobs/find", "/jobs/find/", "/no/such/path"):
            assert gate.send("POST", path, b"{}", {}).ok


def test_a_negative_budget_is_refused() -> None:
    with pytest.raises(ValueError, match="-1"):
        Budget(-1)
