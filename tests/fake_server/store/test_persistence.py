"""What was acknowledged is there again, however the process came to its end."""

from __future__ import annotations

import http.client
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

import pytest

from sampan.fake_server.clock.clock import ClockState
from sampan.fake_server.service import FakeService
from sampan.fake_server.settings import NewAccount, Settings
from sampan.fake_server.store.ids import sender_id
from tests.support.controls import Control
from tests.support.examples import examples
from tests.support.fakes import START, Fake, MakeFake, Served

_ROUNDS = examples(4)
_THREADS = 4


class _Client:
    """One connection to a fake; ``post`` returns the ``data`` of a success."""

    def __init__(self, served: Served, token: str = "") -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", served.port, timeout=20)
        self._headers = {"Authorization": f"Bearer {token}"}

    def post(self, path: str, body: object) -> Any:
        self._connection.request("POST", path, json.dumps(body), self._headers)
        answer = json.loads(self._connection.getresponse().read())
        assert answer["errno"] == 0, answer
        return answer["data"]

    def everything(self) -> list[dict[str, Any]]:
        """Every record there is, paging back by timestamp."""
        found: list[dict[str, Any]] = []
        page: dict[str, Any] = {"limit": 100}
        while records := self.post("/jobs/find", page)["res"]:
            found += records
            page["timestamp_smaller_than"] = int(records[-1]["timestamp"])
        return found

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()


def _login(served: Served, username: str = "abc", password: str = "abc-secret") -> str:
    with _Client(served) as client:
        data = client.post("/auth/login", {"username": username, "password": password})
        return str(data["token"])


@contextmanager
def _killed(*arguments: str) -> Iterator[Served]:
    """A fake that ends by SIGKILL, at the latest."""
    served = Served(*arguments)
    try:
        yield served
    finally:
        served.process.kill()
        served.process.communicate(timeout=20)


class _Load:
    """Submissions from several threads at once; what was acknowledged is kept."""

    def __init__(self, served: Served, token: str, round: int) -> None:
        self.acknowledged: dict[str, str] = {}
        self._served = served
        self._token = token
        self._round = round
        self._more = threading.Condition()
        self._threads = [
            threading.Thread(target=self._submit, args=(number,)) for number in range(_THREADS)
        ]

    def _submit(self, thread: int) -> None:
        with _Client(self._served, self._token) as client:
            for number in range(100_000):
                prompt = f"第 {self._round} 轮 🚣 {thread} {number}"
                try:
                    hash = client.post("/jobs/create", {"content": prompt})
                except (OSError, http.client.HTTPException):
                    return  # killed: this one was not acknowledged
                with self._more:
                    self.acknowledged[hash] = prompt
                    self._more.notify()

    def kill_after(self, count: int) -> None:
        """Kill the fake, in the middle of it all, when so many have been acknowledged."""
        for thread in self._threads:
            thread.start()
        with self._more:
            assert self._more.wait_for(lambda: len(self.acknowledged) >= count, timeout=20)
        self._served.process.kill()
        for thread in self._threads:
            thread.join(timeout=20)
            assert not thread.is_alive()


def test_kill_9_in_the_middle_of_a_load_loses_nothing_acknowledged(tmp_path: Path) -> None:
    """Every round begins with a look at what the kill of the one before has left."""
    arguments = ("--data", str(tmp_path / "sampan.db"), "--job-seconds", "0")
    acknowledged: dict[str, str] = {}
    tokens: list[str] = []
    for round in range(_ROUNDS + 1):
        with _killed(*arguments) as served:
            if tokens:
                with _Client(served, tokens[(round - 1) // 2]) as client:
                    _assert_kept(client, acknowledged, round * _THREADS)
            if round < _ROUNDS:
                tokens.append(_login(served))
                load = _Load(served, tokens[-1], round)
                load.kill_after(5 + 11 * round)
                assert acknowledged.keys().isdisjoint(load.acknowledged)
                acknowledged |= load.acknowledged


def _assert_kept(client: _Client, acknowledged: dict[str, str], under_way: int) -> None:
    """All that was acknowledged is there, once; ``under_way``: how many more may be there."""
    records = client.everything()
    found = {record["hash"]: record["msg_display"] for record in records}
    assert len(found) == len(records) == client.post("/jobs/find", {})["total"]
    assert found.items() >= acknowledged.items()
    # What was under way when a kill came may have been stored, or not.
    assert len(found) <= len(acknowledged) + under_way
    assert len({record["job_id"] for record in records}) == len(records)


def test_an_account_made_at_login_outlives_a_kill(tmp_path: Path) -> None:
    data = ("--data", str(tmp_path / "sampan.db"))
    with _killed(*data, "--open-accounts") as served:
        token = _login(served, "小明", "p")
        with _Client(served, token) as client:
            hash = client.post("/jobs/create", {"content": "a cat"})
    with _killed(*data) as served:
        again = _login(served, "小明", "p")
        for known in (token, again):
            with _Client(served, known) as client:
                assert [record["hash"] for record in client.everything()] == [hash]


def test_two_runs_with_one_seed_and_data_repeat_nothing(tmp_path: Path) -> None:
    arguments = ("--data", str(tmp_path / "sampan.db"), "--seed", "7")
    hashes = []
    for _ in range(2):
        with _killed(*arguments) as served, _Client(served, _login(served)) as client:
            hashes += [client.post("/jobs/create", {"content": "a cat"}) for _ in range(3)]
    assert len(set(hashes)) == 6


# Restarts, without a socket


@contextmanager
def _world(path: Path, **settings: Any) -> Iterator[FakeService]:
    service = FakeService(Settings(data=path, wall=lambda: START, **settings))
    try:
        yield service
    finally:
        service.close()


@pytest.mark.parametrize("seed", [None, 7])
def test_seed_key_accounts_and_clocks_are_the_same_after_a_restart(
    tmp_path: Path, seed: int | None
) -> None:
    path = tmp_path / "sampan.db"
    own, shared = ClockState(5, START + 99, False), ClockState(-7, None, True)
    with _world(path, seed=seed) as service:
        account = service.put_account(NewAccount("t1", "p", "none"))
        service.set_clock(account, own)
        service.set_clock(None, shared)
        token = service.tokens.issue(account.id, START, 60)
        before = (service.seed, service.key, sender_id(service.seed, account.username))
    with _world(path, seed=seed) as service:
        again = service.store.account("t1")
        assert again is not None
        assert (again.id, again.plan) == (account.id, "none")
        assert service.password_fits(again, "p")
        assert (service.seed, service.key, sender_id(service.seed, again.username)) == before
        assert service.tokens.verify(token).account == again.id
        assert service.clocks.state(again.id) == own
        assert service.clocks.state() == shared


def test_the_auto_clock_goes_on_from_where_it_was(tmp_path: Path) -> None:
    path = tmp_path / "sampan.db"
    with _world(path) as service:
        service.set_clock(None, ClockState(offset=90_000))
    with _world(path, clock="auto") as service:
        assert service.clocks.state() == ClockState(offset=90_000, auto=True)


# What the control API has set


def test_what_the_control_api_has_set_is_there_after_a_restart(
    make_fake: MakeFake, tmp_path: Path
) -> None:
    settings = {"data": tmp_path / "sampan.db"}
    control = Control(make_fake(**settings))
    abc = control.fake.login()
    control.post("accounts", username="t1", password="p", plan="none", name="Tee")
    control.patch("accounts/abc", password="new", name="Abc")
    control.post("faults", type="ERRNO", errno=501, times=2, skip=1, match={"account": "abc"})
    control.post("faults", type="DELAY", delay=0, match={"path": "/nowhere"})
    control.post("scenarios", scenario="slow", times=3, account="abc")
    control.post("scenarios", scenario="fail", argument=3)
    control.patch("profile", answers={"find-order": "oldest-first"}, account="abc")
    control.patch("profile", answers={"find-default-limit": "10"})
    control.post("clock/freeze", account="abc")
    control.post("clock/advance", by="1h")
    abc.find()
    assert [abc.post("/jobs/find", {}).json()["errno"] for _ in range(2)] == [501, 501]
    abc.create()
    before = _all_of(control)
    assert (before[1]["faults"][0]["matched"], before[1]["faults"][0]["applied"]) == (3, 2)
    control.fake.app.service.close()
    again = Control(make_fake(**settings))
    assert _all_of(again) == before
    assert again.fake.login("abc", "new").data["name"] == "Abc"


def _all_of(control: Control) -> list[Any]:
    paths = ("state", "faults", "scenarios", "accounts", "profile", "jobs", "clock")
    return [control.get(path) for path in paths]


def test_a_start_account_is_put_only_where_the_file_has_never_had_it(
    make_fake: MakeFake, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    def start(*accounts: NewAccount) -> Control:
        return Control(make_fake(data=tmp_path / "sampan.db", accounts=accounts))

    old, new = NewAccount("t1", "old"), NewAccount("t2", "p")
    control = start(old)
    control.patch("accounts/t1", password="changed", plan="none")
    control.fake.app.service.close()
    control = start(old, new)
    assert "account 't1'" in caplog.text
    assert "keeps the password and the plan that it has there" in caplog.text
    assert "old" not in caplog.text
    assert "t2" not in caplog.text
    control.fake.login("t1", "changed")
    control.fake.login("t2", "p")
    assert control.get("accounts/t1")["plan"] == "none"
    control.delete("accounts/t2")
    control.fake.app.service.close()
    caplog.clear()
    control = start(NewAccount("t1", "changed", "none"), new)
    assert [each["username"] for each in control.get("accounts")["accounts"]] == ["t1"]
    assert "account 't2'" in caplog.text
    assert "was deleted and is not created again" in caplog.text
    assert "t1" not in caplog.text
    control.post("accounts", username="t2", password="p")
    control.fake.login("t2", "p")


def test_an_import_takes_start_accounts_away_for_good(make_fake: MakeFake, tmp_path: Path) -> None:
    control = Control(make_fake(data=tmp_path / "sampan.db"))
    document = Control(make_fake(accounts=(NewAccount("t1", "p"),))).get("state")
    control.call("PUT", "state", document)
    control.fake.app.service.close()
    assert Control(make_fake(data=tmp_path / "sampan.db")).get("state") == document


def test_a_start_with_another_profile_goes_before_the_shared_one(
    make_fake: MakeFake, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    data = tmp_path / "sampan.db"
    for profile, order in (
        ("documented", "oldest-first"),
        ("documented", "oldest-first"),
        ("mixed", None),
        ("documented", "newest-first"),
    ):
        control = Control(make_fake(data=data, profile=profile))
        if control.get("state")["accounts"] and profile == "documented" and not caplog.text:
            control.patch("profile", answers={"find-order": "oldest-first"})
        if order is not None:
            assert control.get("profile")["answers"]["find-order"] == order
        else:
            assert "--profile replaces the shared profile" in caplog.text
            assert control.get("profile")["name"] == "mixed"
        control.fake.app.service.close()


def test_what_the_command_line_can_not_change_is_told(tmp_path: Path) -> None:
    data = ("--data", str(tmp_path / "sampan.db"))
    with _killed(*data, "--account", "t1:one"):
        pass
    served = Served(*data, "--account", "t1:two")
    _login(served, "t1", "one")
    told = served.stop()
    assert told.startswith("sampan: account 't1' of data file")
    assert told.count("\n") == 1
    assert "two" not in told


def test_no_fault_gets_the_id_of_one_that_is_gone(tmp_path: Path) -> None:
    """A test that holds on to the id would read, or disarm, somebody else's."""
    settings = Settings(data=tmp_path / "sampan.db")
    first = FakeService(settings)
    gone = first.faults.arm({"type": "DELAY", "delay": 1})
    first.faults.disarm(gone)
    first.close()
    again = FakeService(settings)
    assert again.faults.arm({"type": "DELAY", "delay": 1}).id != gone.id
    again.close()


@pytest.mark.parametrize("shared", [False, True])
@pytest.mark.parametrize("kept", [0, 2])
def test_a_deleted_jobs_number_is_given_to_no_other_one_after_a_restart(
    tmp_path: Path, kept: int, *, shared: bool
) -> None:
    options: dict[str, Any] = {"data": tmp_path / "data", "shared": shared}
    fake = Fake(**options)
    abc = fake.login()
    hashes = [abc.create() for _ in range(3)]
    for hash in hashes[kept:]:
        Control(fake).delete(f"jobs/{hash}")
    fake.close()
    again = Fake(**options)
    assert again.login().create() not in hashes
    Control(again).post("reset")
    assert again.login().create() == hashes[0]
    again.close()
