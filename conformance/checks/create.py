"""Job Create (page, Job Create), and what a submission leaves open."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

from ..checking import (
    Context,
    Finding,
    JobTrace,
    Observation,
    Phase,
    UnavailableError,
    check,
    probe,
)
from ..json_access import Record, brief, integer, millis, text
from ..rules.find_rules import carries, falling, hashes, prompts
from ..shared_jobs.catalogue import BY_NAME
from ..shared_jobs.listing import Look

_JOB = "createJob"


def _created(ctx: Context) -> list[JobTrace]:
    """The submissions of a prompt and nothing else."""
    return [one for one in ctx.evidence.traces() if one.operation == _JOB and len(one.body) == 1]


@check("CREATE-1", needs=("grid",))
def content_gives_a_hash(ctx: Context) -> Iterator[Finding]:
    ctx.evidence.trace("grid")
    jobs = [job for job in _created(ctx) if job.name in BY_NAME or job.accepted]
    for job in jobs:
        answer = job.submission
        cause = ctx.evidence.cause(job.name)
        if cause == "--niji":
            # The page names the service, and no flag for it (question niji-selection).
            yield ctx.ok(f"a prompt with {cause} is refused, without it it is accepted", answer)
        elif cause:
            yield ctx.fail(
                f"{brief(job.body['content'], 60)} is refused {len(job.attempts)} times; without"
                f" {cause} it is accepted",
                job,
                ctx.evidence.trace(job.name),
                expected="errno 0 and a hash",
                actual=answer.summary(),
            )
        elif job.accepted:
            yield ctx.ok(f"{brief(job.body['content'], 60)}: a hash", answer)
        elif answer.failure is not None:
            yield ctx.inconclusive(f"no answer: {answer.problem}", answer)
        elif answer.ok:
            yield ctx.fail(
                "errno 0 without a hash",
                answer,
                expected="data: a string that is not empty",
                actual=f"data: {brief(answer.data)}" if "data" in answer.envelope else "no data",
            )
        elif answer.errno == 411:
            yield ctx.untestable(f"the account lacks the plan for it: {answer.summary()}", answer)
        elif answer.errno == 501:
            yield ctx.inconclusive(f"the service failed: {answer.summary()}", answer)
        else:
            yield ctx.fail(
                f"{brief(job.body['content'], 60)} is refused",
                answer,
                expected="errno 0 and a hash",
            )
    yield ctx.ok(f"{len(jobs)} prompts gave a hash")


# CREATE-2


@check("CREATE-2", needs=("grid",), wants=("niji",), phase=Phase.QUIET)
def the_hash_is_that_of_one_record(ctx: Context) -> Iterator[Finding]:
    ctx.evidence.accepted("grid")
    jobs = [one for one in ctx.evidence.traces() if one.accepted]
    for job in jobs:
        yield from _one_record(ctx, job)
    for job in jobs:
        if job.operation == _JOB and job.account == "first":
            yield from _no_other_record(ctx, job)
    yield ctx.ok(f"{len(jobs)} hashes, each that of exactly one record in every look")


def _one_record(ctx: Context, job: JobTrace) -> Iterator[Finding]:
    several = next((seen for seen in job.sightings if len(seen.records) > 1), None)
    if several is not None:
        yield ctx.fail(
            f"the job “{job.name}”: several records have its hash",
            several.answer,
            job,
            expected="one record",
            actual=f"{len(several.records)} records",
        )
    if job.last is None:
        # Another kind of job may fail, and a record of that need not be kept.
        if job.operation == _JOB:
            yield _never_found(ctx, job)
        return
    if job.operation != _JOB and not job.finished:
        return
    since = next(n for n, seen in enumerate(job.sightings) if seen.records)
    gone = [seen for seen in job.sightings[since:] if not seen.records and seen.complete]
    if gone:
        yield ctx.fail(
            f"the job “{job.name}” was found at first, but not later",
            job,
            gone[0].answer,
            expected=f"the record with the hash {job.hash}",
            actual=f"{len(gone[0].answer.records)} other records {gone[0].at:.1f} s after it",
        )
        return
    look = ctx.evidence.history(job.account)
    if look.complete and not look.with_hash(job.hash or ""):
        yield ctx.fail(
            f"the job “{job.name}” was found at first, but not at the end",
            job,
            *look.answers[:1],
            expected=f"the record with the hash {job.hash}",
            actual=f"{len(look.records)} other records",
        )


def _never_found(ctx: Context, job: JobTrace) -> Finding:
    last = job.sightings[-1] if job.sightings else None
    if last is None or not last.complete or not job.waited_out:
        return ctx.inconclusive(f"the job “{job.name}”: {job.summary()}", job)
    return ctx.fail(
        f"the job “{job.name}” is not found by its hash, {last.at:.1f} s after it was submitted",
        job.submission,
        last.answer,
        expected=f"a record with the hash {job.hash}",
        actual=f"{len(last.answer.records)} records with other hashes",
    )


def _no_other_record(ctx: Context, job: JobTrace) -> Iterator[Finding]:
    """Nothing else in the listing has the prompt of this submission and came with it."""
    try:
        before = ctx.evidence.earlier
    except UnavailableError:
        return
    if job.last is None or not (before.complete or falling(before.answers[0].records)):
        return
    # Another check judges the records of a refused attempt, and a submission of the same whose
    # answer was lost may have created one.
    if len(job.attempts) > 1 or any(_same_request(one, job) for one in ctx.evidence.traces()):
        return
    named = {one.hash for one in ctx.evidence.traces()}
    last = job.sightings[-1].answer
    others = [
        one
        for one in last.records
        if _is_new(one, before) and _same_origin(one, job.last) and one.get("hash") not in named
    ]
    if others:
        yield ctx.fail(
            f"the job “{job.name}”: one submission created several records",
            last,
            job,
            expected="one record",
            actual=f"another with the hash {brief(others[0].get('hash'))} and the same prompt",
        )


def _same_request(other: JobTrace, job: JobTrace) -> bool:
    """Whether it is another submission of the same, which was not accepted."""
    same = (other.account, other.operation, other.body) == (job.account, job.operation, job.body)
    return same and other is not job and not other.accepted


def _is_new(record: Record, before: Look) -> bool:
    newest = max((time for one in before.records if (time := millis(one)) is not None), default=-1)
    created = millis(record)
    known = text(record, "hash") in hashes(before.records)
    return not known and created is not None and created > newest


def _same_origin(record: Record, own: Record) -> bool:
    """Made from the same text as ``own``, and from no parent."""
    keys = ("job_type", "sender_id")
    childless = text(record, "parent_id") is None and text(record, "parent_hash") is None
    alike = all(record.get(key) == own.get(key) for key in keys)
    return childless and alike and bool(prompts(own)) and prompts(record) == prompts(own)


@check("CREATE-3", refusals=True)
def content_is_required(ctx: Context) -> Iterator[Finding]:
    for when, body in (("with nothing", {}), ("with a sender_id alone", _sender(ctx))):
        yield ctx.expect_errno(ctx.call(_JOB, body), 301, when=f"createJob {when}")
    yield ctx.ok("301 without content")


def _sender(ctx: Context) -> dict[str, object]:
    return {"sender_id": ctx.account().id or ctx.account().username}


@check(
    "CREATE-4",
    needs=("grid", "niji"),
    wants=("upscale", "upscale_4", "neighbour", "create_again"),
)
def no_two_submissions_share_a_hash(ctx: Context) -> Iterator[Finding]:
    ctx.evidence.accepted("grid")
    jobs = [job for job in ctx.evidence.traces() if job.accepted]
    if len(jobs) < 2:
        yield ctx.untestable("only one submission was accepted", *jobs)
        return
    for first, second in combinations(jobs, 2):
        if first.hash == second.hash and not _repeated_upscale(first, second):
            yield ctx.fail(
                f"“{first.name}” and “{second.name}” have one hash",
                first.submission,
                second.submission,
                expected="two hashes",
                actual=first.hash or "",
            )
    again = any(job.accepted for job in ctx.evidence.sent("create_again"))
    few = "" if again else "one prompt submitted twice"
    yield ctx.ok(f"{len(jobs)} submissions, no hash shared", not_covered=few)


def _repeated_upscale(first: JobTrace, second: JobTrace) -> bool:
    """The same cell of the same parent (question repeat-upscale)."""
    cells = [(one.body.get("parent_hash"), one.body.get("grid_num")) for one in (first, second)]
    return first.operation == second.operation == "upscaleJob" and cells[0] == cells[1]


@check("CREATE-5", needs=("grid",), wants=("niji",))
def the_record_carries_the_prompt(ctx: Context) -> Iterator[Finding]:
    ctx.evidence.accepted("grid")
    jobs = [one for one in _created(ctx) if one.accepted]
    bare: list[str] = []
    for job in jobs:
        texts = prompts(job.last or {})
        # A server may remove flags from the text and keep them elsewhere.
        wanted = str(job.body["content"]).split(" --")[0]
        if any(carries(phrase, wanted) for phrase in texts):
            yield ctx.ok(f"{brief(wanted, 60)} is in the record", job)
            if not any(carries(phrase, str(job.body["content"])) for phrase in texts):
                bare.append(str(job.body["content"]).removeprefix(wanted).strip())
        elif texts:
            yield ctx.fail(
                "the prompt is not whole in the record",
                job,
                expected=wanted,
                actual=" / ".join(texts),
            )
        elif job.finished:
            yield ctx.fail(
                "the record has no prompt", job, expected=wanted, actual="null or missing"
            )
        else:
            yield ctx.inconclusive(f"the job “{job.name}”: {job.summary()}", job)
    without = f"; the records lack the flags {', '.join(bare)}, which the page leaves open"
    summary = f"{len(jobs)} prompts, one of Latin, Chinese and emoji, are whole"
    yield ctx.ok(summary + (without if bare else ""))


# Questions


@probe("niji-selection", needs=("niji",))
def what_the_flag_does(ctx: Context) -> Observation:
    refused = _flags_refused(ctx)
    if refused is not None:
        return refused
    job = ctx.evidence.finished("niji")
    record = job.last or {}
    service = text(record, "service")
    if service in ("niji", "main"):
        return ctx.answer("flag" if service == "niji" else "never", job)
    return ctx.unknown(f"service {brief(record.get('service'))}", job)


def _flags_refused(ctx: Context) -> Observation | None:
    """The observation where a plain prompt stands in for the one with flags."""
    if not ctx.evidence.cause("niji"):
        return None
    job = ctx.evidence.original("niji")
    return ctx.unknown(f"a prompt with --ar and --niji is refused: {job.submission.summary()}", job)


@probe("aspect-flag", needs=("niji", "grid"))
def what_the_shape_flag_does(ctx: Context) -> Observation:
    """--ar 3:2 is in the prompt of this job, and in no other."""
    refused = _flags_refused(ctx)
    if refused is not None:
        return refused
    shaped, square = (_size(ctx, name) for name in ("niji", "grid"))
    if square is None or shaped is None:
        return ctx.unobserved("a finished record has no width and height")
    # A frame adds the same to both.
    frame = (64, 128) if square[0] - 64 == square[1] - 128 else (0, 0)
    width, height = shaped[0] - frame[0], shaped[1] - frame[1]
    job = ctx.evidence.finished("niji")
    if abs(width / max(height, 1) - 1.5) < 0.05:
        return ctx.answer("shape", job)
    if shaped == square:
        return ctx.answer("ignored", job)
    return ctx.unknown(f"{width}x{height}", job)


def _size(ctx: Context, name: str) -> tuple[int, int] | None:
    record = ctx.evidence.record(name)
    width, height = integer(record, "img_width"), integer(record, "img_height")
    return None if width is None or height is None else (width, height)


@probe(
    "concurrency-limit",
    needs=("grid", "niji"),
    wants=("upscale", "variation", "describe", "blend", "remix"),
)
def whether_many_jobs_are_taken(ctx: Context) -> Observation:
    jobs = ctx.evidence.traces()
    refused = [job for job in jobs if job.deferred and job.crowded]
    if refused:
        errnos = {one.attempts[0].errno for one in refused}
        faults = [one for one in ctx.exchanges() if one.errno == 501]
        if errnos == {501} and any(one.operation in ("login", "findJobs") for one in faults):
            return ctx.unobserved(
                "requests that start no job get errno 501 now and then, too", *refused
            )
        if errnos == {501} and sum(one.crowded for one in refused) == 1:
            return ctx.unobserved(
                "one job was refused once, which may have been a failure", *refused
            )
        if errnos == {501}:
            return ctx.answer("refused", *refused[:2])
        return ctx.unknown(
            f"refused while others ran: {refused[0].attempts[0].summary()}", *refused
        )
    most = max((jobs_beside(one, jobs) for one in jobs), default=0)
    if most < 4:
        return ctx.unobserved(f"no more than {most} job{'s' * (most != 1)} ran at once", *jobs[:1])
    return ctx.answer("queued-silently", *jobs[:4])


def jobs_beside(job: JobTrace, jobs: list[JobTrace]) -> int:
    """How many jobs of the account were seen unfinished after this one was accepted, with it."""
    return sum(
        one.account == job.account
        and one.answered_at <= job.answered_at
        and one.unfinished_after(job.answered_at)
        for one in jobs
        if job.accepted and one.accepted
    )
