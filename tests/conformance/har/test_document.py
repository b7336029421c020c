"""A file that is a HAR is read, whatever it is packed in; any other is refused in a line."""

from __future__ import annotations

import gzip
import json
import tracemalloc
from pathlib import Path
from typing import Any

import pytest

from sampan.conformance.har.document import MAX_ENTRIES
from sampan.conformance.har.reader import HarError, read_har
from tests.support.traffic.har_files import entry, har, written


@pytest.mark.parametrize("coding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_a_file_may_be_marked_and_packed(tmp_path: Path, coding: str, pack: Any) -> None:
    path = tmp_path / "a.har"
    text = json.dumps(har(entry(sent={"prompt": "小船"})), ensure_ascii=False)
    path.write_bytes(pack(text.encode(coding)))
    assert json.loads(read_har(path).seen[0].request.body) == {"prompt": "小船"}


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "is not a HAR"),
        (b"null", "is not a HAR"),
        (b"[]", "is not a HAR"),
        (b"{}", "no array log.entries"),
        (b'{"log": []}', "no array log.entries"),
        (b'{"log": {"entries": {}}}', "no array log.entries"),
        (b'{"log": {"pages": %s' % (b"[" * 100_000), "nested too deeply"),
        (b"\xff\x00", "not valid UTF-8 at byte 0"),
        (b"\x1f\x8b\x08\x00", "broken gzip"),
        (gzip.compress(b"{}" * 50, mtime=0)[:-12], "broken gzip"),
        (b"PK\x03\x04", "zip archive"),
        (b'{"log": {"entries": [%s]}}' % (b"0," * MAX_ENTRIES + b"0"), "more than 100000 entries"),
    ],
)
def test_a_file_that_is_no_har_is_refused_in_a_line(
    tmp_path: Path, content: bytes, reason: str
) -> None:
    path = tmp_path / "a.har"
    path.write_bytes(content)
    with pytest.raises(HarError, match=reason) as refused:
        read_har(path)
    assert str(path) in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_path_that_is_no_file_is_refused(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "none.har"):
        with pytest.raises(HarError, match="can't be read"):
            read_har(path)


def test_a_file_that_unpacks_without_end_costs_no_memory(tmp_path: Path) -> None:
    path = tmp_path / "bomb.har"
    path.write_bytes(gzip.compress(b'{"log":' + b" " * 50_000_000))
    tracemalloc.start()
    with pytest.raises(HarError, match="larger than 100000 bytes"):
        read_har(path, limit=100_000)
    assert tracemalloc.get_traced_memory()[1] < 1_000_000
    tracemalloc.stop()


def test_a_file_that_was_cut_gives_what_comes_before(tmp_path: Path) -> None:
    entries = [entry(at=f"2026-05-04T10:00:0{number}.000Z") for number in range(3)]
    path = written(tmp_path, *entries)
    text = path.read_text()
    path.write_text(text[: text.rindex('"startedDateTime"') + 30])
    found = read_har(path)
    assert len(found.seen) == 2
    assert "can't be read on from entry 3" in found.broken[0]


def test_one_entry_that_is_nested_too_deeply_spares_those_before(tmp_path: Path) -> None:
    path = written(tmp_path, entry(), "deep")
    path.write_text(path.read_text().replace('"deep"', "[" * 100_000 + "]" * 100_000))
    found = read_har(path)
    assert len(found.seen) == 1
    assert "nested too deeply" in found.broken[0]
