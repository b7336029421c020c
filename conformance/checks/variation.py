"""Variation and remix (page, Job Variation and Job Remix): four more like a chosen cell."""

from __future__ import annotations

from collections.abc import Iterator

from ..checking import Context, Finding, JobTrace, Phase, check, child_jobs
from ..json_access import brief, text
from ..pictures import compare as pixels
from ..pictures.seams import Seam
from ..rules.find_rules import in_substance
from ..shared_jobs.bodies import remix_prompt
from ..shared_jobs.catalogue import CONTENT

_JOB = "varyJob"


@check("VAR-1", needs=("variation", "grid"), wants=("remix",))
def a_variation_is_a_new_grid(ctx: Context) -> Iterator[Finding]:
    job, grid = ctx.evidence.trace("variation"), ctx.evidence.finished("grid")
    if not job.accepted:
        yield child_jobs.not_taken(ctx, job, "a variation of a finished grid")
        return
    if job.hash == grid.hash:
        yield ctx.fail("no new job", job, expected="another hash", actual=job.hash)
    yield from _ends_in_a_grid(ctx, ctx.evidence.finished("variation"), grid)
    # The same address and so the same sentence of the page; that a remix is taken is REMIX-1.
    for remix in ctx.evidence.sent("remix"):
        if remix.finished:
            yield from _ends_in_a_grid(ctx, remix, grid)


def _ends_in_a_grid(ctx: Context, job: JobTrace, parent: JobTrace) -> Iterator[Finding]:
    yield child_jobs.names_parent(ctx, job, parent)
    missing = child_jobs.no_picture(ctx, job)
    if missing is not None:
        yield missing
        return
    picture, base = child_jobs.pixels_of(ctx, job), child_jobs.pixels_of(ctx, parent)
    if pixels.enlarged(picture, base):
        yield ctx.fail(
            f"the picture of “{job.name}” is one cell of its parent",
            picture,
            base,
            expected="four cells",
            actual="one",
        )
        return
    seam = pixels.seam(picture)
    if seam is Seam.CUT:
        yield ctx.ok(f"the picture of “{job.name}” is a grid of four", picture)
    elif seam is Seam.UNCLEAR:
        yield ctx.inconclusive(f"{job.name}: the seams of the grid are not clear", picture)
    else:
        yield ctx.fail(
            f"the picture of “{job.name}” is not a grid",
            picture,
            expected="four cells",
            actual="the picture goes on across a middle line",
        )


# After the shared jobs: a server that fills in missing keys needs a job to choose.
@check("VAR-2", wants=("grid",), refusals=True, phase=Phase.AFTER)
def a_variation_needs_parent_and_cell(ctx: Context) -> Iterator[Finding]:
    parent = child_jobs.grid_key(ctx, "job_id")
    yield from child_jobs.refused_without(ctx, _JOB, "parent_id", parent)


@check("VAR-3", wants=("grid",), refusals=True, phase=Phase.AFTER)
def an_unknown_parent_is_not_found(ctx: Context) -> Iterator[Finding]:
    return child_jobs.not_found(ctx, _JOB, "parent_id", "a variation")


@check("VAR-4", needs=("variation", "grid"), wants=("variation_1", "variation_2", "variation_4"))
def a_variation_resembles_the_chosen_cell(ctx: Context) -> Iterator[Finding]:
    grid, jobs = ctx.evidence.finished("grid"), [ctx.evidence.finished("variation")]
    jobs += ctx.evidence.sent("variation_1", "variation_2", "variation_4")
    yield from child_jobs.shows_chosen_cell(ctx, grid, jobs, pixels.variation_of)


@check("VAR-5", needs=("variation", "remix"))
def a_variation_takes_a_sender_or_none(ctx: Context) -> Iterator[Finding]:
    yield from child_jobs.accepted_both_ways(ctx, without="variation", given="remix")


@check("REMIX-1", needs=("remix",))
def a_remix_carries_the_new_content(ctx: Context) -> Finding:
    job = ctx.evidence.trace("remix")
    if ctx.evidence.cause("remix") == CONTENT:
        job = ctx.evidence.original("remix")
        return child_jobs.not_taken(ctx, job, "a variation with content, and only with content,")
    if not job.accepted:
        # Refused whatever it lacks: the content need not be the cause.
        return ctx.inconclusive(f"a variation with content: {job.submission.summary()}", job)
    if job.last is None:
        return ctx.inconclusive(job.summary(), job)
    asked = in_substance(remix_prompt(ctx.evidence.mark))
    shown = [text(job.last, key) for key in ("msg_display", "msg_content")]
    if any(asked in in_substance(one) for one in shown if one is not None):
        return ctx.ok("the record carries the new content", job)
    return ctx.fail("the record carries another prompt", job, expected=asked, actual=brief(shown))
