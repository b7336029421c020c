"""Whatever is wrong in a HAR file, a fake begins with the rest or refuses it in a line."""

from __future__ import annotations

import json
from contextlib import closing
from pathlib import Path
from typing import Any

from hypothesis import given, settings

from sampan.fake_server.from_har.begin import begin
from sampan.fake_server.from_har.calls import HarError
from sampan.fake_server.settings import Settings
from tests.support.examples import examples
from tests.support.har_files import TOKEN, entry, har
from tests.support.odd_json import changes

RECORD = {
    "hash": "h-1", "job_id": "f052f826-0568-45a1-8797-0a120c92aa42", "status": 1000, "error": None,
    "msg_display": "a cat", "timestamp": "1712040515164", "job_type": "upscale", "grid_num": 2,
    "parent_hash": "h-2", "parent_id": "x", "pct_prog": "46%", "folders": ["a"],
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
    assert line.isprintable()
    assert str(path) in line


def _entries(document: Any) -> list[Any]:
    log = document.get("log") if isinstance(document, dict) else None
    entries = log.get("entries") if isinstance(log, dict) else None
    return entries if isinstance(entries, list) else []
