"""Whatever is wrong in a HAR file: a clear error, or an entry that is said."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from sampan.conformance.har.reader import HarError, HarFile, read_har
from tests.support.examples import examples
from tests.support.samples.odd_json import changes
from tests.support.traffic.har_files import entry, har

WHOLE = har(
    entry("/auth/login", token=None), entry(), entry(url="http://other.test/", method="GET")
)


@given(
    document=changes(WHOLE),
    cut=st.none() | st.integers(0, 4000),
    flipped=st.lists(st.tuples(st.integers(0, 4000), st.integers(0, 255)), max_size=2),
)
@settings(max_examples=examples(80))
def test_every_mutated_file_is_read_or_refused(
    tmp_path_factory: Any, document: Any, cut: int | None, flipped: list[tuple[int, int]]
) -> None:
    raw = bytearray(json.dumps(document).encode()[:cut])
    for at, byte in flipped:
        raw[at : at + 1] = bytes([byte])
    path: Path = tmp_path_factory.getbasetemp() / "mutated.har"
    path.write_bytes(raw)
    found, refused = _read(path)
    assert refused.isprintable()
    assert not refused or refused.startswith(str(path))
    lines = found.broken + found.unjudged
    assert len(found.seen) + len(lines) + found.passed_over <= 4
    assert all(line.isprintable() for line in lines)
    assert found.seen == sorted(found.seen, key=lambda one: one.at)


def _read(path: Path) -> tuple[HarFile, str]:
    """What is in the file, or why it is refused."""
    try:
        return read_har(path), ""
    except HarError as problem:
        return HarFile(None, [], 0, [], [], False), str(problem)
