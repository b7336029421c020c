"""The control API's handle: a line each, all of it, over both transports."""

from __future__ import annotations

import inspect
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from sampan import Account, Admin, FakeServer
from sampan.fake_server.client.control_call import Control
from sampan.fake_server.client.errors import ControlRefused, JobFailed, NotInTime, Refused
from sampan.fake_server.client.transport import Reply, Sent
from sampan.fake_server.contract.yaml_files import read

pytest_plugins = ["tests.support.handles"]


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


def test_an_accounts_name_can_be_taken_away(admin: Admin) -> None:
    admin.account("t", name="Tee")
    assert admin.change_account("t", plan="none")["name"] == "Tee"
    assert admin.change_account("t", name=None)["name"] is None
    with pytest.raises(ControlRefused, match="plan"):
        admin.call("PATCH", "/accounts/t", {"plan": None})
    admin.delete_account("t")


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


def test_who_waits_by_the_clock_waits_until_a_find_shows_the_job(account: Account) -> None:
    late, complete, failed = (
        account.create(f"x --fake find-lag={ms}") for ms in (9000, 90_000, 90_000)
    )
    account.admin.complete(complete)
    account.admin.fail(failed, "out of paint")
    assert account.record(complete) is None
    for hash in (late, complete):
        assert account.wait_finished(hash)["status"] == 2000
    with pytest.raises(JobFailed, match="out of paint"):
        account.wait_finished(failed)


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
    with pytest.raises(NotInTime, match=r"1 of 2 requests within 0\.01 s"):
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

    def send(self, sent: Sent) -> Reply:
        self.asked.append((sent.method, sent.path.partition("?")[0]))
        return Reply(200, {}, self._answer)

    def close(self) -> None:
        """Nothing is open."""


ANSWER = b"""{"ends_at": null, "state": "running", "account": "t", "accounts": [], "jobs": [],
"faults": [], "requests": [], "count": 1, "deleted": 1, "reached": true, "findings": [],
"transitions": [], "armed": [], "verified": true, "token": "x",
"clocks": [], "questions": []}"""

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
    "issue_token": ("t",),
    "put_in_folder": ("f", "h"),
    "read_account": ("t",),
    "scenario": ("fail",),
    "set_time": (0,),
    "take_from_folder": ("f", "h"),
}
JOB = [
    "job",
    "job_record",
    "delete_job",
    "complete",
    "fail",
    "stall",
    "resume_job",
    "favourite",
    "unfavourite",
]


def test_every_operation_of_the_control_api_has_a_method() -> None:
    transport = Recording(ANSWER)
    admin = Admin(transport, account="t")
    own = vars(Control).keys() | {"close", "of", "handle", "run_to_end"}
    for name, method in inspect.getmembers(admin, inspect.ismethod):
        if not name.startswith("_") and name not in own:
            method(*GIVEN.get(name, ("h",) if name in JOB else ()))
    admin.requests(body="a cat")
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


def test_lists_are_whole_unless_a_limit_is_given(account: Account) -> None:
    for number in range(103):
        account.create(f"a cat {number}")
    admin = account.admin
    listed = [
        admin.requests(operation="createJob"),
        admin.requests(body="a cat"),
        admin.jobs(),
    ]
    assert list(map(len, listed)) == [103, 103, 103]
    assert [len(admin.requests(limit=2)), len(admin.jobs(limit=2))] == [2, 2]
