"""Upscale (page, Job Upscale): one cell of a grid made large."""

from __future__ import annotations

from collections.abc import Iterator

from ..checking import Context, Finding, Observation, Phase, check, child_jobs, probe
from ..json_access import brief, millis, text
from ..pictures import compare as pixels
from ..pictures.picture import Picture

_JOB = "upscaleJob"


@check("UP-1", needs=("upscale", "grid"))
def an_upscale_is_one_larger_image(ctx: Context) -> Iterator[Finding]:
    job, grid = ctx.evidence.trace("upscale"), ctx.evidence.finished("grid")
    if not job.accepted:
        yield child_jobs.not_taken(ctx, job, "an upscale of a finished grid")
        return
    job = ctx.evidence.finished("upscale")
    missing = child_jobs.no_picture(ctx, job)
    if missing is not None:
        yield missing
        return
    large, parent = child_jobs.picture_of(ctx, job), child_jobs.picture_of(ctx, grid)
    yield child_jobs.names_parent(ctx, job, grid)
    if large.unread or parent.unread:
        yield ctx.inconclusive(large.unread or parent.unread, large, parent)
    else:
        yield _larger(ctx, large, parent)


def _larger(ctx: Context, large: Picture, parent: Picture) -> Finding:
    fault = pixels.not_one_larger(large, parent)
    if fault:
        expected = "one image, larger than a cell"
        return ctx.fail("the upscale", large, parent, expected=expected, actual=fault)
    width, height = large.size
    return ctx.ok(f"one picture of {width}x{height}", large, parent)


# After the shared jobs: a server that fills in missing keys needs a job to choose.
@check("UP-2", wants=("grid",), refusals=True, phase=Phase.AFTER)
def an_upscale_needs_parent_and_cell(ctx: Context) -> Iterator[Finding]:
    parent = child_jobs.grid_key(ctx, "hash")
    yield from child_jobs.refused_without(ctx, _JOB, "parent_hash", parent)


@check("UP-3", wants=("grid",), refusals=True, phase=Phase.AFTER)
def an_unknown_parent_is_not_found(ctx: Context) -> Iterator[Finding]:
    return child_jobs.not_found(ctx, _JOB, "parent_hash", "an upscale")


@check("UP-4", needs=("upscale", "upscale_4", "grid"), wants=("upscale_1", "upscale_3"))
def an_upscale_is_the_chosen_cell(ctx: Context) -> Iterator[Finding]:
    grid = ctx.evidence.finished("grid")
    jobs = [ctx.evidence.finished("upscale"), ctx.evidence.finished("upscale_4")]
    jobs += ctx.evidence.sent("upscale_1", "upscale_3")
    yield from child_jobs.shows_chosen_cell(ctx, grid, jobs, pixels.upscale_of)


@check("UP-5", needs=("upscale", "upscale_4"))
def an_upscale_takes_a_sender_or_none(ctx: Context) -> Iterator[Finding]:
    yield from child_jobs.accepted_both_ways(ctx, without="upscale", given="upscale_4")


@check("UP-6", needs=("upscale",))
def an_upscale_is_found_by_its_type(ctx: Context) -> Iterator[Finding]:
    job = ctx.evidence.accepted("upscale")
    if job.last is None:
        yield ctx.inconclusive(job.summary(), job)
        return
    kind = text(job.last, "job_type")
    if kind != "upscale":
        yield ctx.fail("job_type of an upscale", job, expected="upscale", actual=brief(kind))
        return
    newest = millis(job.last)
    filters: dict[str, object] = {"job_type": ["upscale"], "limit": 100}
    if newest is not None:
        filters["timestamp_smaller_than"] = newest + 1  # others may submit upscales meanwhile
    found = ctx.call("findJobs", filters)
    if not found.ok:
        yield ctx.inconclusive(f"find by job_type: {found.summary()}", found)
    elif any(record.get("hash") == job.hash for record in found.records):
        yield ctx.ok("found by the filter upscale", found)
    elif found.total is not None and found.total > len(found.records):
        yield ctx.inconclusive(
            f"not among the {len(found.records)} of {found.total} that one find shows", found
        )
    else:
        yield ctx.fail(
            "the filter upscale does not find it",
            job,
            found,
            expected=f"a record with the hash {job.hash}",
            actual=f"{len(found.records)} other records",
        )


@check(
    "UP-7", needs=("upscale",), wants=("upscale_4", "variation", "remix", "upscale_1", "upscale_3")
)
def a_child_bears_the_cell_asked_for(ctx: Context) -> Iterator[Finding]:
    ctx.evidence.accepted("upscale")
    names = ("upscale", "upscale_4", "variation", "remix", "upscale_1", "upscale_3")
    jobs = ctx.evidence.sent(*names)
    seen = [(job, job.last) for job in jobs if job.last is not None]
    if not seen:
        yield ctx.inconclusive("no find returned a child's record", *jobs)
    for job, record in seen:
        asked, shown = job.body.get("grid_num"), record.get("grid_num")
        if shown is None or shown == asked:
            yield ctx.ok(f"{job.name}: grid_num {brief(shown)}", job)
        else:
            yield ctx.fail(f"{job.name}: another grid_num", job, expected=asked, actual=shown)


@probe("repeat-upscale", needs=("upscale", "upscale_again"))
def what_a_repeated_upscale_gives(ctx: Context) -> Observation:
    first, again = ctx.evidence.accepted("upscale"), ctx.evidence.trace("upscale_again")
    if again.accepted:
        return ctx.answer("same-hash" if again.hash == first.hash else "new-job", first, again)
    if again.submission.errno == 301:
        return ctx.answer("refused", first, again)
    return ctx.unknown(again.submission.summary(), first, again)
