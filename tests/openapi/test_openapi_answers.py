"""What ``openapi/openapi.yaml`` allows a server to answer: envelopes, accounts and records."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.openapi_document import ERRNOS, PATHS, SCHEMAS, accepts, answers, validator
from tests.support.samples.page_examples import RECORD, RESPONSES, SECOND_RECORD

#: Keys of the record whose value on the page is not null and may be null all the same.
NULL_AT_TIMES = """
msg_content msg_display status error job_id svg_buffer img_buffer img_format img_length img_height
img_width img_thumb original_url model_source
"""


@pytest.mark.parametrize("errno", sorted(ERRNOS))
def test_a_failure_has_its_errno_a_text_and_no_result(errno: int) -> None:
    name = f"Error{errno}"
    failure = {"errno": errno, "errmsg": "WHATEVER"}
    assert accepts(name, failure)
    assert accepts(name, {**failure, "trace_id": 1})
    nothing: Any
    for nothing in (None, "", [], {}, 0, False):
        assert accepts(name, {**failure, "data": nothing})
    for result in ("a" * 64, 1, True, [1], {"token": "t"}):
        assert not accepts(name, {**failure, "data": result})
    assert not accepts(name, {"errno": errno})
    assert not accepts(name, {**failure, "errmsg": ""})
    assert not accepts(name, {**failure, "errmsg": None})
    assert not accepts(name, {**failure, "errno": str(errno)})
    assert not accepts(name, {**failure, "errno": 0})
    assert accepts(name, {"errno": errno, "error": "whatever"}) == (errno == 430)


def test_a_430_may_have_its_text_under_both_keys_and_anything_under_the_other() -> None:
    both = {"errno": 430, "error": "invalid login", "errmsg": "invalid login"}
    assert accepts("Error430", both)
    assert accepts("Error430", {**both, "error": None})
    assert accepts("Error430", {**both, "errmsg": 5})
    assert not accepts("Error430", {**both, "error": "", "errmsg": None})
    matching = [ref for ref in answers("createJob") if validator(ref).is_valid(both)]
    assert len(matching) == 1


@pytest.mark.parametrize("operation", PATHS)
def test_an_answer_under_another_status_may_be_all_that_a_200_may_be(operation: str) -> None:
    usual = [alternative["$ref"] for alternative in answers(operation)]
    assert len(usual) == len(set(usual))
    for status in ("4XX", "default"):
        assert set(usual) <= {alternative["$ref"] for alternative in answers(operation, status)}


@pytest.mark.parametrize("name", ["LoginSuccess", "SubmissionSuccess", "FindSuccess"])
def test_a_success_says_ok_or_success(name: str) -> None:
    example = next(e.body for e in RESPONSES if e.body["errno"] == 0 and accepts(name, e.body))
    assert all(accepts(name, {**example, "errmsg": text}) for text in ("OK", "SUCCESS"))
    for text in ("ok", "", None, "DONE"):
        assert not accepts(name, {**example, "errmsg": text})
    for key in ("errno", "errmsg", "data"):
        assert not accepts(name, {k: v for k, v in example.items() if k != key})
    assert not accepts(name, {**example, "data": None})


def test_a_record_has_exactly_the_58_keys_of_the_page_in_its_order() -> None:
    schema = SCHEMAS["JobRecord"]
    assert len(RECORD) == 58
    assert list(schema["properties"]) == list(RECORD)
    assert schema["required"] == list(RECORD)


@pytest.mark.parametrize("key", RECORD)
def test_a_key_of_a_record_must_be_there_and_is_null_only_where_that_is_said(key: str) -> None:
    assert not accepts("JobRecord", {k: v for k, v in RECORD.items() if k != key})
    nullable = RECORD[key] is None or key in NULL_AT_TIMES.split()
    assert accepts("JobRecord", {**RECORD, key: None}) == nullable


@pytest.mark.parametrize("key", [key for key, value in RECORD.items() if value is not None])
def test_a_key_of_a_record_has_the_type_shown(key: str) -> None:
    shown = RECORD[key]
    for other in ("text", 7, 7.5, True, ["text"], {"a": 1}):
        if type(other) is not type(shown):
            assert not accepts("JobRecord", {**RECORD, key: other}), other


def test_a_record_may_have_keys_that_the_page_does_not_show() -> None:
    assert accepts("JobRecord", {**RECORD, "new_key": {"any": "thing"}})


@pytest.mark.parametrize(
    ("key", "value"),
    [
        *[("pct_prog", value) for value in (46, "46", "46%")],
        *[("status", value) for value in (0, 1000, 4000, 1, -1)],
        ("img_prog", "http://127.0.0.1:8091/image/a_prog.png"),
        ("description", "1️⃣ a city --ar 1:1"),
        ("img_md5", "d41d8cd98f00b204e9800998ecf8427e"),
        ("seed_id", 12345),
        ("room_topic", {"anything": "goes"}),
        ("error", None),
        ("job_type", "remix"),
    ],
)
def test_a_record_may_answer_an_open_question(key: str, value: Any) -> None:
    assert accepts("JobRecord", {**RECORD, key: value})


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("timestamp", "yesterday"),
        ("timestamp", ""),
        ("created_at", "2024-04-02T06:48:35Z"),
        ("updated_at", "2024-04-02T06:49:30.370+08:00"),
        ("updated_at", "2024-13-02T06:49:30.370Z"),
        ("hash", ""),
        ("service", "midjourney"),
        ("favourite_count", -1),
        ("img_width", -1),
        ("img_thumb", "not a link"),
        ("grid_num", "2"),
        ("pct_prog", [46]),
    ],
)
def test_a_record_may_not_have_what_the_page_rules_out(key: str, value: Any) -> None:
    assert not accepts("JobRecord", {**RECORD, key: value})


def test_a_job_that_has_only_just_begun_is_a_record() -> None:
    assert accepts("JobRecord", SECOND_RECORD)


@pytest.mark.parametrize("key", ["id", "username", "account_type", "account_status", "token"])
def test_an_account_has_its_twelve_keys(key: str) -> None:
    account = RESPONSES[0].body["data"]
    assert len(account) == 12
    assert SCHEMAS["Account"]["required"] == list(account)
    assert accepts("Account", account)
    assert not accepts("Account", {**account, key: None})
    for name in account:
        assert not accepts("Account", {k: v for k, v in account.items() if k != name})


def test_a_listing_is_an_array_of_records_and_a_count() -> None:
    assert accepts("FindResult", {"res": [], "total": 0})
    for res, total in (([], -1), ([], "2"), ([], None), ({}, 0), ([{}], 1), (None, 0)):
        assert not accepts("FindResult", {"res": res, "total": total})
