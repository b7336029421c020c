"""Open questions about a job that has not finished yet, or has just finished."""

from __future__ import annotations

import re

from ..checking import Context, JobTrace, Observation, probe
from ..json_access import Record, brief, text, whole
from ..shared_jobs.trace import FINISHED


def _jobs(ctx: Context) -> list[JobTrace]:
    ctx.evidence.accepted("grid")
    return [one for one in ctx.evidence.traces() if one.accepted and one.last is not None]


def _under_way(job: JobTrace) -> list[Record]:
    """The records seen of a job before its end; of one that failed, those before it did."""
    if not job.seems_failed:
        return job.pending
    return [one for one in job.pending if text(one, "error") is None]


@probe("pending-statuses", needs=("grid",), wants=("niji", "blend_words"))
def the_statuses_before_the_end(ctx: Context) -> Observation:
    jobs = _jobs(ctx)
    pending = [one for job in jobs for one in _under_way(job)]
    failed = [job.last for job in jobs if job.seems_failed and job.last is not None]
    seen = [one.get("status") for one in [*pending, *failed]]
    if not seen:
        return ctx.unobserved("every job had finished at the first look", *jobs[:1])
    if all(one is None for one in seen):
        return ctx.answer("null", *jobs[:2])
    if any(whole(one) is None for one in seen):
        return ctx.unknown(f"status {', '.join(dict.fromkeys(map(brief, seen)))}", *jobs[:2])
    order = list(dict.fromkeys(whole(one.get("status")) for one in pending))
    ends = list(dict.fromkeys(whole(one.get("status")) for one in failed))
    if len(order) > 2 or len(ends) > 1 or FINISHED in (*order, *ends):
        shown = f"before the end {order}, after a failure {ends}"
        return ctx.unknown(shown, *jobs[:2])
    queued, running = _told_apart(order, pending)
    parts = (queued, running, ends[0] if ends else None)
    return ctx.answer("-".join("?" if one is None else str(one) for one in parts), *jobs[:3])


def _told_apart(order: list[int | None], pending: list[Record]) -> tuple[int | None, int | None]:
    """Queued and running. A single status is that of a running job if the record has progress."""
    if len(order) == 2:
        moving = [whole(one.get("status")) for one in pending if _moves(one)]
        # Jobs are in the order of the plan: another may have had the later status first.
        if moving and order[0] in moving and order[1] not in moving:
            order = order[::-1]
        return order[0], order[1]
    if not order:
        return None, None
    return (None, order[0]) if any(map(_moves, pending)) else (order[0], None)


def _moves(record: Record) -> bool:
    return record.get("pct_prog") is not None or text(record, "img_prog") is not None


@probe("progress-type", needs=("grid",))
def the_type_of_progress(ctx: Context) -> Observation:
    jobs = [job for job in _jobs(ctx) if _under_way(job)]
    values = _while_running(jobs, "pct_prog")
    if not values:
        return _null_if_seen_running(ctx, jobs)
    kinds = {_progress(value) for value in values}
    if len(kinds) == 1 and "" not in kinds:
        return ctx.answer(kinds.pop(), *jobs[:2])
    return ctx.unknown(f"pct_prog {', '.join(dict.fromkeys(map(brief, values)))}", *jobs[:2])


def _while_running(jobs: list[JobTrace], key: str) -> list[object]:
    """The values under the key before the jobs ended, except null."""
    values = [record.get(key) for job in jobs for record in _under_way(job)]
    return [value for value in values if value is not None]


def _null_if_seen_running(ctx: Context, jobs: list[JobTrace]) -> Observation:
    if not _seen_running(jobs):
        return ctx.unobserved("no look caught a job while it ran", *jobs[:1])
    return ctx.answer("null", *jobs[:2])


def _progress(value: object) -> str:
    """The variant of a value; empty if it has none."""
    if whole(value) is not None:
        return "int"
    if isinstance(value, str):
        if re.fullmatch(r"\d{1,3}(\.0+)?", value):
            return "number-string"
        if re.fullmatch(r"\d{1,3}%", value):
            return "percent-string"
    return ""


@probe("preview-image", needs=("grid",))
def whether_there_is_a_preview(ctx: Context) -> Observation:
    jobs = [job for job in _jobs(ctx) if job.operation != "describeImage" and _under_way(job)]
    values = _while_running(jobs, "img_prog")
    if not values:
        return _null_if_seen_running(ctx, jobs)
    if all(isinstance(value, str) and re.match("https?://", value) for value in values):
        return ctx.answer("url", *jobs[:2])
    return ctx.unknown(f"img_prog {brief(values[0])}", *jobs[:2])


def _seen_running(jobs: list[JobTrace]) -> bool:
    """A look at a job past the middle of its time, or one that had changed and not ended."""
    for job in jobs:
        changed = len({str(one) for one in _under_way(job)}) > 1
        half = (job.duration or float("inf")) / 2
        late = [one for one in job.sightings if half < one.at < 2 * half and one.record]
        if changed or any(one.record in _under_way(job) for one in late):
            return True
    return False


@probe("error-on-success", needs=("grid",))
def whether_an_altered_prompt_is_told(ctx: Context) -> Observation:
    job = ctx.evidence.finished("grid")
    record = job.last or {}
    error, altered = record.get("error"), record.get("msg_content") != record.get("msg_display")
    if isinstance(error, str) and error.casefold() == "altered prompt" and altered:
        return ctx.answer("altered-prompt", job)
    if error is None and altered:
        return ctx.answer("null", job)
    if error is None:
        return ctx.unobserved("nothing in the prompt was altered", job)
    return ctx.unknown(f"error {brief(error)}, prompt {'' if altered else 'not '}altered", job)
