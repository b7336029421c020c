"""CREATE-1 to CREATE-5: servers that break them are failed, legal ones never."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from sampan.conformance.findings import Seen
from sampan.conformance.verdict import Verdict
from tests.support.examples import sampled, some
from tests.support.judged import complaints, embellished, finding, honest, judged, observation
from tests.support.tampering.exchange import JSON, Go, Reply, Request, Tampering, refusal
from tests.support.tampering.making import (
    PROMPTS,
    all_records,
    asking,
    each_record,
    failing,
    is_finished,
    succeeding,
)

QUESTIONS = ("submission-message", "niji-selection", "concurrency-limit")


@pytest.mark.parametrize("profile", sampled(["documented", "mixed"], 2))
@pytest.mark.parametrize("tampering", [honest, embellished])
def test_a_legal_server_passes(profile: str, tampering: Tampering) -> None:
    # So long that four jobs run at once on a busy machine, too.
    report = judged(tampering, "CREATE", *QUESTIONS, answers=profile, job_seconds=1)
    assert complaints(report) == []
    for id in (f"CREATE-{number}" for number in range(1, 6)):
        assert finding(report, id).verdict is Verdict.PASS, id
    expected = ("ok", "flag", "queued-silently")
    if profile == "mixed":
        expected = ("success", "never", "refused")
    assert tuple(observation(report, id).answer for id in QUESTIONS) == expected


@pytest.mark.parametrize(
    ("question", "answer"),
    sampled(
        [
            ("repeat-upscale", "same-hash"),
            ("unfinished-parent", "queued"),
            ("error-on-success", "null"),
            ("pending-statuses", "null"),
            ("find-order", "oldest-first"),
            ("find-scope", "all"),
            ("concurrency-limit", "refused"),
        ],
        3,
    ),
)
def test_no_answer_to_a_question_is_a_failure(question: str, answer: str, tmp_path: Path) -> None:
    report = judged(honest, "CREATE", question, answers={question: answer}, folder=tmp_path)
    assert complaints(report) == []


def _changing(change: object, *operations: str) -> Tampering:
    return succeeding(lambda _, reply: reply.with_fields(data=change), *operations)


def _cut_hash(record: JSON) -> JSON:
    return {**record, "hash": record["hash"][:32]}


async def _twice(request: Request, go: Go) -> Reply:
    """Every submission makes two records."""
    if request.operation == "createJob":
        await go(request)
    return await go(request)


def _hiding(hidden: object) -> Tampering:
    """Leaves out the records that ``hidden`` names, and does not count them."""
    assert callable(hidden)

    def change(_: Request, reply: Reply) -> Reply:
        shown = [one for one in reply.records if not hidden(one)]
        return reply.with_records(shown, reply.data["total"] - len(reply.records) + len(shown))

    return succeeding(change, "findJobs")


def _one_hash() -> Tampering:
    """The first hash of an account answers every submission of a prompt."""
    first: dict[str | None, str] = {}

    async def tampering(request: Request, go: Go) -> Reply:
        reply = await go(request)
        if request.operation != "createJob" or not reply.ok:
            return reply
        return reply.with_fields(data=first.setdefault(request.token, reply.data))

    return tampering


def _prompt(change: object) -> Tampering:
    assert callable(change)
    return each_record(
        lambda one: {**one, **{key: change(one[key]) for key in ("msg_content", "msg_display")}}
    )


BREACHES = [
    ("CREATE-1", "the hash is a number", _changing(5, "createJob")),
    ("CREATE-1", "the hash is empty", _changing("", "createJob")),
    ("CREATE-1", "there is no data", succeeding(lambda _, r: r.without("data"), "createJob")),
    ("CREATE-1", "every prompt is refused", asking(lambda _: refusal(301), "createJob")),
    ("CREATE-2", "the record's hash is cut", each_record(_cut_hash)),
    ("CREATE-2", "two records are made", _twice),
    ("CREATE-2", "finished jobs vanish", _hiding(is_finished)),
    (
        "CREATE-2",
        "one hash, two records",
        succeeding(
            lambda _, reply: reply.with_records(reply.records * 2, 2 * reply.data["total"]),
            "findJobs",
        ),
    ),
    (
        "CREATE-3",
        "content has a default",
        asking(
            lambda one: one if "content" in one.fields else one.with_fields(content="x"),
            "createJob",
        ),
    ),
    (
        "CREATE-3",
        "missing content is 501",
        failing(lambda one, _: refusal(501, "SERVICE_ERROR"), "createJob", errno=301),
    ),
    ("CREATE-4", "one hash for all prompts", _one_hash()),
    ("CREATE-5", "the prompt is cut", _prompt(lambda text: text[:20])),
    ("CREATE-5", "emoji are dropped", _prompt(lambda text: text.replace("🚣", ""))),
    ("CREATE-5", "Chinese is lost", _prompt(lambda t: t.encode("ascii", "replace").decode())),
    ("CREATE-5", "the prompt is in capitals", _prompt(str.upper)),
    ("CREATE-5", "there is no prompt", _prompt(lambda _: None)),
]


@pytest.mark.parametrize(
    ("requirement", "tampering"),
    [pytest.param(id, tampering, id=f"{id}: {says}") for id, says, tampering in some(BREACHES, 2)],
)
def test_a_breach_is_failed_by_its_own_check(requirement: str, tampering: Tampering) -> None:
    found = finding(judged(tampering, requirement, job_timeout=1.0), requirement)
    assert found.verdict is Verdict.FAIL, found
    assert found.expected
    assert found.actual
    assert found.evidence


def test_a_job_that_is_lost_in_the_end_is_noticed() -> None:
    """It is found as long as the jobs are watched, and gone when the listing is paged in."""
    whole: list[str] = []

    async def tampering(request: Request, go: Go) -> Reply:
        reply = await go(request)
        if request.operation != "findJobs" or not reply.ok:
            return reply
        everything = await all_records(request, go)
        if everything and all(map(is_finished, everything)):
            whole.append("looked")
        kept = [one for one in reply.records if len(whole) < 4 or one != everything[-1]]
        return reply.with_records(kept, len(kept))

    found = finding(judged(tampering, "CREATE-2", "FIND-11"), "CREATE-2")
    assert found.verdict is Verdict.FAIL


# What is legal though a fake does not do it.


def _visible_after(seconds: float) -> Tampering:
    born: dict[str, float] = {}
    return _hiding(
        lambda one: time.monotonic() - born.setdefault(one["hash"], time.monotonic()) < seconds
    )


def _embellished_prompt(record: JSON) -> JSON:
    """The flag is taken out of the text, and the model's version put behind it."""
    content = record["msg_content"].replace(" --niji", "").capitalize()
    return {**record, "msg_content": f"{content}  --v 6", "msg_display": None}


async def _busy_account(request: Request, go: Go) -> Reply:
    """Somebody else submits with the same account all the time."""
    if request.operation == "findJobs" and request.token and "prompt" not in request.fields:
        submission = Request("POST", "/jobs/create", b"", request.headers)
        await go(submission.with_body({"content": "a quiet bay"}))
    return await go(request)


@pytest.mark.parametrize(
    "tampering",
    sampled(
        [
            pytest.param(_visible_after(0.3), id="a record is found late"),
            pytest.param(
                _hiding(lambda one: not is_finished(one)), id="only the finished are found"
            ),
            pytest.param(
                _hiding(lambda one: one["status"] == 4000), id="failed jobs are taken away"
            ),
            pytest.param(each_record(_embellished_prompt), id="the service adds to the prompt"),
            pytest.param(_busy_account, id="others use the account"),
        ],
        2,
    ),
)
def test_what_no_sentence_forbids_is_not_failed(tampering: Tampering) -> None:
    report = judged(tampering, "CREATE", "blend-bad-link", job_timeout=3.0)
    assert complaints(report) == []


def test_trouble_of_the_service_is_no_breach() -> None:
    busy = asking(
        lambda one: refusal(501, "SERVICE_ERROR") if "content" in one.fields else one, "createJob"
    )
    assert finding(judged(busy, "CREATE-1"), "CREATE-1").verdict is Verdict.INCONCLUSIVE
    no_plan = asking(lambda _: refusal(411, "REQUIRES_SPECIFIC_PLAN"), "createJob")
    assert finding(judged(no_plan, "CREATE-1"), "CREATE-1").verdict is Verdict.UNTESTABLE


def test_without_a_budget_only_the_plan_is_told() -> None:
    report = judged(honest, "CREATE", *QUESTIONS, jobs=0)
    assert report.jobs_spent == 0
    verdicts = {finding(report, f"CREATE-{number}").verdict for number in range(1, 6)}
    assert verdicts == {Verdict.UNTESTABLE}
    assert all(observation(report, id).seen is Seen.UNOBSERVED for id in QUESTIONS)


def test_texts_that_nobody_listed_are_unknown() -> None:
    other = succeeding(lambda _, reply: reply.with_fields(errmsg="Fine"), "createJob")
    seen = observation(judged(other, "submission-message"), "submission-message")
    assert seen.seen is Seen.UNKNOWN
    assert str(seen.answer).startswith("createJob: Fine, varyJob: ok, ")
    anime = each_record(lambda one: {**one, "service": "anime"})
    seen = observation(judged(anime, "niji-selection"), "niji-selection")
    assert seen.seen is Seen.UNKNOWN


def test_a_limit_with_another_errno_is_unknown() -> None:
    running: list[str] = []

    async def tampering(request: Request, go: Go) -> Reply:
        if request.submits:
            if running and not all(map(is_finished, await all_records(request, go))):
                return refusal(421, "PARENT_INVALID_TYPE")
            running.append(request.operation)
        return await go(request)

    seen = observation(judged(tampering, "concurrency-limit"), "concurrency-limit")
    assert seen.seen is Seen.UNKNOWN
    assert "421" in str(seen.answer)


def test_few_jobs_at_once_show_nothing_of_a_limit() -> None:
    seen = observation(judged(honest, "concurrency-limit", jobs=2), "concurrency-limit")
    assert seen.seen is Seen.UNOBSERVED
    assert "at once" in seen.reason


def test_flags_that_a_record_lacks_are_named() -> None:
    def bare(record: JSON) -> JSON:
        return {**record, **{key: record[key].split(" --")[0] for key in PROMPTS if record[key]}}

    kept, lost = (
        finding(judged(one, "CREATE-5"), "CREATE-5") for one in (honest, each_record(bare))
    )
    assert kept.verdict is lost.verdict is Verdict.PASS
    assert "lack the flags --ar 3:2 --niji" in lost.message
    assert "flags" not in kept.message
