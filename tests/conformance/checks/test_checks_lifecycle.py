"""LIFE-1 to LIFE-4, and what is open about a job under way: breaches failed, the rest learnt."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from sampan.conformance.findings import Seen
from sampan.conformance.verdict import Verdict
from tests.support.examples import in_turn, sampled, some
from tests.support.judged import complaints, embellished, finding, honest, judged, observation
from tests.support.tampering.exchange import JSON, Go, Reply, Request, Tampering, refusal
from tests.support.tampering.making import (
    asking,
    each_finished,
    each_record,
    is_finished,
    succeeding,
)

QUESTIONS = {
    "pending-statuses": ("0-1000-4000", "1-2-?"),
    "progress-type": ("int", "percent-string"),
    "preview-image": ("url", "null"),
    "error-on-success": ("altered-prompt", "null"),
}


@pytest.mark.parametrize(
    ("profile", "tampering"), sampled(in_turn(["documented", "mixed"], [embellished, honest]), 2)
)
def test_a_legal_server_passes_and_is_learnt(profile: str, tampering: Tampering) -> None:
    report = judged(tampering, "LIFE", *QUESTIONS, answers=profile, job_seconds=1.5)
    assert complaints(report) == []
    for number in range(1, 5):
        assert finding(report, f"LIFE-{number}").verdict is Verdict.PASS
    for id, (documented, mixed) in QUESTIONS.items():
        expected = documented if profile == "documented" else mixed
        assert observation(report, id).answer == expected, id


@pytest.mark.parametrize(
    ("question", "answer"),
    sampled(
        [
            ("pending-statuses", "null"),
            ("pending-statuses", "1-2-3"),
            ("pending-statuses", "7--5-9"),
            ("progress-type", "number-string"),
            ("progress-type", "percent-string"),
            ("progress-type", "null"),
            ("preview-image", "null"),
            ("error-on-success", "null"),
            ("describe-result", "msg-content"),
            ("unfinished-parent", "queued"),
            ("repeat-upscale", "same-hash"),
            ("concurrency-limit", "refused"),
            ("find-order", "oldest-first"),
        ],
        4,
    ),
)
def test_each_answer_is_learnt_and_none_is_a_failure(
    question: str, answer: str, tmp_path: Path
) -> None:
    report = judged(
        honest, "LIFE", question, answers={question: answer}, folder=tmp_path, job_seconds=1.5
    )
    assert complaints(report) == []
    if question in QUESTIONS:
        assert observation(report, question).answer == answer


def _finished_as(status: object) -> Tampering:
    return each_finished(lambda one: {**one, "status": status})


def _at_the_end(**keys: object) -> Tampering:
    return each_finished(lambda one: {**one, **keys})


def _again(change: Callable[[JSON], JSON]) -> Tampering:
    """A finished record is another 0.1 s later."""
    ended: dict[str, float] = {}

    def changed(record: JSON) -> JSON:
        if not is_finished(record):
            return record
        since = ended.setdefault(record["hash"], time.monotonic())
        return change(record) if time.monotonic() - since > 0.1 else record

    return each_record(changed)


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _shown(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}Z"


def _moved(key: str, by: timedelta) -> Tampering:
    return each_record(lambda one: {**one, key: _shown(_time(one[key]) + by)})


def _rewritten(key: str, change: Callable[[str], object]) -> Tampering:
    return each_record(lambda one: {**one, key: change(one[key])})


BREACHES: list[tuple[str, str, Tampering]] = [
    ("LIFE-1", "finished is 200", _finished_as(200)),
    ("LIFE-1", "finished is null", _finished_as(None)),
    ("LIFE-1", "a finished job keeps on running", _finished_as(1000)),
    ("LIFE-2", "a finished job is archived", _again(lambda one: {**one, "status": 3000})),
    ("LIFE-2", "a finished job fails", _again(lambda r: {**r, "status": 4000, "error": "lost"})),
    ("LIFE-3", "created after it was updated", _moved("created_at", timedelta(minutes=15))),
    (
        "LIFE-3",
        "updated_at is earlier than created_at",
        _moved("updated_at", timedelta(minutes=-15)),
    ),
    ("LIFE-3", "no milliseconds", _rewritten("updated_at", lambda text: f"{text[:-5]}Z")),
    ("LIFE-3", "no zone", _rewritten("created_at", lambda text: text[:-1])),
    ("LIFE-3", "another zone", _rewritten("updated_at", lambda text: f"{text[:-1]}+08:00")),
    ("LIFE-3", "a blank for T", _rewritten("created_at", lambda text: text.replace("T", " "))),
    ("LIFE-3", "no time at all", _rewritten("created_at", lambda _: "yesterday")),
    ("LIFE-3", "no such day", _rewritten("updated_at", lambda text: f"2024-13-45{text[10:]}")),
    ("LIFE-3", "timestamp in seconds", _rewritten("timestamp", lambda text: text[:-3])),
    ("LIFE-3", "timestamp is a number", _rewritten("timestamp", int)),
    ("LIFE-4", "the id changes", _at_the_end(id=77)),
    ("LIFE-4", "the uuid changes", _at_the_end(id_uuid="a4fc49fd-c303-4157-819c-be14d2098173")),
    ("LIFE-4", "the prompt changes", _at_the_end(msg_display="a picture")),
    ("LIFE-4", "the content changes", _at_the_end(msg_content="a picture")),
    ("LIFE-4", "the prompt is lost", _at_the_end(msg_display=None)),
    ("LIFE-4", "the hash changes", _at_the_end(hash="another")),
    (
        "LIFE-4",
        "created again at the end",
        each_finished(lambda one: {**one, "created_at": one["updated_at"]}),
    ),
    (
        "LIFE-4",
        "the timestamp moves",
        each_finished(lambda one: {**one, "timestamp": f"{int(one['timestamp']) + 3}"}),
    ),
]


@pytest.mark.parametrize(
    ("requirement", "tampering"),
    sampled(
        [
            pytest.param(id, tampering, id=f"{id}: {says}")
            for id, says, tampering in some(BREACHES, 2)
        ],
        2,
    ),
)
def test_a_breach_is_failed_by_its_own_check(requirement: str, tampering: Tampering) -> None:
    found = finding(judged(tampering, requirement, job_timeout=1.5), requirement)
    assert found.verdict is Verdict.FAIL, found
    assert found.expected
    assert found.actual
    assert found.evidence


# What is legal though a fake does not do it.


def _before_the_end(**keys: object) -> Tampering:
    return each_record(lambda one: one if is_finished(one) else {**one, **keys})


def _offset(record: JSON) -> JSON:
    return {**record, **{key: f"{record[key][:-1]}+00:00" for key in ("created_at", "updated_at")}}


def _rephrased(record: JSON) -> JSON:
    return {**record, "msg_content": f"{record['msg_content'].upper()}   --v 6 --fast"}


def _cloudy(record: JSON) -> JSON:
    """A clock in the database that is half a second behind."""
    return {**record, "created_at": _shown(_time(record["created_at"]) - timedelta(seconds=0.5))}


async def _taking_failures_away(request: Request, go: Go) -> Reply:
    reply = await go(request)
    if request.operation != "findJobs" or not reply.ok:
        return reply
    kept = [one for one in reply.records if one["status"] != 4000]
    return reply.with_records(kept, reply.data["total"] - len(reply.records) + len(kept))


@pytest.mark.parametrize(
    "tampering",
    sampled(
        [
            pytest.param(_before_the_end(job_id=None, id_uuid=None), id="ids come at the end"),
            pytest.param(each_record(_offset), id="UTC is written as an offset"),
            pytest.param(each_finished(_rephrased), id="the service adds to the prompt"),
            pytest.param(each_record(_cloudy), id="the clocks differ by half a second"),
            pytest.param(
                _before_the_end(msg_display=None, msg_content=None), id="the prompt is late"
            ),
            pytest.param(_taking_failures_away, id="failed jobs are taken away"),
        ],
        2,
    ),
)
def test_what_no_sentence_forbids_is_not_failed(tampering: Tampering) -> None:
    report = judged(tampering, "LIFE", "blend-bad-link", job_timeout=2.0)
    assert [one for one in report.findings if one.verdict >= Verdict.FAIL] == []


def test_a_job_that_is_not_done_in_time_proves_nothing() -> None:
    """Neither one that hangs, nor one that shows a preview as its picture."""
    hanging = each_finished(lambda one: {**one, "status": 1000, "img_buffer": None, "pct_prog": 46})
    found = finding(judged(hanging, "LIFE-1", job_timeout=1.0), "LIFE-1")
    assert found.verdict is Verdict.INCONCLUSIVE
    counter = iter(range(10**6))
    moving = each_finished(lambda one: {**one, "status": 1000, "pct_prog": next(counter)})
    found = finding(judged(moving, "LIFE-1", job_timeout=1.0), "LIFE-1")
    assert found.verdict is Verdict.INCONCLUSIVE


def test_a_job_that_finds_return_no_longer_proves_nothing() -> None:
    """It may have finished since: a find shows so few records that newer ones push it out."""
    looks: Counter[str] = Counter()

    def shown_twice(_: Request, reply: Reply) -> Reply:
        kept = []
        for one in reply.records:
            looks[one["hash"]] += is_finished(one)
            if looks[one["hash"]] < 3:
                kept.append({**one, "status": 1000} if is_finished(one) else one)
        return reply.with_records(kept, reply.data["total"] + 1)

    report = judged(succeeding(shown_twice, "findJobs"), "LIFE-1", job_timeout=1.5)
    assert finding(report, "LIFE-1").verdict is Verdict.INCONCLUSIVE


def test_an_upscale_that_no_find_returns_has_no_wrong_type() -> None:
    def hidden(_: Request, reply: Reply) -> Reply:
        kept = [one for one in reply.records if one["job_type"] != "upscale"]
        return reply.with_records(kept, reply.data["total"] + 1)

    report = judged(succeeding(hidden, "findJobs"), "UP-6", job_timeout=1.0)
    assert finding(report, "UP-6").verdict is Verdict.INCONCLUSIVE


def test_a_job_that_fails_has_come_to_an_end() -> None:
    failing = _at_the_end(status=4000, error="banned", img_buffer=None)
    found = finding(judged(failing, "LIFE-1"), "LIFE-1")
    assert found.verdict is Verdict.PASS
    assert "jobs ended" in found.message


def test_jobs_that_are_seen_finished_at_once_show_nothing_of_their_way() -> None:
    hidden = succeeding(
        lambda _, reply: reply.with_records(
            kept := list(filter(is_finished, reply.records)), len(kept)
        ),
        "findJobs",
    )
    report = judged(hidden, *QUESTIONS, "LIFE-2", job_timeout=2.0)
    for id in ("pending-statuses", "progress-type", "preview-image"):
        seen = observation(report, id)
        # The job that fails is never found here, and the others are finished when they are.
        assert seen.seen is Seen.UNOBSERVED, seen
    assert observation(report, "error-on-success").answer == "altered-prompt"


@pytest.mark.parametrize(
    ("question", "keys"),
    sampled(
        [
            ("pending-statuses", {"status": "running"}),
            ("progress-type", {"pct_prog": "nearly"}),
            ("progress-type", {"pct_prog": {"percent": 5}}),
            ("preview-image", {"img_prog": "aGVsbG8="}),
        ],
        2,
    ),
)
def test_what_nobody_listed_is_unknown(question: str, keys: JSON) -> None:
    seen = observation(judged(_before_the_end(**keys), question), question)
    assert seen.seen is Seen.UNKNOWN, seen


def test_another_error_on_a_success_is_unknown() -> None:
    seen = observation(judged(_at_the_end(error="a note"), "error-on-success"), "error-on-success")
    assert (seen.seen, "a note" in str(seen.answer)) == (Seen.UNKNOWN, True)
    plain = each_finished(lambda one: {**one, "error": None, "msg_content": one["msg_display"]})
    seen = observation(judged(plain, "error-on-success"), "error-on-success")
    assert seen.seen is Seen.UNOBSERVED


def test_one_status_before_the_end_is_neither_queued_nor_running() -> None:
    one = _before_the_end(status=7, pct_prog=5, error=None)
    # The job that is to fail is never seen to.
    seen = observation(judged(one, "pending-statuses", job_timeout=3.0), "pending-statuses")
    assert (seen.seen, "status 7" in str(seen.answer)) == (Seen.UNKNOWN, True)


@pytest.mark.parametrize(
    ("question", "answers"),
    in_turn(["pending-statuses", "progress-type", "preview-image"], ["documented", "mixed"]),
)
def test_looks_that_leave_out_a_part_of_the_way_name_nothing(question: str, answers: str) -> None:
    async def late(request: Request, go: Go) -> Reply:
        reply = await go(request)
        if request.operation == "findJobs":
            await asyncio.sleep(0.15)
        return reply

    seen = observation(judged(late, question, answers=answers), question)
    assert seen.seen is Seen.UNKNOWN or "while it ran" in seen.reason
    assert seen.seen is Seen.UNOBSERVED or "of a job's time" in str(seen.answer)


def test_many_statuses_before_the_end_are_told_as_they_are() -> None:
    counter = iter(range(10, 10**6))
    many = each_record(lambda one: one if is_finished(one) else {**one, "status": next(counter)})
    seen = observation(judged(many, "pending-statuses", jobs=2), "pending-statuses")
    assert seen.seen is Seen.UNKNOWN


def test_a_short_budget_leaves_out_what_it_does_not_allow() -> None:
    report = judged(honest, "LIFE", *QUESTIONS, jobs=0)
    assert {finding(report, f"LIFE-{n}").verdict for n in range(1, 5)} == {Verdict.UNTESTABLE}
    one = judged(honest, "LIFE", "error-on-success", jobs=1)
    assert {finding(one, f"LIFE-{n}").verdict for n in range(1, 5)} == {Verdict.PASS}
    assert one.jobs_spent == 1


def _worker_behind(record: JSON) -> JSON:
    """updated_at is of a clock that is 0.4 s behind."""
    return {**record, "updated_at": _shown(_time(record["updated_at"]) - timedelta(seconds=0.4))}


def _never_changed(record: JSON) -> JSON:
    """updated_at is 0.4 s before created_at whatever happens."""
    return {**record, "updated_at": _shown(_time(record["created_at"]) - timedelta(seconds=0.4))}


def test_an_updated_at_that_stays_before_created_at_is_no_matter_of_clocks() -> None:
    report = judged(each_record(_never_changed), "LIFE-3")
    found = finding(report, "LIFE-3")
    assert found.verdict is Verdict.FAIL
    assert "updated_at is earlier than created_at" in found.message


def test_a_clock_that_is_behind_is_said_and_not_failed() -> None:
    found = finding(judged(each_record(_worker_behind), "LIFE-3"), "LIFE-3")
    assert found.verdict is Verdict.PASS
    assert "updated_at is up to 0.4 s before created_at" in found.not_covered


def test_times_cut_to_the_second_are_not_said_to_differ() -> None:
    def cut(record: JSON) -> JSON:
        return {**record, "updated_at": f"{record['created_at'][:19]}.000Z"}

    found = finding(judged(each_record(cut), "LIFE-3"), "LIFE-3")
    assert (found.verdict, found.not_covered) == (Verdict.PASS, "")


def test_a_find_that_refuses_nothing_but_an_empty_object_is_asked_with_a_limit() -> None:
    """Its refusal is FIND-1's business, and says nothing of the token or of the jobs."""

    def limited(request: Request) -> Request | Reply:
        fine = request.fields.get("limit") in range(1, 21)
        return request if fine else refusal(301, "INVALID PARAMETER")

    report = judged(asking(limited, "findJobs"), "LOGIN-6", "LIFE-1", "FIND-1")
    assert finding(report, "FIND-1").verdict is Verdict.FAIL
    assert finding(report, "LOGIN-6").verdict is Verdict.INCONCLUSIVE
    assert finding(report, "LIFE-1").verdict is Verdict.PASS


def test_finds_that_are_all_refused_are_named_as_the_reason() -> None:
    refused = asking(lambda _: refusal(301, "INVALID PARAMETER"), "findJobs")
    found = finding(judged(refused, "LIFE-1", job_timeout=1.0), "LIFE-1")
    assert found.verdict is Verdict.INCONCLUSIVE
    assert "find answered errno 301" in found.message
