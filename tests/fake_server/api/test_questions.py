"""Every variant of every open question is honoured: by itself, and all of ``mixed`` at once.

A question is observed through the API alone (``observers.py``); the table says what each variant
looks like.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from sampan.fake_server.contract import yaml_files
from tests.support import observers, observers_find
from tests.support.fakes import Fake, MakeFake
from tests.support.observers import ACCOUNTS, past_jobs
from tests.support.observers_find import cursor

#: Of each question: how it is observed, and what is seen under each variant.
SEEN: dict[str, tuple[Callable[[Fake], object], dict[str, object]]] = {
    "success-http-status": (observers.success_http_status, {"200": {200}, "201": {201}}),
    "error-http-status": (
        observers.error_http_status,
        {
            "always-200": [200] * 6,
            "always-400": [400] * 6,
            "by-errno": [400, 403, 404, 409, 401, 500],
        },
    ),
    "unauthenticated-key": (
        observers.unauthenticated_key,
        {"error": {"error"}, "errmsg": {"errmsg"}, "both": {"error", "errmsg"}},
    ),
    "message-case": (
        observers.message_case,
        {
            "as-shown": ("missing username or password", "invalid login"),
            "upper-table": ("MISSING PARAMETER", "INVALID_LOGIN"),
        },
    ),
    "wrong-credentials": (
        observers.wrong_credentials,
        {
            "430": {(430, "INVALID LOGIN")},
            "301": {(301, "INVALID PARAMETER")},
            "420": {(420, "USER NOT FOUND")},
            "410": {(410, "NOT FOUND")},
        },
    ),
    "service-error-message": (
        observers.service_error_message,
        {
            "by-operation": ["SERVICE_ERROR", "SERVICE_ERROR", "GENERAL_ERROR"],
            "service-error": ["SERVICE_ERROR"] * 3,
            "general-error": ["GENERAL_ERROR"] * 3,
        },
    ),
    "submission-message": (observers.submission_message, {"ok": {"OK"}, "success": {"SUCCESS"}}),
    "malformed-json": (observers.malformed_json, {"errno-301": (301, 200), "http-400": (301, 400)}),
    "other-content-type": (
        observers.other_content_type,
        {
            "as-json": {(0, 200, 1)},
            "errno-301": {(301, 200, 301)},
            "http-415": {(301, 415, 301)},
            "as-empty": {(301, 200, 2)},
        },
    ),
    "unknown-route": (
        observers.unknown_route,
        {"http-404-410": (404, 410), "http-404-html": (404, "HTML")},
    ),
    "bearer-prefix": (observers.bearer_prefix, {"required": 430, "optional": 0}),
    "token-lifetime": (observers.token_lifetime, {"24h": 86_400, "<duration>": 5400}),
    "sender-id-without-token": (
        observers.sender_id_without_token,
        {"430": 430, "identity": "acts for the account"},
    ),
    "unknown-parent": (
        observers.unknown_parent,
        {"420": {(420, "PARENT NOT FOUND")}, "410": {(410, "NOT FOUND")}},
    ),
    "unfinished-parent": (
        observers.unfinished_parent,
        {"301": 301, "420": 420, "421": 421, "queued": 0},
    ),
    "foreign-parent": (
        observers.foreign_parent,
        {"420": 420, "410": 410, "430": 430, "allowed": 0},
    ),
    "find-scope": (observers_find.find_scope, {"own": [], "all": [True]}),
    "find-hash-filter": (
        observers_find.find_hash_filter,
        {"ignored": [False, True, False], "honoured": [True]},
    ),
    "find-order": (
        observers_find.find_order,
        {"newest-first": "falls", "oldest-first": ("rises", True)},
    ),
    "find-default-limit": (observers_find.find_default_limit, {"10": 10, "<n>": 25, "none": 30}),
    "find-max-limit": (observers_find.find_max_limit, {"100": 100, "<n>": 50, "none": 105}),
    "find-bad-limit": (
        observers_find.find_bad_limit,
        {"301": [301] * 5, "clamped": [1, 1, 3, 3, 3], "ignored": [3] * 5},
    ),
    "find-timestamp-unit": (observers_find.find_timestamp_unit, {"ms": [0, 0, 1], "s": [1, 1, 1]}),
    "find-total-scope": (
        observers_find.find_total_scope,
        {"filters-with-cursor": 2, "filters-without-cursor": 3},
    ),
    "find-prompt-match": (
        observers_find.find_prompt_match,
        {
            "substring-any-case": [1, 1, 0, 1, 1],
            "substring": [0, 1, 0, 1, 1],
            "exact": [0, 0, 0, 1, 0],
            "words": [0, 0, 1, 1, 0],
        },
    ),
    "find-scalar-for-array": (
        observers_find.find_scalar_for_array,
        {"301": [301] * 4, "accepted": [1, 1, 0, 0]},
    ),
    "find-empty-array": (
        observers_find.find_empty_array,
        {"no-restriction": [1] * 3, "nothing": [0] * 3},
    ),
    "pending-statuses": (
        observers.pending_statuses,
        {
            "0-1000-4000": (0, 1000, 4000),
            "<queued>-<running>-<failed>": (1, 2, 3),
            "null": (None, None, None),
        },
    ),
    "progress-type": (
        observers.progress_type,
        {"int": 46, "number-string": "46", "percent-string": "46%", "null": None},
    ),
    "preview-image": (observers.preview_image, {"url": True, "null": False}),
    "error-on-success": (
        observers.error_on_success,
        {"altered-prompt": "altered prompt", "null": None},
    ),
    "job-type-names": (
        observers.job_type_names,
        {
            "remix-is-variation": [
                *("main", "variation", "upscale", "blend", "describe", "variation"),
            ],
            "remix-is-remix": ["main", "variation", "upscale", "blend", "describe", "remix"],
            "<main>,<variation>,<upscale>,<blend>,<describe>,<remix>": [
                *("main", "vary", "upscale", "mix", "describe", "edit"),
            ],
        },
    ),
    "niji-selection": (
        observers.niji_selection,
        {"flag": ["niji", "main"], "never": ["main", "main"]},
    ),
    "blend-result": (observers.blend_result, {"grid": (True, 0), "single": (False, 421)}),
    "blend-bad-link": (
        observers.blend_bad_link,
        {"job-fails": [(None, False)] * 2, "301": [301] * 2},
    ),
    "describe-result": (
        observers.describe_result,
        {
            "description-four": ["link", 4],
            "description-one": ["link", 1],
            "msg-content": [4, None],
        },
    ),
    "image-frame": (observers.image_frame, {"framed": (1088, 1152), "raw": (1024, 1024)}),
    "image-md5": (observers.image_md5, {"null": [False, False], "hex": [True, False]}),
    "child-grid-num": (observers.child_grid_num, {"set": (2, 3), "null": (None, None)}),
    "repeat-upscale": (
        observers.repeat_upscale,
        {"new-job": "new", "same-hash": "same", "refused": 301},
    ),
    "grid-num-string": (observers.grid_num_string, {"301": (301, 301), "coerced": (0, 0)}),
    "concurrency-limit": (
        observers.concurrency_limit,
        {"queued-silently": [0] * 5, "refused": [0, 0, 0, 501, 501]},
    ),
    "unknown-field": (observers.unknown_field, {"ignored": [0] * 3, "301": [301] * 3}),
    "second-login": (observers.second_login, {"keeps": [0, 0], "ends": [430, 0]}),
    "other-method": (
        observers.other_method,
        {
            "as-unknown-route": {(404, 410)},
            "http-405-html": {(405, "HTML")},
            "http-405-410": {(405, 410)},
        },
    ),
    "check-order": (
        observers.check_order,
        {
            "parameters-parent-plan": [301, 420, 301, 411],
            "parameters-plan-parent": [301, 411, 301, 411],
            "plan-parameters-parent": [411, 411, 301, 411],
            "plan-parent-parameters": [411, 411, 420, 411],
            "parent-parameters-plan": [301, 420, 420, 411],
            "parent-plan-parameters": [411, 420, 420, 411],
        },
    ),
    "child-parent": (
        observers.child_parent,
        {
            "both": {(True, True)},
            "id": {(True, False)},
            "hash": {(False, True)},
            "neither": {(False, False)},
        },
    ),
    "upscale-variation": (observers.upscale_variation, {"421": (421, 421), "allowed": (0, 421)}),
    "aspect-flag": (observers.aspect_flag, {"shape": True, "ignored": False}),
    "favourite-false": (
        observers_find.favourite_false,
        {"others": [1, 1, 2], "no-restriction": [2, 1, 2], "301": [301, 1, 2]},
    ),
    "find-unknown-service": (
        observers_find.find_unknown_service,
        {"301": [301, 301, 2], "nothing": [0, 2, 2], "no-restriction": [2, 2, 2]},
    ),
    "find-unknown-type": (
        observers_find.find_unknown_type,
        {"nothing": [0, 2], "301": [301, 2]},
    ),
    "find-cursor-string": (
        observers_find.find_cursor_string,
        {"301": [301] * 3, "coerced": [0, 2, 301], "ignored": [2, 2, 301]},
    ),
    "find-empty-prompt": (
        observers_find.find_empty_prompt,
        {"no-restriction": 2, "nothing": 0, "301": 301},
    ),
    "null-parameter": (observers_find.null_parameter, {"301": {301}, "omitted": {2}}),
}


QUESTIONS = yaml_files.read("questions.yaml")["questions"]
VARIANTS = [(entry["id"], variant) for entry in QUESTIONS for variant in entry["variants"]]
MIXED: dict[str, str] = yaml_files.read("profiles/mixed.yaml")["answers"]


@pytest.mark.parametrize(
    ("question", "variant"), VARIANTS, ids=[f"{question}={v['id']}" for question, v in VARIANTS]
)
def test_a_variant_is_honoured(make_fake: MakeFake, question: str, variant: dict[str, str]) -> None:
    assert question in SEEN, f"no test observes {question}"
    observe, seen = SEEN[question]
    assert variant["id"] in seen, f"no test knows how {question} looks as {variant['id']}"
    fake = make_fake({question: variant.get("example", variant["id"])}, accounts=ACCOUNTS)
    assert observe(fake) == seen[variant["id"]]


@pytest.mark.parametrize("entry", QUESTIONS, ids=[entry["id"] for entry in QUESTIONS])
def test_the_default_is_what_a_fake_does_unasked(
    make_fake: MakeFake, entry: dict[str, Any]
) -> None:
    observe, seen = SEEN[entry["id"]]
    assert observe(make_fake(accounts=ACCOUNTS)) == seen[entry["default"]]


@pytest.mark.parametrize("question", SEEN)
def test_mixed_is_honoured_whole(make_fake: MakeFake, question: str) -> None:
    observe, seen = SEEN[question]
    (entry,) = (entry for entry in QUESTIONS if entry["id"] == question)
    answer = MIXED[question]
    (name,) = (v["id"] for v in entry["variants"] if answer in (v["id"], v.get("example")))
    assert observe(make_fake(profile="mixed", accounts=ACCOUNTS)) == seen[name]


def test_no_two_variants_look_alike() -> None:
    for question, (_, seen) in SEEN.items():
        looks = [repr(look) for look in seen.values()]
        assert len(set(looks)) == len(looks), question
    assert set(SEEN) == {entry["id"] for entry in QUESTIONS}


def test_a_status_that_was_not_observed_is_the_defaults(make_fake: MakeFake) -> None:
    assert observers.pending_statuses(make_fake({"pending-statuses": "?-7-?"})) == (0, 7, 4000)


def test_seconds_page_back_too(make_fake: MakeFake) -> None:
    caller = past_jobs(make_fake({"find-timestamp-unit": "s"}), 12)
    seen: list[str] = []
    asked: dict[str, int] = {"limit": 5}
    while page := caller.find(**asked):
        seen += [record["hash"] for record in page]
        asked["timestamp_smaller_than"] = cursor(caller.fake, page[-1])
    assert len(seen) == len(set(seen)) == 12
