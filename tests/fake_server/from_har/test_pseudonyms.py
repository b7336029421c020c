"""The HAR that the proxy writes, without a secret in it, is one to begin with."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

from sampan.conformance.har.reader import read_har
from sampan.conformance.har.writer import HarWriter
from tests.support.fakes import START, Caller, Fake
from tests.support.traffic.har_files import changed, entry, written
from tests.support.traffic.recorded import RecordedFake

TOKEN = "token-1-of-account-1-as-it-was-sent"


def test_pseudonyms_are_names_passwords_and_tokens(tmp_path: Path) -> None:
    with closing(RecordedFake(seed=1)) as source:
        hash = source.login().picture()["hash"]
        exchanges = read_har(source.write(tmp_path / "with secrets.har")).seen
    path = tmp_path / "without.har"
    with HarWriter(path) as writer:
        for one in exchanges:
            writer.write(one)
    with closing(Fake(wall_ms=START + 60_000, from_har=path)) as fake:
        assert [one["hash"] for one in Caller(fake, TOKEN, {}).find()] == [hash]
        again = fake.login("account-1", "password-1-of-account-1")
        assert [one["hash"] for one in again.find()] == [hash]
        assert fake.app.service.begun_with[1:] == (
            "account account-1: password password-1-of-account-1",
        )
        accounts = fake.get("/__admin/accounts").json()["accounts"]
        assert [each["username"] for each in accounts] == ["account-1"]


def test_what_only_looks_like_a_pseudonym_is_not_told(tmp_path: Path) -> None:
    """In a file of another program, and in one of ours where somebody wrote a password."""
    for password, ours, told in (
        ("password-1-of-account-1", True, "password-1-of-account-1"),
        ("password-1-of-account-1", False, "as in the file"),
        ("hunter2-of-account-1", True, "as in the file"),
        ("password-1-of-account-1 ", True, "as in the file"),
    ):
        login = entry(
            "/auth/login",
            sent={"username": "account-1", "password": password},
            came={"errno": 0, "errmsg": "SUCCESS", "data": {"token": "t"}},
            token=None,
        )
        path = written(tmp_path, changed(login, {"response._sampan": {}} if ours else {}))
        with closing(Fake(from_har=path)) as fake:
            assert fake.app.service.begun_with[1] == f"account account-1: password {told}"
            fake.login("account-1", password)


def test_a_name_from_a_file_moves_no_cursor(tmp_path: Path) -> None:
    login = entry(
        "/auth/login",
        sent={"username": "a\x1b[2J\nsampan: account b", "password": "x"},
        came={"errno": 0, "errmsg": "SUCCESS", "data": {"token": "t"}},
        token=None,
    )
    with closing(Fake(from_har=written(tmp_path, login))) as fake:
        assert all(line.isprintable() for line in fake.app.service.begun_with)
