"""A fake begun with recorded traffic shows what was recorded, and goes on from there."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest
from click.testing import CliRunner

from sampan.fake_server.cli import main
from sampan.fake_server.from_har.document import HarError
from tests.support.fakes import JSON, START, Caller, Fake, Served, refused, succeeded
from tests.support.traffic.har_files import changed, entry, har, written
from tests.support.traffic.recorded import RecordedFake

#: What belongs to a fake's own addresses and numbers, and to the colours that it draws with.
OWN = ("id", "img_buffer", "img_thumb", "original_url", "img_prog", "img_md5")


@pytest.fixture
def recorded() -> Iterator[RecordedFake]:
    fake = RecordedFake(seed=1)
    yield fake
    fake.close()


def a_flow(fake: Fake, control: Any = None) -> Caller:
    """A client that makes a job of every kind, and looks at them finished."""
    caller = fake.login()
    parent = caller.picture("Shanghai at dawn --ar 3:2")
    caller.finished("/jobs/variation", parent_id=parent["job_id"], grid_num=1)
    caller.finished("/jobs/variation", parent_id=parent["job_id"], grid_num=2, content="in Fog")
    caller.finished("/jobs/upscale", parent_hash=parent["hash"], grid_num=3)
    link = parent["img_buffer"]
    caller.finished("/jobs/blend", content=f"{link} {link}")
    caller.finished("/jobs/describe", content=link)
    caller.picture("it fails --fake fail=46")
    return caller


def less_own(records: list[JSON]) -> list[JSON]:
    return [{key: value for key, value in one.items() if key not in OWN} for one in records]


def begun(path: Path, **settings: Any) -> Any:
    return closing(Fake(**{"wall_ms": START + 3_600_000, "from_har": path} | settings))


@pytest.mark.parametrize("profile", ["documented", "mixed"])
def test_the_same_finds_give_the_jobs_that_were_seen(tmp_path: Path, profile: str) -> None:
    with closing(RecordedFake(seed=1, profile=profile)) as source:
        caller = a_flow(source)
        source.post("/auth/login", {"username": "abc", "password": "wrong"})
        seen = caller.found(limit=50)
        path = source.write(tmp_path / "a.har")
    with begun(path, profile=profile) as fake:
        again = Caller(fake, caller.token, {})
        found = again.found(limit=50)
        assert found["total"] == seen["total"]
        assert less_own(found["res"]) == less_own(seen["res"])
        for record in found["res"]:
            if record["img_buffer"] is not None:
                picture = fake.get(record["img_buffer"].removeprefix("http://fake.test"))
                assert picture.status_code == 200
                assert len(picture.content) == record["img_length"]


def test_a_login_and_the_tokens_of_the_file_work(tmp_path: Path, recorded: RecordedFake) -> None:
    first = recorded.login()
    first.create()
    recorded.post("/jobs/find", {}, "refused.by.all")
    path = recorded.write(tmp_path / "a.har")
    with begun(path) as fake:
        assert len(Caller(fake, first.token, {}).find()) == len(fake.login().find()) == 1
        assert refused(fake.post("/jobs/find", {}, "refused.by.all")) == 430
        assert refused(fake.post("/auth/login", {"username": "abc", "password": "x"})) != 0
        assert refused(fake.post("/auth/login", {"username": "limited", "password": "x"})) != 0


def test_a_job_that_was_under_way_stands_still_until_it_is_let_go(
    tmp_path: Path, recorded: RecordedFake
) -> None:
    caller = recorded.login()
    queued, running = caller.create("first"), caller.create("second")
    recorded.wall += 1_000
    (seen,) = (one for one in caller.find() if one["hash"] == running)
    with begun(recorded.write(tmp_path / "a.har")) as fake:
        again = fake.login()
        assert less_own([again.record(running)]) == less_own([seen])
        fake.wall += 3_600_000
        assert again.record(running)["pct_prog"] == seen["pct_prog"]
        fake.send("POST", f"/__admin/jobs/{running}/complete")
        done = again.record(running)
        assert (done["status"], done["pct_prog"]) == (2000, None)
        assert done["img_buffer"] is not None
        assert again.record(queued)["status"] != 2000


def test_new_jobs_follow_those_of_the_file(tmp_path: Path, recorded: RecordedFake) -> None:
    old = recorded.login().create()
    with begun(recorded.write(tmp_path / "a.har")) as fake:
        caller = fake.login()
        new = caller.submit("/jobs/create", content="a new one")
        fake.wall += 10_000
        assert [one["hash"] for one in caller.find()] == [new, old]
        assert len({one["id"] for one in caller.find()}) == 2


def test_the_nth_call_fails_as_the_nth_did(tmp_path: Path, recorded: RecordedFake) -> None:
    caller = recorded.login()
    prompts = ("fine", "a --fake service-error", "fine again")
    answers = [caller.post("/jobs/create", {"content": prompt}) for prompt in prompts]
    assert [one.json()["errno"] for one in answers] == [0, 501, 0]
    page = entry(token=caller.token, at="2024-04-02T07:00:00Z", status=502)
    page["response"]["content"]["text"] = "<h1>Bad gateway</h1>"
    lost = {"response.status": 0, "response._error": "net::ERR_CONNECTION_RESET"}
    gone = changed(entry(token=caller.token, at="2024-04-02T07:00:01Z"), lost)
    recorded.entries += [page, gone]
    with begun(recorded.write(tmp_path / "a.har")) as fake:
        again = fake.login()
        came = [again.post("/jobs/create", {"content": "x"}).json()["errno"] for _ in range(4)]
        assert came == [0, 501, 0, 0]
        answer = again.post("/jobs/find", {})
        assert (answer.status_code, answer.text) == (502, "<h1>Bad gateway</h1>")
        with pytest.raises(ConnectionError):
            again.post("/jobs/find", {})
        assert len(again.find()) == 2 + 3


@pytest.mark.parametrize(
    "unknown",
    [
        {"response.status": 0, "response._error": "net::ERR_ABORTED"},
        {"response.status": -1, "response._failureText": "net::ERR_ABORTED"},
        {"response.status": 0},
        {"response.content.text": ...},
        {"response.content": {"size": 900, "text": ""}},
    ],
)
def test_what_is_not_known_to_be_a_failure_is_none(
    tmp_path: Path, recorded: RecordedFake, unknown: JSON
) -> None:
    recorded.login().find()
    recorded.entries.append(changed(entry(at="2024-04-02T07:00:01Z"), unknown))
    with begun(recorded.write(tmp_path / "a.har")) as fake:
        assert fake.get("/__admin/faults").json()["faults"] == []
        assert "1 entry was passed over" in " ".join(fake.app.service.begun_with)


def test_an_account_that_was_always_refused_has_no_plan(
    tmp_path: Path, recorded: RecordedFake
) -> None:
    caller = recorded.login("limited")
    assert refused(caller.post("/jobs/create", {"content": "x"})) == 411
    with begun(recorded.write(tmp_path / "a.har")) as fake:
        again = fake.login("limited")
        for _ in range(2):
            assert refused(again.post("/jobs/create", {"content": "x"})) == 411


def test_accounts_are_told_by_their_logins_or_are_one(tmp_path: Path) -> None:
    def login(name: str, password: str, token: str) -> JSON:
        sent = {"username": name, "password": password}
        came = {"errno": 0, "errmsg": "SUCCESS", "data": {"username": name, "token": token}}
        return entry("/auth/login", sent=sent, came=came, token=None)

    def find(token: str | None) -> JSON:
        return entry(token=token, came={"errno": 0, "data": {"res": [], "total": 0}})

    cases: list[tuple[list[JSON], dict[str, str]]] = [
        ([login("a", "p-1", "t.1"), login("b", "***", "t.2")], {"a": "p-1", "b": "b-secret"}),
        ([login("a", "p-1", "t.1"), find("t.9")], {"a": "p-1"}),
        ([login("a", "p-1", "[REDACTED]"), find(None)], {"a": "p-1"}),
        ([find("t.9")], {"unknown": "unknown-secret"}),
        ([find(None), find(None)], {"unknown": "unknown-secret"}),
    ]
    for entries, passwords in cases:
        with begun(written(tmp_path, *entries)) as fake:
            accounts = fake.get("/__admin/accounts").json()["accounts"]
            assert {each["username"] for each in accounts} == set(passwords)
            for name, password in passwords.items():
                succeeded(fake.post("/auth/login", {"username": name, "password": password}))
            told = fake.app.service.begun_with
            assert not any("p-1" in line for line in told)


def test_asked_for_accounts_go_before_those_of_the_file(
    tmp_path: Path, recorded: RecordedFake
) -> None:
    from sampan.fake_server.settings import NewAccount

    recorded.login().create()
    path = recorded.write(tmp_path / "a.har")
    asked = (NewAccount("other", "o"), NewAccount("abc", "mine"))
    with begun(path, accounts=asked) as fake:
        assert len(fake.login("abc", "mine").find()) == 1
        assert fake.login("other", "o").find() == []


def test_the_time_goes_on_from_what_was_recorded(tmp_path: Path, recorded: RecordedFake) -> None:
    caller = recorded.login()
    record = caller.picture()
    with begun(recorded.write(tmp_path / "a.har"), wall_ms=START - 86_400_000) as fake:
        assert less_own(fake.login().find()) == less_own([record])


def test_the_state_can_be_exported_and_taken_back(tmp_path: Path, recorded: RecordedFake) -> None:
    a_flow(recorded)
    with begun(recorded.write(tmp_path / "a.har")) as fake:
        before = fake.login().find(limit=50)
        document = fake.get("/__admin/state").json()
        assert (
            fake.send(
                "PUT",
                "/__admin/state",
                json.dumps(document).encode(),
                {"content-type": "application/json"},
            ).status_code
            == 200
        )
        assert fake.get("/__admin/state").json() == document
        assert fake.login().find(limit=50) == before


def test_a_data_file_must_be_new_and_keeps_what_was_taken(
    tmp_path: Path, recorded: RecordedFake
) -> None:
    recorded.login().picture()
    path, data = recorded.write(tmp_path / "a.har"), tmp_path / "data.sqlite"
    with begun(path, data=data) as fake:
        found = fake.login().find()
    with pytest.raises(HarError, match="needs a new data file"):
        Fake(from_har=path, data=data)
    with closing(Fake(wall_ms=START + 7_200_000, data=data)) as fake:
        assert fake.login().find() == found


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("", "is not a HAR"),
        ("[]", "no array log.entries"),
        ('{"log": {"entries": {}}}', "no array log.entries"),
        (json.dumps(har()), "no request of this API"),
        (json.dumps(har(entry(url="http://a.test/"))), "no request of this API"),
        (json.dumps(har(changed(entry(), {"response": 5}))), "no request of this API"),
        (json.dumps(har(changed(entry(), {"startedDateTime": "x"}))), "no request of this API"),
    ],
)
def test_a_file_to_begin_with_must_be_one(tmp_path: Path, content: str, reason: str) -> None:
    path, data = tmp_path / "a.har", tmp_path / "data.sqlite"
    path.write_text(content)
    with pytest.raises(HarError, match=reason):
        Fake(from_har=path, data=data)
    assert not data.exists()


def test_who_starts_it_is_told_what_it_began_with(tmp_path: Path, recorded: RecordedFake) -> None:
    recorded.login().create()
    path = recorded.write(tmp_path / "a.har")
    served = Served("--from-har", str(path))
    try:
        sent = {"username": "abc", "password": "abc-secret"}
        assert httpx.post(f"{served.url}/auth/login", json=sent).json()["errno"] == 0
    finally:
        told = served.stop()
    assert f"sampan: begins with 1 account, 1 job, 0 faults from {path}\n" in told
    assert "sampan: account abc: password as in the file\n" in told
    assert "abc-secret" not in told


def test_a_start_with_a_broken_file_is_refused_in_a_line(tmp_path: Path) -> None:
    path = tmp_path / "a.har"
    path.write_text("{}")
    result = CliRunner().invoke(main, ["serve", "--port", "0", "--from-har", str(path)])
    assert (result.exit_code, result.output) == (
        2,
        f"Error: {path} is not a HAR: it has no array log.entries\n",
    )
