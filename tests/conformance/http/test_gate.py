"""The gate: what is sent, at most, to whom, and for how long."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sampan.conformance.contract import Contract
from sampan.conformance.http import gate as gate_module
from sampan.conformance.http.budget import Budget
from sampan.conformance.http.connection import Failure, Reply
from sampan.conformance.http.exchange import Answer
from sampan.conformance.http.gate import Gate, Pace
from sampan.conformance.http.redaction import Secrets
from sampan.conformance.target import TargetError, checked_target, is_loopback
from sampan.conformance.verdict import UnavailableError, Verdict
from tests.support.scripted import ReceivedRequest, Scripted, http

ACCEPTED = {"errno": 0, "errmsg": "OK", "data": "a-hash"}
REFUSED = {"errno": 301, "errmsg": "MISSING PARAMETER"}
CONTRACT = Contract()
TOKEN = "a-token-of-the-account"


def a_gate(url: str, jobs: int | None = None, **more: Any) -> Gate:
    return Gate(url, CONTRACT, budget=Budget(jobs), secrets=Secrets(), timeout=5.0, **more)


def submit(gate: Gate, path: str = "/jobs/create", *, planned: bool = False) -> Answer:
    headers = {"Authorization": f"Bearer {TOKEN}"}
    return gate.send("POST", path, b"{}", headers, operation="createJob", planned=planned)


def always(*chunks: bytes) -> Callable[[ReceivedRequest], Iterable[bytes]]:
    return lambda _: chunks


# The budget


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
    assert budget.left == allowed - accepted


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


def test_a_crash_of_the_kit_spends_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("a bug")

    monkeypatch.setattr(gate_module, "exchange", broken)
    gate = a_gate("http://127.0.0.1:9", jobs=1)
    with pytest.raises(RuntimeError, match="a bug"):
        submit(gate)
    assert gate.budget.spent == 1
    assert gate.budget.left == 0


@pytest.mark.parametrize("answers", ["accept", "refuse", "drop", "mixed"])
def test_parallel_submissions_never_overspend(answers: str) -> None:
    made: list[str] = []
    lock = threading.Lock()

    def script(asked: ReceivedRequest) -> Iterable[bytes]:
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
        with pytest.raises(UnavailableError, match="kept for what is worth more"):
            submit(gate)
        assert submit(gate, planned=True).ok
        assert gate.budget.left == 7


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


# To whom


def test_a_redirect_of_a_call_is_not_followed() -> None:
    with Scripted(always(*http(ACCEPTED))) as other:
        away = http({}, 307, location=f"{other.url}/jobs/create")
        with Scripted(always(*away)) as server:
            gate = a_gate(server.url)
            assert submit(gate).status == 307
            assert len(server.asked) == 1
        assert other.asked == []


def test_the_token_goes_to_the_own_origin_alone() -> None:
    with Scripted(always(*http("picture", kind="image/png"))) as elsewhere:

        def script(asked: ReceivedRequest) -> Iterable[bytes]:
            if asked.path == "/moved.png":
                return http("", 302, location=f"{elsewhere.url}/there.png")
            return http("picture", kind="image/png")

        with Scripted(script) as api:
            gate = a_gate(api.url)
            for url in (f"{api.url}/own.png", f"{api.url}/moved.png", f"{elsewhere.url}/a.png"):
                reply, _ = gate.picture(url, TOKEN)
                assert reply.body == b"picture"
            own = {one.path: one.headers.get("authorization") for one in api.asked}
        away = {one.path: one.headers.get("authorization") for one in elsewhere.asked}
    assert own == {"/own.png": f"Bearer {TOKEN}", "/moved.png": f"Bearer {TOKEN}"}
    assert away == {"/there.png": None, "/a.png": None}


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd",
        "ftp://x/y",
        "data:,x",
        "",
        "http://",
        "x",
        "http://[::1",
        "http://x:y/",
    ],
)
def test_a_link_that_is_no_web_address_is_not_opened(url: str) -> None:
    reply, seen = a_gate("http://127.0.0.1:9").picture(url, TOKEN)
    assert reply.failure is Failure.CONNECT
    assert reply.detail.startswith("not a web address")
    assert seen == []


@pytest.mark.parametrize(
    "path",
    [
        "/上海 🚣.png?q=é#x",
        "/a b\r\nX-Evil: 1",
        "/\x00\x7f",
        "/%zz",
        "/\ud800",
        "/[a]{b}|^`",
        "//x//y",
    ],
)
def test_an_odd_link_is_escaped(path: str) -> None:
    with Scripted(always(*http("picture", kind="image/png"))) as server:
        reply, _ = a_gate(server.url).picture(f"{server.url}{path}", TOKEN)
        assert reply.body == b"picture"
        assert "x-evil" not in server.asked[0].headers


@pytest.mark.parametrize("host", ["上海.invalid", "a b.invalid", "-", "x" * 300, "\ud800", "a..b"])
def test_an_odd_host_is_no_crash(host: str) -> None:
    reply, _ = a_gate("http://127.0.0.1:9").picture(f"http://{host}/a.png", TOKEN)
    assert reply.failure is Failure.CONNECT


def test_an_odd_redirect_is_no_crash() -> None:
    with Scripted(always(*http("", 302, location="http://[::1/x"))) as server:
        reply, _ = a_gate(server.url).picture(f"{server.url}/a.png", None)
    assert reply.detail.startswith("not a web address")


def test_a_redirect_to_a_file_is_not_followed() -> None:
    with Scripted(always(*http("", 302, location="file:///etc/passwd"))) as server:
        reply, _ = a_gate(server.url).picture(f"{server.url}/a.png", None)
    assert reply.detail.startswith("not a web address")


def test_redirects_of_a_picture_end() -> None:
    with Scripted(always(*http("", 302, location="/round.png"))) as server:
        reply, seen = a_gate(server.url).picture(f"{server.url}/a.png", None)
        assert len(server.asked) == len(seen) == 6
    assert reply.detail == "over 5 redirects"


@pytest.mark.parametrize(
    ("url", "local"),
    [
        ("http://127.0.0.1:1", True),
        ("http://127.8.9.1", True),
        ("http://[::1]:80", True),
        ("http://localhost:8091", True),
        ("http://10.0.0.1", False),
        ("http://164.90.147.104:8091", False),
        ("http://localhost.example.com", False),
        ("http://127.0.0.1.example.com", False),
    ],
)
def test_what_is_this_machine(url: str, local: bool) -> None:
    assert is_loopback(url) is local
    if not local:
        with pytest.raises(TargetError, match="--allow-plain-http"):
            checked_target(url, allow_plain_http=False)
    assert checked_target(f"{url}/", allow_plain_http=True) == url


@pytest.mark.parametrize(
    "target",
    ["", "127.0.0.1:8091", "ftp://x", "http://", "http://x:99999", "http://x/?q=1", "http://a:b@x"],
)
def test_a_target_that_is_none_is_refused(target: str) -> None:
    with pytest.raises(TargetError):
        checked_target(target, allow_plain_http=True)


def test_tls_needs_no_leave() -> None:
    assert checked_target("https://example.com/base/", allow_plain_http=False).endswith("/base")


def test_the_base_path_stays() -> None:
    with Scripted(always(*http(ACCEPTED))) as server:
        submit(a_gate(f"{server.url}/under/"))
        assert server.asked[0].path == "/under/jobs/create"


# For how long


def test_nothing_is_sent_when_time_is_up() -> None:
    with Scripted(always(*http(ACCEPTED))) as server:
        gate = a_gate(server.url, until=time.monotonic() - 1)
        with pytest.raises(UnavailableError, match="time for the run is over"):
            submit(gate)
        assert server.asked == []
    assert gate.time_left() == 0


class _Clock:
    """Stands for the module ``time``: sleeping moves it."""

    def __init__(self) -> None:
        self.now = 100.0
        self.slept: list[float] = []

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


def test_the_pace_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = _Clock()
    monkeypatch.setattr(gate_module, "time", clock)
    pace = Pace(4.0)
    for _ in range(5):
        pace.wait()
    assert clock.slept == [0.25] * 4
    clock.now += 10
    pace.wait()
    assert len(clock.slept) == 4


def test_no_pace_waits_for_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = _Clock()
    monkeypatch.setattr(gate_module, "time", clock)
    pace = Pace(None)
    for _ in range(5):
        pace.wait()
    assert clock.slept == []


def test_a_silent_server_gets_less_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[float] = []

    def silent(request: object, timeout: float, cap: int) -> Reply:
        asked.append(timeout)
        answers = len(asked) == 10
        return Reply(200) if answers else Reply(failure=Failure.TIMEOUT)

    monkeypatch.setattr(gate_module, "exchange", silent)
    gate = a_gate("http://127.0.0.1:9")
    for _ in range(11):
        gate.send("POST", "/jobs/find", b"{}", {})
    assert asked == [5.0] * 8 + [0.5] * 2 + [5.0]


# What is kept


def test_every_exchange_is_logged_without_its_secrets() -> None:
    token = "opaque-token-of-a-login"
    answer = {"errno": 0, "errmsg": "SUCCESS", "data": {"token": token, "id": "1"}}
    with Scripted(always(*http(answer))) as server:
        gate = a_gate(server.url)
        gate.secrets.add("the-password")
        body = b'{"username":"abc","password":"the-password"}'
        gate.send("POST", "/auth/login", body, {}, operation="login")
        submit(gate)
        logged = gate.log.exchanges
    assert [one.operation for one in logged] == ["login", "createJob"]
    assert gate.log.requests == 2
    for secret in (token, "the-password", TOKEN):
        assert secret not in repr(logged)
    assert logged[0].outline == {"errno": 0, "errmsg": "SUCCESS"}


def test_the_data_of_a_failure_is_kept_for_judgement() -> None:
    with Scripted(always(*http({"errno": 301, "errmsg": "x", "data": [1]}))) as server:
        gate = a_gate(server.url)
        submit(gate)
    assert gate.log.exchanges[0].outline == {"errno": 301, "errmsg": "x", "data": [1]}
