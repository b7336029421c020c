"""Every answer against ``openapi.yaml``, which names the requirement that a breach belongs to."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest

from sampan.conformance.contract import shipped
from sampan.conformance.rules.answer_schemas import AnswerSchemas
from tests.support.samples.page_examples import RECORD, RESPONSES
from tests.support.tampering.exchange import SUBMISSIONS

CONTRACT = shipped()
SCHEMAS = AnswerSchemas(CONTRACT)
EXAMPLES = CONTRACT.document["components"]["examples"]
LOGIN: dict[str, Any] = EXAMPLES["LoginSuccess"]["value"]
#: A value of another type for every type that the page shows.
OTHERS = (5, 1.5, True, "x", None, [1], {"a": 1})


def broken(operation: str, answer: dict[str, Any]) -> set[str]:
    return {id for id, _, _ in SCHEMAS.faults(operation, answer["errno"], answer)}


def found(**keys: Any) -> dict[str, Any]:
    return {"errno": 0, "errmsg": "OK", "data": {"res": [{**RECORD, **keys}], "total": 1}}


def logged_in(**keys: Any) -> dict[str, Any]:
    return {**LOGIN, "data": {**LOGIN["data"], **keys}}


@pytest.mark.parametrize("example", RESPONSES, ids=lambda one: one.heading)
def test_the_pages_own_answers_break_nothing(example: Any) -> None:
    assert broken(example.operation, example.body) == set()
    assert broken(example.operation, {**example.body, "took": 3, "": None}) == set()


def test_the_faults_of_many_records_are_soon_found() -> None:
    lacking = {"hash": "x", "id": "\ud800"}
    records = [*[RECORD] * 3_000, *[lacking] * 3_000]
    answer = {"errno": 0, "errmsg": "OK", "data": {"res": records, "total": 1}}
    started = time.process_time()
    assert "FIND-11" in broken("findJobs", answer)
    assert time.process_time() - started < 2


@pytest.mark.parametrize("huge", [{str(key): [1] for key in range(60_000)}, [[{}]] * 300_000])
def test_the_faults_of_an_answer_with_a_huge_value_are_soon_found(huge: Any) -> None:
    started = time.process_time()
    assert broken("createJob", {"errno": 430, "errmsg": "invalid login", "data": huge})
    assert broken("findJobs", found(status=huge)) == {"FIND-11"}
    assert broken("login", {**logged_in(token=huge), "x": huge}) == {"LOGIN-1"}
    assert broken("findJobs", found(folders=huge if isinstance(huge, list) else [huge])) == set()
    assert time.process_time() - started < 2.5


def test_every_key_of_a_record_has_to_be_there() -> None:
    for key in RECORD:
        record = {name: value for name, value in RECORD.items() if name != key}
        answer = {"errno": 0, "errmsg": "OK", "data": {"res": [RECORD, record], "total": 2}}
        assert broken("findJobs", answer) == {"FIND-11"}, key


def test_what_the_page_shows_has_its_type_and_what_it_does_not_may_have_any() -> None:
    for key, shown in RECORD.items():
        if shown is None:
            assert [one for one in OTHERS if broken("findJobs", found(**{key: one}))] == [], key
        else:
            wrong = {id for one in OTHERS for id in broken("findJobs", found(**{key: one}))}
            assert "FIND-11" in wrong, key
            assert wrong <= {"FIND-11", "LIFE-3"}, key


@pytest.mark.parametrize(
    ("operation", "answer", "ids"),
    [
        ("findJobs", found(timestamp=5), {"FIND-11"}),
        ("findJobs", found(timestamp="yesterday"), {"LIFE-3"}),
        ("findJobs", found(created_at="2024-04-02 06:48:35"), {"LIFE-3"}),
        ("findJobs", found(updated_at=None), {"FIND-11"}),
        ("findJobs", found(service="another"), set()),  # the page lists what a find may ask for
        ("findJobs", found(status=2000.0, img_length=1e3), set()),
        ("findJobs", {"errno": 0, "errmsg": "OK"}, {"FIND-2"}),
        ("findJobs", {"errno": 0, "errmsg": "OK", "data": {"res": {}, "total": 0}}, {"FIND-2"}),
        ("findJobs", {"errno": 0, "errmsg": "OK", "data": {"res": [], "total": "0"}}, {"FIND-2"}),
        (
            "findJobs",
            {"errno": 0, "errmsg": "OK", "data": {"res": [None], "total": 1}},
            {"FIND-11"},
        ),
        ("findJobs", {"errno": 0, "errmsg": "fine", "data": {"res": [], "total": 0}}, {"GEN-1"}),
        ("login", logged_in(token=""), {"LOGIN-1"}),
        ("login", {**LOGIN, "data": None}, {"LOGIN-2"}),
        ("login", {"errno": 0, "errmsg": "OK"}, {"LOGIN-1"}),
        ("login", logged_in(username=None), {"LOGIN-2"}),
        ("login", logged_in(phone=86, last_plan={"id": 1}, more=1), set()),
        ("createJob", {"errno": 301, "errmsg": ""}, {"GEN-3"}),
        ("createJob", {"errno": 301, "errmsg": "x", "data": "a-hash"}, {"GEN-3"}),
        ("createJob", {"errno": 301, "errmsg": "x", "data": False}, set()),
        ("createJob", {"errno": 430, "error": "x", "errmsg": None}, set()),
        ("createJob", {"errno": 430, "message": "x"}, {"GEN-3"}),
        ("login", {"errno": 411, "error": "x"}, {"GEN-3"}),  # not listed for a login
        ("login", {"errno": 421, "errmsg": "x"}, set()),
        ("login", {"errno": 999}, set()),  # GEN-2, which is no question of a schema
    ],
)
def test_the_document_names_the_requirement(
    operation: str, answer: dict[str, Any], ids: set[str]
) -> None:
    assert broken(operation, answer) == ids


def test_a_submission_without_a_hash_breaks_its_own_operation() -> None:
    expected = ("CREATE-1", "VAR-1", "UP-1", "BLEND-1", "DESC-1")
    for operation, id in zip(SUBMISSIONS, expected, strict=True):
        for data in (5, "", None, ["a-hash"], {"hash": "a-hash"}):
            answer = {"errno": 0, "errmsg": "OK", "data": data}
            assert broken(operation, answer) == {id}


def test_text_that_is_no_unicode_is_judged_all_the_same() -> None:
    assert broken("findJobs", found(msg_display="\ud800", bot_id={"\udfff": 1})) == set()
    assert broken("findJobs", found(msg_display="\ud800", status="x")) == {"FIND-11"}


def test_a_violation_is_told_by_its_place_and_without_the_value() -> None:
    ((_, what, _),) = SCHEMAS.faults("findJobs", 0, found(status="x" * 10_000))
    assert what == 'findJobs: data.res[].status: is not of types "null", "integer"'


def _requirements(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        named = node.get("x-requirement", [])
        yield from named.values() if isinstance(named, dict) else [named] if named else []
        for one in node.values():
            yield from _requirements(one)
    elif isinstance(node, list):
        for one in node:
            yield from _requirements(one)


def test_the_document_names_requirements_that_there_are() -> None:
    named = set(_requirements(CONTRACT.document["components"]))
    assert named - {"open"} <= set(CONTRACT.requirements)
    assert {"FIND-11", "LIFE-3", "LOGIN-1", "LOGIN-2", "GEN-1", "GEN-3", "open"} <= named
