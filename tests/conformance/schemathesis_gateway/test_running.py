"""What schemathesis asks for, sent through the gate: without schemathesis itself."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import pytest

from sampan.conformance.contract import shipped
from sampan.conformance.schemathesis_gateway.gateway import ACCOUNT, CASE, Gateway
from sampan.conformance.schemathesis_gateway.running import Judged, Run, Wish
from sampan.conformance.schemathesis_gateway.telling_cases import Telling, telling_cases
from sampan.conformance.settings import SettingsError
from sampan.conformance.verdict import UnavailableError
from sampan.fake_server.settings import NewAccount
from tests.conforming_servers import CONFORMING_SERVERS
from tests.stock_tools.schemathesis_runs import environment_of, jobs_at
from tests.support.examples import sampled
from tests.support.tampering.exchange import Go, Reply, Request, html
from tests.support.tampering.server import ACCOUNTS, TamperedFake, running, settings, tampered
from tests.wrong_servers import WRONG_SERVERS

RIGHT = {one.id: one for one in CONFORMING_SERVERS}
WRONG = {one.id: one for one in WRONG_SERVERS}
JSON = {"Content-Type": "application/json"}
#: A wrong server, the operation and the name of the case that shows it.
SHOWN = [
    ("token-by-another-name", "login", "right credentials"),
    ("signature-is-not-looked-at", "findJobs", "a token with another signature"),
    ("missing-token-is-301", "createJob", "no token"),
    ("createJob-asks-for-no-plan", "createJob", "no plan"),
    ("any-password-will-do", "login", "a password that is longer"),
    ("chinese-to-create-is-301", "createJob", "Chinese"),
    ("cell-5-is-taken", "upscaleJob", "cell 5"),
    ("variation-refuses-cell-4", "varyJob", "cell 4"),
    ("no-json-is-500", "findJobs", "a word"),
    ("upscale-missing-parent-is-420", "upscaleJob", "no parent"),
    ("six-links-are-taken", "blendImages", "6 links"),
    ("variation-of-a-wrong-kind-is-301", "varyJob", "a parent without a grid"),
]


def environment(accounts: Mapping[str, NewAccount] = ACCOUNTS, **more: str) -> dict[str, str]:
    return {**environment_of(accounts), **more}


@contextmanager
def run_at(app: TamperedFake, **more: str) -> Iterator[Run]:
    with running(app) as url:
        yield Run(url, environment(**more))


def case(operation: str, name: str) -> Telling:
    return next(one for one in telling_cases(shipped())[operation] if one.name == name)


def send(run: Run, operation: str, one: Telling) -> Judged:
    body = one.body if isinstance(one.body, bytes) else json.dumps(one.body).encode()
    path = shipped().operations[operation].path
    return run.send(Wish("POST", path, {**JSON, **one.headers}, body, one.account, one.name))


def create(run: Run, content: str = "a boat", **headers: str) -> Judged:
    body = json.dumps({"content": content}).encode()
    return run.send(Wish("POST", "/jobs/create", {**JSON, **headers}, body))


@pytest.mark.parametrize(("server", "operation", "name"), SHOWN)
def test_a_case_shows_the_mistake(server: str, operation: str, name: str) -> None:
    wrong = WRONG[server]
    with run_at(wrong.build(settings(0))) as run:
        found = {id for id, _, _ in send(run, operation, case(operation, name)).breaches}
    assert wrong.requirement in found


@pytest.mark.parametrize(
    "id", sampled(["documented-1", "mixed-1", "credentials-letters", "nothing-found-is-410"], 2)
)
def test_no_case_fails_a_right_server(id: str) -> None:
    right = RIGHT[id]
    with running(right.build(settings(0))) as url:
        run = Run(url, environment(right.accounts))
        for operation, cases in telling_cases(shipped()).items():
            for one in cases:
                assert send(run, operation, one).breaches == (), (operation, one.name)
        assert run.later_findings() == []


def test_a_wrong_parameter_after_the_end_of_the_plan_may_be_refused_for_the_plan() -> None:
    right = RIGHT["plan-that-ends"]
    with running(right.build(settings(0))) as url:
        run = Run(url, environment(right.accounts))
        while create(run).answer.errno != 411:
            pass
        refused = run.send(Wish("POST", "/jobs/create", JSON, b'{"content": 1}'))
        assert (refused.answer.errno, refused.breaches) == (411, ())


def test_the_second_upscale_of_a_cell_may_be_refused() -> None:
    right = RIGHT["repeat-upscale=refused"]
    first, again = case("upscaleJob", "with a sender_id"), case("upscaleJob", "cell 3")
    with running(right.build(settings(0))) as url:
        run = Run(url, environment(right.accounts))
        assert send(run, "upscaleJob", first).answer.ok
        refused = send(run, "upscaleJob", again)
        assert (refused.answer.errno, refused.breaches) == (301, ())


def test_where_its_own_jobs_are_too_many_the_run_waits_for_them_before_it_makes_a_grid() -> None:
    right = RIGHT["mixed-1"]
    with running(right.build(settings(1))) as url:
        run = Run(url, environment(right.accounts))
        assert not all(create(run).answer.ok for _ in range(20))
        assert send(run, "varyJob", case("varyJob", "cell 4")).answer.ok


def test_the_budget_is_kept_and_what_is_not_sent_is_said() -> None:
    app = RIGHT["documented-1"].build(settings(0))
    with run_at(app, SAMPAN_BUDGET_JOBS="10") as run:
        sent = 0
        for _ in range(12):
            try:
                create(run)
                sent += 1
            except UnavailableError:
                pass
        # Nobody knows that it is meant to be accepted: a fifth goes to such requests.
        assert sent == jobs_at(app) == 2
        assert send(run, "createJob", case("createJob", "Thai")).answer.ok
        assert run.remarks()[0].startswith("sampan: 3 jobs spent at http://127.0.0.1:")
        assert run.remarks()[1].startswith("sampan: 10 requests were not sent: 2 of 10 jobs went")


def test_what_is_not_sent_names_the_variables_that_are_set_here() -> None:
    app = RIGHT["documented-1"].build(settings(0))
    with run_at(app, SAMPAN_BUDGET_JOBS="1") as run:
        create(run)
        for _ in range(2):
            with pytest.raises(UnavailableError):
                create(run)
        cost, *left_out = run.remarks()
        assert cost.startswith("sampan: 1 job spent at http://127.0.0.1:")
        assert "--" not in "".join(left_out)


def test_without_a_budget_finds_are_sent_and_no_submission() -> None:
    app = RIGHT["documented-1"].build(settings(0))
    with run_at(app, SAMPAN_BUDGET_JOBS="0") as run:
        for operation, cases in telling_cases(shipped()).items():
            for one in cases:
                if operation in ("login", "findJobs"):
                    send(run, operation, one)
                else:
                    with pytest.raises(UnavailableError):
                        send(run, operation, one)
        assert jobs_at(app) == 0


def test_of_the_workers_of_xdist_one_has_the_budget() -> None:
    app = RIGHT["documented-1"].build(settings(0))
    with running(app) as url:
        given = environment(SAMPAN_BUDGET_JOBS="3", PYTEST_XDIST_WORKER="gw1")
        assert Run(url, given).options.jobs == 0
        assert Run(url, {**given, "PYTEST_XDIST_WORKER": "gw0"}).options.jobs == 3


def test_elsewhere_no_job_is_allowed_unless_it_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sampan.conformance.http.session.Session.login_all", lambda self: None)
    given = environment(SAMPAN_ALLOW_PLAIN_HTTP="1")
    assert Run("http://192.0.2.1", given).options.jobs == 0
    assert Run("http://192.0.2.1", {**given, "SAMPAN_BUDGET_JOBS": "2"}).options.jobs == 2


def test_without_an_account_there_is_no_run() -> None:
    with pytest.raises(SettingsError, match="SAMPAN_USERNAME"):
        Run("http://127.0.0.1:1", {})


def test_a_body_of_another_label_is_not_judged() -> None:
    """What a server makes of it is left open."""
    app = WRONG["hash-is-null"].build(settings(0))
    with run_at(app) as run:
        assert create(run, **{"Content-Type": "text/plain"}).breaches == ()
        assert create(run).breaches != ()


async def page_for_get(request: Request, go: Go) -> Reply:
    return html(200, "Nothing here") if request.method == "GET" else await go(request)


def test_another_method_is_not_judged() -> None:
    """What a server makes of it is left open, too (question other-method)."""
    with run_at(tampered(page_for_get, settings(0))) as run:
        for path in ("/jobs/find", "/jobs/create"):
            assert run.send(Wish("GET", path, {}, b"")).breaches == ()
        assert run.later_findings() == []


def through(url: str, path: str, body: bytes, **headers: str) -> tuple[str, dict[str, str], bytes]:
    """One request to the gateway as WSGI has it."""
    answered: list[Any] = []

    class Input:
        def read(self, size: int) -> bytes:
            return body[:size]

    environ = {
        "REQUEST_METHOD": "POST",
        "PATH_INFO": path,
        "HTTP_HOST": "localhost",
        "CONTENT_TYPE": "application/json",
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.input": Input(),
        "wsgi.url_scheme": "http",
        **{f"HTTP_{name.upper().replace('-', '_')}": value for name, value in headers.items()},
    }
    content = Gateway(lambda: url)(environ, lambda *given: answered.append(given))
    status, pairs = answered[0]
    return status, dict(pairs), b"".join(content)


@pytest.fixture
def gateway(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[TamperedFake, str]]:
    monkeypatch.delenv("PYTEST_XDIST_WORKER", raising=False)
    for name, value in environment().items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("sampan.conformance.schemathesis_gateway.running._RUNS", {})
    app = RIGHT["documented-1"].build(settings(0))
    with running(app) as url:
        yield app, url


def test_an_answer_has_the_status_of_its_errno(gateway: tuple[TamperedFake, str]) -> None:
    status, headers, content = through(gateway[1], "/jobs/upscale", b"{}")
    assert status == "400 Bad Request"
    assert headers["X-Sampan-Status"] == "200"
    assert json.loads(content)["errno"] == 301


def test_the_token_of_a_login_does_not_come_through(gateway: tuple[TamperedFake, str]) -> None:
    body = json.dumps({"username": "{first.username}", "password": "{first.password}"}).encode()
    named = {CASE: "right credentials"}
    status, _, content = through(gateway[1], "/auth/login", body, **named)
    assert status == "200 OK"
    assert json.loads(content)["data"]["token"] == "‹redacted›"
    assert b"eyJ" not in content


def test_a_password_is_put_into_cases_of_ours_alone(gateway: tuple[TamperedFake, str]) -> None:
    """A generator may come upon the text that stands for it, and would send it as a prompt."""
    through(gateway[1], "/jobs/create", b'{"content": "{first.password}"}')
    assert [job.prompt for job in gateway[0].service.store.jobs()] == ["{first.password}"]


def test_another_account_is_asked_for_in_a_header(gateway: tuple[TamperedFake, str]) -> None:
    status, _, content = through(gateway[1], "/jobs/find", b"{}", **{ACCOUNT: "nobody"})
    assert (status, json.loads(content)["errno"]) == ("401 Unauthorized", 430)


def test_what_is_not_sent_says_so(
    gateway: tuple[TamperedFake, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SAMPAN_BUDGET_JOBS", "0")
    status, headers, content = through(gateway[1], "/jobs/create", b'{"content": "a boat"}')
    assert (status, content) == ("503 Service Unavailable", b"")
    assert headers["X-Sampan-No-Answer"] == "not sent: the job budget is 0 (--budget-jobs)"
