"""Open questions about a job that has not finished yet, or has just finished."""

from __future__ import annotations

import re
from collections.abc import Callable

from ..checking import Context, JobTrace, Observation, probe
from ..checking.watched_jobs import accepted_jobs, not_whole, orders, under_way, went_through
from ..json_access import Record, brief, whole
from ..shared_jobs.trace import FINISHED

#: Jobs that are watched from their submission to their end, one of them to fail.
_WATCHED = (
    *("niji", "blend_words", "upscale", "variation", "describe", "blend", "upscale_4", "remix"),
    "blend_5",
)


@probe("pending-statuses", needs=("grid",), wants=_WATCHED)
def the_statuses_before_the_end(ctx: Context) -> Observation:
    jobs = accepted_jobs(ctx)
    pending = [one for job in jobs for one in under_way(job)]
    failed = [job.last for job in jobs if job.seems_failed and job.last is not None]
    seen = [one.get("status") for one in [*pending, *failed]]
    if not seen:
        return ctx.unobserved("every job had finished at the first look", *jobs[:1])
    missed = not_whole(jobs, "status")
    shown = f"status {', '.join(dict.fromkeys(map(brief, seen)))}"
    if missed:
        return ctx.unknown(f"{shown}; {missed}", *jobs[:2])
    if all(one is None for one in seen):
        return _null(ctx, shown, jobs)
    if any(whole(one) is None for one in seen):
        return ctx.unknown(shown, *jobs[:2])
    ends = list(dict.fromkeys(whole(one.get("status")) for one in failed))
    order = two_in_order(orders(jobs, lambda one: whole(one.get("status"))))
    if order is None or len(ends) > 1 or FINISHED in ends:
        after = f", after a failure {', '.join(map(str, ends))}" if ends else ""
        return ctx.unknown(f"{shown}: not one for queued and one for running{after}", *jobs[:2])
    return ctx.answer(f"{order[0]}-{order[1]}-{ends[0] if ends else '?'}", *jobs[:3])


def two_in_order(seen: list[list[object]]) -> tuple[object, object] | None:
    """The two statuses in their order, if every job went from the one to the other or was seen in
    one of them only."""
    ways = {tuple(one) for one in seen if len(one) > 1}
    if len(ways) != 1:
        return None
    way = ways.pop()
    if len(way) != 2 or not {status for one in seen for status in one} <= set(way):
        return None
    return way[0], way[1]


@probe("progress-type", needs=("grid",), wants=_WATCHED)
def the_type_of_progress(ctx: Context) -> Observation:
    return _while_running(ctx, "pct_prog", accepted_jobs(ctx), kind_of_progress)


@probe("preview-image", needs=("grid",), wants=_WATCHED)
def whether_there_is_akind_of_preview(ctx: Context) -> Observation:
    jobs = [job for job in accepted_jobs(ctx) if job.operation != "describeImage"]
    return _while_running(ctx, "img_prog", jobs, kind_of_preview)


def _while_running(
    ctx: Context, key: str, jobs: list[JobTrace], variant: Callable[[object], str]
) -> Observation:
    """The variant of the values under the key before the jobs ended; null if there was none."""
    jobs = [job for job in jobs if under_way(job)]
    if not jobs:
        return ctx.unobserved("no look caught a job while it ran")
    values = [one.get(key) for job in jobs for one in under_way(job)]
    several = list(dict.fromkeys(brief(value, 60) for value in values))
    shown = f"{key} {', '.join(several[:4])}{', …' if len(several) > 4 else ''}"
    missed = not_whole(jobs, key)
    if missed:
        return ctx.unknown(f"{shown}; {missed}", *jobs[:2])
    kinds = {variant(value) for value in values if value is not None}
    if not kinds:
        return _null(ctx, shown, jobs)
    if len(kinds) == 1 and "" not in kinds:
        return ctx.answer(kinds.pop(), *jobs[:2])
    return ctx.unknown(shown, *jobs[:2])


def _null(ctx: Context, shown: str, jobs: list[JobTrace]) -> Observation:
    """That there never was a value."""
    if went_through(jobs):
        return ctx.answer("null", *jobs[:2])
    return ctx.unknown(f"{shown}, but no job finished, and they may never have begun", *jobs[:2])


def kind_of_progress(value: object) -> str:
    """The variant of a value; empty if it has none."""
    if whole(value) is not None:
        return "int"
    if isinstance(value, str):
        if re.fullmatch(r"\d{1,3}(\.0+)?", value):
            return "number-string"
        if re.fullmatch(r"\d{1,3}%", value):
            return "percent-string"
    return ""


def kind_of_preview(value: object) -> str:
    return "url" if isinstance(value, str) and re.match("https?://", value) else ""


@probe("error-on-success", needs=("grid",))
def whether_an_altered_prompt_is_told(ctx: Context) -> Observation:
    job = ctx.evidence.finished("grid")
    said = error_on_success(job.last or {})
    if said is None:
        return ctx.unobserved("nothing in the prompt was altered", job)
    return ctx.answer(said, job)


def error_on_success(record: Record) -> str | None:
    """A variant or a description, from a finished record; ``None`` if nothing was altered in it."""
    error, altered = record.get("error"), record.get("msg_content") != record.get("msg_display")
    if isinstance(error, str) and error.casefold() == "altered prompt" and altered:
        return "altered-prompt"
    if error is None:
        return "null" if altered else None
    return f"error {brief(error)}, prompt {'' if altered else 'not '}altered"
