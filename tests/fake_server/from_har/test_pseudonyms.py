"""The HAR that the proxy writes, without a secret in it, is one to begin with."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

from sampan.conformance.har.reader import read_har
from sampan.conformance.har.writer import HarWriter
from tests.support.fakes import START, Caller, Fake
from tests.support.recorded import RecordedFake

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
        accounts = fake.get("/__admin/accounts").json()["accounts"]
        assert [each["username"] for each in accounts] == ["account-1"]
