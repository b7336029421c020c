"""Generated requests and walks: what they find, what they never send, and what they cost."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from random import Random
from typing import Any

import pytest

from sampan.conformance.contract import shipped
from sampan.conformance.generated import foreign, walks
from sampan.conformance.generated.reducing import smallest
from sampan.conformance.generated.shares import shares
from sampan.conformance.report import Report
from sampan.conformance.rules import drawn_bodies as drawn
from sampan.conformance.rules.generated_bodies import Generator
from sampan.conformance.rules.parameters import wrong_parameter
from sampan.conformance.settings import RunOptions
from sampan.conformance.verdict import Verdict
from tests.support.examples import sampled
from tests.support.generated import failed, generated
from tests.support.judged import complaints, embellished, finding, honest, judged
from tests.support.tampering.exchange import Go, Reply, Request, Tampering, html, refusal, success

CONTRACT = shipped()


# Right servers


@pytest.mark.parametrize(
    ("jobs", "profile"),
    sampled(
        [
            (0, "mixed"),
            (1, "documented"),
            (1, "mixed"),
            (0, "documented"),
            (None, "documented"),
            (None, "mixed"),
        ],
        8,
    ),
)
def test_a_right_server_is_not_failed(profile: str, jobs: int | None) -> None:
    tampering = embellished if profile == "documented" else honest
    report = judged_all(tampering, jobs, answers=profile)
    assert complaints(report) == []
    assert report.jobs_spent <= (60 if jobs is None else jobs)


def judged_all(tampering: Tampering, jobs: int | None, **more: Any) -> Report:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(walks, "send_foreign", lambda player: None)
        return judged(tampering, generate=160, jobs=jobs, job_seconds=0.05, **more)


@pytest.mark.parametrize(
    ("question", "answer"),
    sampled(
        [
            ("find-timestamp-unit", "s"),
            ("find-order", "oldest-first"),
            ("find-scope", "all"),
            ("repeat-upscale", "same-hash"),
            ("concurrency-limit", "refused"),
            ("unfinished-parent", "queued"),
            ("second-login", "ends-first"),
            ("upscale-variation", "accepted"),
            ("error-http-status", "by-errno"),
            ("check-order", "parent-parameters-plan"),
        ],
        12,
    ),
)
def test_no_answer_to_a_question_is_a_failure(question: str, answer: str, tmp_path: Path) -> None:
    row = CONTRACT.questions[question]
    known = [one.id for one in row.variants]
    answers = {question: answer if answer in known else known[-1]}
    report = generated(honest, jobs=None, answers=answers, folder=tmp_path)
    assert failed(report) == []


def test_the_bodies_of_schemathesis_are_sent_and_fail_no_right_server(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(foreign, "_MOST", 4)
    report = judged(honest, "GEN-2", generate=150, jobs=0, answers="mixed")
    assert complaints(report) == []


# Wrong servers


def _where(operation: str, when: Any, answer: Any) -> Tampering:
    async def tampering(request: Request, go: Go) -> Reply:
        reply = await go(request)
        return answer(reply) if request.operation == operation and when(request.fields) else reply

    return tampering


def _taken(_: Reply) -> Reply:
    return success("0" * 64)


#: Mistakes, with the requirement that each breaks.
BROKEN: dict[str, tuple[str, Tampering, int | None]] = {
    "two filters at once": (
        "FIND-1",
        _where(
            "findJobs", lambda body: {"favourite", "prompt"} <= set(body), lambda _: refusal(301)
        ),
        0,
    ),
    "an emoji in a prompt": (
        "FIND-1",
        _where("findJobs", lambda body: "🚣" in str(body.get("prompt")), lambda _: refusal(501)),
        0,
    ),
    "an odd prompt": (
        "GEN-5",
        _where(
            "findJobs", lambda body: "\x00" in str(body.get("prompt")), lambda _: html(500, "x")
        ),
        0,
    ),
    "any credentials": (
        "LOGIN-4",
        _where("login", lambda body: "sampan" in str(body.get("username")), _taken),
        0,
    ),
    "a cell beyond the grid": (
        "GRID-2",
        _where("upscaleJob", lambda body: body.get("grid_num") == 5, lambda _: refusal(501)),
        1,
    ),
    "a content that is no text": (
        "GEN-4",
        _where("blendImages", lambda body: not isinstance(body.get("content", ""), str), _taken),
        1,
    ),
    "an errno of its own": (
        "GEN-2",
        _where(
            "upscaleJob", lambda body: body.get("grid_num") == 0, lambda r: r.with_fields(errno=1)
        ),
        1,
    ),
}


@pytest.mark.parametrize("what", sampled(BROKEN, 4))
def test_a_breach_is_found(what: str) -> None:
    id, tampering, jobs = BROKEN[what]
    found = finding(judged(tampering, id, generate=400, sampled=True, jobs=jobs), id)
    assert found.verdict is Verdict.FAIL, found
    assert found.evidence


def _records(change: Any) -> Tampering:
    async def tampering(request: Request, go: Go) -> Reply:
        reply = await go(request)
        if request.operation != "findJobs" or not reply.ok:
            return reply
        return reply.with_records([change(one, request) for one in reply.records])

    return tampering


WALKED: dict[str, tuple[str, Tampering]] = {
    "an id that changes with the limit": (
        "LIFE-4",
        _records(lambda record, request: {**record, "id_uuid": f"{request.fields.get('limit')}"}),
    ),
    "an upscale that is a main": (
        "UP-6",
        _records(lambda record, _: {**record, "job_type": "main"}),
    ),
    "pictures that are not there": (
        "IMG-1",
        _records(
            lambda record, _: {
                **record,
                "img_thumb": record["img_thumb"] and f"{record['img_thumb']}x",
            }
        ),
    ),
    "a sender_id that is refused": (
        "UP-5",
        _where("upscaleJob", lambda body: "sender_id" in body, lambda _: refusal(301)),
    ),
}


@pytest.mark.parametrize("what", sampled(list(WALKED), 4))
def test_a_breach_is_found_by_walking(what: str) -> None:
    id, tampering = WALKED[what]
    assert finding(generated(tampering, 200, None), id).verdict is Verdict.FAIL


def test_a_record_that_has_no_text_before_its_job_is_finished_is_no_breach() -> None:
    bare = dict.fromkeys(("msg_content", "msg_display"))
    late = _records(lambda record, _: record if record["status"] == 2000 else {**record, **bare})
    assert failed(generated(late, 60, None)) == []


@pytest.mark.parametrize("stamp", sampled(["²", "９", "9" * 5_000, "-5", "1e3"], 3))
def test_a_timestamp_of_any_form_ends_no_walk(stamp: str) -> None:
    report = generated(_records(lambda record, _: {**record, "timestamp": stamp}), 40, None)
    assert not [one for one in failed(report) if "exception" in one]


# Reducing


def _refuses_long_prompts() -> Tampering:
    return _where(
        "findJobs", lambda body: len(str(body.get("prompt", ""))) > 100, lambda _: refusal(301)
    )


def test_a_failing_find_is_reduced_to_the_smallest_that_fails() -> None:
    report = judged(_refuses_long_prompts(), "FIND-1", generate=300, sampled=True, jobs=0)
    found = finding(report, "FIND-1")
    assert found.verdict is Verdict.FAIL
    bodies = [one.request_body for one in found.evidence if hasattr(one, "request_body")]
    assert next(len(body) for body in bodies if set(json.loads(body)) == {"prompt"}) < 140
    assert "(generated by --seed 1, the smallest" in found.message
    assert report.repeated_by == "--seed 1"


def test_a_failure_names_what_repeats_it() -> None:
    report = judged_all(_refuses_long_prompts(), 0)
    again = "--generate 160 --seed 1 --budget-jobs 0"
    assert f"(generated by {again}" in finding(report, "FIND-1").message
    assert report.repeated_by == again


def test_what_a_generated_request_shows_is_told_once() -> None:
    broken = _where("findJobs", lambda body: "folders" in body, lambda _: html(500, "oops"))
    report = judged(broken, "GEN-1", "FIND", generate=60, sampled=True, jobs=0)
    message = finding(report, "GEN-1").message
    assert message.count("HTTP 500, HTML") == 1, message
    assert "(generated by --seed 1" in message


def test_reducing_ends_after_its_share_and_never_touches_a_submission() -> None:
    asked: Counter[str] = Counter()

    async def counting(request: Request, go: Go) -> Reply:
        asked[request.operation] += 1
        reply = await go(request)
        return refusal(501) if request.operation in ("findJobs", "varyJob") else reply

    generated(counting, 100, jobs=1, job_timeout=1.0)
    limit = shares(RunOptions("http://x", generate=100, jobs=1))
    # The check itself sends a few; a failed find is followed by control requests.
    assert asked["varyJob"] < limit.total / 2
    assert asked["findJobs"] < 3 * limit.total


@pytest.mark.parametrize(
    ("body", "needed", "smallest_one"),
    [
        (
            {"a": "xxyxx", "b": [1, 2, 3], "c": 7},
            lambda body: "y" in str(body.get("a")),
            {"a": "y"},
        ),
        ({"b": [1, 2, 3], "c": 9}, lambda body: 2 in body.get("b", []), {"b": [2]}),
        ({"c": 1000, "d": {"x": 1}}, lambda body: body.get("c", 0) > 30, {"c": 31}),
        ({"a": 1, "b": 2}, lambda body: len(body) == 2, {"a": 0, "b": 0}),
    ],
)
def test_what_is_left_is_the_smallest(body: Any, needed: Any, smallest_one: Any) -> None:
    found = smallest(body, lambda one: bool(needed(one)))
    assert needed(found)
    assert set(found) == set(smallest_one)
    assert len(str(found)) <= len(str(smallest_one)) + 2


@pytest.mark.parametrize(
    ("body", "needed", "smallest_one", "most"),
    [
        ({"limit": 81, "prompt": []}, lambda body: body.get("limit", 0) > 12, {"limit": 13}, 40),
        ({"limit": -81}, lambda body: body.get("limit", 0) < -6, {"limit": -7}, 25),
        (
            {str(n): n for n in range(30)} | {"x": ["a", "b"] * 8},
            lambda body: "b" in body.get("x", ()),
            {"x": ["b"]},
            20,
        ),
        (
            {"a": "y" * 40, "b": [5] * 9, "c": 77, "d": "z" * 40},
            lambda body: {"a", "b", "c", "d"} <= set(body),
            {"a": "", "b": [], "c": 0, "d": ""},
            30,
        ),
    ],
)
def test_reducing_takes_few_requests(body: Any, needed: Any, smallest_one: Any, most: int) -> None:
    tried: list[object] = []

    def fails(one: dict[str, object]) -> bool:
        tried.append(one)
        return bool(needed(one))

    assert smallest(body, fails) == smallest_one
    assert len(tried) <= most


def test_each_requirement_that_a_request_breaks_is_shown_by_a_small_request() -> None:
    def wrong(_: Reply) -> Reply:
        return html(500, "oops")

    broken = _where("findJobs", lambda body: len(str(body.get("prompt", ""))) > 100, wrong)
    report = generated(broken, 200)
    failing = [one for one in report.findings if one.verdict is Verdict.FAIL]
    assert len(failing) > 1
    for one in failing:
        bodies = [json.loads(it.request_body) for it in one.evidence if hasattr(it, "request_body")]
        assert {"prompt"} in [set(body) for body in bodies], one.message


def test_what_was_not_reduced_to_the_end_is_not_called_the_smallest() -> None:
    report = generated(_refuses_long_prompts(), 2)
    assert "the smallest" not in finding(report, "FIND-1").message
    report = generated(_refuses_long_prompts(), 200)
    assert "the smallest" in finding(report, "FIND-1").message


def test_a_made_up_name_stays_made_up_while_it_is_reduced() -> None:
    seen: list[Any] = []

    def fails(body: dict[str, object]) -> bool:
        seen.append(body)
        return "username" in body

    smallest({"username": "mark-abcdef", "password": "mark-x"}, fails, keep="mark")
    assert all(str(one["username"]).startswith("mark") for one in seen if "username" in one)


# Bodies


def test_drawn_filters_are_right_and_odd_ones_not_always() -> None:
    random = Random(1)
    right = [drawn.filters(random) for _ in range(200)]
    assert not any(wrong_parameter(CONTRACT, "findJobs", body) for body in right)
    odd = [drawn.odd_filters(random, CONTRACT) for _ in range(200)]
    assert any(wrong_parameter(CONTRACT, "findJobs", body) for body in odd)


def test_what_is_no_object_is_none() -> None:
    random = Random(2)
    for operation in CONTRACT.operations:
        for _ in range(40):
            body = drawn.no_object(random, CONTRACT, operation)
            assert len(body) < 65_536
            assert not drawn.is_object(body)


def test_schemathesis_makes_the_same_bodies_for_the_same_seed() -> None:
    def made(seed: int) -> list[object]:
        bodies: list[object] = []
        Generator(CONTRACT, seed).bodies("findJobs", 10, bodies.append, good=False)
        return bodies

    assert made(3) == made(3) != made(4)
