"""A state document with something wrong in it is refused, or taken and then served for good."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fake_server.admin.test_state_document import lived_in
from tests.support.controls import Control
from tests.support.examples import examples
from tests.support.fakes import JSON, START, Caller, Fake

_Path = tuple[str | int, ...]


@cache
def _document() -> str:
    """The state of a fake that has been used."""
    fake = Fake(seed=7)
    try:
        lived_in(Control(fake))
        document = Control(fake).get("state")
    finally:
        fake.close()
    return json.dumps(document)


def _places(value: Any, path: _Path = ()) -> Iterator[_Path]:
    """Where something stands in a document."""
    items: Any = ()
    if isinstance(value, dict):
        items = value.items()
    elif isinstance(value, list):
        items = enumerate(value)
    for key, inner in items:
        yield (*path, key)
        yield from _places(inner, (*path, key))


def _kind(path: _Path) -> tuple[str, ...]:
    """The place without its numbers: each field is as likely, however many there are of it."""
    return tuple("#" if isinstance(step, int) else step for step in path)


_HUGE = (2**31, 2**53, 2**63 - 1, 2**63, 2**64, 10**30)
_odd = st.one_of(
    st.sampled_from([None, True, False, "", "x", "\0", "猫", "../x", [], {}, [None], {"x": 1}]),
    st.integers(-2, 1000),
    st.sampled_from([number * sign for number in _HUGE for sign in (1, -1)]),
    st.sampled_from([0.5, -0.0, 2.0, 1e300, -1e18, START + 0.5, START + 10**12, START - 10**6]),
)


@st.composite
def _broken(draw: st.DrawFn) -> JSON:
    """The document with one to three things that are odd, twice there, or another's."""
    document: JSON = json.loads(_document())
    for _ in range(draw(st.integers(1, 3))):
        by_kind: dict[tuple[str, ...], list[_Path]] = {}
        for path in _places(document):
            by_kind.setdefault(_kind(path), []).append(path)
        paths = by_kind[draw(st.sampled_from(sorted(by_kind)))]
        *way, last = draw(st.sampled_from(paths))
        place: Any = document
        for step in way:
            place = place[step]
        what = draw(st.sampled_from(["odd", "odd", "another's", "gone", "twice"]))
        if what == "odd":
            place[last] = draw(_odd)
        elif what == "another's":  # duplicate ids, parents and accounts that are not its own
            other: Any = document
            for step in draw(st.sampled_from(paths)):
                other = other[step]
            place[last] = json.loads(json.dumps(other))
        elif what == "gone":
            del place[last]
        elif isinstance(place, list):
            place.append(json.loads(json.dumps(place[last])))
    return document


def _serves(control: Control) -> JSON:
    """See that everything can be asked for and put back; the state."""
    service = control.fake.app.service
    state = control.get("state")
    control.delete("faults")  # one that stands in every request's way is no fault of the state
    for account in service.store.accounts():
        now = service.clocks.now(account.id)
        caller = Caller(control.fake, service.tokens.issue(account.id, now, 60), {})
        for body in ({}, {"limit": 100}, {"prompt": "x"}, {"timestamp_smaller_than": START}):
            response = caller.post("/jobs/find", body)
            errno = response.json()["errno"]
            told = response.headers.get("x-fake-reason", "")
            assert errno == 0 or "not been issued" in told or "expired" in told, response.text
    for path in ("jobs", "accounts", "clock", "faults", "scenarios", "profile"):
        control.get(path)
    control.call("PUT", "state", state)
    assert control.get("state") == state
    return state


@settings(max_examples=examples(20))
@given(_broken())
def test_what_is_taken_is_served_before_and_after_a_restart(document: JSON) -> None:
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "data"
        fake = Fake(data=data)
        try:
            control = Control(fake)
            before = control.get("state")
            status = control.send("PUT", "state", document).status_code
            assert status in (200, 400)
            state = _serves(control)
            if status == 400:
                assert state == before
                return
        finally:
            fake.close()
        again = Fake(data=data)
        try:
            assert _serves(Control(again)) == state
        finally:
            again.close()
