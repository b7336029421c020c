"""Who looks at traffic never holds it up, and a fault in one ends neither others nor traffic."""

from __future__ import annotations

import threading
import time

import pytest

from sampan.conformance.har.document import HarError
from sampan.conformance.http.connection import Reply, Request
from sampan.conformance.proxy import observers
from sampan.conformance.proxy.observers import Observers
from sampan.conformance.proxy.record import Copy, Record, Store
from sampan.conformance.traffic.seen import Seen
from tests.support.network.proxies import HANG


def record(store: Store, number: int = 0, size: int = 10) -> Record:
    found = Record("POST", f"http://a.test/{number}", [], time.time(), Copy(store), Copy(store))
    found.answer.add(bytes(size))
    return found


def test_all_that_waits_is_shown_in_order_before_the_end() -> None:
    store, shown = Store(1000), list[str]()

    def slow(seen: Seen) -> None:
        time.sleep(0.001)
        shown.append(seen.request.target)

    watching = Observers([slow])
    for number in range(50):
        watching.add(record(store, number))
    watching.close()
    assert shown == [f"http://a.test/{number}" for number in range(50)]
    assert store.take(1000)


def test_too_many_are_counted_and_nobody_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(observers, "_WAITING", 3)
    store, go, shown = Store(1000), threading.Event(), list[Seen]()

    def held(seen: Seen) -> None:
        assert go.wait(HANG)
        shown.append(seen)

    watching = Observers([held])
    for number in range(10):
        watching.add(record(store, number))  # returns
    go.set()
    watching.close()
    assert len(shown) + watching.missed == 10
    assert watching.missed >= 6
    assert store.take(1000)


def test_whoever_does_not_want_to_wait_is_told_how_many_were_left_out() -> None:
    store, go, shown = Store(1000), threading.Event(), list[Seen]()

    def held(seen: Seen) -> None:
        assert go.wait(HANG)
        shown.append(seen)

    watching = Observers([held])
    for number in range(10):
        watching.add(record(store, number))
    watching.give_up()
    go.set()
    watching.close()
    assert len(shown) <= 1
    assert len(shown) + watching.missed == 10
    assert store.take(1000)


def test_a_body_that_was_not_kept_is_counted() -> None:
    shown: list[Seen] = []
    watching = Observers([shown.append])
    watching.add(record(Store(5)))
    watching.close()
    assert (shown, watching.missed) == ([], 1)


def test_a_fault_of_one_observer_is_said_without_what_passed(
    capsys: pytest.CaptureFixture[str],
) -> None:
    shown: list[Seen] = []

    def broken(seen: Seen) -> None:
        raise KeyError(seen.request.target)

    watching = Observers([broken, shown.append])
    for number in range(20):
        watching.add(record(Store(10), number))
    watching.close()
    assert len(shown) == 20
    assert len(watching.faults) == 5
    assert watching.faults[0] == "fault of the kit: KeyError at POST"
    said = capsys.readouterr().err
    assert "in broken" in said
    assert "a.test" not in said


def test_a_record_that_can_not_be_read_ends_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is unpacked for the judge comes from a server, and may be anything."""

    def broken(self: Record) -> Seen:
        raise ValueError(self.url)

    store, shown = Store(100), list[Seen]()
    watching = Observers([shown.append])
    with monkeypatch.context() as patched:
        patched.setattr(Record, "seen", broken)
        watching.add(record(store))
        watching.add_seen(Seen(Request("GET", "http://a.test/"), Reply(), 0.0))
        watching.close()
    assert len(shown) == 1
    assert watching.faults == ["fault of the kit: ValueError at an exchange"]
    assert store.take(100)


def test_a_file_that_can_not_be_written_is_said() -> None:
    def full(_: Seen) -> None:
        raise HarError("a.har can't be written: No space left on device")

    watching = Observers([full])
    watching.add(record(Store(10)))
    watching.close()
    assert watching.faults == ["a.har can't be written: No space left on device"]
