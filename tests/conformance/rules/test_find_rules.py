"""What a find may return and what it must: the rules, without a server."""

from __future__ import annotations

from types import SimpleNamespace
from typing import cast

from hypothesis import given
from hypothesis import strategies as st

from sampan.conformance.http.exchange import Answer
from sampan.conformance.json_access import Record
from sampan.conformance.rules.find_rules import (
    covers,
    falling,
    holds_all,
    in_folder,
    is_favourite,
    mentions,
    missing_records,
    older_than,
    one_of,
    prompts,
    rising,
    set_back,
    twice,
    unexpected_records,
)

VALUES: st.SearchStrategy[object] = (
    st.none() | st.booleans() | st.integers() | st.text(max_size=3) | st.just([[]])
)
KEYS = ("hash", "service", "timestamp", "folders", "is_favourite", "msg_display")
RECORDS = st.lists(st.fixed_dictionaries({}, optional=dict.fromkeys(KEYS, VALUES)), max_size=6)


def _record(hash: str, time: int, **more: object) -> Record:
    return {"hash": hash, "timestamp": str(time), **more}


def _answer(*records: Record, total: int | None = None, ok: bool = True) -> Answer:
    count = len(records) if total is None else total
    return cast(Answer, SimpleNamespace(records=list(records), total=count, ok=ok))


A, B, C = (_record(name, time) for name, time in (("a", 10), ("b", 20), ("c", 30)))


def test_a_whole_answer_holds_all_that_match() -> None:
    assert missing_records(_answer(C, A), [A, B, C], older_than(100)) == [B]
    assert missing_records(_answer(C, A), [A, B, C], one_of("service", ["main"])) == []


def test_a_part_of_an_answer_holds_what_lies_between() -> None:
    assert missing_records(_answer(C, A, total=9), [A, B, C], older_than(100)) == [B]
    assert missing_records(_answer(C, B, total=9), [A, B, C], older_than(100)) == []
    unordered = _answer(A, C, _record("d", 25), total=9)
    assert missing_records(unordered, [B], older_than(100)) == []


def test_not_found_holds_nothing() -> None:
    """An answer that mentions so counts nothing, and is whole."""
    answer = cast(Answer, SimpleNamespace(records=[], total=None, ok=False))
    assert missing_records(answer, [A], older_than(100)) == [A]


def test_strangers_are_what_the_conditions_rule_out() -> None:
    assert unexpected_records(_answer(A, B, C), older_than(20)) == [B, C]
    assert unexpected_records(_answer({"timestamp": None}), older_than(20)) == []
    both = holds_all(older_than(40), one_of("hash", ["a", "b"]))
    assert unexpected_records(_answer(A, B, C), both) == [C]


def test_each_filter_reads_its_own_key() -> None:
    assert in_folder("f")({"folders": ["e", "f"]})
    assert not in_folder("f")({"folders": "f"})
    assert is_favourite({"is_favourite": True})
    assert not is_favourite({"is_favourite": 1})
    assert mentions("Dawn")({"msg_content": "at dawn"})
    assert not mentions("dusk")({"msg_content": "at dawn"})
    assert prompts({"msg_display": "A", "msg_content": "a"}) == ["A", "a"]
    assert prompts({"msg_display": "A", "msg_content": "A"}) == ["A"]


def test_an_id_that_is_not_there_yet_is_not_shared() -> None:
    assert twice([{"id": 0}, {"id": 0}, {"id": None}, {"id": None}], "id") == []
    assert twice([{"id": 1}, {"id": 2}, {"id": 1}, {"id": 1}], "id") == [1]


@given(RECORDS, st.sampled_from(KEYS))
def test_nothing_stumbles_over_strange_records(records: list[Record], key: str) -> None:
    answer = _answer(*records, total=len(records) + 1)
    for holds in (one_of(key, ["a"]), in_folder("a"), older_than(5), is_favourite, mentions("a")):
        wrong = unexpected_records(answer, holds)
        assert all(one in records and not holds(one) for one in wrong)
        assert missing_records(answer, records, holds) == []
    assert len(twice(records, key)) <= len(records)


@given(st.lists(st.integers(0, 10**15)))
def test_an_order_turned_round_is_the_other(times: list[int]) -> None:
    records = [_record(str(number), time) for number, time in enumerate(sorted(times))]
    assert rising(records)
    assert falling(records[::-1])
    assert rising(records[::-1]) == (len(set(times)) < 2)
    for one in records:
        inside = min(times) < int(str(one["timestamp"])) < max(times)
        assert covers(records, one) == inside


def test_a_clock_that_was_set_back_is_told_from_ids_without_order() -> None:
    def at(*times: int) -> list[Record]:
        return [{"id": n, "timestamp": str(10**12 + one)} for n, one in enumerate(times)]

    assert set_back(at(0, 9_000, 4_000, 10_000))
    assert set_back(at(10_000, 4_000, 9_000, 0))  # ids that run down
    assert not set_back(at(0, 9_000, 8_999, 20_000))  # begun at once
    assert not set_back(at(0, 4_000, 9_000, 20_000))
    assert not set_back(at(0, 5_000, 1_000, 7_000, 2_000, 9_000, 3_000))
