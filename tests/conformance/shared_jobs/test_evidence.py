"""The shared jobs: submitted in waves, watched together, found again on any conforming server."""

from __future__ import annotations

import itertools
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
import yaml

from sampan.conformance.contract import Contract
from sampan.conformance.http.budget import Budget
from sampan.conformance.http.gate import Gate
from sampan.conformance.http.redaction import Secrets
from sampan.conformance.http.session import Session
from sampan.conformance.settings import Credentials, RunOptions
from sampan.conformance.shared_jobs.catalogue import SHARED_JOBS, select_jobs
from sampan.conformance.shared_jobs.evidence import Evidence
from sampan.conformance.shared_jobs.listing import Listing
from sampan.conformance.verdict import UnavailableError, Verdict
from sampan.fake_server.server.threaded import FakeServer
from tests.support.network.one_job import Jobs
from tests.support.network.scripted import ReceivedRequest, Script, Scripted, http

CONTRACT = Contract()
NAMES = [one.name for one in SHARED_JOBS]
ACCOUNTS = {"first": Credentials("abc", "abc-secret"), "second": Credentials("bob", "bob-secret")}

Start = Callable[..., FakeServer]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts fakes with answers of their own: ``start(find_order="oldest-first")``."""
    with ExitStack() as stack:

        def started(**answers: str) -> FakeServer:
            file = tmp_path / "profile.yaml"
            named = {key.replace("_", "-"): value for key, value in answers.items()}
            file.write_text(yaml.safe_dump({"name": "test", "answers": named}))
            people = [f"{one.username}:{one.password}" for one in ACCOUNTS.values()]
            return stack.enter_context(
                FakeServer(profile=str(file), job_seconds=0.2, accounts=people)
            )

        yield started


def a_session(url: str, jobs: int | None = None, **more: Any) -> Session:
    options = RunOptions(url, ACCOUNTS, jobs, job_timeout=more.pop("job_timeout", 30.0))
    gate = Gate(url, CONTRACT, budget=Budget(jobs), secrets=Secrets(), timeout=10.0)
    session = Session(options, CONTRACT, gate)
    session.login_all()
    return session


def gathered(session: Session, *names: str) -> Evidence:
    jobs = session.options.jobs
    evidence = Evidence(
        session, select_jobs(names, jobs=jobs, spare=False, accounts=ACCOUNTS), "mark"
    )
    evidence.gather()
    return evidence


def submissions(session: Session) -> list[int]:
    """The numbers of the exchanges that submitted something."""
    return [
        one.number
        for one in session.gate.log.exchanges
        if one.operation in CONTRACT.operations and CONTRACT.operations[one.operation].submits
    ]


def test_all_jobs_are_made_and_watched_to_their_end(start: Start) -> None:
    session = a_session(start().url)
    evidence = gathered(session, *NAMES)
    assert [one.name for one in evidence.traces()] == NAMES
    ends = {one.name: one.summary() for one in evidence.traces()}
    refused = {"early": "errno 301", "foreign": "errno 420"}
    refused |= {"early_variation": "errno 301", "foreign_variation": "errno 420"}
    for name, end in ends.items():
        if name in refused:
            assert refused[name] in end
        elif name == "blend_words":
            assert "status 4000" in end
        else:
            assert end == "finished", name
    assert session.gate.budget.spent == len(NAMES) - len(refused)
    # One submission a job: nothing was sent twice.
    assert len(submissions(session)) == len(NAMES)


def test_each_submission_is_followed_by_a_look(start: Start) -> None:
    evidence = gathered(a_session(start().url), "grid", "niji")
    for trace in evidence.traces():
        first = trace.sightings[0]
        assert first.answer.exchange.number > trace.submission.exchange.number
        assert first.record is not None
        times = [one.at for one in trace.sightings]
        assert times == sorted(times)
        numbers = [one.answer.exchange.number for one in trace.sightings]
        assert numbers == sorted(numbers)
        assert trace.pending
        assert trace.duration is not None


def test_the_budget_holds_and_what_is_worth_most_comes_first(start: Start) -> None:
    session = a_session(start().url, jobs=4)
    evidence = gathered(session, *NAMES)
    assert [one.name for one in evidence.traces()] == NAMES[:4]
    assert session.gate.budget.spent == 4
    with pytest.raises(UnavailableError, match="does not fit into a budget of 4") as refusal:
        evidence.trace("describe")
    assert refusal.value.verdict is Verdict.UNTESTABLE


def test_a_server_that_takes_few_at_once_gets_them_one_after_the_other(start: Start) -> None:
    session = a_session(start(concurrency_limit="refused").url)
    evidence = gathered(session, *[one.name for one in SHARED_JOBS if one.name != "early"])
    ends = Counter(one.summary() for one in evidence.traces())
    # One is not asked for, and four do not finish: another early one (unless its parent had ended,
    # on a busy machine), two foreign ones, the words.
    assert ends["finished"] in (len(NAMES) - 5, len(NAMES) - 4)
    deferred = [one.name for one in evidence.traces() if one.deferred]
    assert deferred
    for name in deferred:
        assert all(one.errno == 501 for one in evidence.trace(name).attempts[:-1])
    assert session.gate.budget.spent == ends["finished"] + 1  # blend_words runs, and fails


def test_a_refusal_on_its_merits_stays_one(start: Start) -> None:
    session = a_session(start(blend_bad_link="301").url)
    trace = gathered(session, "grid", "upscale", "blend_words").trace("blend_words")
    assert not trace.accepted
    assert trace.submission.errno == 301
    with pytest.raises(UnavailableError, match="errno 301"):
        gathered(session, "blend_words").accepted("blend_words")


def test_who_was_refused_beside_a_job_that_is_over_already_is_tried_again() -> None:
    submissions = itertools.count()

    def script(asked: ReceivedRequest) -> Iterable[bytes]:
        """Jobs are finished at the first look; the second submission is one too many."""
        if asked.path == "/auth/login":
            data: Any = {"token": "a-token-of-someone"}
        elif asked.path == "/jobs/find":
            done = [{"hash": f"hash-{n}", "timestamp": str(n), "status": 2000} for n in range(3)]
            data = {"res": done, "total": 3}
        elif (number := next(submissions)) == 1:
            return http({"errno": 501, "errmsg": "SERVICE_ERROR"})
        else:
            data = f"hash-{number}"
        return http({"errno": 0, "errmsg": "OK", "data": data})

    with Scripted(script) as server:
        evidence = gathered(a_session(server.url), "grid", "niji")
    assert all(one.finished for one in evidence.traces())
    assert sum(one.deferred for one in evidence.traces()) == 1


def one_job(record: Callable[[int], dict[str, Any] | None], job_timeout: float) -> Evidence:
    with Scripted(Jobs(record)) as server:
        session = a_session(server.url, job_timeout=job_timeout)
        return gathered(session, "grid", "upscale")


def test_a_job_that_is_never_found_is_given_up() -> None:
    evidence = one_job(lambda _: None, 0.2)
    trace = evidence.trace("grid")
    assert trace.gave_up
    assert not trace.records
    assert trace.summary().startswith("no find returned the job in")
    with pytest.raises(UnavailableError) as refusal:
        evidence.finished("upscale")
    assert refusal.value.verdict is Verdict.INCONCLUSIVE
    assert "“grid”" in refusal.value.reason


def test_a_job_that_runs_for_ever_is_given_up() -> None:
    trace = one_job(lambda _: {"status": 7}, 0.2).trace("grid")
    assert trace.gave_up
    assert not trace.seems_failed


def test_an_error_may_be_a_remark_on_a_job_that_still_runs() -> None:
    def record(look: int) -> dict[str, Any]:
        return {"status": 2000 if look > 8 else 1000, "error": "altered prompt", "job_id": "x"}

    assert one_job(record, 30.0).trace("grid").finished


def test_a_job_with_an_error_is_not_waited_for_to_the_last(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sampan.conformance.shared_jobs.evidence._GRACE", 0.1)
    trace = one_job(lambda _: {"status": 4000, "error": "banned"}, 3600.0).trace("grid")
    assert trace.seems_failed
    assert not trace.gave_up


def test_jobs_are_given_up_when_the_time_for_the_run_is_over(start: Start) -> None:
    fake = start()
    fake.admin.freeze()
    gate = Gate(
        fake.url,
        CONTRACT,
        budget=Budget(None),
        secrets=Secrets(),
        until=time.monotonic() + 1.0,
    )
    session = Session(RunOptions(fake.url, ACCOUNTS, None, job_timeout=3600.0), CONTRACT, gate)
    session.login_all()
    evidence = gathered(session, "grid", "upscale")
    assert evidence.trace("grid").gave_up
    with pytest.raises(UnavailableError) as refusal:
        evidence.finished("upscale")
    assert refusal.value.verdict is Verdict.INCONCLUSIVE


def test_odd_records_are_no_crash() -> None:
    evidence = one_job(lambda look: {"status": {}, "error": [], "timestamp": look}, 0.1)
    assert evidence.trace("grid").gave_up
    assert evidence.trace("grid").exhibits()


# Finding records again


def _three_a_page(times: list[int], unit: int) -> Script:
    """A server with jobs of these times, newest first, that returns three at most."""

    def script(asked: ReceivedRequest) -> Iterable[bytes]:
        if asked.path == "/auth/login":
            return http({"errno": 0, "errmsg": "SUCCESS", "data": {"token": "a-token-of-someone"}})
        before = asked.fields.get("timestamp_smaller_than", times[0] + 1) * unit
        found = [{"hash": f"h{time}", "timestamp": str(time)} for time in times if time < before]
        return http({"errno": 0, "data": {"res": found[:3], "total": len(times)}})

    return script


@pytest.mark.parametrize("unit", [1, 1000])
def test_all_records_are_reached_page_by_page(unit: int) -> None:
    """``unit``: of the cursor, in ms."""
    times = [1_712_040_515_164 + 700 * number for number in reversed(range(8))]
    with Scripted(_three_a_page(times, unit)) as server:
        look = Listing(a_session(server.url)).everything()
    assert [one["hash"] for one in look.records] == [f"h{time}" for time in times]
    assert look.complete
    assert look.total == 8


@pytest.mark.parametrize("unit", [1, 1000])
def test_records_of_one_instant_on_two_pages_are_all_reached(unit: int) -> None:
    """Pages have three records: the second instant begins on one page and ends on the next."""
    times = [1_712_040_515_000 - 1000 * instant for instant in (0, 0, 1, 1, 2, 3)]

    def script(asked: ReceivedRequest) -> Iterable[bytes]:
        if asked.path == "/auth/login":
            return http({"errno": 0, "errmsg": "SUCCESS", "data": {"token": "a-token-of-someone"}})
        before = asked.fields.get("timestamp_smaller_than", times[0] + 1) * unit
        found = [{"hash": n, "timestamp": str(t)} for n, t in enumerate(times) if t < before]
        rows = [{**one, "hash": f"h{one['hash']}"} for one in found]
        return http({"errno": 0, "data": {"res": rows[:3], "total": len(times)}})

    with Scripted(script) as server:
        look = Listing(a_session(server.url)).everything()
    assert look.complete
    assert len(look.answers) <= 4


def test_an_errno_for_not_found_is_not_for_the_limit() -> None:
    answers = iter([http({"errno": 410, "errmsg": "NOT FOUND"})])

    def script(asked: ReceivedRequest) -> Iterable[bytes]:
        if asked.path == "/auth/login":
            return http({"errno": 0, "errmsg": "SUCCESS", "data": {"token": "a-token-of-someone"}})
        return next(answers, http({"errno": 0, "data": {"res": [{"hash": "h"}], "total": 1}}))

    with Scripted(script) as server:
        listing = Listing(a_session(server.url))
        assert not listing.look().complete
        assert listing.look(["h"]).with_hash("h")
        limits = [one.fields.get("limit") for one in server.asked if one.path == "/jobs/find"]
    assert limits == [100, 100]


def test_a_listing_that_can_not_be_completed_says_so(start: Start) -> None:
    session = a_session(start(find_order="oldest-first", find_max_limit="3").url)
    for number in range(5):
        session.call("createJob", {"content": f"boat {number}"})
    look = Listing(session).everything()
    assert not look.complete
    assert look.why_not == "3 of 5 records could be reached"


def test_a_job_off_the_first_page_is_found_by_its_hash(start: Start) -> None:
    answers = {"find_order": "oldest-first", "find_max_limit": "3", "find_hash_filter": "honoured"}
    session = a_session(start(**answers).url)
    *_, last = [session.call("createJob", {"content": f"boat {n}"}).hash for n in range(5)]
    assert last is not None
    assert Listing(session).look([last]).with_hash(last)


@pytest.mark.parametrize("unit", [1, 1000])
def test_a_job_that_newer_ones_push_off_the_first_page_is_looked_for_further_back(
    unit: int,
) -> None:
    """``unit``: of the cursor, in ms."""
    times = [1_712_040_515_164 + 700 * number for number in reversed(range(30))]
    with Scripted(_three_a_page(times, unit)) as server:
        listing = Listing(a_session(server.url))
        look = listing.look([f"h{times[5]}", f"h{times[0]}"])
        assert look.with_hash(f"h{times[5]}")
        assert not look.complete
        assert len(look.answers) <= 4
        # Nothing is looked for that the first page shows, and nothing without end.
        assert len(listing.look([f"h{times[2]}"]).answers) == 1
        assert len(listing.look(["nobody"]).answers) == 1 + 5 + 1


def test_a_limit_that_is_refused_is_left_out() -> None:
    def script(asked: ReceivedRequest) -> Iterable[bytes]:
        if asked.path == "/auth/login":
            return http({"errno": 0, "errmsg": "SUCCESS", "data": {"token": "a-token-of-someone"}})
        if asked.fields.get("limit", 0) > 20:
            return http({"errno": 301, "errmsg": "INVALID PARAMETER"})
        return http({"errno": 0, "data": {"res": [{"hash": "h"}], "total": 1}})

    with Scripted(script) as server:
        listing = Listing(a_session(server.url))
        assert listing.look().complete
        assert listing.look(["h"]).with_hash("h")
        limits = [one.fields.get("limit") for one in server.asked if one.path == "/jobs/find"]
    assert limits == [100, None, None]


def test_jobs_may_be_submitted_while_others_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Progress is reported from every thread that submits."""
    evidence = one_job(lambda _: {"status": 7}, 0.1)
    grid = evidence.trace("grid")

    def meanwhile(_: object) -> bool:
        evidence._traces["niji"] = grid
        return False

    monkeypatch.setattr(evidence, "_ended", meanwhile)
    assert grid in evidence.busy


def test_submissions_that_wait_for_a_look_share_the_next_one() -> None:
    """Side by side, each wants a look that begins after its answer; one can serve them all."""
    hashes, finds = itertools.count(), itertools.count()

    def script(asked: ReceivedRequest) -> Iterable[bytes]:
        data: Any = f"hash-{next(hashes)}"
        if asked.path == "/auth/login":
            data = {"token": "a-token-of-someone"}
        elif asked.path == "/jobs/find":
            next(finds)
            time.sleep(0.05)
            link = {"original_url": "http://x/1", "img_buffer": "http://x/2"}
            rows = [
                {"hash": f"hash-{n}", "job_id": "a", "timestamp": "1", "status": 2000} | link
                for n in range(40)
            ]
            data = {"res": rows, "total": 40}
        return http({"errno": 0, "errmsg": "OK", "data": data})

    names = ("grid", "upscale_1", "upscale_3", "variation_1", "variation_2", "variation_4")
    with Scripted(script) as server:
        evidence = gathered(a_session(server.url), *names, "upscale", "variation", "describe")
    for trace in evidence.traces():
        assert trace.finished
        assert trace.sightings[0].answer.exchange.number > trace.submission.exchange.number
        assert trace.submitted_at + trace.sightings[0].at >= trace.answered_at
    assert next(finds) < len(evidence.traces())


def test_a_job_with_an_error_is_not_known_to_run() -> None:
    """It may have ended with it: no other job ran beside it for certain."""
    running = one_job(lambda _: {"status": 7}, 0.2).trace("grid")
    remarked = one_job(lambda _: {"status": 7, "error": "altered prompt"}, 0.2).trace("grid")
    failed = one_job(lambda _: {"status": 7, "error": "no more ink"}, 0.2).trace("grid")
    seen = [one.unfinished_after(one.answered_at) for one in (running, remarked, failed)]
    assert seen == [True, True, False]
