"""What can happen to PostgreSQL while fakes run: errno 501 meanwhile, a line logged, no restart.

Its server is one of its own, which is stopped and started.
"""

from __future__ import annotations

import itertools
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

import psycopg
import pytest

from sampan.fake_server.journal.journal import RequestMatch
from sampan.fake_server.store import database, troubles
from sampan.fake_server.store.database import StoreError
from sampan.fake_server.store.database_url import DatabaseUrl
from sampan.fake_server.store.shared import file, postgres
from tests.support.examples import sampled
from tests.support.fakes import Fake, MakeFake, refused, succeeded
from tests.support.processes import wait_for
from tests.support.stores.postgres import Server, needs_postgres
from tests.support.stores.troubled import (
    FULL_DISK,
    as_admin,
    in_database,
    logged,
    submit,
    told,
)

pytestmark = needs_postgres

_names = itertools.count()


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    # What is answered must outlive a crash of the server, though not one of the machine.
    started = Server(synchronous_commit="on", max_connections="40")
    yield started
    started.close()


@pytest.fixture
def url(server: Server) -> DatabaseUrl:
    """An empty schema."""
    name = f"faults{next(_names)}"
    as_admin(server, f"CREATE SCHEMA {name}")
    return server.url(name)


class Load(threading.Thread):
    """A fake in a thread of its own, whose client submits jobs one after the other."""

    def __init__(self, url: DatabaseUrl) -> None:
        super().__init__()
        self.url = url
        self.over = threading.Event()
        self.acknowledged: list[str] = []
        self.refusals = 0

    def run(self) -> None:
        fake = Fake(data=self.url)
        try:
            abc = fake.login()
            while not self.over.is_set():
                body = fake.post("/jobs/create", {"content": "a boat"}, abc.token).json()
                if body["errno"] == 0:
                    self.acknowledged.append(body["data"])
                else:
                    assert body["errno"] == 501, body
                    self.refusals += 1
                    time.sleep(0.02)
        finally:
            fake.close()


@contextmanager
def _under_load(url: DatabaseUrl) -> Iterator[list[Load]]:
    loads = [Load(url) for _ in range(2)]
    for load in loads:
        load.start()
    try:
        yield loads
    finally:
        for load in loads:
            load.over.set()
        for load in loads:
            load.join()


@pytest.mark.parametrize("mode", sampled(["immediate", "fast"], 2))
def test_a_server_that_is_stopped_and_started_loses_nothing_acknowledged(
    server: Server,
    url: DatabaseUrl,
    mode: str,
    make_fake: MakeFake,
    caplog: pytest.LogCaptureFixture,
) -> None:
    fake = make_fake(data=url)
    with _under_load(url) as loads:
        wait_for(lambda: all(len(each.acknowledged) >= 10 for each in loads))
        server.stop(mode)
        try:
            wait_for(lambda: all(each.refusals >= 3 for each in loads))
        finally:
            server.start()
        before = [len(each.acknowledged) for each in loads]
        wait_for(
            lambda: all(
                len(each.acknowledged) >= some + 5 for each, some in zip(loads, before, strict=True)
            )
        )
    acknowledged = {hash for load in loads for hash in load.acknowledged}
    assert len(acknowledged) == sum(len(load.acknowledged) for load in loads)
    assert acknowledged <= _hashes(fake)
    logged(caplog, "can't be used", "connected to database")


def _hashes(fake: Fake) -> set[str]:
    jobs = fake.get("/__admin/state").json()["jobs"]
    return {job["hash"] for job in jobs}


@pytest.mark.parametrize("table", ["jobs", "counters"])
def test_a_full_disk_is_told_and_got_over(
    url: DatabaseUrl, table: str, make_fake: MakeFake, caplog: pytest.LogCaptureFixture
) -> None:
    """A trigger raises what PostgreSQL does where a table can't grow."""
    abc = make_fake(data=url).login()
    kept = succeeded(submit(abc))
    trigger = f"no_room BEFORE INSERT OR UPDATE ON {table} EXECUTE FUNCTION full_disk()"
    in_database(url, FULL_DISK, f"CREATE TRIGGER {trigger}")
    assert refused(submit(abc)) == 501
    logged(caplog, "(its disk is full)")
    in_database(url, f"DROP TRIGGER no_room ON {table}")
    assert {kept, succeeded(submit(abc))} == _hashes(abc.fake)


def test_a_slow_statement_is_given_up(
    url: DatabaseUrl,
    make_fake: MakeFake,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    quick = postgres.SESSION.replace("statement_timeout = 5000", "statement_timeout = 200")
    assert quick != postgres.SESSION
    monkeypatch.setattr(postgres, "SESSION", quick)
    abc = make_fake(data=url).login()
    with psycopg.connect(url.secret) as other:
        other.execute("LOCK TABLE jobs IN ACCESS EXCLUSIVE MODE")
        began = time.monotonic()
        assert refused(submit(abc)) == 501
        assert time.monotonic() - began < 5
        logged(caplog, "statement timeout (a statement may take 5 s)")
    assert {succeeded(submit(abc))} == _hashes(abc.fake)


def test_too_many_connections_are_told_and_got_over(
    server: Server, url: DatabaseUrl, make_fake: MakeFake, caplog: pytest.LogCaptureFixture
) -> None:
    role, schema = f"few{next(_names)}", url.secret.rpartition("%3D")[2]
    as_admin(
        server,
        f"CREATE ROLE {role} LOGIN CONNECTION LIMIT 1",
        f"GRANT ALL ON SCHEMA {schema} TO {role}",
    )
    few = DatabaseUrl(url.secret.replace("//sampan@", f"//{role}@"))
    abc = make_fake(data=few).login()
    with pytest.raises(StoreError, match=r"too many connections .*raise the limit"):
        make_fake(data=few)
    end = f"SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE usename = '{role}'"
    as_admin(server, end)
    with psycopg.connect(few.secret):
        assert refused(submit(abc)) == 501
        logged(caplog, "too many connections")

    def is_answered() -> bool:
        return bool(submit(abc).json()["errno"] == 0)

    wait_for(is_answered)
    logged(caplog, "again")


@pytest.mark.parametrize("gone", ["changes", "counters", "jobs", "journal", "meta", "accounts"])
@pytest.mark.parametrize("kind", ["file", "postgres"])
def test_a_table_that_is_gone_is_told_and_makes_no_trace(
    url: DatabaseUrl,
    gone: str,
    kind: str,
    tmp_path: Path,
    make_fake: MakeFake,
    caplog: pytest.LogCaptureFixture,
) -> None:
    data = url if kind == "postgres" else tmp_path / "data"
    abc = make_fake(data=data, shared=True).login()
    assert abc.fake.get("/__admin/ready").status_code == 200
    if isinstance(data, DatabaseUrl):
        in_database(url, f"DROP TABLE {gone}")
    else:
        with closing(sqlite3.connect(data)) as db:
            db.execute(f"DROP TABLE {gone}")
    ready = abc.fake.get("/__admin/ready")
    assert ready.status_code == 503
    assert gone in ready.text
    if gone in ("counters", "changes", "jobs"):
        assert refused(submit(abc)) == 501
    logged(caplog)


#: Seconds: long beside what a busy machine takes for the rest.
WAIT = 3


@pytest.mark.parametrize("kind", ["file", "postgres"])
def test_who_has_waited_in_vain_does_not_wait_for_the_journal_as_well(
    url: DatabaseUrl,
    kind: str,
    tmp_path: Path,
    make_fake: MakeFake,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    data = url if kind == "postgres" else tmp_path / "data"
    quick = postgres.SESSION.replace(
        "statement_timeout = 5000", f"statement_timeout = {WAIT * 1000}"
    )
    monkeypatch.setattr(postgres, "SESSION", quick)
    monkeypatch.setattr(database, "connect_shared", _impatient)
    monkeypatch.setattr(file, "connect_shared", _impatient)
    abc = make_fake(data=data, shared=True).login()
    with ExitStack() as stack:
        if isinstance(data, DatabaseUrl):
            other = stack.enter_context(psycopg.connect(url.secret))
            other.execute("LOCK TABLE counters, journal_head IN ACCESS EXCLUSIVE MODE")
        else:
            opened = stack.enter_context(closing(sqlite3.connect(data, isolation_level=None)))
            opened.execute("BEGIN IMMEDIATE")
        began = time.monotonic()
        assert refused(submit(abc)) == 501
        assert time.monotonic() - began < 2 * WAIT  # the second wait would take as long
    logged(caplog, "the journal is behind")
    assert not told(caplog, "caught up")
    succeeded(submit(abc))
    assert told(caplog, "the journal has caught up: it has 2 more requests") == 1
    assert len(abc.fake.app.service.journal.find(RequestMatch())) == 3


def _impatient(path: Path) -> sqlite3.Connection:
    """What waits for less than five seconds."""
    return database._open_file(path, float(WAIT), "NORMAL")


def test_an_outage_is_told_once_a_second_and_its_end(
    server: Server,
    url: DatabaseUrl,
    make_fake: MakeFake,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    now = [1000.0]
    monkeypatch.setattr(troubles.real_time, "seconds", lambda: now[0])
    abc = make_fake(data=url).login()
    server.stop("fast")
    try:
        for _ in range(300):
            now[0] += 0.01
            assert refused(submit(abc)) == 501
            assert abc.fake.get("/__admin/accounts").status_code == 507
    finally:
        server.start()
    assert 3 <= told(caplog, "can't be used") - told(caplog, "journal is behind") <= 8
    assert told(caplog, "more since the last line)") >= 2
    assert told(caplog, "journal is behind") == 1
    assert not told(caplog, "no request is refused any more")
    now[0] += 1.5
    succeeded(submit(abc))
    succeeded(submit(abc))
    assert told(caplog, "no request is refused any more: 600 were, within 3.0 s") == 1
    assert told(caplog, "the journal has caught up") == 1
