"""What the handles take: seconds everywhere, keywords that there are, conditions on bodies."""

from __future__ import annotations

import re
import socket
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import httpx
import pytest

from sampan import (
    Account,
    Admin,
    ControlRefused,
    FakeServer,
    NotAnEnvelope,
    NotAsExpected,
    NotInTime,
)
from sampan.fake_server.client import arguments

pytest_plugins = ("tests.support.handles",)


@pytest.mark.parametrize(
    ("by", "ms"),
    [
        (30, 30_000), (1.5, 1500), (0, 0), (0.001, 1), (timedelta(minutes=2), 120_000),
        (timedelta(milliseconds=250), 250), ("30s", 30_000), ("1.5m", 90_000), ("7ms", 7),
        ("1h", 3_600_000), ("1d", 86_400_000),
    ],
    ids=str,
)  # fmt: skip
def test_a_duration_means_the_same_everywhere(account: Account, by: Any, ms: int) -> None:
    account.admin.freeze()
    before = account.admin.clock()["now_ms"]
    account.admin.advance(by)
    assert account.admin.clock()["now_ms"] - before == ms
    assert account.admin.fault("DELAY", delay=by)["delay"] == ms
    assert round(arguments.seconds(by, "x") * 1000) == ms
    uniform = {"distribution": "uniform", "lower": 0, "upper": by}
    assert account.admin.fault("DELAY", delay=uniform)["delay"]["upper"] == ms
    lognormal = {"distribution": "lognormal", "median": by, "sigma": 0.5}
    drawn = account.admin.fault("DELAY", delay=lognormal)["delay"]
    assert (drawn["median"], drawn["sigma"]) == (ms, 0.5)


@pytest.mark.parametrize(
    ("by", "error"),
    [
        (-1, ValueError), (float("nan"), ValueError), (float("inf"), ValueError),
        (timedelta(seconds=-1), ValueError), (None, TypeError), (True, TypeError),
        ([30], TypeError),
        (Decimal(30), TypeError), (b"30s", TypeError),
    ],
    ids=str,
)  # fmt: skip
def test_what_is_no_duration_is_refused_with_its_value(
    account: Account, by: Any, error: type[Exception]
) -> None:
    for call in (
        lambda: account.admin.advance(by),
        lambda: account.admin.fault("DELAY", delay=by),
        lambda: account.admin.wait_for(timeout=by),
        lambda: account.wait_finished("x", by="polling", timeout=by),
        lambda: account.wait_finished("x", by="polling", interval=by),
    ):
        with pytest.raises(error, match=re.escape(repr(by))):
            call()


@pytest.mark.parametrize("timeout", [0.02, "20ms", timedelta(milliseconds=20)])
def test_waits_take_durations(account: Account, timeout: Any) -> None:
    with pytest.raises(Exception, match=r"only 0 of 1 requests within 0\.02 s"):
        account.admin.wait_for(operation="findJobs", timeout=timeout)


def test_a_text_that_is_no_duration_is_refused_in_words(account: Account) -> None:
    with pytest.raises(ControlRefused, match=re.escape("'30 seconds' (did you mean '30s'?)")):
        account.admin.advance("30 seconds")
    with pytest.raises(ValueError, match="timeout: '5 s' is not a duration such as 30s"):
        account.admin.wait_for(timeout="5 s")


@pytest.mark.parametrize(
    ("argument", "number"), [(2000, 2000), (timedelta(seconds=2), 2000), ("2s", 2000), ("7ms", 7)]
)
def test_a_scenario_takes_durations_where_its_number_is_one(
    account: Account, argument: Any, number: int
) -> None:
    assert account.admin.scenario("find-lag", argument)["argument"] == number


@pytest.mark.parametrize("scenario", ["slow", "fail", "banned"])
def test_another_scenario_takes_none(account: Account, scenario: str) -> None:
    for argument in (timedelta(seconds=2), "2s"):
        with pytest.raises(ControlRefused, match="argument: scenario"):
            account.admin.scenario(scenario, argument)


@pytest.mark.parametrize(
    ("to", "now"),
    [
        (datetime(2024, 4, 2, 6, 48, 35, 164_000, UTC), 1_712_040_515_164),
        (datetime(2024, 4, 2, 14, 48, 35, tzinfo=timezone(timedelta(hours=8))), 1_712_040_515_000),
        ("2024-04-02T06:48:35.164Z", 1_712_040_515_164),
        (1_712_040_515_164, 1_712_040_515_164),
    ],
)
def test_a_time_may_be_a_datetime(account: Account, to: Any, now: int) -> None:
    account.admin.freeze()
    assert account.admin.set_time(to)["now_ms"] == now


def test_a_datetime_without_a_zone_is_refused(account: Account) -> None:
    with pytest.raises(ValueError, match="a datetime with a zone"):
        account.admin.set_time(datetime.now(UTC).replace(tzinfo=None))


@pytest.mark.parametrize(
    ("method", "given", "meant"),
    [
        ("fault", {"type": "ERRNO", "operaton": "createJob"}, "operation"),
        ("fault", {"type": "ERRNO", "time": 1}, "times"),
        ("requests", {"operaton": "createJob"}, "operation"),
        ("count", {"erno": 1}, "errno"),
        ("wait_for", {"unmatchd": True}, "unmatched"),
        ("verify", {"field": {}}, "fields"),
        ("change_account", {"username": "t", "pasword": "x"}, "password"),
    ],
)
def test_a_keyword_that_there_is_not_is_refused_with_what_was_meant(
    account: Account, method: str, given: dict[str, Any], meant: str
) -> None:
    with pytest.raises(TypeError, match=f"did you mean '{meant}'") as refused:
        getattr(account.admin, method)(**given)
    assert f"{method}() got an unexpected keyword argument" in str(refused.value)


@pytest.mark.parametrize(
    ("body", "fields", "terms"),
    [
        ("a cat", None, {"contains": "a cat"}),
        (b"a cat", None, {"contains": "a cat"}),
        (re.compile("^a"), None, {"matches": "^a"}),
        (re.compile("^a", re.IGNORECASE | re.DOTALL), None, {"matches": "(?is)^a"}),
        ({"content": "a"}, None, {"json": {"content": "a"}}),
        (None, {"a": 1, "b": re.compile("x", re.I), "c": {"matches": re.compile("y")}},
         {"fields": {"a": 1, "b": {"matches": "(?i)x"}, "c": {"matches": "y"}}}),
        (None, None, None),
    ],
    ids=str,
)  # fmt: skip
def test_conditions_on_a_body_as_python_has_them(body: Any, fields: Any, terms: Any) -> None:
    assert arguments.body_match(body, fields) == terms


# Verify


def test_verify_passes_or_shows_the_nearest(account: Account) -> None:
    account.create("a lighthouse in fog")
    verify = account.admin.verify
    assert verify(operation="createJob", body={"content": "a lighthouse in fog"}, times=1) == 1
    assert verify(operation="createJob", body="lighthouse") == 1
    assert verify(body=re.compile("FOG", re.IGNORECASE), at_least=1, at_most=2) == 1
    assert verify(operation="blendImages", times=0) == 0
    assert verify(body_equals={"content": "a lighthouse in fog"}) == 1
    with pytest.raises(AssertionError) as failed:
        verify(operation="createJob", fields={"content": "a lighthouse"}, times=1)
    assert isinstance(failed.value, NotAsExpected)
    assert str(failed.value).splitlines()[1:] == [
        '- content: "a lighthouse"',
        '+ content: "a lighthouse in fog"',
    ]
    with pytest.raises(TypeError, match="times, or at_least and at_most"):
        verify(1, at_least=1)


def test_lists_counts_and_waits_take_the_same_conditions(account: Account) -> None:
    account.create("a cat")
    account.create("a dog")
    conditions: dict[str, Any] = {"operation": "createJob", "fields": {"content": "a dog"}}
    (request,) = account.admin.requests(**conditions)
    assert account.admin.requests(limit=1, body="a ")[0]["request_body"] == {"content": "a cat"}
    assert account.admin.count(**conditions) == 1
    assert account.admin.count(path="/jobs/*") == 2
    assert account.admin.wait_for(**conditions) == [request]


def test_a_fault_is_armed_for_a_body_and_sends_another(account: Account) -> None:
    armed = account.admin.fault(
        "HTTP_STATUS",
        status=502,
        headers={"Retry-After": 2},
        body=b"\x00\xff",
        request_body="lighthouse",
        request_fields={"content": re.compile("fog$")},
        operation="createJob",
        optional=True,
    )
    assert armed["body_base64"] == "AP8="
    assert armed["match"]["body"] == {
        "contains": "lighthouse",
        "fields": {"content": {"matches": "fog$"}},
    }
    account.create("a cat")
    with pytest.raises(NotAnEnvelope, match="sent HTTP 502 without an envelope") as sent:
        account.create("a lighthouse in fog")
    assert sent.value.body == b"\x00\xff"


# What was armed and never applied


def test_what_was_never_applied_is_named(account: Account) -> None:
    admin = account.admin
    admin.assert_all_used()
    admin.fault("ERRNO", errno=501, operation="createJob", skip=5)
    admin.fault("COMMIT_THEN_DROP", operation="blendImages", request_body="x")
    admin.fault("DELAY", delay=0, optional=True, path="/nowhere")
    admin.fault("DELAY", delay=0, operation="findJobs")
    admin.scenario("fail", 46, times=1)
    admin.scenario("stuck", optional=True)
    account.find()
    with pytest.raises(NotAsExpected) as failed:
        admin.assert_all_used()
    lines = str(failed.value).splitlines()
    # The summary of a test run shows the first line alone.
    assert lines[0].startswith(
        'armed, and never applied: fault ERRNO on {"operation": "createJob"} ('
    )
    assert lines[0].endswith("): no request matched")
    assert "COMMIT_THEN_DROP on " in lines[1]
    assert lines[2] == "and scenario fail=46: no submission"
    assert len(lines) == 4
    account.create("a cat")
    assert [each.split()[1] for each in admin.unused()] == ["ERRNO", "COMMIT_THEN_DROP"]
    assert admin.unused()[0].endswith("1 request matched, skip is 5, probability 1")
    admin.disarm_faults()
    admin.assert_all_used()


# Errors


def test_admin_of_something_else_says_so_in_text() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        address = f"http://127.0.0.1:{listening.getsockname()[1]}"

        class Elsewhere:
            base = address

            def send(self, sent: Any) -> Any:
                from sampan.fake_server.client.transport import Reply

                return Reply(404, {}, "<html>\n<h1>找不到</h1>".encode())

            def close(self) -> None:
                """Nothing is open."""

        with pytest.raises(NotAnEnvelope) as refused:
            Admin(Elsewhere()).clock()
    assert str(refused.value) == (
        f"{address} is not a fake's control API (is the address right?): it sent HTTP 404 without"
        " an envelope: <html> <h1>找不到</h1>"
    )
    assert refused.value.__cause__ is None


def test_a_port_that_is_taken_is_said_with_what_to_do() -> None:
    with (
        FakeServer() as server,
        pytest.raises(OSError, match="Address already in use; port=0 picks a free one") as refused,
    ):
        FakeServer(port=server.port).start()
    assert "can't listen on 127.0.0.1:" in str(refused.value)


@pytest.mark.parametrize("port", [-1, 65536, "8091", True, None])
def test_a_port_that_cannot_be_is_refused_at_once(port: Any) -> None:
    with pytest.raises(ValueError, match=f"not {re.escape(repr(port))}; 0 picks one"):
        FakeServer(port=port)


def test_server_and_admin_make_accounts_by_the_same_words(server: FakeServer) -> None:
    made = server.account("both", password="p", plan="none", name="Li Bai")
    assert (made.username, made.password) == ("both", "p")
    assert server.admin.read_account("both")["name"] == "Li Bai"
    assert httpx.get(f"{server.url}/__admin/accounts/both").json()["plan"] == "none"
    made.admin.delete_account("both")
    (first, second) = (server.account(), server.account(name="Du Fu"))
    assert first.username != second.username


def test_no_condition_shows_a_secret(account: Account) -> None:
    admin = account.admin
    token = {"Authorization": f"Bearer {account.token}"}
    login = {"password": "hunter22-and-more", "username": "abc"}
    admin.fault("ERRNO", errno=501, request_headers=token, request_body=login)
    admin.fault("ERRNO", errno=501, request_fields={"password": "hunter22-and-more"})
    shown = "\n".join(admin.unused())
    with pytest.raises(NotInTime) as late:
        admin.wait_for(headers={"X-Api-Key": "hunter22-and-more"}, body=login, timeout=0)
    admin.disarm_faults()
    for text in (shown, str(late.value)):
        assert "hunter22" not in text
        assert account.token not in text
        assert "(redacted)" in text
        assert "abc" in text


@pytest.mark.parametrize(
    ("ask", "says"),
    [
        (lambda account: account.create(b"x"), "content: b'x' is no JSON"),
        (lambda account: account.create("\ud83d"), "content: the text has half of a surrogate"),
        (lambda account: account.find(service={"main"}), "service: {'main'} is no JSON"),
        (lambda account: account.find(promt="x"), "'promt'; did you mean 'prompt'?"),
        (lambda account: account.blend(None, "x"), "a link is text, not None; a record has links"),
        (lambda account: account.describe(None), "a link is text, not None; a record has links"),
        (lambda account: account.download(None), "a link is text, not None; a record has links"),
        (lambda account: account.wait_finished("x", by="poling"), "'polling', or left out, not 'p"),
        (lambda account: account.admin.set_time(date(2024, 1, 1)), "to: datetime.date(2024, 1, 1)"),
        (lambda account: account.admin.fault("HTTP_STATUS", headers={"a": b"1"}), "headers: {'a'"),
        (lambda account: account.admin.account("a", password=b"x"), "password: the value is no"),
    ],
)
def test_what_can_not_be_sent_is_named(
    account: Account, ask: Callable[[Account], object], says: str
) -> None:
    with pytest.raises((TypeError, ValueError)) as refused:
        ask(account)
    assert says in str(refused.value)
    assert account.admin.count(operation="createJob") == 0


def test_the_hash_that_some_servers_filter_by_is_sent(account: Account) -> None:
    account.create("a cat")
    account.admin.answer(find_hash_filter="honoured")
    assert account.find(hash="x").total == 0
