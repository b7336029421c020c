"""Every number of a HAR has bounds; one beyond them is named with what would be right."""

from __future__ import annotations

import json
from itertools import product
from pathlib import Path

import pytest

from sampan.conformance.contract import shipped
from sampan.conformance.har.check import check_har
from sampan.conformance.har.document import HarError
from sampan.conformance.har.reader import read_har
from tests.support.examples import some
from tests.support.traffic.har_files import changed, entry, har

#: Numbers as they may be written, JSON or not, and how they are told.
NUMBERS = {
    "1e300": "1e+300",
    "1e999": "1e999",
    "-1e999": "-1e999",
    "NaN": "NaN",
    "Infinity": "Infinity",
    "-Infinity": "-Infinity",
    "9" * 400: f"{'9' * 40}…",
    "123456789012345678901234567890": "1.23456789012346e+29",
}
#: Where a number stands, and what is said of one that can't be there.
PLACES = {
    "time": "time is no duration",
    "timings.wait": "timings.wait is no duration",
    "response.status": "response.status is no status",
    "request.bodySize": "request.bodySize is no number of bytes",
    "response.content.size": "response.content.size is no number of bytes",
    "response.content.compression": "response.content.compression is no number of bytes",
}
#: What makes a place be read.
NEEDED = {
    "timings.wait": {"time": -1},
    "request.bodySize": {"request.postData": ...},
}


def written(path: Path, place: str, number: str) -> Path:
    odd = changed(entry(), {**NEEDED.get(place, {}), place: ""})
    document = json.dumps(har(odd, entry(at="2026-05-04T11:00:00Z")))
    path.write_text(document.replace('""', number), encoding="utf-8")
    return path


@pytest.mark.parametrize(("place", "number"), some(list(product(PLACES, NUMBERS)), 5))
def test_a_number_out_of_bounds_is_said_with_what_is_right(
    tmp_path: Path, place: str, number: str
) -> None:
    path = written(tmp_path / "odd.har", place, number)
    report = check_har(path, shipped())
    (line,) = [one for one in report.remarks if one.startswith("broken")]
    assert f": {PLACES[place]}: {NUMBERS[number]}" in line
    assert len(line) < 250
    assert report.seconds < 1


@pytest.mark.parametrize("value", [20, 99, 1000, 200.5, -2, True, None, "200", [200]])
def test_what_is_no_status_is_said_with_what_is_one(tmp_path: Path, value: object) -> None:
    path = written(tmp_path / "odd.har", "response.status", json.dumps(value))
    (line,) = read_har(path).broken
    assert line.endswith("(100 to 999; 0 for no answer)")


@pytest.mark.parametrize(
    ("place", "number"),
    [
        ("time", "86400000"), ("time", "0"), ("time", "1e-300"), ("time", "12.5"),
        ("response.status", "2.0e2"), ("response.content.compression", "-40"),
        ("response.content.size", "-1"), ("request.bodySize", "-1"),
    ],
)  # fmt: skip
def test_numbers_within_bounds_are_read(tmp_path: Path, place: str, number: str) -> None:
    found = read_har(written(tmp_path / "odd.har", place, number))
    assert found.broken == []


def test_a_number_that_nobody_reads_matters_to_nobody(tmp_path: Path) -> None:
    path = written(tmp_path / "odd.har", "request.headersSize", "1e999")
    found = read_har(path)
    assert (len(found.seen), found.broken) == (2, [])


def test_a_file_that_is_one_number_is_no_har(tmp_path: Path) -> None:
    path = tmp_path / "odd.har"
    for text in ("1e999", "NaN", '{"log": 1e999}', '{"log": {"entries": NaN}}'):
        path.write_text(text)
        with pytest.raises(HarError, match="is not a HAR"):
            read_har(path)


@pytest.mark.parametrize(
    "at", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "9999-12-31T23:59:59.999999Z"]
)
def test_a_time_that_no_calendar_holds_spoils_its_entry_alone(tmp_path: Path, at: str) -> None:
    path = tmp_path / "odd.har"
    path.write_text(json.dumps(har(entry(at=at), entry())))
    (line,) = [one for one in check_har(path, shipped()).remarks if one.startswith("broken")]
    assert "startedDateTime is no time in the years 1 to 9998, UTC" in line
    assert at in line
