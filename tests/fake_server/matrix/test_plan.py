"""The runs: one for each other answer to each question, and their names."""

from __future__ import annotations

import re

import pytest

from sampan.fake_server.contract import document, yaml_files
from sampan.fake_server.contract.profile import Profile
from sampan.fake_server.contract.profile_files import shipped_questions
from sampan.fake_server.matrix.mishaps import MISHAPS
from sampan.fake_server.matrix.plan import PlanError, Trial, select, trials
from tests.support.paths import ROOT

SPEC = document.compile(yaml_files.read("openapi.yaml"))
EVERY = trials(SPEC)


def named(*only: str, skip: tuple[str, ...] = (), mishaps: bool = False) -> list[str]:
    return [trial.name for trial in select(EVERY, only, skip, mishaps=mishaps)]


def test_every_other_answer_to_every_question_is_tried_once() -> None:
    found: dict[str, list[str]] = {}
    for trial in EVERY:
        if trial.kind == "question":
            assert trial.value is not None
            assert trial.answers == {trial.subject: trial.value}
            found.setdefault(trial.subject, []).append(trial.value)
    for question in shipped_questions().values():
        answers = found[question.id]
        assert len(answers) == len(set(answers))
        assert set(question.variants) - {question.default} <= set(answers)
        for pattern in question.patterns:
            assert any(re.fullmatch(pattern, answer) for answer in answers)
        assert question.default not in answers
        for answer in answers:
            Profile.of(shipped_questions(), {question.id: answer}, "a trial")


def test_then_mixed_and_if_wanted_the_mishaps() -> None:
    assert named()[-1] == "mixed"
    with_mishaps = named(mishaps=True)
    assert with_mishaps[: len(named())] == named()
    assert {name.partition("=")[0] for name in with_mishaps[len(named()) :]} == {
        *("answer-lost", "service-error", "too-many-requests", "token-expires"),
        *("picture-late", "job-slow", "job-fails"),
    }
    assert "answer-lost=createJob" in with_mishaps
    assert "answer-lost=findJobs" not in with_mishaps


def test_names_are_unique() -> None:
    names = [trial.name for trial in EVERY]
    assert len(names) == len(set(names))
    assert not {trial.subject for trial in EVERY if trial.kind == "mishap"} & set(
        shipped_questions()
    )


def test_a_name_selects_a_subject_or_one_of_its_values() -> None:
    assert named("find-order", "mixed") == ["find-order=oldest-first", "mixed"]
    assert named("progress-type=null") == ["progress-type=null"]
    assert named("answer-lost=createJob") == ["answer-lost=createJob"]
    kinds = "job-type-names=main,vary,upscale,mix,describe,edit"
    assert named(kinds) == [kinds]
    both = {kinds, "progress-type=null", "find-order=oldest-first", "mixed"}
    for texts in (
        [f"find-order,progress-type=null,{kinds}", "mixed"],
        [f"{kinds} , mixed,progress-type=null,find-order=oldest-first"],
    ):
        assert set(named(*texts)) == both
        assert not set(named(skip=tuple(texts))) & both
    assert named("progress-type", skip=("progress-type=null",)) == [
        "progress-type=number-string",
        "progress-type=percent-string",
    ]
    assert len(named(skip=("mixed",))) == len(named()) - 1


@pytest.mark.parametrize(
    ("only", "skip", "says"),
    [
        (("find-ordr",), (), "--only: 'find-ordr' is not the name .*; did you mean 'find-order'"),
        ((), ("answer-last",), "--skip: 'answer-last' .*; did you mean 'answer-lost'"),
        (("find-order=oldest",), (), "did you mean 'find-order=oldest-first'"),
        (("progress-type=null,find-ordr",), (), "'find-ordr' .*; did you mean 'find-order'"),
        (("find-order=newest-first",), (), "valid: find-order=oldest-first|did you mean"),
        (("nonsense",), (), "valid: success-http-status, error-http-status"),
        (("mixed",), ("mixed",), "--skip leaves nothing of what --only names"),
    ],
)  # fmt: skip
def test_what_selects_nothing_is_refused_in_words(
    only: tuple[str, ...], skip: tuple[str, ...], says: str
) -> None:
    with pytest.raises(PlanError, match=says):
        named(*only, skip=skip)


def test_a_name_that_is_none_is_answered_with_all_that_are() -> None:
    with pytest.raises(PlanError) as refused:
        named("nope")
    said = str(refused.value).partition("valid: ")[2].split(", ")
    assert said == list(dict.fromkeys(trial.subject for trial in EVERY))


def test_all_skipped_is_nothing_to_run() -> None:
    with pytest.raises(PlanError, match="nothing to run"):
        named(skip=tuple(named()))


def test_a_trial_says_what_it_means() -> None:
    (trial,) = select(EVERY, ["too-many-requests=login"], (), mishaps=False)
    assert trial == Trial(
        "mishap", "too-many-requests", "login", "login gets HTTP 429 with Retry-After: 1, once"
    )


def test_a_trial_of_an_example_says_what_it_alone_means() -> None:
    for entry in yaml_files.read("questions.yaml")["questions"]:
        for variant in entry["variants"]:
            if "example" not in variant:
                continue
            (trial,) = select(EVERY, [f"{entry['id']}={variant['example']}"], (), mishaps=False)
            assert not re.search(r"\?|\bn\b|\bthese\b|\bthis\b", trial.says)
            # Its numbers and names are in the sentence.
            for part in re.findall(r"\d+|[a-z]{2,}", variant["example"]):
                assert part in trial.says, trial.name


def test_the_docs_name_every_mishap() -> None:
    table = (ROOT / "docs" / "matrix.md").read_text().partition("| mishap |")[2]
    rows = re.findall(r"^\| `([a-z-]+)` \| ", table.partition("\n\n")[0], re.MULTILINE)
    assert rows == list(MISHAPS)
