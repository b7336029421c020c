"""Whatever is wrong in a HAR file, a fake begins with the rest or refuses it in a line."""

from __future__ import annotations

import json
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings

from sampan.fake_server.from_har.begin import begin
from sampan.fake_server.from_har.document import HarError
from sampan.fake_server.settings import Settings
from tests.support.controls import Control
from tests.support.examples import examples
from tests.support.fakes import Fake
from tests.support.samples.odd_json import changes
from tests.support.traffic.har_files import TOKEN, entry, har

RECORD = {
    "hash": "h-1", "id_uuid": "x", "job_id": "f052f826-0568-45a1-8797-0a120c92aa42",
    "status": 1000, "error": None, "msg_display": "a cat", "timestamp": "1712040515164",
    "job_type": "upscale", "grid_num": 2, "parent_hash": "h-2", "parent_id": "x",
    "pct_prog": "46%", "folders": ["a"],
}  # fmt: skip
WHOLE = har(
    entry(
        "/auth/login",
        sent={"username": "a", "password": "b"},
        came={"errno": 0, "data": {"token": TOKEN, "name": "A"}},
        token=None,
    ),
    entry("/jobs/create", sent={"content": "a cat"}, came={"errno": 0, "data": "h-2"}),
    entry(came={"errno": 0, "data": {"res": [RECORD, {**RECORD, "hash": "h-3"}], "total": 2}}),
    entry("/jobs/upscale", sent={"parent_hash": "h-2"}, came={"errno": 501}, status=502),
)
#: The bodies as JSON, so that what is in them is changed as well.
for each in WHOLE["log"]["entries"]:
    for holder in (each["request"]["postData"], each["response"]["content"]):
        holder["text"] = json.loads(holder["text"])


@given(document=changes(WHOLE) | changes(WHOLE, within="text"))
@settings(max_examples=examples(40))
def test_a_fake_begins_with_any_file_or_refuses_it(tmp_path_factory: Any, document: Any) -> None:
    for each in _entries(document):
        for part, name in (("request", "postData"), ("response", "content")):
            try:
                holder = each[part][name]
                holder["text"] = json.dumps(holder["text"])
            except (KeyError, TypeError):
                continue
    path: Path = tmp_path_factory.getbasetemp() / "odd.har"
    path.write_text(json.dumps(document))
    try:
        service = begin(Settings(from_har=path))
    except HarError as refusal:
        line = str(refusal)
    else:
        with closing(service):
            line = service.begun_with[0]
            for name in ("id", "id_uuid", "hash", "job_id"):  # FIND-12
                values = [getattr(job, name) for job in service.store.jobs()]
                assert len(set(values)) == len(values), name
    assert line.isprintable()
    assert str(path) in line


def _entries(document: Any) -> list[Any]:
    log = document.get("log") if isinstance(document, dict) else None
    entries = log.get("entries") if isinstance(log, dict) else None
    return entries if isinstance(entries, list) else []


CALL = json.dumps(
    entry("/jobs/create", sent={"content": "a cat"}, came={"errno": 0, "data": "h-2"})
)


@pytest.mark.parametrize(
    "other",
    [
        '{"time": NaN}', '{"time": 1e999}', '{"time": -Infinity}', f'{{"time": {"9" * 400}}}',
        '{"comment": "\\ud800"}', '{"comment": "a\tb"}', '{"comment": "\udcff"}', "null", "[]",
        '"\\udcff\\udcfe"',
    ],
)  # fmt: skip
def test_what_json_does_not_have_in_an_entry_spoils_no_file(tmp_path: Path, other: str) -> None:
    path = tmp_path / "odd.har"
    text = f'{{"log": {{"entries": [{other}, {CALL}]}}}}'
    path.write_bytes(text.encode("utf-8", "surrogateescape"))
    with closing(begin(Settings(from_har=path))) as service:
        assert service.begun_with[0].startswith("begins with 1 account, 1 job")


@pytest.mark.parametrize("coding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-be"])
def test_any_mark_of_the_coding_is_read(tmp_path: Path, coding: str) -> None:
    text = f'{{"log": {{"entries": [{CALL}]}}}}'
    path = tmp_path / "odd.har"
    path.write_text("\ufeff" + text if coding == "utf-16-be" else text, encoding=coding)
    with closing(begin(Settings(from_har=path))) as service:
        assert service.begun_with[0].startswith("begins with 1 account, 1 job")


@pytest.mark.parametrize("cut", [1, 2, 5, 40, 200, 500])
def test_a_file_that_was_cut_off_is_told_with_what_helps(tmp_path: Path, cut: int) -> None:
    path = tmp_path / "torn.har"
    whole = f'{{"log": {{"entries": [\n{CALL},\n{CALL}\n]}}}}\n'
    path.write_text(whole.rstrip()[:-cut])
    with pytest.raises(HarError, match="It was cut off") as refusal:
        begin(Settings(from_har=path))
    assert "add ]}}" in str(refusal.value)
    assert str(refusal.value).isprintable()


def test_the_remedy_of_a_torn_file_helps(tmp_path: Path) -> None:
    path = tmp_path / "torn.har"
    path.write_text(f'{{"log": {{"entries": [\n{CALL},\n{CALL[:-50]}')
    with pytest.raises(HarError, match="remove the last line and the comma before it"):
        begin(Settings(from_har=path))
    kept = path.read_text().rpartition("\n")[0].removesuffix(",")
    path.write_text(kept + "]}}")
    with closing(begin(Settings(from_har=path))) as service:
        assert "1 job" in service.begun_with[0]


def test_what_is_no_har_is_not_said_to_be_cut(tmp_path: Path) -> None:
    path = tmp_path / "odd.har"
    for text in ("", "hello", '{"a": 1', "[1, 2", '{"log": {"entries": [1 2]}}'):
        path.write_text(text)
        with pytest.raises(HarError) as refusal:
            begin(Settings(from_har=path))
        assert "cut off" not in str(refusal.value)


@pytest.mark.parametrize("name", ["a/b", "..", "a\nb"])
def test_what_began_with_any_file_can_be_exported_and_imported(tmp_path: Path, name: str) -> None:
    sent = {"username": name, "password": "p"}
    login = entry("/auth/login", sent=sent, came={"errno": 0, "data": {"token": TOKEN}}, token=None)
    path = tmp_path / "a.har"
    path.write_text(json.dumps(har(login, entry("/jobs/create", came={"errno": 0, "data": "h"}))))
    fake = Fake(from_har=path)
    try:
        control = Control(fake)
        state = control.get("state")
        control.call("PUT", "state", state)
        assert [job["hash"] for job in control.get("state")["jobs"]] == ["h"]
    finally:
        fake.close()
