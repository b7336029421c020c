"""How findings become a report: selection, phases, folding, and the kit's own faults."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import pytest

from sampan.conformance.checking import registry as check_module
from sampan.conformance.checking.context import Context
from sampan.conformance.checking.registry import Phase, check, probe
from sampan.conformance.contract import Contract, selected
from sampan.conformance.findings import Finding, Observation, Seen
from sampan.conformance.report import Report, merge
from sampan.conformance.rules.successes import LOGIN_KEYS
from sampan.conformance.runner import run as runner
from sampan.conformance.runner.plan import SelectionError
from sampan.conformance.runner.run import Progress, quote, run
from sampan.conformance.settings import Credentials, RunOptions
from sampan.conformance.target import TargetError
from sampan.conformance.verdict import UnavailableError, Verdict
from tests.support.network.scripted import ReceivedRequest, Scripted, http

CONTRACT = Contract()


@pytest.fixture(autouse=True)
def empty_registry(monkeypatch: pytest.MonkeyPatch) -> None:
    """Checks that a test registers are the only ones."""
    for name in ("checks", "probes"):
        monkeypatch.setattr(check_module.REGISTRY, name, {})
    monkeypatch.setattr(runner, "load", lambda: None)


def polite(asked: ReceivedRequest) -> Iterable[bytes]:
    """Logs everybody in, finds nothing, refuses the rest."""
    if asked.path == "/auth/login":
        name = asked.fields["username"]
        data = {**dict.fromkeys(LOGIN_KEYS, "x"), "token": f"token-of-{name}-long"}
        return http({"errno": 0, "errmsg": "SUCCESS", "data": data})
    if asked.path == "/jobs/find":
        return http({"errno": 0, "errmsg": "SUCCESS", "data": {"res": [], "total": 0}})
    return http({"errno": 301, "errmsg": "INVALID PARAMETER"})


def go(
    *only: str, script: Callable[[ReceivedRequest], Iterable[bytes]] = polite, **more: Any
) -> tuple[Report, Scripted]:
    with Scripted(script) as server:
        accounts = more.pop("accounts", {"first": Credentials("abc", "the-password")})
        on_progress = more.pop("on_progress", lambda _: None)
        options = RunOptions(server.url, accounts, only=only, **more)
        return run(options, contract=CONTRACT, on_progress=on_progress), server


def found(report: Report, id: str) -> Finding:
    return next(one for one in report.findings if one.id == id)


def seen(report: Report, id: str) -> Observation:
    return next(one for one in report.observations if one.id == id)


def test_the_worst_finding_counts() -> None:
    @check("LOGIN-1")
    def _(ctx: Context) -> Iterator[Finding]:
        yield ctx.ok("fine")
        yield ctx.fail("broken", expected="a", actual="b")
        yield ctx.inconclusive("who knows")

    report, _server = go("LOGIN-1")
    assert found(report, "LOGIN-1").verdict is Verdict.FAIL
    assert found(report, "LOGIN-1").message == "broken"
    assert report.verdict is Verdict.FAIL
    assert report.exit_code == 1


def test_of_passes_the_last_is_told() -> None:
    passes = [Finding("X-1", Verdict.PASS, text) for text in ("one", "two", "all of it")]
    assert merge("X-1", passes).message == "all of it"


def test_of_failures_the_first_three_are_told() -> None:
    failures = [Finding("X-1", Verdict.FAIL, f"no {n}", f"e{n}", f"a{n}") for n in range(5)]
    told = merge("X-1", [Finding("X-1", Verdict.PASS, "p"), *failures])
    assert told.message == "no 0; no 1; no 2 (and 2 more)"
    assert (told.expected, told.actual) == ("e0", "a0")


def test_a_crash_is_the_kits_fault_and_tells_no_secret() -> None:
    @check("LOGIN-1")
    def _(ctx: Context) -> Finding:
        raise RuntimeError("stumbled over the-password")

    report, _server = go("LOGIN-1")
    finding = found(report, "LOGIN-1")
    assert finding.verdict is Verdict.ERROR
    assert "RuntimeError: stumbled over" in finding.message
    assert "Traceback" in repr(finding.evidence)
    assert "the-password" not in repr(finding)
    assert report.exit_code == 3


def test_what_was_found_before_a_crash_counts() -> None:
    @check("LOGIN-1")
    def _(ctx: Context) -> Iterator[Finding]:
        yield ctx.fail("seen", expected="", actual="")
        raise UnavailableError(Verdict.INCONCLUSIVE, "the line went dead")

    report, _server = go("LOGIN-1")
    assert found(report, "LOGIN-1").verdict is Verdict.FAIL


def test_a_check_without_a_verdict_is_an_error() -> None:
    @check("LOGIN-1")
    def _(ctx: Context) -> Iterator[Finding]:
        yield from ()

    report, _server = go("LOGIN-1")
    assert found(report, "LOGIN-1").verdict is Verdict.ERROR


def test_secrets_in_a_finding_are_masked() -> None:
    @check("LOGIN-1")
    def _(ctx: Context) -> Finding:
        token = ctx.account().token
        return ctx.fail(f"m {token}", expected="the-password", actual={"token": token})

    report, _server = go("LOGIN-1")
    assert "token-of-abc-long" not in repr(report)
    assert "the-password" not in repr(report)


def test_what_is_missing_is_untestable() -> None:
    @check("LOGIN-5")
    def _(ctx: Context) -> Finding:
        ctx.account("second")
        raise AssertionError("there is none")

    @check("CREATE-1", needs=("grid",))
    def _job(ctx: Context) -> Finding:
        ctx.evidence.finished("grid")
        raise AssertionError("there is none")

    report, server = go("LOGIN-5", "CREATE-1")
    assert "second account" in found(report, "LOGIN-5").message
    assert "needs a job budget" in found(report, "CREATE-1").message
    assert {found(report, one).verdict for one in ("LOGIN-5", "CREATE-1")} == {Verdict.UNTESTABLE}
    assert "/jobs/create" not in server.count()
    assert report.exit_code == 3


def test_a_job_that_no_check_needs_is_the_kits_fault() -> None:
    @check("CREATE-1")
    def _(ctx: Context) -> Finding:
        ctx.evidence.trace("grid")
        raise AssertionError("it is not there")

    report, _server = go("CREATE-1")
    assert "name it in the check's needs" in found(report, "CREATE-1").message


def test_phases_run_in_order() -> None:
    order: list[str] = []

    def noting(id: str, phase: Phase) -> None:
        @check(id, phase=phase)
        def _(ctx: Context) -> Finding:
            order.append(id)
            return ctx.ok()

    for id, phase in zip(
        ("GEN-1", "FIND-1", "UP-1", "LOGIN-1"),
        (Phase.LAST, Phase.QUIET, Phase.AFTER, Phase.BEFORE),
        strict=True,
    ):
        noting(id, phase)
    go("GEN-1", "FIND-1", "UP-1", "LOGIN-1")
    assert order == ["LOGIN-1", "UP-1", "FIND-1", "GEN-1"]


def test_one_requirement_has_one_check() -> None:
    check("LOGIN-1")(lambda ctx: ctx.ok())
    with pytest.raises(ValueError, match="LOGIN-1 has two checks"):
        check("LOGIN-1")(lambda ctx: ctx.ok())
    probe("find-order")(lambda ctx: ctx.answer("newest-first"))
    with pytest.raises(ValueError, match="find-order has two probes"):
        probe("find-order")(lambda ctx: ctx.answer("newest-first"))


def test_an_observation_is_an_answer_unknown_or_unobserved() -> None:
    probe("find-order")(lambda ctx: ctx.answer("newest-first"))
    probe("token-lifetime")(lambda ctx: ctx.answer("90m"))
    probe("wrong-credentials")(lambda ctx: ctx.answer(999))
    probe("find-scope")(lambda ctx: ctx.unobserved("no second account"))

    @probe("find-max-limit")
    def _(ctx: Context) -> Observation:
        raise RuntimeError("oops")

    names = ("find-order", "token-lifetime", "wrong-credentials", "find-scope", "find-max-limit")
    report, _server = go(*names)
    told = {one: (seen(report, one).seen, seen(report, one).answer) for one in names}
    assert told == {
        "find-order": (Seen.ANSWERED, "newest-first"),
        "token-lifetime": (Seen.ANSWERED, "90m"),
        "wrong-credentials": (Seen.UNKNOWN, "999"),
        "find-scope": (Seen.UNOBSERVED, None),
        "find-max-limit": (Seen.UNOBSERVED, None),
    }
    assert seen(report, "find-max-limit").reason.startswith("error of the kit: ")
    assert seen(report, "find-total-scope").reason == "not selected"


def test_questions_may_be_asked_alone() -> None:
    probe("find-order")(lambda ctx: ctx.answer("newest-first"))
    probe("find-scope")(lambda ctx: ctx.unobserved("no second account"))
    answered, open = go("find-order")[0], go("find-scope")[0]
    assert (answered.exit_code, answered.verdict) == (0, Verdict.PASS)
    assert (open.exit_code, open.verdict) == (3, Verdict.INCONCLUSIVE)
    assert answered.tested == "no requirement selected, questions answered: 1"


@pytest.mark.parametrize(
    ("only", "chosen"),
    [
        ((), True),
        (("FIND",), True),
        (("find",), True),
        (("FIND-1",), True),
        (("UP-1", "FIND-1"), True),
        (("Job Find",), True),
        (("FIND-11",), False),
        (("FI",), False),
    ],
)
def test_selection(only: tuple[str, ...], chosen: bool) -> None:
    assert selected("FIND-1", "Job Find", only) is chosen


def test_nothing_selected_is_refused_before_anything_is_sent() -> None:
    with pytest.raises(SelectionError, match="--only NO-1"):
        go("NO-1")


def test_a_target_that_is_not_there_is_refused() -> None:
    check("LOGIN-1")(lambda ctx: ctx.ok())
    with Scripted(polite) as server:
        url = server.url
    with pytest.raises(TargetError, match="can't be reached"):
        run(RunOptions(url, {"first": Credentials("abc", "the-password")}), contract=CONTRACT)


def test_a_quote_sends_nothing_and_says_what_stays_untestable() -> None:
    check("CREATE-1", needs=("grid",))(lambda ctx: ctx.ok())
    check("UP-1", needs=("upscale",))(lambda ctx: ctx.ok())
    check("VAR-2", refusals=True)(lambda ctx: ctx.ok())
    check("LOGIN-5")(lambda ctx: ctx.ok())
    with Scripted(polite) as server:
        accounts = {"first": Credentials("a", "b")}
        none = quote(RunOptions(server.url, accounts, jobs=0), CONTRACT)
        some = quote(RunOptions(server.url, accounts, jobs=3), CONTRACT)
        slow = quote(RunOptions(server.url, accounts, jobs=0, rate=0.5), CONTRACT)
        assert server.asked == []
    assert "jobs: 0 planned (0 allowed)" in none
    for id in ("CREATE-1", "UP-1", "VAR-2", "LOGIN-5"):
        assert id in none
    assert "jobs: 2 planned (3 allowed); up to 1 more if the server accepts what it must" in some
    assert 'grid: createJob {"content": "Harbour sampan000000 at dawn' in some
    assert 'upscale: upscaleJob {"parent_hash": "<hash of grid>", "grid_num": 2}, for UP-1' in some
    assert "time: 2 job durations (about 60 s each on the live service) and a few" in some
    assert "untestable: LOGIN-5 (needs a second account)" in some
    requests = int(slow.partition("requests: at most ")[2].partition(":")[0])
    assert f"for {requests} requests at 0.5 a second" in slow


def test_an_interrupted_run_keeps_what_it_found() -> None:
    check("LOGIN-1")(lambda ctx: ctx.ok("fine"))

    @check("LOGIN-2")
    def _(ctx: Context) -> Finding:
        raise KeyboardInterrupt

    check("LOGIN-3")(lambda ctx: ctx.ok("fine"))
    report, _server = go("LOGIN-1", "LOGIN-2", "LOGIN-3")
    assert found(report, "LOGIN-1").verdict is Verdict.PASS
    assert found(report, "LOGIN-3").verdict is Verdict.INCONCLUSIVE
    assert found(report, "LOGIN-3").message == report.stopped == "interrupted"
    assert report.exit_code == 3


@pytest.mark.parametrize("verdict", [Verdict.FAIL, Verdict.INCONCLUSIVE])
def test_an_interrupted_check_keeps_the_failures_it_had_found(verdict: Verdict) -> None:
    @check("LOGIN-1")
    def _(ctx: Context) -> Iterator[Finding]:
        yield ctx.ok("fine so far")
        if verdict is Verdict.FAIL:
            yield ctx.fail("broken", expected="a", actual="b")
        raise KeyboardInterrupt

    report, _server = go("LOGIN-1")
    assert (found(report, "LOGIN-1").verdict, report.stopped) == (verdict, "interrupted")


def test_progress_is_told() -> None:
    check("LOGIN-1")(lambda ctx: ctx.fail("x", expected="", actual=""))
    told: list[Progress] = []
    go("LOGIN-1", on_progress=told.append, max_minutes=5.0)
    assert told[0].done == 0
    assert (told[-1].done, told[-1].of, told[-1].failed) == (1, 1, 1)
    assert told[-1].seconds_left is not None
    assert 290 < told[-1].seconds_left <= 300


LOGGED_IN = http(
    {"errno": 0, "errmsg": "SUCCESS", "data": {"token": "t" * 20, "id": "7", "username": "abc"}}
)
#: What answers a login, and what the one line of the refusal says to look at.
MISTAKES: dict[str, tuple[list[bytes], str]] = {
    "a wrong password": (
        http({"errno": 430, "errmsg": "invalid login"}),
        r"first account can't log in: errno 430 .*SAMPAN_USERNAME and SAMPAN_PASSWORD",
    ),
    "a wrong password, as the page shows it": (
        http({"errno": 301, "errmsg": "missing username or password"}),
        "SAMPAN_USERNAME and SAMPAN_PASSWORD",
    ),
    "no such path": (http("<html>404", 404, "text/html"), "HTTP 404, HTML; look at host, port"),
    "no path of this API": (http({"errno": 410}, 404), "port and path, and at SAMPAN_USERNAME"),
    "another program": (http("<html>hello", 200, "text/html"), "does not answer as this API"),
    "no POST there": (http("<html>501", 501, "text/html"), "does not answer as this API"),
    "another API": (http({"detail": "Not Found"}, 404), "does not answer as this API"),
    "another protocol": ([b"220 mail ESMTP\r\n"], "does not answer as this API"),
    "nothing at all": ([], "does not answer as this API"),
    "one account twice": (LOGGED_IN, "the second account is the first account"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_of_the_user_ends_the_run_and_says_what_to_look_at(mistake: str) -> None:
    answer, words = MISTAKES[mistake]
    check("LOGIN-1")(lambda ctx: ctx.ok())
    accounts = {"first": Credentials("abc", "pw-1"), "second": Credentials("a@b", "pw-2")}
    with Scripted(lambda _: answer) as server:
        with pytest.raises(TargetError, match=words) as refusal:
            run(RunOptions(server.url, accounts, jobs=11), contract=CONTRACT)
        assert set(server.count()) == {"/auth/login"}
    assert "\n" not in str(refusal.value)
    assert "pw-1" not in str(refusal.value)


@pytest.mark.parametrize("role", ["second", "limited"])
def test_another_account_that_is_refused_ends_the_run(role: str) -> None:
    def script(asked: ReceivedRequest) -> Iterable[bytes]:
        refusal = http({"errno": 430, "errmsg": "invalid login"})
        return polite(asked) if asked.fields["username"] == "abc" else refusal

    check("LOGIN-1")(lambda ctx: ctx.ok())
    accounts = {"first": Credentials("abc", "x"), role: Credentials("b", "y")}
    with pytest.raises(TargetError, match=f"the {role} account can't .*{role.upper()}_PASSWORD"):
        go("LOGIN-1", script=script, accounts=accounts)


def test_a_server_that_fails_itself_at_login_is_no_mistake_of_the_user() -> None:
    @check("FIND-1")
    def _(ctx: Context) -> Finding:
        ctx.find()
        raise AssertionError("nobody is logged in")

    broken = http({"errno": 501, "errmsg": "SERVICE_ERROR"})
    report, _server = go("FIND-1", script=lambda _: broken)
    finding = found(report, "FIND-1")
    assert finding.verdict is Verdict.UNTESTABLE
    assert "can't log in: errno 501" in finding.message


def test_a_token_that_a_later_login_ended_is_renewed() -> None:
    """Legal, as the page is silent; the call is sent again with the new one."""
    newest = {"token": ""}

    def script(asked: ReceivedRequest) -> Iterable[bytes]:
        if asked.path == "/auth/login":
            newest["token"] = f"token-number-{len(server.asked):06d}"
            return http({"errno": 0, "errmsg": "SUCCESS", "data": newest})
        if asked.headers["authorization"] != f"Bearer {newest['token']}":
            return http({"errno": 430, "error": "invalid login"})
        return http({"errno": 0, "errmsg": "SUCCESS", "data": {"res": [], "total": 0}})

    @check("FIND-1")
    def _(ctx: Context) -> Finding:
        ctx.call("login", {"username": "abc", "password": "the-password"})
        assert ctx.find().ok
        assert ctx.call("findJobs", {}, token="an-old-token-of-it").errno == 430
        return ctx.ok()

    accounts = {"first": Credentials("abc", "the-password")}
    with Scripted(script) as server:
        options = RunOptions(server.url, accounts, only=("FIND-1",))
        assert found(run(options, contract=CONTRACT), "FIND-1").verdict is Verdict.PASS
