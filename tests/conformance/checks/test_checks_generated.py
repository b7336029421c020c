"""The generated requests of ``--exhaustive``: each breach is failed by the check of its own
requirement, conforming servers by none, and the same seed sends the same."""

from __future__ import annotations

import copy
from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from sampan.conformance.checking import generated_requests, random_walks
from sampan.conformance.contract import Contract
from sampan.conformance.report import Report
from sampan.conformance.rules.generated_bodies import VIRTUAL, Generator, virtual
from sampan.conformance.rules.parameters import sensible, wrong_parameter
from sampan.conformance.verdict import Verdict
from tests.support.examples import some
from tests.support.judged import complaints, embellished, finding, honest, judged
from tests.support.tampering.exchange import Go, Reply, Request, Tampering, html, refusal

CONTRACT = Contract()


#: Bodies by seed, operation, number and kind: the same every time, as a test below has it.
MADE: dict[tuple[int, str, int, bool], list[object]] = {}


class Remembering(Generator):
    """Makes the bodies once for all servers that they are sent to.

    ``operations``: the only ones that are sent any; all if none is named.
    """

    def __init__(self, contract: Contract, seed: int, operations: Sequence[str] = ()) -> None:
        super().__init__(contract, seed)
        self.seed = seed
        self.operations = operations

    def bodies(
        self, operation: str, count: int, each: Callable[[object], None], *, good: bool
    ) -> None:
        if self.operations and operation not in self.operations:
            return
        key = (self.seed, operation, count, good)
        if key not in MADE:
            made: list[object] = []
            super().bodies(operation, count, made.append, good=good)
            MADE[key] = made
        for body in copy.deepcopy(MADE[key]):
            each(body)


@pytest.fixture(autouse=True)
def _few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fewer bodies than a run sends, and next to no walks: they have tests of their own."""
    monkeypatch.setattr(generated_requests, "_COUNT", 30)
    monkeypatch.setattr(generated_requests, "Generator", Remembering)
    monkeypatch.setattr(random_walks, "_WALKS", 1)


#: Answers to questions, and the operations that they show in (of none: in all).
CONFORMING_SERVERS = [
    ("unknown-field", "301", ()),
    ("find-scalar-for-array", "accepted", ("findJobs",)),
    ("find-bad-limit", "ignored", ("findJobs",)),
    ("grid-num-string", "coerced", ("varyJob", "upscaleJob")),
    ("error-http-status", "by-errno", ()),
    ("blend-bad-link", "301", ("blendImages",)),
]


def exhausted(
    tampering: Tampering, *only: str, operations: Sequence[str] = (), **named: Any
) -> Report:
    """Run the checks ``only`` with generated bodies for these operations, or for all."""
    with pytest.MonkeyPatch.context() as patch:
        if operations:
            of_these = partial(Remembering, operations=operations)
            patch.setattr(generated_requests, "Generator", of_these)
        return judged(tampering, *only, exhaustive=True, **named)


@pytest.mark.parametrize("profile", some(["mixed", "documented"], 2))
def test_a_legal_server_is_not_failed(profile: str) -> None:
    tampering = honest if profile == "mixed" else embellished
    assert (
        complaints(exhausted(tampering, "GEN", "LOGIN-4", "FIND-1", "FIND-11", answers=profile))
        == []
    )


@pytest.mark.parametrize(("question", "answer", "operations"), some(CONFORMING_SERVERS, 2))
def test_no_answer_to_a_question_is_a_failure(
    question: str, answer: str, operations: Sequence[str], tmp_path: Path
) -> None:
    answers = {question: answer}
    report = exhausted(honest, "GEN-4", operations=operations, answers=answers, folder=tmp_path)
    assert complaints(report) == []


def _where(operation: str, when: Any, answer: Any) -> Tampering:
    async def tampering(request: Request, go: Go) -> Reply:
        reply = await go(request)
        return answer(reply) if request.operation == operation and when(request.fields) else reply

    return tampering


def _taken(reply: Reply) -> Reply:
    return reply.with_body({"errno": 0, "errmsg": "OK", "data": "0" * 64})


#: Mistakes, with the requirement that each breaks and the operation that it is made in.
BROKEN = {
    "a content that is no text": (
        "GEN-4",
        "blendImages",
        _where("blendImages", lambda body: not isinstance(body.get("content", ""), str), _taken),
    ),
    "a grid_num that is no number": (
        "GEN-4",
        "upscaleJob",
        _where(
            "upscaleJob",
            lambda body: not isinstance(body.get("grid_num"), int),
            lambda _: refusal(501),
        ),
    ),
    "two filters at once": (
        "FIND-1",
        "findJobs",
        _where(
            "findJobs", lambda body: {"favourite", "prompt"} <= set(body), lambda _: refusal(301)
        ),
    ),
    "a long prompt": (
        "GEN-5",
        "createJob",
        _where(
            "createJob",
            lambda body: len(str(body.get("content", ""))) > 9,
            lambda _: html(500, "x"),
        ),
    ),
    "any credentials": (
        "LOGIN-4",
        "login",
        _where("login", lambda body: "sampan" in str(body.get("username")), _taken),
    ),
    "an errno of its own for an empty hash": (
        "GEN-2",
        "upscaleJob",
        _where(
            "upscaleJob",
            lambda body: body.get("parent_hash") == "",
            lambda r: r.with_fields(errno=1),
        ),
    ),
}


@pytest.mark.parametrize("what", BROKEN)
def test_a_breach_is_failed_by_its_own_check(what: str) -> None:
    id, operation, tampering = BROKEN[what]
    found = finding(exhausted(tampering, id, operations=[operation]), id)
    assert found.verdict is Verdict.FAIL, found
    assert found.evidence


def test_a_type_in_a_record_is_told_by_its_place() -> None:
    async def tampering(request: Request, go: Go) -> Reply:
        reply = await go(request)
        if request.operation != "findJobs" or not reply.ok:
            return reply
        return reply.with_records([{**one, "favourite_count": "0"} for one in reply.records])

    found = finding(exhausted(tampering, "FIND-11", operations=["findJobs"]), "FIND-11")
    assert found.verdict is Verdict.FAIL
    assert 'favourite_count: "0" is not of type "integer"' in found.message


def test_the_same_seed_makes_the_same_bodies() -> None:
    def made(seed: int) -> list[object]:
        bodies: list[object] = []
        Generator(CONTRACT, seed).bodies("findJobs", 30, bodies.append, good=False)
        return bodies

    assert made(3) == made(3) != made(4)


class OneOperation(Generator):
    """Makes bodies for one operation only, as they are sent."""

    def bodies(
        self, operation: str, count: int, each: Callable[[object], None], *, good: bool
    ) -> None:
        if operation == "varyJob":
            super().bodies(operation, count, each, good=good)


def test_a_finding_is_neither_shrunk_nor_replayed(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that is wrong at every turn is asked no more than one that is right."""
    monkeypatch.setattr(generated_requests, "Generator", OneOperation)

    def counted(answer: Any) -> int:
        asked: Counter[str] = Counter()

        async def tampering(request: Request, go: Go) -> Reply:
            asked[request.operation] += 1
            reply = await go(request)
            return answer(reply) if request.operation == "varyJob" else reply

        exhausted(tampering, "GEN-4")
        return asked["varyJob"]

    right, wrong = counted(lambda reply: reply), counted(lambda _: refusal(501))
    assert wrong <= right + 5


def test_the_document_is_split_and_the_contract_left_alone() -> None:
    before = copy.deepcopy(CONTRACT.document)
    split = virtual(CONTRACT.document)
    assert CONTRACT.document == before
    statuses = {status for item in split["paths"].values() for status in item["post"]["responses"]}
    assert statuses == {*map(str, VIRTUAL.values()), "default"}


@pytest.mark.parametrize(
    ("operation", "body", "wrong"),
    [
        ("findJobs", {"prompt": 5}, "prompt is a number"),
        ("findJobs", {"favourite": "x"}, "favourite is a string"),
        ("findJobs", {"timestamp_smaller_than": True}, "timestamp_smaller_than is a boolean"),
        ("findJobs", {"timestamp_smaller_than": "1712040515164"}, ""),
        ("findJobs", {"limit": "10", "service": "main", "folders": [], "x": 1}, ""),
        ("findJobs", {"job_type": [{}]}, "job_type contains an object"),
        ("login", {"username": "a"}, "no password"),
        ("createJob", {"content": None}, "no content"),
        ("varyJob", {"parent_id": "a", "grid_num": "1", "sender_id": 5}, ""),
    ],
)
def test_what_is_wrong_beyond_any_question(
    operation: str, body: dict[str, object], wrong: str
) -> None:
    assert wrong_parameter(CONTRACT, operation, body) == wrong


def test_strange_filters_may_be_refused() -> None:
    assert sensible({"limit": 5, "service": ["main"], "prompt": "boat", "favourite": False})
    for strange in ({"prompt": "\x00"}, {"limit": 10**9}, {"job_type": ["?"]}, {"hash": "x"}):
        assert not sensible(strange)
