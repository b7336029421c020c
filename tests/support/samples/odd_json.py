"""JSON documents with anything wrong in them, for laws over files that programs write."""

from __future__ import annotations

import copy
from typing import Any

from hypothesis import strategies as st

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


def changes(document: Any, within: str | None = None) -> st.SearchStrategy[Any]:
    """The document with up to four values replaced or removed, of those below a key if one is
    named."""
    found = [place for place in places(document) if within is None or within in place]
    edits = st.tuples(st.sampled_from(found), ODD | st.just(...))
    return st.lists(edits, max_size=4).map(lambda chosen: _changed(document, chosen))


def _changed(document: Any, chosen: list[tuple[tuple[Any, ...], Any]]) -> Any:
    made = copy.deepcopy(document)
    for place, value in chosen:
        _change(made, place, value)
    return made
