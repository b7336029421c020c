"""Profiles: every question has an answer, and a wrong one is refused with what would be right."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from sampan.fake_server.contract import yaml_files
from sampan.fake_server.contract.profile import KINDS, Profile, ProfileError, Question, questions
from sampan.fake_server.contract.profile_files import load_profile
from sampan.fake_server.jobs.lifecycle import State

_DOCUMENT = yaml_files.read("questions.yaml")
_QUESTIONS = questions(_DOCUMENT)


def _profile(**answers: object) -> Profile:
    given = {key.replace("_", "-"): answer for key, answer in answers.items()}
    return Profile.of(_QUESTIONS, given, "mine")


def _refusal(answers: Mapping[Any, object]) -> str:
    with pytest.raises(ProfileError) as refused:
        Profile.of(_QUESTIONS, answers, "mine")
    return str(refused.value)


# Questions


@pytest.mark.parametrize("question", _QUESTIONS.values(), ids=lambda question: question.id)
def test_a_question_admits_its_variants_and_nothing_else(question: Question) -> None:
    assert question.admits(question.default)
    assert all(question.admits(variant) for variant in question.variants)
    for answer in ("", "nonsense", f"{question.default} ", f"{question.default}\n"):
        assert not question.admits(answer)


def test_a_pattern_admits_what_the_whole_of_it_matches() -> None:
    question = Question("q", "a", ("a",), (r"^\d+$",))
    assert question.admits("12")
    assert not question.admits("12a")
    assert not question.admits("12\n")


# Answers


def test_what_is_left_out_takes_its_default() -> None:
    answers = _profile(find_order="oldest-first").answers
    assert answers["find-order"] == "oldest-first"
    assert {key: answers[key] for key in answers if key != "find-order"} == {
        id: question.default for id, question in _QUESTIONS.items() if id != "find-order"
    }


def test_yaml_has_numbers_and_nothing_where_answers_are_text() -> None:
    profile = _profile(success_http_status=201, preview_image=None, find_default_limit=25)
    assert profile["success-http-status"] == "201"
    assert profile["preview-image"] == "null"
    assert profile.default_limit == 25


def test_an_unknown_question_is_refused_with_the_nearest() -> None:
    assert _refusal({"find-ordr": "newest-first"}).startswith(
        "profile mine: unknown question 'find-ordr'; did you mean 'find-order'? Questions: success-"
    )


@pytest.mark.parametrize("question", ["zzzz", 5, None])
def test_an_unknown_question_like_no_other_is_refused_without(question: object) -> None:
    told = _refusal({question: "x"})
    assert told.startswith(f"profile mine: unknown question {question!r}; questions: success-")


def test_an_unknown_variant_is_refused_with_those_that_there_are() -> None:
    assert _refusal({"find-order": "newest"}) == (
        "profile mine: 'newest' is not a variant of find-order; did you mean 'newest-first'?"
        " Its variants: newest-first, oldest-first"
    )


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("find-order", False),
        ("find-order", ["newest-first"]),
        ("token-lifetime", "24"),
        ("token-lifetime", "0h"),
        ("token-lifetime", "1.5h"),
        ("token-lifetime", f"{'9' * 5000}h"),
        ("find-max-limit", 0),
        ("find-max-limit", "-1"),
        ("find-max-limit", "9" * 20),
        ("pending-statuses", "0-1000"),
        ("pending-statuses", "2000-1-2"),
        ("pending-statuses", "0-1000-2000"),
        ("pending-statuses", f"0-1000-{'4' * 20}"),
        ("job-type-names", "a,b,c"),
    ],
    ids=lambda value: str(value)[:20],
)
def test_an_answer_of_the_wrong_form_is_refused(question: str, answer: object) -> None:
    told = _refusal({question: answer})
    assert f"{str(answer)!r} is not a variant of {question}; " in told
    assert "ts variants: " in told
    assert "^" not in told  # what a pattern stands for is said in words


# What the answers mean


@pytest.mark.parametrize(
    ("answer", "seconds"), [("24h", 86_400), ("90m", 5_400), ("1s", 1), ("3600s", 3_600)]
)
def test_how_long_a_token_lasts(answer: str, seconds: int) -> None:
    assert _profile(token_lifetime=answer).token_seconds == seconds


@pytest.mark.parametrize(("answer", "limit"), [("none", None), ("25", 25), (7, 7)])
def test_limits(answer: object, limit: int | None) -> None:
    profile = _profile(find_default_limit=answer, find_max_limit=answer)
    assert (profile.default_limit, profile.max_limit) == (limit, limit)


@pytest.mark.parametrize(
    ("answer", "statuses"),
    [
        ("0-1000-4000", (0, 1000, 2000, 4000)),
        ("1-2-3", (1, 2, 2000, 3)),
        ("-1--2--3", (-1, -2, 2000, -3)),
        ("?-?-?", (0, 1000, 2000, 4000)),
        ("7-?-9", (7, 1000, 2000, 9)),
        ("?-7-?", (0, 7, 2000, 4000)),
        ("null", (None, None, 2000, None)),
        (None, (None, None, 2000, None)),
    ],
)
def test_statuses(answer: object, statuses: tuple[int | None, ...]) -> None:
    """``?`` is what a kit writes for a status that it never saw: the default's then."""
    order = (State.QUEUED, State.RUNNING, State.FINISHED, State.FAILED)
    found = _profile(pending_statuses=answer).statuses
    assert tuple(found[state] for state in order) == statuses


@pytest.mark.parametrize(
    ("answer", "names"),
    [
        ("remix-is-variation", "main variation upscale blend describe variation"),
        ("remix-is-remix", "main variation upscale blend describe remix"),
        ("m,v,u,b,d,r", "m v u b d r"),
        ("main,vary,upscale,混合,describe,vary", "main vary upscale 混合 describe vary"),
    ],
)
def test_job_types(answer: str, names: str) -> None:
    found = _profile(job_type_names=answer).job_types
    assert [found[kind] for kind in KINDS] == names.split()


def test_no_parametric_example_breaks_a_profile() -> None:
    for entry in _DOCUMENT["questions"]:
        for variant in entry["variants"]:
            if "pattern" in variant:
                profile = Profile.of(_QUESTIONS, {entry["id"]: variant["example"]}, "mine")
                assert profile.statuses
                assert profile.job_types
                assert profile.token_seconds
                assert profile.default_limit
                assert profile.max_limit


# Files


def test_documented_is_the_default_of_every_question() -> None:
    profile = load_profile("documented", _QUESTIONS)
    assert profile.name == "documented"
    assert profile.answers == {id: question.default for id, question in _QUESTIONS.items()}


def test_mixed_answers_every_question_otherwise() -> None:
    profile = load_profile("mixed", _QUESTIONS)
    assert profile.name == "mixed"
    same = [id for id, question in _QUESTIONS.items() if profile[id] == question.default]
    assert same == []


def _written(tmp_path: Path, text: str) -> str:
    file = tmp_path / "mine.yaml"
    file.write_text(text, "utf-8")
    return str(file)


def _file_refusal(name: str) -> str:
    with pytest.raises(ProfileError) as refused:
        load_profile(name, _QUESTIONS)
    assert "\n" not in str(refused.value)
    return str(refused.value)


def test_a_profile_in_a_file(tmp_path: Path) -> None:
    path = _written(tmp_path, "name: learnt\nanswers: {find-order: oldest-first}\n")
    profile = load_profile(path, _QUESTIONS)
    assert (profile.name, profile["find-order"]) == ("learnt", "oldest-first")


def test_a_profile_without_a_name_is_called_as_its_file(tmp_path: Path) -> None:
    assert load_profile(_written(tmp_path, "answers: {}"), _QUESTIONS).name == "mine"


@pytest.mark.parametrize("name", ["nowhere", "", ".", "/", "../profiles/documented"])
def test_a_profile_that_is_not_there(name: str) -> None:
    told = f"profile {name!r} is neither a file nor one of documented, mixed"
    assert _file_refusal(name).startswith(told)


def test_a_profile_that_is_no_yaml(tmp_path: Path) -> None:
    path = _written(tmp_path, "answers: [")
    assert _file_refusal(path).startswith(f"profile {path} is not YAML: ")


@pytest.mark.parametrize("text", ["", "[]", "text", "answers:", "answers: []", "answers: text"])
def test_a_profile_of_another_form(tmp_path: Path, text: str) -> None:
    path = _written(tmp_path, text)
    assert (
        _file_refusal(path) == f"profile {path}: a profile must be a mapping with the key 'answers'"
    )


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        ("{}", "no keys"),
        ("name: x", "name"),
        ("answer: {}", "answer"),
        ("answers: {}\n5: x", "5, answers"),
    ],
)
def test_a_profile_with_other_keys(tmp_path: Path, text: str, keys: str) -> None:
    path = _written(tmp_path, text)
    assert _file_refusal(path) == (
        f"profile {path}: the key answers is required, name and description are optional;"
        f" found: {keys}"
    )


def test_a_wrong_answer_in_a_file_is_told_with_its_name(tmp_path: Path) -> None:
    path = _written(tmp_path, "name: learnt\nanswers: {find-order: random}")
    assert _file_refusal(path) == (
        "profile learnt: 'random' is not a variant of find-order;"
        " its variants: newest-first, oldest-first"
    )


EACH = [question for question in _QUESTIONS.values() if question.each]


@pytest.mark.parametrize("question", EACH, ids=lambda one: one.id)
def test_each_operation_may_have_an_answer_of_its_own(question: Question) -> None:
    first, *others = question.each
    other = next(one for one in question.variants if one != question.default)
    own = dict.fromkeys(others, question.default)
    answer = ", ".join(f"{key}: {one}" for key, one in {first: other, **own}.items())
    profile = Profile.of(_QUESTIONS, {question.id: answer}, "own")
    assert profile.of_operation(question.id, first) == other
    assert {profile.of_operation(question.id, one) for one in others} == {question.default}
    # A request of no operation is answered as one of the first.
    assert profile.of_operation(question.id, None) == other
    for bad in (f"{first}: {other}", answer.replace(first, "pollJob"), answer + "x"):
        assert not question.admits(bad)
    assert not question._replace(each=()).admits(answer)
