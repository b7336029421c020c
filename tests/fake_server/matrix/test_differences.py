"""A question is touched where another answer would have made a difference, and nowhere else."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from sampan.fake_server.contract import document, yaml_files
from sampan.fake_server.contract.profile import Profile
from sampan.fake_server.matrix.plan import trials
from tests.fake_server.api.test_questions import SEEN
from tests.fake_server.matrix.test_watched import watched
from tests.support.fakes import Caller, Fake
from tests.support.observers import ACCOUNTS

OTHERS: dict[str, tuple[str, ...]] = {}
for trial in trials(document.compile(yaml_files.read("openapi.yaml"))):
    if trial.kind == "question":
        OTHERS[trial.subject] = (*OTHERS.get(trial.subject, ()), trial.value or "")


@pytest.mark.parametrize("question", SEEN)
def test_whoever_observes_a_question_sees_a_difference_to_an_answer(question: str) -> None:
    observe, _ = SEEN[question]
    with watched(accounts=ACCOUNTS) as (fake, service):
        service.differences.wanted = OTHERS
        observe(fake)
        found = {name.partition("=")[2] for name in service.differences.found} & {*OTHERS[question]}
        assert found


def two_jobs(fake: Fake) -> Caller:
    abc = fake.login()
    abc.create("a cat")
    abc.create("a dog")
    fake.wall += 60_000
    return abc


def find(**conditions: object) -> Callable[[Fake], object]:
    return lambda fake: two_jobs(fake).find(**conditions)


def draw(count: int) -> Callable[[Fake], object]:
    def do(fake: Fake) -> None:
        abc = fake.login()
        for _ in range(count):
            abc.create()

    return do


def upscale(*cells: int, parents: int = 1) -> Callable[[Fake], object]:
    def do(fake: Fake) -> None:
        abc = fake.login()
        for parent in [abc.picture("a cat") for _ in range(parents)]:
            for cell in cells:
                abc.submit("/jobs/upscale", parent_hash=parent["hash"], grid_num=cell)

    return do


def many(count: int, limit: int) -> Callable[[Fake], object]:
    def do(fake: Fake) -> None:
        draw(count)(fake)
        fake.login().find(limit=limit)

    return do


def logins(fake: Fake, *, again: bool, apart: int = 1000) -> None:
    first = fake.login()
    fake.wall += apart
    second = fake.login()
    (first if again else second).find(limit=1)


def with_other(fake: Fake) -> None:
    fake.login("other").create()
    fake.login().find(limit=5)


def refused(account: str, **body: object) -> Callable[[Fake], object]:
    return lambda fake: fake.login(account).post("/jobs/upscale", body)


#: Of what a client does, the answers that would have changed a response of it, of a question.
MADE: list[tuple[str, Callable[[Fake], object], set[str]]] = [
    ("find-order", find(limit=5), {"oldest-first"}),
    ("find-order", find(limit=1), {"oldest-first"}),
    ("find-order", find(limit=5, prompt="dog"), set()),
    ("find-order", find(limit=5, service=["niji"]), set()),
    ("find-max-limit", find(limit=100), set()),
    ("find-max-limit", many(51, 50), set()),
    ("find-max-limit", many(50, 51), set()),
    ("find-max-limit", many(51, 51), {"50"}),
    ("find-max-limit", many(101, 101), {"50", "none"}),
    ("find-default-limit", find(), set()),
    ("find-scope", find(limit=5), set()),
    ("find-scope", with_other, {"all"}),
    ("find-prompt-match", find(prompt="a cat"), set()),
    ("find-prompt-match", find(prompt="a ca"), {"exact", "words"}),
    ("second-login", lambda fake: logins(fake, again=False), set()),
    ("second-login", lambda fake: logins(fake, again=True), {"ends"}),
    ("second-login", lambda fake: logins(fake, again=True, apart=0), {"ends"}),
    ("second-login", draw(2), set()),
    ("repeat-upscale", upscale(1, 2, 3), set()),
    ("repeat-upscale", upscale(1, parents=2), set()),
    ("repeat-upscale", upscale(1, 2, 1), {"same-hash", "refused"}),
    ("concurrency-limit", draw(3), set()),
    ("concurrency-limit", draw(4), {"refused"}),
    ("check-order", draw(2), set()),
    ("check-order", refused("abc", grid_num=1), set()),
    ("check-order", refused("abc", parent_hash="no", grid_num=1), set()),
    (
        "check-order",
        refused("abc", parent_hash="no", grid_num=9),
        {"plan-parent-parameters", "parent-parameters-plan", "parent-plan-parameters"},
    ),
    (
        "check-order",
        refused("limited", grid_num=1),
        {"plan-parameters-parent", "plan-parent-parameters", "parent-plan-parameters"},
    ),
]


@pytest.mark.parametrize(("question", "do", "answers"), MADE)
def test_what_no_answer_could_change_is_reached_and_not_touched(
    question: str, do: Callable[[Fake], object], answers: set[str]
) -> None:
    with watched(accounts=ACCOUNTS) as (fake, service):
        service.differences.wanted = {question: OTHERS[question]}
        do(fake)
        assert question in service.asked
        assert service.differences.found == {f"{question}={answer}" for answer in answers}


def test_a_run_with_the_other_answer_is_compared_with_the_documented_one() -> None:
    with watched() as (fake, service):
        answers = {"second-login": "ends", "find-order": "oldest-first"}
        service.use_profile(Profile.of(service.questions, answers, "another"))
        service.differences.wanted = {"second-login": ("keeps",), "find-order": ("newest-first",)}
        first = fake.login()
        first.picture("a cat")
        assert service.differences.found == set()
        first.picture("a dog")
        assert service.differences.found == {"find-order=newest-first"}
        fake.login()
        assert "second-login=keeps" not in service.differences.found
        assert first.post("/jobs/find", {}).json()["errno"] == 430
        assert "second-login=keeps" in service.differences.found
