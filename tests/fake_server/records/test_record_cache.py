"""What is remembered of a rendered record, and for how long."""

from __future__ import annotations

from sampan.fake_server.records.record_cache import RecordCache

_HERE, _THERE = "http://a", "http://b"


def _get(kept: RecordCache, id: int, epoch: int, base: str) -> bytes | None:
    return kept.get([id], epoch, base)[id]


def test_many_are_got_at_once_in_their_order() -> None:
    kept = RecordCache()
    kept.keep(1, 0, _HERE, b"one")
    kept.keep(2, 0, _THERE, b"two")
    assert list(kept.get([3, 1, 2], 0, _HERE).items()) == [(3, None), (1, b"one"), (2, None)]


def test_a_text_holds_for_its_epoch_and_its_base() -> None:
    kept = RecordCache()
    kept.keep(1, 5, _HERE, b"text")
    assert _get(kept, 1, 5, _HERE) == b"text"
    assert [_get(kept, 1, 6, _HERE), _get(kept, 1, 5, _THERE), _get(kept, 2, 5, _HERE)] == [
        None
    ] * 3


def test_a_new_text_takes_the_place_of_the_last() -> None:
    kept = RecordCache()
    for id in range(kept.MAX):
        kept.keep(id, 0, _HERE, b"old")
    kept.keep(7, 1, _THERE, b"new")
    assert (_get(kept, 7, 0, _HERE), _get(kept, 7, 1, _THERE)) == (None, b"new")
    assert _get(kept, 0, 0, _HERE) == b"old"


def test_the_oldest_goes_when_there_are_too_many() -> None:
    kept = RecordCache()
    for id in range(kept.MAX + 1):
        kept.keep(id, 0, _HERE, b"text")
    assert (_get(kept, 0, 0, _HERE), _get(kept, 1, 0, _HERE)) == (None, b"text")
    assert _get(kept, kept.MAX, 0, _HERE) == b"text"
