"""The handles: an account's seven operations, and the control of a fake, over both transports."""

from __future__ import annotations

import asyncio
import inspect
import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from io import BytesIO
from typing import Any

import httpx
import pytest
from PIL import Image

from fake_server import Account, Admin, FakeServer, asgi_app
from fake_server.client_error import (
    ControlRefused,
    Disconnected,
    JobFailed,
    NotAnEnvelope,
    NotInTime,
    PictureRefused,
    Refused,
    SampanError,
    Unreachable,
)
from fake_server.control_call import Control
from fake_server.faults import CARRIED_OUT
from fake_server.spec import read
from fake_server.transport import Reply, SocketTransport


@pytest.fixture(scope="module")
def server() -> Iterator[FakeServer]:
    with FakeServer(job_seconds=60, strict=True) as running:
        yield running


@pytest.fixture(scope="module")
def application() -> Iterator[Admin]:
    app = asgi_app(job_seconds=60, strict=True)
    yield Admin(app)
    app.world.close()


@pytest.fixture(params=["socket", "application"])
def admin(request: pytest.FixtureRequest) -> Admin:
    """The control of a fake behind a socket, and of one that is called as an application."""
    if request.param == "socket":
        running: FakeServer = request.getfixturevalue("server")
        return running.admin
    control: Admin = request.getfixturevalue("application")
    return control


@pytest.fixture
def account(admin: Admin, request: pytest.FixtureRequest) -> Iterator[Account]:
    made = admin.account(request.node.name)
    yield made
    admin.delete_account(made.username)


# An account


def test_login_answers_with_the_twelve_keys(account: Account) -> None:
    data = account.login()
    assert len(data) == 12
    assert data["username"] == account.username
    assert account.token == data["token"]


def test_a_token_is_fetched_when_it_is_needed(account: Account) -> None:
    assert account.admin.count() == 0
    account.find()
    account.find()
    assert account.admin.count(operation="login") == 1


def test_the_whole_flow(account: Account) -> None:
    parent = account.wait_finished(account.create("a cat in the rain"))
    assert parent["msg_display"] == "a cat in the rain"
    grid = Image.open(BytesIO(account.download(parent["img_buffer"])))
    upscale = account.wait_finished(account.upscale(parent["hash"], 4))
    single = Image.open(BytesIO(account.download(upscale["img_buffer"])))
    assert single.width > grid.width
    variation = account.wait_finished(account.vary(parent["job_id"], 1))
    assert variation["parent_hash"] == parent["hash"]
    remix = account.wait_finished(account.vary(parent["job_id"], 1, "a dog"))
    assert remix["msg_display"] == "a dog"
    links = [record["original_url"] for record in (parent, variation)]
    assert account.wait_finished(account.blend(*links))["img_buffer"]
    assert account.wait_finished(account.describe(links[0]))["description"].startswith("1")
    assert account.find().total == 6
    assert [r["job_type"] for r in account.find(job_type=["upscale"]).res] == ["upscale"]


def test_waiting_by_polling(account: Account) -> None:
    hash = account.create("a cat")
    with pytest.raises(NotInTime, match="had not finished: status 0"):
        account.wait_finished(hash, by="polling", timeout=0)
    account.admin.auto()
    record = account.wait_finished(hash, by="polling", interval=0)
    assert record["status"] == 2000


def test_waiting_by_the_clock_takes_no_time(account: Account) -> None:
    account.admin.freeze()
    before = account.admin.clock()["now_ms"]
    account.wait_finished(account.create("a cat"))
    assert account.admin.clock()["now_ms"] - before == 60_000
    account.wait_finished(account.find().res[0]["hash"])  # has finished: time stands
    assert account.admin.clock()["now_ms"] - before == 60_000


def test_a_failed_job_is_an_error_with_its_record(account: Account) -> None:
    with pytest.raises(JobFailed, match="failed: banned prompt") as caught:
        account.wait_finished(account.create("a cat --fake banned"))
    assert caught.value.record["msg_display"] == "a cat --fake banned"


def test_a_job_that_never_ends_is_not_waited_for(account: Account) -> None:
    hash = account.create("a cat --fake stuck=46")
    with pytest.raises(NotInTime, match=r"never ends"):
        account.wait_finished(hash)


def test_a_record_is_found_behind_other_pages(account: Account) -> None:
    account.admin.answer(find_max_limit="2")
    account.admin.freeze()
    hashes = []
    for _ in range(5):
        hashes.append(account.create("a cat"))
        account.admin.advance(1)
    for hash in hashes:
        record = account.record(hash)
        assert record is not None
        assert record["hash"] == hash
    assert account.record("no such hash") is None


def test_a_refusal_says_what_the_fake_says(account: Account) -> None:
    with pytest.raises(Refused, match=r"errno 301 MISSING PARAMETER \(.*content") as caught:
        account.call("/jobs/create", {})
    assert (caught.value.errno, caught.value.status) == (301, 200)
    wrong = Account(account._transport, account.username, "wrong")
    with pytest.raises(Refused) as caught:
        wrong.login()
    assert (caught.value.errno, caught.value.message) == (430, "invalid login")


def test_an_account_without_a_plan(admin: Admin) -> None:
    with pytest.raises(Refused, match="errno 411"):
        admin.account("poor", plan="none").create("a cat")
    admin.change_account("poor", plan="unlimited")
    assert admin.of("poor").jobs() == []
    admin.delete_account("poor")


def test_a_picture_that_is_withheld(account: Account) -> None:
    record = account.wait_finished(account.create("a cat --fake image-denied"))
    with pytest.raises(PictureRefused, match="HTTP 403") as caught:
        account.download(record["img_buffer"])
    assert caught.value.link == record["img_buffer"]


def test_a_picture_is_fetched_without_the_token(account: Account) -> None:
    record = account.wait_finished(account.create("a cat"))
    account.download(record["img_buffer"])
    (asked,) = [r for r in account.admin.requests() if r["path"].startswith("/image/")]
    assert "authorization" not in asked["request_headers"]
    assert "token-astray" not in {finding["rule"] for finding in account.admin.lint()}


def test_a_picture_on_another_host(server: FakeServer) -> None:
    with (
        FakeServer(job_seconds=0) as other,
        FakeServer(external_url=other.url, job_seconds=0) as here,
    ):
        theirs = other.account("t")
        link = theirs.wait_finished(theirs.create("a cat"))["img_buffer"]
        assert here.account("t").download(link).startswith(b"\x89PNG")


def test_an_account_is_found_by_address_and_password_alone(server: FakeServer) -> None:
    with Account(server.url + "/", "abc", "abc-secret") as plain:
        assert plain.url == server.url
        hash = plain.create("a cat")
        record = plain.record(hash)
        assert record is not None
        with pytest.raises(RuntimeError, match="no control API"):
            _ = plain.admin
        with pytest.raises(NotInTime):
            plain.wait_finished(hash, timeout=0)
    assert repr(plain) == f"Account('abc' at {server.url})"


def test_no_secret_is_in_what_is_printed(account: Account) -> None:
    account.login()
    for printed in (repr(account), repr(account.admin)):
        assert account.password not in printed
        assert account.token not in printed


# What can go wrong on the way


def test_nothing_answers() -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as other:
        port = other.getsockname()[1]
    with pytest.raises(Unreachable, match=f"nothing answers at http://127.0.0.1:{port}"):
        Account(f"http://127.0.0.1:{port}", "a", "b").login()


@pytest.mark.parametrize("address", ["127.0.0.1:8091", "https://x.test", "http://", ""])
def test_what_is_no_address_is_refused(address: str) -> None:
    with pytest.raises(ValueError, match=r"is not an address; one looks like http://"):
        Account(address, "a", "b")


LOST = ["CONNECTION_RESET_BY_PEER", "EMPTY_RESPONSE", "RANDOM_DATA_THEN_CLOSE", "TRUNCATED_BODY"]


@pytest.mark.parametrize("type", [*LOST, "MALFORMED_RESPONSE_CHUNK", "COMMIT_THEN_DROP"])
def test_a_lost_answer_is_told_and_nothing_is_sent_again(server: FakeServer, type: Any) -> None:
    account = server.account()
    account.login()
    account.admin.fault(type, operation="createJob")
    with pytest.raises(Disconnected, match="no whole answer"):
        account.create("a cat")
    assert account.admin.count(operation="createJob") == 1
    assert len(account.admin.jobs()) == (type in CARRIED_OUT)


def test_what_is_no_envelope(account: Account) -> None:
    account.login()
    account.admin.fault("HTTP_STATUS", status=502, operation="findJobs", times=1)
    with pytest.raises(NotAnEnvelope, match="HTTP 502") as caught:
        account.find()
    assert caught.value.status == 502
    account.admin.fault("MALFORMED_JSON", operation="findJobs", times=1)
    with pytest.raises(NotAnEnvelope, match="HTTP 200"):
        account.find()


def test_every_error_is_of_one_tree() -> None:
    module = inspect.getmodule(SampanError)
    errors = [
        kind
        for _, kind in inspect.getmembers(module, inspect.isclass)
        if issubclass(kind, BaseException)
    ]
    assert len(errors) == 9
    assert all(issubclass(kind, SampanError) for kind in errors)
    assert all(kind.__name__ in (module.__doc__ or "") for kind in errors)


class Scripted:
    """A server that answers each connection with given bytes, then closes it."""

    def __init__(self, *answers: bytes) -> None:
        self.listening = socket.create_server(("127.0.0.1", 0))
        self.listening.settimeout(10)
        self.url = f"http://127.0.0.1:{self.listening.getsockname()[1]}"
        self.received: list[bytes] = []
        self._thread = threading.Thread(target=self._serve, args=(answers,))
        self._thread.start()

    def _serve(self, answers: tuple[bytes, ...]) -> None:
        for answer in answers:
            connection, _ = self.listening.accept()
            with connection:
                self.received.append(connection.recv(65536))
                connection.sendall(answer)

    def close(self) -> None:
        self._thread.join()
        self.listening.close()


def test_a_connection_that_was_closed_meanwhile_is_not_used_again() -> None:
    body = b'{"errno":0,"errmsg":"OK","data":{"token":"t"}}'
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body)
    with closing(Scripted(answer, answer)) as scripted:
        account = Account(scripted.url, "a", "b")
        account.login()
        time.sleep(0.05)  # the other end closes
        account.login()
        account.close()
    assert len(scripted.received) == 2


def test_a_prefix_of_the_address_is_kept() -> None:
    with closing(Scripted(b"HTTP/1.1 204 No\r\n\r\n")) as scripted:
        transport = SocketTransport(f"{scripted.url}/under/")
        transport.send("GET", "/here", {})
        transport.close()
    assert scripted.received[0].startswith(b"GET /under/here HTTP/1.1\r\n")


def test_connections_are_kept_and_shared_by_threads(server: FakeServer) -> None:
    accounts = [server.account() for _ in range(8)]
    with ThreadPoolExecutor(8) as pool:
        hashes = list(pool.map(lambda a: [a.create(a.username) for _ in range(20)], accounts))
    for account, mine in zip(accounts, hashes, strict=True):
        found = account.find(limit=100)
        assert {record["hash"] for record in found.res} == set(mine)
        assert {record["msg_display"] for record in found.res} == {account.username}


def test_500_sandboxes_at_once_do_not_see_one_another(server: FakeServer) -> None:
    def use(number: int) -> tuple[str, int]:
        account = server.account(f"box-{number}")
        account.admin.freeze()
        hash = account.create(f"prompt {number}")
        account.admin.fault("ERRNO", errno=501, operation="createJob", times=1)
        with pytest.raises(Refused, match="errno 501"):
            account.create("refused")
        account.admin.advance(number * 10)
        (record,) = account.find().res
        assert record["msg_display"] == f"prompt {number}"
        expected = 0 if number * 10 < 9000 else 1000
        assert record["status"] == expected
        counts = [account.admin.count(operation=name) for name in ("login", "createJob")]
        assert [*counts, account.admin.count()] == [1, 2, 4]
        return hash, record["id"]

    with ThreadPoolExecutor(8) as pool:
        seen = list(pool.map(use, range(500, 1000)))
    assert len(dict(seen)) == len({id for _, id in seen}) == 500
    for number in range(500, 1000):
        server.admin.delete_account(f"box-{number}")


# The control


def test_an_account_is_controlled_alone(admin: Admin) -> None:
    one, two = admin.account("one"), admin.account("two")
    one.admin.freeze()
    assert (one.admin.clock()["frozen"], two.admin.clock()["frozen"]) == (True, False)
    hash = one.create("a cat")
    two.create("a dog")
    transitions = one.admin.advance("1m")
    assert {transition["hash"] for transition in transitions} == {hash}
    assert transitions[-1]["state"] == "finished"
    assert one.admin.reset() == {"accounts": ["one"], "jobs": 1}
    assert (one.admin.jobs(), len(two.admin.jobs())) == ([], 1)
    for account in (one, two):
        admin.delete_account(account.username)


def test_jobs_are_ended_at_will(account: Account) -> None:
    finished, failed, stalled = (account.create(f"job {number}") for number in range(3))
    assert account.admin.complete(finished)["state"] == "finished"
    assert account.admin.fail(failed, "out of paint")["state"] == "failed"
    assert account.admin.stall(stalled)["stalled"]
    assert [job["hash"] for job in account.admin.jobs(state="failed")] == [failed]
    with pytest.raises(JobFailed, match="out of paint"):
        account.wait_finished(failed)
    assert not account.admin.resume_job(stalled)["stalled"]
    assert account.wait_finished(stalled)["status"] == 2000
    with pytest.raises(ControlRefused, match="conflict") as caught:
        account.admin.complete(finished)
    assert (caught.value.status, caught.value.code) == (409, "conflict")


def test_favourites_and_folders(account: Account) -> None:
    first, second = account.create("first"), account.create("second")
    account.admin.favourite(first)
    account.admin.put_in_folder("best of/1", second)
    assert [r["hash"] for r in account.find(favourite=True).res] == [first]
    assert [r["hash"] for r in account.find(folders=["best of/1"]).res] == [second]
    account.admin.unfavourite(first)
    account.admin.take_from_folder("best of/1", second)
    assert account.find(favourite=True).total == account.find(folders=["best of/1"]).total == 0


def test_faults_and_scenarios(account: Account) -> None:
    fault = account.admin.fault("ERRNO", errno=501, operation="createJob", times=1)
    with pytest.raises(Refused, match="errno 501"):
        account.create("a cat")
    assert account.admin.armed_fault(fault["id"])["applied"] == 1
    assert [armed["id"] for armed in account.admin.faults()] == [fault["id"]]
    account.admin.disarm(fault["id"])
    account.admin.fault("ERRNO", errno=411)
    assert account.admin.disarm_faults() == 1
    account.admin.scenario("fail", 0, times=1)
    with pytest.raises(JobFailed):
        account.wait_finished(account.create("a cat"))
    account.wait_finished(account.create("a cat"))
    account.admin.scenario("refused")
    assert [armed["scenario"] for armed in account.admin.scenarios()["armed"]] == ["refused"]
    assert account.admin.disarm_scenarios() == 1


def test_the_journal_is_read_counted_and_waited_for(account: Account) -> None:
    account.create("a cat")
    account.find()
    asked = account.admin.requests()
    assert [request["operation"] for request in asked] == ["login", "createJob", "findJobs"]
    assert account.admin.count(operation="findJobs", errno=0, status=200) == 1
    assert account.admin.count(unmatched=True) == 0
    assert account.admin.count(since=asked[-1]["id"]) == 0
    assert [r["id"] for r in account.admin.wait_for(operation="findJobs")] == [asked[-1]["id"]]
    with pytest.raises(NotInTime, match=r"1 of 2 requests in 0\.01 s"):
        account.admin.wait_for(2, timeout=0.01, operation="findJobs")
    assert account.admin.lint(since=asked[-1]["id"]) == []
    assert account.admin.clear_requests() == 3


def test_waiting_ends_as_soon_as_the_requests_are_there(server: FakeServer) -> None:
    account = server.account()
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(account.admin.wait_for, 3, operation="findJobs", timeout=60)
        for _ in range(3):
            account.find()
        assert len(waiting.result(timeout=30)) == 3


def test_profiles(account: Account) -> None:
    assert account.admin.profile()["answers"]["error-http-status"] == "always-200"
    account.admin.answer(error_http_status="by-errno")
    with pytest.raises(Refused) as caught:
        account.call("/jobs/create", {})
    assert caught.value.status == 400
    mixed = account.admin.use_profile("mixed", find_order="newest-first")
    assert (mixed["name"], mixed["answers"]["find-order"]) == ("mixed", "newest-first")
    with pytest.raises(ControlRefused, match="find-ordre"):
        account.admin.answer(find_ordre="newest-first")


def test_state_goes_out_and_comes_back(admin: Admin) -> None:
    account = admin.account("kept")
    hash = account.create("a cat")
    state = account.admin.export_state()
    account.admin.reset()
    assert account.record(hash) is None
    admin.import_state(state)
    record = account.record(hash)
    assert record is not None
    assert record["msg_display"] == "a cat"
    admin.delete_account("kept")


def test_the_clock_is_set_and_given_back(account: Account) -> None:
    account.admin.freeze()
    assert account.admin.set_time(1_712_040_515_164)["now"] == "2024-04-02T06:48:35.164Z"
    assert not account.admin.resume()["frozen"]
    assert account.admin.auto()["auto"]
    assert not account.admin.drop_clock()["own"]


def test_accounts_are_told(admin: Admin) -> None:
    made = admin.account("told", password="p", name="Li Bai")
    assert made.login()["name"] == "Li Bai"
    assert "told" in [account["username"] for account in admin.accounts()]
    with pytest.raises(ControlRefused, match="told") as caught:
        admin.account("told")
    assert caught.value.code == "conflict"
    assert admin.read_account("told")["plan"] == "unlimited"
    admin.handle("told", "p").login()
    admin.delete_account("told")
    with pytest.raises(ControlRefused) as caught:
        admin.delete_account("told")
    assert caught.value.code == "not-found"


def test_the_fake_as_a_whole(admin: Admin) -> None:
    assert admin.health() == {"status": "ok"}
    assert admin.ready() == {"status": "ready"}
    assert set(admin.version()) == {"version", "contract", "seed"}
    assert admin.document()["info"]["title"] == "sampan control API"


@pytest.mark.parametrize("given", ["sesame", None])
def test_the_control_of_a_fake_off_loopback_needs_its_token(given: str | None) -> None:
    with FakeServer(host="0.0.0.0", admin_token=given) as server:
        server.account().create("a cat")
        with Admin(server.url) as nobody, pytest.raises(ControlRefused) as caught:
            nobody.accounts()
        assert caught.value.code == "unauthorized"


class Recording:
    """A transport that only notes what it is asked."""

    base = "http://fake.test"

    def __init__(self, answer: bytes) -> None:
        self.asked: list[tuple[str, str]] = []
        self._answer = answer

    def send(self, method: str, path: str, *_: object) -> Reply:
        self.asked.append((method, path.partition("?")[0]))
        return Reply(200, {}, self._answer)

    def close(self) -> None:
        """Nothing is open."""


ANSWER = b"""{"ends_at": null, "state": "running", "account": "t", "accounts": [], "jobs": [],
"faults": [], "requests": [], "count": 1, "deleted": 1, "reached": true, "findings": [],
"transitions": []}"""

#: What to call the methods with that need something.
GIVEN: dict[str, tuple[Any, ...]] = {
    "account": ("t",),
    "advance": (1,),
    "armed_fault": ("f1",),
    "change_account": ("t",),
    "delete_account": ("t",),
    "disarm": ("f1",),
    "fault": ("DELAY",),
    "import_state": ({},),
    "put_in_folder": ("f", "h"),
    "read_account": ("t",),
    "scenario": ("fail",),
    "set_time": (0,),
    "take_from_folder": ("f", "h"),
}
JOB = ["job", "complete", "fail", "stall", "resume_job", "favourite", "unfavourite"]


def test_every_operation_of_the_control_api_has_a_method() -> None:
    transport = Recording(ANSWER)
    admin = Admin(transport, account="t")
    own = vars(Control).keys() | {"close", "of", "handle", "run_to_end"}
    for name, method in inspect.getmembers(admin, inspect.ismethod):
        if not name.startswith("_") and name not in own:
            method(*GIVEN.get(name, ("h",) if name in JOB else ()))
    names = {"t": "{username}", "f1": "{id}", "h": "{hash}", "f": "{folder}"}

    def template(path: str) -> str:
        return "/".join(names.get(step, step) for step in path.split("/"))

    called = {(method, template(path)) for method, path in transport.asked}
    there = {
        (method.upper(), path)
        for path, item in read("admin.yaml")["paths"].items()
        for method in item
        if method != "parameters"
    }
    assert called == there


# In-process


def test_an_application_is_controlled_from_an_asynchronous_test() -> None:
    """The handle blocks its thread, where an event loop is running; it must not need that loop."""
    app = asgi_app(job_seconds=60)
    admin = Admin(app)

    async def test() -> int:
        account = admin.account("t")
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://fake.test") as http:
            headers = {"authorization": f"Bearer {account.token}"}
            await http.post("/jobs/create", json={"content": "a cat"}, headers=headers)
            account.admin.advance("1m")
            found = await http.post("/jobs/find", json={}, headers=headers)
            status: int = found.json()["data"]["res"][0]["status"]
            return status

    assert asyncio.run(test()) == 2000
    app.world.close()


def test_an_application_loses_answers_too(application: Admin) -> None:
    account = application.account("unlucky")
    account.login()
    account.admin.fault("COMMIT_THEN_DROP", operation="createJob")
    with pytest.raises(Disconnected):
        account.create("a cat")
    assert len(account.admin.jobs()) == 1
    application.delete_account("unlucky")


def test_a_call_that_takes_too_long_is_given_up() -> None:
    async def never(scope: Any, receive: Callable[[], Any], send: object) -> None:
        await receive()
        await receive()

    transport = Admin(never).transport
    with pytest.raises(Disconnected, match=r"no answer in 0\.01 s"):
        transport.send("GET", "/", {}, None, 0.01)


def test_an_application_that_says_nothing() -> None:
    async def silent(scope: object, receive: object, send: object) -> None:
        """Says nothing."""

    with pytest.raises(Disconnected, match="no answer"):
        Admin(silent).health()
