"""Connections to PostgreSQL that say nothing, are lost or are made again."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from sampan.fake_server.store import troubles
from sampan.fake_server.store.database import StoreError
from sampan.fake_server.store.database_url import DatabaseUrl
from sampan.fake_server.store.shared import postgres as shared_postgres
from sampan.fake_server.store.shared import postgres_connection
from sampan.fake_server.store.shared.postgres_connection import SESSION
from sampan.fake_server.store.transactions import NotStoredError
from tests.support.controls import Control
from tests.support.fakes import Caller, Fake, MakeFake, refused, succeeded
from tests.support.processes import wait_for
from tests.support.stores import postgres
from tests.support.stores.troubled import (
    FULL_DISK,
    in_database,
    logged,
    submit,
    told,
)

pytestmark = postgres.needs_postgres


@pytest.fixture
def url() -> Iterator[DatabaseUrl]:
    with postgres.database() as url:
        yield url


def _backend(fake: Fake) -> int:
    """The process of PostgreSQL's that serves it."""
    return int(fake.app.service.store._db._connection.info.backend_pid)


def test_a_database_that_says_nothing_is_given_up(
    url: DatabaseUrl,
    make_fake: MakeFake,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """One that is paused, as a container or a virtual machine is: no timeout of its own ends."""
    abc = make_fake(data=url).login()
    there = make_fake(data=url).login()
    succeeded(submit(abc))
    monkeypatch.setattr(postgres_connection, "SILENCE", 0.3)
    backend = _backend(abc.fake)
    os.kill(backend, signal.SIGSTOP)
    try:
        assert refused(submit(abc)) == 501
        assert there.found()["total"] == 1
    finally:
        os.kill(backend, signal.SIGCONT)
    logged(caplog, "no answer for 0.3 s (it is paused, or cut off)")
    wait_for(lambda: bool(submit(abc).json()["errno"] == 0))
    assert 2 <= there.found()["total"] <= 3  # that of the silence may have been stored


def test_a_turn_that_was_given_up_is_not_held(
    url: DatabaseUrl, make_fake: MakeFake, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its statement may have got the lock in the moment in which it was cancelled."""
    fake, other = make_fake(data=url), make_fake(data=url)
    database = fake.app.service.store._db
    run = database._run

    def cancelled(connection: Any, sql: str, values: Any) -> Any:
        found = run(connection, sql, values)
        if sql.startswith("SELECT pg_advisory_lock"):
            monkeypatch.undo()
            raise psycopg.errors.QueryCanceled
        return found

    monkeypatch.setattr(database, "_run", cancelled)
    assert fake.post("/__admin/clock/freeze", {}).status_code == 507
    assert other.post("/__admin/clock/freeze", {}).status_code == 200
    assert fake.post("/__admin/clock/resume", {}).status_code == 200


def test_nothing_is_over_while_each_request_is_refused(
    url: DatabaseUrl,
    make_fake: MakeFake,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Of a full disk only what is to be stored knows, and it may come once in a minute."""
    now = [1000.0]
    monkeypatch.setattr(troubles.real_time, "seconds", lambda: now[0])
    abc = make_fake(data=url).login()
    trigger = "CREATE TRIGGER no BEFORE INSERT ON jobs EXECUTE FUNCTION full_disk()"
    in_database(url, FULL_DISK, trigger)
    for path in ("/jobs/create", "/jobs/create?not=the-fast-one"):
        for _ in range(3):
            now[0] += 60
            assert refused(abc.fake.post(path, {"content": "a boat"}, abc.token)) == 501
    assert told(caplog, "(its disk is full)") == 6
    assert not told(caplog, "no request is refused any more")
    in_database(url, "DROP FUNCTION full_disk CASCADE")


def test_a_connection_made_again_in_vain_is_no_excuse_for_what_is_outdated(
    url: DatabaseUrl, make_fake: MakeFake, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A database may be restored, or be another one, while there is no connection."""
    abc = make_fake(data=url).login()
    store = abc.fake.app.service.store
    in_database(
        url,
        "UPDATE accounts SET plan = 'none'",
        f"SELECT pg_terminate_backend({_backend(abc.fake)}, 5000)",
    )
    with monkeypatch.context() as slow:
        slow.setattr(store, "_last_revision", _given_up)
        assert refused(submit(abc)) == 501
    assert refused(submit(abc)) == 411


def _given_up() -> int:
    raise NotStoredError("a statement may take 5 s")


def test_a_database_that_was_emptied_begins_anew(
    url: DatabaseUrl,
    make_fake: MakeFake,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """As where its container was made again: what all were started with is there once."""
    fakes = [make_fake(data=url, seed=5) for _ in range(2)]
    first = fakes[0].login()
    hashes = [first.create() for _ in range(3)]
    Control(fakes[0]).delete("accounts/limited")
    for _ in range(20):  # more changes than the new one will have
        Control(fakes[0]).post("clock/freeze")
    schema = url.secret.rpartition("%3D")[2]
    in_database(
        url,
        f"DROP SCHEMA {schema} CASCADE",
        f"CREATE SCHEMA {schema}",
        *(f"SELECT pg_terminate_backend({_backend(fake)}, 5000)" for fake in fakes),
    )
    begin_anew = fakes[0].app.service._begin_anew

    def after_the_other() -> None:
        fakes[1].app.service.look()
        begin_anew()

    monkeypatch.setattr(fakes[0].app.service, "_begin_anew", after_the_other)
    for fake in fakes:
        assert fake.login("limited").found()["total"] == 0
    abc = fakes[1].login()
    again = [abc.create() for _ in range(3)]
    assert again == hashes
    assert {job["hash"] for job in Caller(fakes[0], abc.token, abc.data).find()} == {*again}
    assert told(caplog, "is empty; the fake begins anew") == 1
    with pytest.raises(StoreError, match="with another --job-seconds"):
        make_fake(data=url, job_ms=9000, seed=5)
    logged(caplog)


def test_a_database_without_accounts_is_not_taken_for_an_emptied_one(
    url: DatabaseUrl, make_fake: MakeFake, caplog: pytest.LogCaptureFixture
) -> None:
    fakes = [make_fake(data=url, accounts=(), seed=5) for _ in range(2)]
    for one in fakes:
        Control(one).put("state", **Control(one).get("state"))
        assert [each.app.service.look() for each in fakes] == [None, None]
    assert caplog.messages == []


def test_a_paused_process_does_not_keep_the_turn(
    url: DatabaseUrl, make_fake: MakeFake, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a container or a machine that is paused in the middle of a call of the control API."""
    quick = SESSION.replace("statement_timeout = 5000", "statement_timeout = 300")
    monkeypatch.setattr(shared_postgres, "SESSION", quick)
    paused, other = make_fake(data=url), make_fake(data=url)
    database = paused.app.service.store._db
    database.take_turn()
    assert other.post("/__admin/clock/freeze", {}).status_code == 507
    monkeypatch.setattr(postgres_connection, "IDLE_IN_TURN", 0.1)
    assert other.post("/__admin/clock/freeze", {}).status_code == 507
    assert other.post("/__admin/clock/freeze", {}).status_code == 200
    with pytest.raises(NotStoredError):
        database.execute("SELECT 1")
    database.end_turn()
    assert paused.get("/__admin/clock").json()["frozen"]


def test_what_the_url_says_of_the_connection_holds(url: DatabaseUrl, make_fake: MakeFake) -> None:
    said = {"application_name": "team", "connect_timeout": "9", "keepalives_idle": "60"}
    for given in ({}, said):
        text = "&".join([url.secret, *(f"{name}={value}" for name, value in given.items())])
        connection = make_fake(data=DatabaseUrl(text)).app.service.store._db._connection
        found = {name: connection.info.get_parameters().get(name) for name in said}
        (name,) = connection.execute("SHOW application_name").fetchone()
        if given:
            assert (found, name) == (given, "team")
        else:
            assert found["connect_timeout"] == "3"
            assert name == "sampan"


def test_who_was_started_otherwise_while_nobody_was_connected_shuts_the_others_out(
    url: DatabaseUrl, make_fake: MakeFake
) -> None:
    """As when a host is started again with other options while PostgreSQL is as well."""
    abc = make_fake(data=url).login()
    in_database(url, f"SELECT pg_terminate_backend({_backend(abc.fake)}, 5000)")
    make_fake(data=url, job_ms=9000)
    for _ in range(2):
        answer = submit(abc)
        assert refused(answer) == 501
        assert "with another --job-seconds" in answer.headers["x-fake-reason"]
