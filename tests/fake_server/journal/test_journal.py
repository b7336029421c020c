"""The journal: what was asked and answered, bounded, redacted, counted and waited for."""

from __future__ import annotations

import asyncio
import base64
import json
import re
import threading
from collections.abc import Callable
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sampan import FakeServer
from sampan.fake_server.client.errors import NotInTime
from sampan.fake_server.http.exchange import Exchange
from sampan.fake_server.http.responses import Response
from sampan.fake_server.journal import redaction
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
    assert control.requests()[1]["reason"] == f"fault {fault['id']}"


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
def test_it_never_holds_more_than_the_most(sizes: list[int], most: int) -> None:
    journal = Journal((), Secrets(), most)
    for size in sizes:
        journal.record(exchange(b"x" * size), Response(200, b"y" * size))
    kept = journal.find(RequestMatch())
    assert sum(len(each.body) * 2 + 1500 for each in kept) <= most
    assert [each.number for each in kept] == list(range(1, len(sizes) + 1))[
        -len(kept) :
    ] or not kept
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


# Secrets

PASSWORD = 'pä"ss/w+rd %41\\end'


def forms(secret: str) -> list[str]:
    """The ways in which a client may write a secret."""
    raw = secret.encode()
    return [
        secret,
        json.dumps(secret)[1:-1],
        quote(secret),
        quote(secret, safe=""),
        quote_plus(secret),
        re.sub("%..", lambda found: found[0].lower(), quote(secret, safe="")),
        base64.b64encode(raw).decode(),
        base64.b64encode(b"user:" + raw).decode(),
        base64.b64encode(b"ab" + raw + b"!").decode(),
        base64.urlsafe_b64encode(b"x" + raw).decode(),
        quote(base64.b64encode(b"user:" + raw).decode(), safe=""),
    ]


@given(st.text(st.characters(codec="utf-8"), min_size=10), st.text(max_size=20), st.data())
def test_a_known_secret_shows_in_no_form(secret: str, around: str, data: st.DataObject) -> None:
    form = data.draw(st.sampled_from(forms(secret)))
    clean = redaction.in_text(f"{around}{form}{around}", [secret])
    if form not in around + MARK + around:
        assert form not in clean


def test_nothing_that_a_client_sends_shows_a_secret(make_fake: MakeFake) -> None:
    """A password and a token in every place that a request has."""
    fake = make_fake()
    control = Control(fake)
    control.post("accounts", username="t1", password=PASSWORD)
    token = fake.login("t1", PASSWORD).token
    for secret in (PASSWORD, token):
        for form in forms(secret):
            text = form.encode("utf-8")
            fake.post("/jobs/create", {"content": f"a {form} b", form: 1}, token)
            fake.send("POST", "/jobs/create", b"not JSON " + text, {"x-other": quote(form)})
            fake.send("GET", f"/image/{quote(form, safe='')}?q={quote(form, safe='')}")
            fake.send("GET", f"/?token={quote(form, safe='')}&a=1", headers={"cookie": "s=1"})
            basic = base64.b64encode(b"t1:" + secret.encode()).decode()
            fake.send("POST", "/jobs/find", b"{}", {"authorization": f"Basic {basic}"})
    fake.post("/auth/login", {"username": "t1", "password": "wrong-" + PASSWORD})
    fake.post("/auth/login", {"username": "nobody", "password": "nobodys-own"})
    fake.send("POST", "/auth/login", b'{"username": "t1", "password": "half-a-pass')
    fake.send("POST", "/auth/login", b"username=t1&password=form-password")
    for path in ("requests?limit=1000", "lint"):
        shown = control.send("GET", path).text
        for secret in (PASSWORD, token):
            for form in forms(secret):
                assert form not in shown
                assert json.dumps(form)[1:-1] not in shown
        for other in ("nobodys-own", "half-a-pass", "form-password", "wrong-"):
            assert other not in shown
        assert token.split(".")[2] not in shown


def test_a_short_password_is_left_out_by_its_name_alone(control: Control) -> None:
    control.post("accounts", username="t1", password="p")
    control.fake.login("t1", "p").create("a p")
    login, create = control.requests()
    assert login["request_body"] == {"username": "t1", "password": MARK}
    assert login["response_body"]["data"]["token"] == MARK
    assert login["response_body"]["data"]["username"] == "t1"
    assert create["request_body"] == {"content": "a p"}


def test_the_admin_token_is_a_secret(make_fake: MakeFake) -> None:
    control = Control(make_fake(admin_token="let-me-in-please"))
    control.fake.get("/?x=let-me-in-please")
    assert control.requests()[0]["path"] == f"/?x={MARK}"


@pytest.mark.parametrize("depth", [60, 900, 100_000])
def test_a_deeply_nested_body_can_be_shown(control: Control, depth: int) -> None:
    control.fake.send("POST", "/jobs/find", b'{"a":' * depth + b"1" + b"}" * depth)
    assert control.requests()[0]["errno"] in (301, 430)


@pytest.mark.parametrize("part", ["x", "eyJ", '"', "token=", '"token":', '"token":"\\', "eyJaaaa."])
def test_no_text_keeps_the_reader_waiting(part: str) -> None:
    """Clients choose it: a pattern that looked at it again and again would take minutes."""
    text = part * ((64 << 10) // len(part))
    assert redaction.in_body(text, ["a-secret"])
    assert redaction.in_header("x-any", text, ["a-secret"])


def test_repr_of_settings_holds_no_secret(make_fake: MakeFake) -> None:
    fake = make_fake(admin_token="let-me-in-please")
    assert "let-me-in" not in repr(fake.app.service.settings)
    assert "abc-secret" not in repr(fake.app.service.settings)


def test_secrets_are_bounded_and_the_latest_are_known() -> None:
    secrets = Secrets()
    for number in range(Secrets.MAX + 100):
        secrets.remember(f"secret-{number:05d}")
        if number % 1000 == 0:
            secrets.found_in("")
    assert len(secrets) == Secrets.MAX
    last = f"secret-{Secrets.MAX + 99:05d}"
    encoded = base64.b64encode(b"secret-00200").decode()
    assert secrets.found_in(f"a {last} b {encoded}") == {last, "secret-00200"}
    assert secrets.found_in("secret-00001") == set()
