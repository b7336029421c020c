"""A job from its submission to its end, as find shows it (page, Job Find)."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from ..checking import Context, Finding, JobTrace, Phase, UnavailableError, Verdict, check
from ..json_access import Record, brief, integer, millis, text
from ..rules.find_rules import in_substance
from ..rules.times import seconds_early, time_faults
from ..shared_jobs.trace import FINISHED

#: What never changes once it is set.
_IDENTITY = ("hash", "id", "id_uuid", "job_id", "timestamp", "created_at", "sender_id")
_PARENTS = ("parent_id", "parent_hash")
#: Jobs that are made from links: the page does not define their texts.
_FROM_LINKS = ("blendImages", "describeImage")


def _seen(ctx: Context) -> list[JobTrace]:
    """The jobs that a find has returned; at least the first grid."""
    job = ctx.evidence.accepted("grid")
    jobs = [one for one in ctx.evidence.traces() if one.accepted and one.last is not None]
    if not jobs:
        raise UnavailableError(Verdict.INCONCLUSIVE, f"“grid”: {job.summary()}", job)
    return jobs


def _records(ctx: Context, job: JobTrace) -> list[Record]:
    """The job's record at every sighting, and once more in the listing at the end."""
    final = ctx.evidence.history(job.account).with_hash(job.hash or "")
    return [*job.records, *final[:1]]


@check("LIFE-1", needs=("grid",), wants=("niji",))
def a_job_comes_to_an_end(ctx: Context) -> Iterator[Finding]:
    ctx.evidence.accepted("grid")
    jobs = [one for one in ctx.evidence.traces() if one.accepted]
    for job in jobs:
        if job.finished:
            yield ctx.ok(f"“{job.name}” finished in {job.duration or 0:.1f} s", job)
        elif job.seems_failed and not job.gave_up:
            yield ctx.ok(f"“{job.name}” failed", job)
        elif _has_its_picture(ctx, job):
            yield ctx.fail(
                f"“{job.name}” has its picture, but never reaches status {FINISHED}",
                job,
                expected=f"status {FINISHED}",
                actual=f"status {brief((job.last or {}).get('status'))}, unchanged since"
                f" {job.unchanged_since:.1f} s after its submission",
            )
        else:
            yield ctx.inconclusive(f"“{job.name}”: {job.summary()}", job)
    yield ctx.ok(f"{len(jobs)} jobs ended")


def _has_its_picture(ctx: Context, job: JobTrace) -> bool:
    """The record describes a picture and was seen unchanged for most of the wait, and the picture
    exists with the described size."""
    record = job.last
    if record is None or not job.waited_out:
        return False
    waited = job.sightings[-1].at
    url, size = (
        text(record, "img_buffer"),
        (integer(record, "img_width"), integer(record, "img_height")),
    )
    if job.seen_until - job.unchanged_since < waited / 2 or url is None:
        return False
    picture = ctx.evidence.picture(url)
    return not picture.problem and (None in size or size in picture.sizes)


@check("LIFE-2", needs=("grid",), wants=("upscale",), phase=Phase.QUIET)
def finished_is_for_good(ctx: Context) -> Iterator[Finding]:
    looks = 0
    for job in _seen(ctx):
        statuses = [one.get("status") for one in _records(ctx, job)]
        done = next((n for n, one in enumerate(statuses) if _is_finished(one)), None)
        if done is None:
            continue
        later = statuses[done + 1 :]
        looks += len(later)
        changed = [status for status in later if not _is_finished(status)]
        if changed:
            yield ctx.fail(
                f"“{job.name}” was finished at first, but not later",
                job,
                expected=f"status {FINISHED} for good",
                actual=f"status {brief(changed[0])}",
            )
    if looks:
        yield ctx.ok(f"status {FINISHED} in {looks} looks at jobs that had finished")
    else:
        yield ctx.inconclusive("no job was looked at again after it had finished")


def _is_finished(status: object) -> bool:
    return integer({"status": status}, "status") == FINISHED


# LIFE-3


@check("LIFE-3", needs=("grid",), phase=Phase.QUIET)
def times_are_as_shown(ctx: Context) -> Iterator[Finding]:
    jobs = _seen(ctx)
    count = 0
    early = 0.0
    for job in jobs:
        wrong: dict[str, tuple[object, object]] = dict(_never_moved(_records(ctx, job)))
        early = max([early, *map(seconds_early, _records(ctx, job))])
        for record in _records(ctx, job):
            count += 1
            for what, expected, actual in time_faults(record):
                wrong.setdefault(what, (expected, actual))
        stamps = [time for one in _records(ctx, job) if (time := millis(one)) is not None]
        moved = [stamp for stamp in stamps if stamp != stamps[0]]
        if moved:
            wrong["timestamp changes, although a job is created only once"] = (stamps[0], moved[0])
        for what, (expected, actual) in wrong.items():
            yield ctx.fail(f"“{job.name}”: {what}", job, expected=expected, actual=actual)
    clocks = f"updated_at is up to {early:.1f} s before created_at, as where two clocks differ"
    yield ctx.ok(
        f"created_at, updated_at and timestamp agree in {count} looks at {len(jobs)} jobs",
        not_covered=f"which of the two times is later: {clocks}" if early else "",
    )


def _never_moved(records: list[Record]) -> Iterator[tuple[str, tuple[object, object]]]:
    """updated_at before created_at, and the same when the job has finished as before.

    The time of a worker whose clock is behind would have moved on with the record.
    """
    ends = [one for one in records if _is_finished(one.get("status"))]
    begins = [one for one in records if not _is_finished(one.get("status"))]
    for first, last in zip(begins[:1], ends[-1:], strict=False):
        same = first.get("updated_at") == last.get("updated_at")
        if same and seconds_early(first) and seconds_early(last):
            what = "updated_at is earlier than created_at and no time of a change"
            yield what, (f"{brief(last.get('created_at'))} or later", last.get("updated_at"))


# LIFE-4


@check("LIFE-4", needs=("grid",), wants=("upscale",), phase=Phase.QUIET)
def a_job_keeps_its_identity(ctx: Context) -> Iterator[Finding]:
    jobs = _seen(ctx)
    looks = 0
    for job in jobs:
        records = _records(ctx, job)
        looks += len(records)
        for key in (*_IDENTITY, *_PARENTS):
            yield from _kept(ctx, job, records, key)
        if job.operation not in _FROM_LINKS:
            yield from _kept(ctx, job, records, "msg_display")
            yield from _kept_in_substance(ctx, job, records)
        yield from _renamed(ctx, job)
    if looks == len(jobs):
        yield ctx.inconclusive("every job was looked at only once", *jobs[:1])
        return
    yield ctx.ok(f"hash, ids, prompt and times are the same in {looks} looks at {len(jobs)} jobs")


def _kept(ctx: Context, job: JobTrace, records: list[Record], key: str) -> Iterator[Finding]:
    """The same at every look; a value that is null or missing at first may be set once."""
    first: object = None
    for record in records:
        value = record.get(key)
        if first is None:
            first = value
        elif value != first:
            yield ctx.fail(
                f"“{job.name}”: {key} changed", job, expected=brief(first), actual=brief(value)
            )
            return


def _kept_in_substance(ctx: Context, job: JobTrace, records: list[Record]) -> Iterator[Finding]:
    """msg_content is the prompt as the service uses it: its case, its blanks and what is added
    may come with the work; other words may not."""
    seen = [found for record in records if (found := text(record, "msg_content")) is not None]
    for before, after in pairwise(seen):
        old, new = in_substance(before), in_substance(after)
        if old not in new and new not in old:
            yield ctx.fail(
                f"“{job.name}”: msg_content changed",
                job,
                expected=brief(before),
                actual=brief(after),
            )
            return


def _renamed(ctx: Context, job: JobTrace) -> Iterator[Finding]:
    """The job's record under another hash: the same ids and time, in a later look."""
    keys = ("id", "id_uuid", "timestamp")
    own = job.records[0]
    if any(own.get(key) is None for key in keys):
        return
    for seen in job.sightings:
        for record in seen.answer.records:
            same = all(record.get(key) == own.get(key) for key in keys)
            if same and record.get("hash") != job.hash:
                yield ctx.fail(
                    f"“{job.name}”: hash changed",
                    job,
                    seen.answer,
                    expected=job.hash or "",
                    actual=brief(record.get("hash")),
                )
                return
