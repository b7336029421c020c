"""The parent of an upscale or a variation, and its cells (page, Job Upscale and Job Variation)."""

from __future__ import annotations

from collections.abc import Iterator

from ..checking import Context, Finding, Observation, check, probe
from ..checking.child_jobs import accepted, nobody
from ..json_access import brief, text

#: Numbers that name no cell of a grid.
_NO_CELLS: tuple[object, ...] = (0, 5, -1, None)


@check(
    "GRID-1",
    needs=("upscale", "upscale_4"),
    wants=("variation", "remix", "upscale_1", "upscale_3", "variation_1", "variation_2"),
)
def every_cell_is_taken(ctx: Context) -> Iterator[Finding]:
    ctx.evidence.trace("upscale_4")
    names = ("upscale", "upscale_4", "variation", "remix", "upscale_1", "upscale_3")
    tried = ctx.evidence.sent(*names, "variation_1", "variation_2")
    for job in tried:
        what = f"{job.operation} of cell {job.body['grid_num']}"
        yield accepted(ctx, job, what, 301, 410, 420, 421)
    cells = {job.body["grid_num"] for job in tried if job.accepted}
    rest = {1, 2, 3, 4} - cells
    if rest:
        yield ctx.ok(f"not tried with this budget: {', '.join(map(str, sorted(rest)))}")


@check("GRID-2", needs=("grid",), refusals=True)
def any_other_cell_is_refused(ctx: Context) -> Iterator[Finding]:
    parent = ctx.evidence.finished("grid")
    job_id = text(parent.last, "job_id")
    for cell in _NO_CELLS:
        body = {"parent_hash": parent.hash, "grid_num": cell}
        answer = ctx.call("upscaleJob", body)
        yield ctx.expect_errno(answer, 301, when=f"upscaleJob of cell {brief(cell)}")
    if job_id is not None:
        for cell in (0, 5):
            answer = ctx.call("varyJob", {"parent_id": job_id, "grid_num": cell})
            yield ctx.expect_errno(answer, 301, when=f"varyJob of cell {cell}")


@check("PAR-1", needs=("upscale", "describe"), refusals=True)
def a_parent_of_the_wrong_kind_is_421(ctx: Context) -> Iterator[Finding]:
    large = ctx.evidence.finished("upscale")
    answer = ctx.call("upscaleJob", {"parent_hash": large.hash, "grid_num": 1})
    yield ctx.expect_errno(answer, 421, when="an upscale of an upscale")
    described = text(ctx.evidence.record("describe"), "job_id")
    if described is None:
        yield ctx.untestable("the describe has no job_id to vary")
        return
    answer = ctx.call("varyJob", {"parent_id": described, "grid_num": 1})
    yield ctx.expect_errno(answer, 421, when="a variation of a describe")


@probe("unknown-parent", refusals=True)
def the_errno_of_an_unknown_parent(ctx: Context) -> Observation:
    first = ctx.call("upscaleJob", {"parent_hash": nobody(ctx), "grid_num": 1})
    second = ctx.call("varyJob", {"parent_id": nobody(ctx), "grid_num": 1})
    if first.errno == second.errno and first.errno is not None:
        return ctx.answer(first.errno, first, second)
    return ctx.unknown(f"upscale {first.summary()}, variation {second.summary()}", first, second)


@probe("unfinished-parent", needs=("early", "grid"))
def what_an_unfinished_parent_gives(ctx: Context) -> Observation:
    job, parent = ctx.evidence.trace("early"), ctx.evidence.accepted("grid")
    done = parent.duration
    if done is not None and parent.submitted_at + done < job.submitted_at:
        return ctx.unobserved("the parent had finished before the child was submitted", job, parent)
    if parent.seems_failed:
        return ctx.unobserved("the parent failed before or after the submission", job, parent)
    if job.accepted:
        return ctx.answer("queued", job, parent)
    errno = job.submission.errno
    return ctx.unknown("no errno", job) if errno is None else ctx.answer(errno, job, parent)


@probe("foreign-parent", needs=("foreign",))
def what_another_accounts_parent_gives(ctx: Context) -> Observation:
    job = ctx.evidence.trace("foreign")
    if job.accepted:
        return ctx.answer("allowed", job)
    errno = job.submission.errno
    return ctx.unknown("no errno", job) if errno is None else ctx.answer(errno, job)
