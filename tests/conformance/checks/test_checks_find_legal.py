"""Find on servers that differ without breaking a sentence: none is failed, each is learnt."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from sampan.conformance.findings import Seen
from sampan.conformance.verdict import Verdict
from tests.support.examples import in_turn, sampled
from tests.support.judged import complaints, embellished, finding, honest, judged, observation
from tests.support.tampering.exchange import JSON, Go, Reply, Request, Tampering, refusal
from tests.support.tampering.making import asking, each_record, succeeding

CURSOR = "timestamp_smaller_than"
PREFIX = "find-"
QUESTIONS = (
    "find-scope",
    "find-hash-filter",
    "find-order",
    "find-default-limit",
    "find-max-limit",
    "find-bad-limit",
    "find-timestamp-unit",
    "find-total-scope",
    "find-prompt-match",
    "find-scalar-for-array",
    "find-empty-array",
)
#: What can't be told with the few records of a run.
LONG = ("find-default-limit", "find-max-limit")
MIXED = {
    "find-scope": "all",
    "find-hash-filter": "honoured",
    "find-order": "oldest-first",
    "find-default-limit": "25",
    "find-max-limit": "50",
    "find-bad-limit": "clamped",
    "find-timestamp-unit": "s",
    "find-total-scope": "filters-without-cursor",
    "find-prompt-match": "words",
    "find-scalar-for-array": "accepted",
    "find-empty-array": "nothing",
}
DOCUMENTED = {
    "find-scope": "own",
    "find-hash-filter": "ignored",
    "find-order": "newest-first",
    "find-default-limit": "10",
    "find-max-limit": "100",
    "find-bad-limit": "301",
    "find-timestamp-unit": "ms",
    "find-total-scope": "filters-with-cursor",
    "find-prompt-match": "substring-any-case",
    "find-scalar-for-array": "301",
    "find-empty-array": "no-restriction",
}
SINGLES = [
    *MIXED.items(),
    ("find-bad-limit", "ignored"),
    ("find-prompt-match", "substring"),
    ("find-prompt-match", "exact"),
    ("find-default-limit", "none"),
    ("find-max-limit", "none"),
    ("pending-statuses", "null"),
    ("pending-statuses", "1-2-3"),
    ("concurrency-limit", "refused"),
    ("job-type-names", "main,vary,upscale,mix,describe,edit"),
    ("describe-result", "msg-content"),
    ("niji-selection", "never"),
    ("unknown-field", "301"),
    ("error-http-status", "by-errno"),
    ("repeat-upscale", "same-hash"),
]


@pytest.mark.parametrize(
    ("profile", "tampering"), sampled(in_turn(["documented", "mixed"], [embellished, honest]), 2)
)
def test_a_legal_server_passes_and_is_learnt(profile: str, tampering: Tampering) -> None:
    answers = {"documented": DOCUMENTED, "mixed": MIXED}[profile]
    report = judged(tampering, "FIND", *QUESTIONS, answers=profile)
    assert complaints(report) == []
    for number in range(1, 15):
        found = finding(report, f"FIND-{number}")
        assert found.verdict is Verdict.PASS, found
    for id, answer in answers.items():
        if id not in LONG:
            assert observation(report, id).answer == answer, id


@pytest.mark.parametrize(("question", "answer"), sampled(SINGLES, 9))
def test_each_answer_is_learnt_and_none_is_a_failure(
    question: str, answer: str, tmp_path: Path
) -> None:
    learnt = (question,) if question.startswith(PREFIX) and question not in LONG else ()
    report = judged(honest, "FIND", *learnt, answers={question: answer}, folder=tmp_path)
    assert complaints(report) == []
    for id in learnt:
        assert observation(report, id).answer == answer


def _holding(count: int) -> Tampering:
    """The account has so many jobs from earlier days."""
    filled: set[str] = set()

    async def tampering(request: Request, go: Go) -> Reply:
        reply = await go(request)
        if request.operation == "login" and reply.ok and reply.data["username"] not in filled:
            filled.add(reply.data["username"])
            create = Request("POST", "/jobs/create", b"", request.headers)
            create = create.with_token(reply.data["token"])
            for number in range(count):
                word = "lantern" if number % 3 else "harbour"
                flag = " --niji" if number % 4 == 0 else ""
                await go(create.with_body({"content": f"a paper {word} {number}{flag}"}))
        return reply

    return tampering


@pytest.mark.parametrize(
    ("question", "answer", "count"),
    sampled(
        [
            ("find-default-limit", "25", 30),
            ("find-default-limit", "10", 30),
            ("find-default-limit", "none", 120),
            ("find-max-limit", "100", 120),
            ("find-max-limit", "50", 60),
            ("find-max-limit", "none", 1010),
        ],
        6,
    ),
)
def test_limits_are_learnt_from_a_history(
    question: str, answer: str, count: int, tmp_path: Path
) -> None:
    """No job is spent on it."""
    answers = {question: answer}
    if count > 100 and answer == "none":
        answers = dict.fromkeys(LONG, "none")  # what is cut to a maximum looks like a default
    report = judged(_holding(count), "FIND", *LONG, answers=answers, folder=tmp_path, jobs=0)
    assert complaints(report) == []
    assert observation(report, question).answer == answer
    assert report.jobs_spent == 0


def test_a_history_serves_in_place_of_jobs(tmp_path: Path) -> None:
    report = judged(_holding(30), "FIND", *QUESTIONS, answers="documented", jobs=0)
    assert complaints(report) == []
    verdicts = {f"FIND-{number}": finding(report, f"FIND-{number}") for number in range(1, 15)}
    assert {one.verdict for one in verdicts.values()} == {Verdict.PASS}
    learnt = {id: observation(report, id).answer for id in QUESTIONS}
    assert learnt == DOCUMENTED | {"find-max-limit": None}


@pytest.mark.parametrize(
    "answers",
    sampled(
        [
            {"find-max-limit": "50", "find-order": "oldest-first"},
            {"find-order": "oldest-first"},
            {"find-timestamp-unit": "s"},
            {"find-scope": "all", "find-total-scope": "filters-without-cursor"},
        ],
        4,
    ),
    ids=str,
)
def test_a_long_history_is_not_failed(answers: dict[str, str], tmp_path: Path) -> None:
    report = judged(_holding(130), "FIND", answers=answers, folder=tmp_path, job_timeout=1.0)
    assert complaints(report) == []


def test_without_records_there_is_nothing_to_compare() -> None:
    report = judged(honest, "FIND", *QUESTIONS, jobs=0)
    assert complaints(report) == []
    assert finding(report, "FIND-1").verdict is Verdict.PASS
    assert finding(report, "FIND-2").verdict is Verdict.PASS
    assert finding(report, "FIND-5").verdict is Verdict.UNTESTABLE
    assert observation(report, "find-order").seen is Seen.UNOBSERVED


# What is legal though a fake does not do it.


async def _busy(request: Request, go: Go) -> Reply:
    """Somebody else submits with the same account, before each find and after it."""
    if request.operation != "findJobs" or not request.token:
        return await go(request)
    other = Request("POST", "/jobs/create", b"", request.headers)
    reply = await go(request)
    await go(other.with_body({"content": "a quiet bay"}))
    return reply


def _nothing_is_410(request: Request, reply: Reply) -> Reply:
    return reply if reply.records else refusal(410, "NOT FOUND")


def _small(request: Request) -> Request | Reply:
    return refusal(301) if request.fields.get("limit", 0) > 20 else request


def _numbers_for_folders(request: Request) -> Request | Reply:
    folders = request.fields.get("folders", [])
    return request if all(one.isdigit() for one in folders) else refusal(301)


def _known_types(request: Request) -> Request | Reply:
    kinds = {"main", "variation", "upscale", "blend", "describe"}
    return request if set(request.fields.get("job_type", [])) <= kinds else refusal(301)


def _talkative(record: JSON) -> JSON:
    """What the page shows as null alone may be anything."""
    return {
        **record,
        "bot_id": 7,
        "grid_num": str(record["grid_num"]),
        "description": {"prompts": []},
        "img_md5": 5,
        "img_prog": [],
        "pct_prog": 0.5,
        "seed_id": "1",
        "zoom_factor": 2,
        "parent_id": record["parent_id"] and [record["parent_id"]],
        "an_extra": True,
    }


def _embellished(record: JSON) -> JSON:
    """The service adds to the texts that it shows, and searches those that it was given."""
    return {**record, **{key: f"{record[key]} --v 6" for key in ("msg_content", "msg_display")}}


def _not_numbered(record: JSON) -> JSON:
    return {**record, "job_id": None} if record["status"] != 2000 else record


async def _coarse(request: Request, go: Go) -> Reply:
    """A clock of 50 ms: several jobs have one timestamp, and the cursor takes them as one."""
    cursor = request.fields.get(CURSOR)
    if request.operation == "findJobs" and isinstance(cursor, int):
        request = request.with_fields(**{CURSOR: -(-cursor // 50) * 50})
    reply = await go(request)
    if request.operation != "findJobs" or not reply.ok:
        return reply
    return reply.with_records(
        [{**one, "timestamp": f"{int(one['timestamp']) // 50 * 50}"} for one in reply.records]
    )


def _late() -> Tampering:
    born: dict[str, float] = {}

    def visible(record: JSON) -> bool:
        return time.monotonic() - born.setdefault(record["hash"], time.monotonic()) > 0.2

    def change(_: Request, reply: Reply) -> Reply:
        shown = [one for one in reply.records if visible(one)]
        return reply.with_records(shown, reply.data["total"] - len(reply.records) + len(shown))

    return succeeding(change, "findJobs")


@pytest.mark.parametrize(
    "tampering",
    sampled(
        [
            pytest.param(_busy, id="others use the account"),
            pytest.param(succeeding(_nothing_is_410, "findJobs"), id="nothing found is 410"),
            pytest.param(asking(_small, "findJobs"), id="a limit above 20 is refused"),
            pytest.param(asking(_numbers_for_folders, "findJobs"), id="folders are numbered"),
            pytest.param(asking(_known_types, "findJobs"), id="unknown types are refused"),
            pytest.param(each_record(_talkative), id="what is null on the page is not"),
            pytest.param(each_record(_embellished), id="the service adds to the prompt"),
            pytest.param(each_record(_not_numbered), id="an id comes at the end"),
            pytest.param(_late(), id="records are found late"),
            pytest.param(_coarse, id="timestamps are coarse"),
        ],
        3,
    ),
)
def test_what_no_sentence_forbids_is_not_failed(tampering: Tampering) -> None:
    report = judged(tampering, "FIND", job_timeout=5.0)
    failed = [one for one in report.findings if one.verdict >= Verdict.FAIL]
    assert failed == []


def _refusing(condition: Callable[[JSON], bool], errno: int = 301) -> Tampering:
    return asking(lambda one: refusal(errno) if condition(one.fields) else one, "findJobs")


def _without(*names: str) -> Tampering:
    return asking(lambda request: request.without(*names), "findJobs")


def _rotated(_: Request, reply: Reply) -> Reply:
    return reply.with_records(reply.records[1:] + reply.records[:1])


@pytest.mark.parametrize(
    ("question", "tampering"),
    sampled(
        [
            ("find-order", succeeding(_rotated, "findJobs")),
            ("find-timestamp-unit", _without(CURSOR)),
            ("find-hash-filter", _refusing(lambda fields: "hash" in fields, 430)),
            ("find-empty-array", _refusing(lambda fields: [] in fields.values())),
            ("find-scalar-for-array", _without("service")),
            ("find-bad-limit", _refusing(lambda fields: fields.get("limit") == 0, 410)),
            ("find-max-limit", _refusing(lambda fields: fields.get("limit", 0) > 999)),
        ],
        2,
    ),
)
def test_what_nobody_listed_is_unknown(question: str, tampering: Tampering) -> None:
    seen = observation(judged(tampering, question), question)
    assert seen.seen is Seen.UNKNOWN, seen


def test_few_requests_are_sent() -> None:
    report = judged(honest, "FIND", jobs=0)
    assert report.requests < 60
    seeded = judged(_holding(12), "FIND", jobs=0)
    assert seeded.requests < 150


@pytest.mark.parametrize(
    ("limit", "null"), in_turn(["clamped", "ignored", "301"], ["301", "omitted"])
)
def test_what_null_gives_is_told_where_any_bad_limit_is_taken(
    null: str, limit: str, tmp_path: Path
) -> None:
    """A limit that is null may count as a bad one (question find-bad-limit): the others tell."""
    answers = {"null-parameter": null, "find-bad-limit": limit}
    report = judged(honest, "null-parameter", answers=answers, folder=tmp_path)
    assert observation(report, "null-parameter").answer == null


def test_null_that_each_condition_takes_otherwise_is_not_named() -> None:
    async def tampering(request: Request, go: Go) -> Reply:
        nothing = request.fields.get("prompt", "") is None
        return await go(request.with_fields(prompt="")) if nothing else await go(request)

    seen = observation(judged(tampering, "null-parameter"), "null-parameter")
    assert seen.seen is Seen.UNKNOWN
