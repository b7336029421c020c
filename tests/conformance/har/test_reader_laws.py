"""Whatever is wrong in a HAR file: a clear error, or an entry that is said."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from sampan.conformance.har.reader import HarError, HarFile, read_har
from tests.support.examples import examples
from tests.support.har_files import entry, har

WHOLE = har(
    entry("/auth/login", token=None), entry(), entry(url="http://other.test/", method="GET")
)
ODD = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**400), 10**400)
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(["http://[", "http://a:b/", "9999-12-31T23:59:59-23:59", "1e999", "\ud800"]),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=4,
)


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The way to every value in a document."""
    if not isinstance(value, dict | list):
        return [path]
    inside = value.items() if isinstance(value, dict) else enumerate(value)
    below = [place for key, each in inside for place in places(each, (*path, key))]
    return [*([path] if path else []), *below]


PLACES = places(WHOLE)


@given(
    changes=st.lists(st.tuples(st.sampled_from(PLACES), ODD | st.just(...)), max_size=4),
    cut=st.none() | st.integers(0, 4000),
    flipped=st.lists(st.tuples(st.integers(0, 4000), st.integers(0, 255)), max_size=2),
)
@settings(max_examples=examples(150))
def test_every_mutated_file_is_read_or_refused(
    tmp_path_factory: Any, changes: list[Any], cut: int | None, flipped: list[tuple[int, int]]
) -> None:
    document = json.loads(json.dumps(WHOLE))
    for place, value in changes:
        _change(document, place, value)
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


def _change(document: Any, place: tuple[Any, ...], value: Any) -> None:
    *parents, last = place
    try:
        for step in parents:
            document = document[step]
        if value is ...:
            del document[last]
        else:
            document[last] = value
    except (KeyError, IndexError, TypeError):
        return  # an earlier change took it away
