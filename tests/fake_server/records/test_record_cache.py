"""What is remembered of a rendered record, and for how long."""

from __future__ import annotations

from sampan.fake_server.records.record_cache import RecordCache

_HERE, _THERE = "http://a", "http://b"


def test_a_text_holds_for_its_epoch_and_its_base() -> None:
    kept = RecordCache()
    kept.keep(1, 5, _HERE, b"text")
    assert kept.get(1, 5, _HERE) == b"text"
    assert [kept.get(1, 6, _HERE), kept.get(1, 5, _THERE), kept.get(2, 5, _HERE)] == [None] * 3


def test_a_new_text_takes_the_place_of_the_last() -> None:
    kept = RecordCache()
    for id in range(kept.MAX):
        kept.keep(id, 0, _HERE, b"old")
    kept.keep(7, 1, _THERE, b"new")
    assert (kept.get(7, 0, _HERE), kept.get(7, 1, _THERE)) == (None, b"new")
    assert kept.get(0, 0, _HERE) == b"old"


def test_the_oldest_goes_when_there_are_too_many() -> None:
    kept = RecordCache()
    for id in range(kept.MAX + 1):
        kept.keep(id, 0, _HERE, b"text")
    assert (kept.get(0, 0, _HERE), kept.get(1, 0, _HERE)) == (None, b"text")
    assert kept.get(kept.MAX, 0, _HERE) == b"text"
