"""Who may use a shared store, under which address, and what is said where it can't be used."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from sampan.fake_server.journal.journal import RequestMatch
from sampan.fake_server.service import FakeService
from sampan.fake_server.settings import NewAccount, settings
from sampan.fake_server.store.database import StoreError
from sampan.fake_server.store.database_url import DatabaseUrl, database_url
from sampan.fake_server.store.shared import database
from tests.support import commands
from tests.support.examples import sampled
from tests.support.fakes import Caller, Fake, refused, succeeded
from tests.support.stores import postgres
from tests.support.stores.pairs import Data


def _start(data: Data, **options: Any) -> FakeService:
    given = data.secret if isinstance(data, DatabaseUrl) else data
    return FakeService(settings(data=given, shared=True, **options))


# The address


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("postgresql://u@h/n", "postgresql://u@h/n"),
        ("postgres://u:s3cret@h:5432/n", "postgresql://u@h:5432/n"),
        ("postgresql://h1:1,h2:2/n?password=s3cret", "postgresql://h1:1,h2:2/n"),
        ("postgresql://u:s3cret@[::1]:5432/n", "postgresql://u@[::1]:5432/n"),
        ("postgresql:///n?host=/run/s3cret", "postgresql:///n"),
        ("POSTGRESQL://u:%40s3cret@h", "postgresql://u@h"),
    ],
)
def test_an_address_is_shown_without_what_is_secret(text: str, shown: str) -> None:
    url = database_url(text)
    assert url is not None
    assert str(url) == shown
    scheme = text.partition(":")[0]
    assert url.secret == text.replace(scheme, scheme.lower())  # libpq knows no other
    assert "s3cret" not in repr(settings(data=text))


@pytest.mark.parametrize(
    "text",
    [
        "postgresql://u:s3cret@rest@h/n",
        "postgresql://u:s3cret/rest@h/n",
        "postgresql://u:s3cret#rest@h/n",
        "postgresql://u:s3cret?rest@h/n",
        "postgresql://[s3cret/n",
        "mysql://u:s3cret@h/n",
        "postgres+psycopg://u:s3cret@h/n",
        "jdbc:postgresql://h/n?user=u&password=s3cret",
        "'postgresql://u:s3cret@h/n'",
        "DATABASE_URL=postgresql://u:s3cret@h/n",
        "postgresql:/u:s3cret@127.0.0.1:55414/a",
        "postgresql:u:s3cret@127.0.0.1:55414/a",
        " PostgreSQL:/u:s3cret@h/n",
        "postgres:s3cret",
        "postgres+psycopg:/u:s3cret@h/n",
        "postgresql//u:s3cret@h/n",
        "//u:s3cret@h/n",
        "u:s3cret@h/n",
        "mysql:/u:s3cret@h/n",
        "host=h password=s3cret user=u",
        "user = u  Password = 's3cret'",
        "dbname=s3cret",
        "Server=h;User Id=u;Pwd=s3cret",
        "postgresql://h/n;password=s3cret",
        "postgresql://h/n password=s3cret",
    ],
)
def test_what_is_no_address_is_refused_and_not_repeated(text: str) -> None:
    for port_file in (), ("--port-file", text):
        told = commands.refusal("--data", text, *port_file)
        assert "postgresql://user@host" in told
        assert "s3cret" not in told


@pytest.mark.parametrize("text", ["postgresql://u:s3cret@h/n", "mysql://u:s3cret@h/n"])
def test_an_address_given_as_a_path_is_none(text: str) -> None:
    with pytest.raises(ValueError, match=r"postgresql://user@host") as refusal:
        settings(data=Path(text))
    assert "s3cret" not in str(refusal.value)


@pytest.mark.parametrize("text", [":memory:", "./:memory:", ":MEMORY:", "file::memory:"])
def test_memory_is_no_file(text: str) -> None:
    told = commands.refusal("--workers", "2", "--data", text)
    assert told == commands.refusal("--data", text)
    assert "a file or a PostgreSQL database such as postgresql://user@host/name" in told


@pytest.mark.parametrize(
    "text",
    [
        "jobs.db",
        "./u:p@h",
        "/srv/a:b@c/d",
        "postgres.db",
        "x=1",
        "C:\\jobs@home",
        "a@b",
        "user-data",
    ],
)
def test_what_is_a_files_name_is_one(text: str) -> None:
    assert settings(data=text).data == Path(text)


def test_a_database_that_is_not_there_is_told_in_a_line(tmp_path: Path) -> None:
    pytest.importorskip("psycopg", reason="psycopg is not installed")
    with pytest.raises(StoreError) as refusal:
        _start(DatabaseUrl(f"postgresql://u:s3cret@/n?host={tmp_path}"))
    text = str(refusal.value)
    assert text.startswith("database postgresql://u@/n can't be used: connection")
    assert "s3cret" not in text
    assert "\n" not in text


def test_memory_is_not_shared() -> None:
    with pytest.raises(StoreError, match="give them a file or a database with --data"):
        FakeService(settings(shared=True))


# Who else is there


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"job_seconds": 5}, "--job-seconds"),
        ({"profile": "mixed"}, "--profile"),
        ({"seed": 7}, "--seed"),
        ({"clock": "auto"}, "--clock"),
        ({"markers": False}, "--markers"),
        ({"open_accounts": True}, "--open-accounts"),
    ],
)
def test_all_are_started_alike(data: Data, options: dict[str, Any], named: str) -> None:
    with closing(_start(data)):
        with pytest.raises(StoreError, match=f"in use by processes with another {named}"):
            _start(data, **options)
        with closing(_start(data)):
            pass
    with closing(_start(data, **options)):  # nobody is left who was started otherwise
        pass


def test_another_version_is_kept_away(data: Data, monkeypatch: pytest.MonkeyPatch) -> None:
    with closing(_start(data)) as first:
        with monkeypatch.context() as newer:
            for module in ("postgres", "file", "database"):
                path = f"sampan.fake_server.store.shared.{module}.own_version"
                newer.setattr(path, lambda: "99.0", raising=False)
            with pytest.raises(StoreError, match=r"in use by sampan .*, and this is sampan 99\.0"):
                _start(data)
        assert database.own_version() != "99.0"
        first.close()
        with closing(_start(data)):
            pass


def test_a_file_is_one_processs_or_all_processes(tmp_path: Path) -> None:
    alone = {"data": tmp_path / "data"}
    with closing(FakeService(settings(**alone))), pytest.raises(StoreError, match="in use"):
        _start(tmp_path / "data")
    with closing(_start(tmp_path / "data")), pytest.raises(StoreError, match="in use"):
        FakeService(settings(**alone))


def test_a_file_is_the_same_by_whatever_name(tmp_path: Path) -> None:
    data, link = tmp_path / "data", tmp_path / "link"
    link.symlink_to(data)
    with closing(_start(link)) as one, closing(_start(data)) as other:
        assert (one.store.alone, other.store.alone) == (True, False)
        one.put_account(NewAccount("new", "p"))
        other.store.follow()
        assert other.store.account("new") is not None
        (tmp_path / "data-turn").unlink()
        assert "(its data-turn) was deleted" in str(one.store.file.lost())
    assert [each.name for each in tmp_path.glob("link*")] == ["link"]


def test_what_one_process_stored_is_counted_when_several_come(tmp_path: Path) -> None:
    fake = Fake(data=tmp_path / "data")
    hashes = [fake.login().create() for _ in range(3)]
    fake.close()
    shared = Fake(data=tmp_path / "data", shared=True)
    abc = shared.login()
    fourth = abc.create()
    assert abc.found(limit=1)["total"] == 4
    assert [job["hash"] for job in abc.find()][1:] == hashes[::-1]
    shared.close()
    again = Fake(data=tmp_path / "data")
    assert again.login().find()[0]["hash"] == fourth
    again.close()


@pytest.mark.parametrize("shared", [False, True])
def test_a_name_that_is_not_utf_8_is_told(tmp_path: Path, *, shared: bool) -> None:
    path = tmp_path / "data"
    FakeService(settings(data=path)).close()
    with closing(sqlite3.connect(path)) as other, other:
        other.execute("UPDATE accounts SET username = CAST(x'ff' AS TEXT) WHERE id = 1")
    with pytest.raises(StoreError, match="data can't be used: Could not decode to UTF-8"):
        FakeService(settings(data=path, shared=shared))


@postgres.needs_postgres
def test_a_database_of_another_program_is_left_alone() -> None:
    import psycopg

    with postgres.database() as url:
        for sql, reason in (
            ("{empty}; CREATE TABLE meta (a int)", "column"),
            (
                "{empty}; CREATE TABLE jobs (a int); CREATE VIEW counters AS SELECT 1",
                "has tables of another program: counters, jobs; use another",
            ),
            ("{empty}; CREATE SEQUENCE accounts", "has tables of another program: accounts;"),
            ("{empty}", None),
            ("DROP TABLE meta; CREATE TABLE meta (key bytea, value bytea)", "another program"),
            ("INSERT INTO meta VALUES ('format', '99')", "has format 99, but this sampan uses"),
        ):
            with psycopg.connect(url.secret, autocommit=True) as other:
                other.execute(sql.replace("{empty}", _emptied(other)).encode())
            if reason is None:
                _start(url).close()
                continue
            with pytest.raises(StoreError, match=reason):
                _start(url)
        with psycopg.connect(url.secret, autocommit=True) as other:
            other.execute(_emptied(other).encode())


def _emptied(connection: Any) -> str:
    (schema,) = connection.execute("SELECT current_schema()").fetchone()
    return f"DROP SCHEMA {schema} CASCADE; CREATE SCHEMA {schema}"


@postgres.needs_postgres
@pytest.mark.parametrize(
    ("options", "reason", "workers"),
    sampled(
        [
            ("-c default_transaction_read_only=on", "(default_transaction_read_only, or", "1"),
            ("-c default_transaction_read_only=on", "(default_transaction_read_only, or", "2"),
            ("-c search_path=nowhere_at_all", "does not exist, or its user may not use it", "1"),
            ("-c search_path=pg_catalog", "permission denied", "1"),
            ("-c role=pg_monitor", "does not exist, or its user may not use it", "2"),
            ("-c log_min_messages=x", "invalid value for parameter", "1"),
        ],
        3,
    ),
)
def test_a_database_that_refuses_what_a_start_needs_is_told(
    options: str, reason: str, workers: str
) -> None:
    """As a role that may do nothing, or with settings that a database can be given."""
    with postgres.database() as url:
        _drop_all(url)
        text = f"{url.secret}%20{quote(options)}"
        command = [sys.executable, "-m", "sampan", "serve", "--port", "0", "--data", text]
        done = subprocess.run([*command, "--workers", workers], capture_output=True, text=True)
        assert (done.returncode, done.stdout) == (2, ""), done
        assert done.stderr.startswith(f"Error: database {url}")
        assert reason in done.stderr
        assert done.stderr.count("\n") == 1


@postgres.needs_postgres
@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        ("%zz", ": invalid percent-encoded token\n"),
        ("%00", ": forbidden value %00 in percent-encoded value\n"),
        ("?s3cret=1", ": invalid URI query parameter\n"),
        ("?s3cret", ': missing key/value separator "=" in URI query parameter\n'),
    ],
)
def test_what_libpq_can_not_read_is_told_without_it(wrong: str, reason: str) -> None:
    told = commands.refusal("--data", f"postgresql://u:s3cret@h/n{wrong}")
    assert told.endswith(f" is not a valid PostgreSQL URL{reason}")
    assert "s3cret" not in told


def _drop_all(url: DatabaseUrl) -> None:
    import psycopg

    with psycopg.connect(url.secret, autocommit=True) as db:
        db.execute(_emptied(db).encode())


# Under load


def test_what_is_counted_is_counted_over_all_processes(data: Data) -> None:
    """Two processes at once, as threads: ids are unique, and a fault strikes five times."""
    first = Fake(data=data, shared=True)
    abc = first.login()
    first.app.service.faults.arm(
        {"type": "ERRNO", "errno": 501, "times": 5, "match": {"operation": "createJob"}}
    )
    answers: list[Any] = []

    def run() -> None:
        fake = Fake(data=data, shared=True)
        mine = Caller(fake, abc.token, abc.data)
        answers.extend(mine.post("/jobs/create", {"content": "a cat"}) for _ in range(20))
        fake.close()

    _at_once(run, run)
    failed = [answer for answer in answers if answer.json()["errno"]]
    assert [refused(answer) for answer in failed] == [501] * 5
    hashes = {succeeded(answer) for answer in answers if not answer.json()["errno"]}
    found = abc.found(limit=100)
    assert {job["hash"] for job in found["res"]} == hashes
    assert found["total"] == len(hashes) == 35
    assert len({job["id"] for job in found["res"]}) == 35
    assert len(first.app.service.journal.find(RequestMatch())) == 42
    first.close()


def _at_once(*calls: Callable[[], None]) -> None:
    problems: list[BaseException] = []

    def guarded(call: Callable[[], None]) -> None:
        try:
            call()
        except BaseException as problem:  # raised below, by the test itself
            problems.append(problem)

    threads = [threading.Thread(target=guarded, args=(call,)) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not problems, problems
