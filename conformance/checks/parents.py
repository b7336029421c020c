"""What upscales and variations have in common: a parent, a cell of it, a sender_id or none."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from ..checking.context import Context
from ..checking.registry import check, probe
from ..findings import Finding, Observation
from ..json_access import brief, integer, text
from ..pictures.compare import Likeness, cells, inner
from ..pictures.picture import Picture
from ..shared_jobs.trace import JobTrace
from ..verdict import UnavailableError, Verdict

if TYPE_CHECKING:
    from PIL.Image import Image

#: Numbers that name no cell of a grid.
_NO_CELLS: tuple[object, ...] = (0, 5, -1, None)


def nobody(ctx: Context) -> str:
    """A hash, or a job id, that no job has."""
    return hashlib.sha256(ctx.evidence.mark.encode()).hexdigest()


def picture_of(ctx: Context, job: JobTrace) -> Picture:
    """The picture of a finished job; ends the check if it can't be had (IMG-1 judges that)."""
    url = text(job.last, "img_buffer")
    if url is None:
        raise UnavailableError(Verdict.INCONCLUSIVE, f"the job “{job.name}” has no img_buffer", job)
    picture = ctx.evidence.picture(url)
    if picture.problem:
        raise UnavailableError(
            Verdict.INCONCLUSIVE, f"the picture of “{job.name}”: {picture.problem}", picture
        )
    return picture


def not_taken(ctx: Context, job: JobTrace, what: str) -> Finding:
    """What to say of a good submission that gave no hash."""
    answer = job.submission
    if answer.ok:
        return ctx.fail(f"{what} gives no hash", job, expected="a hash", actual=brief(answer.data))
    if answer.errno is None or answer.errno in (411, 430):
        return ctx.inconclusive(f"{what}: {answer.says()}", job)
    # It was tried again when no other job ran (evidence.py): the number of jobs is no reason.
    return ctx.fail(f"{what} is refused", job, expected="errno 0", actual=answer.says())


def no_picture(ctx: Context, job: JobTrace) -> Finding | None:
    """A failure for a finished job whose record has no picture at all."""
    if text(job.last, "img_buffer") is not None:
        return None
    return ctx.fail(f"{job.name}: no picture", job, expected="img_buffer", actual="null")


def shows_chosen_cell(
    ctx: Context,
    grid: JobTrace,
    jobs: Sequence[JobTrace],
    resembles: Callable[[Image, Sequence[Image]], Likeness],
) -> Iterator[Finding]:
    """Whether each finished child shows, by ``resembles``, the cell of the grid it was to show."""
    parent = picture_of(ctx, grid)
    assert parent.image is not None
    candidates = cells(inner(parent.image))
    for job in jobs:
        if not job.finished:
            continue
        asked, picture = integer(job.body, "grid_num") or 0, picture_of(ctx, job)
        assert picture.image is not None
        seen = resembles(inner(picture.image), candidates)
        when = f"{job.operation} of cell {asked}"
        if seen.nearest is None:
            why = f"{when}: no cell is clearly the nearest (distances {seen.shown()})"
            yield ctx.inconclusive(why, picture, parent)
        elif seen.nearest + 1 == asked:
            yield ctx.ok(f"{when}: the picture is nearest to that cell", picture, parent)
        else:
            yield ctx.fail(
                f"{when}: the picture is nearest to cell {seen.nearest + 1}",
                picture,
                parent,
                expected=f"cell {asked}",
                actual=f"cell {seen.nearest + 1} (distances {seen.shown()})",
            )


def names_parent(ctx: Context, job: JobTrace, parent: JobTrace) -> Finding:
    """The record names its parent, by id or by hash, and no other job."""
    wanted = {
        "parent_id": text(parent.last, "job_id"),
        "parent_hash": text(parent.last, "hash"),
    }
    shown = {key: None if job.last is None else job.last.get(key) for key in wanted}
    named = {key: value for key, value in shown.items() if value is not None}
    if not named:
        return ctx.fail(
            "the record names no parent", job, expected="parent_id or parent_hash", actual="null"
        )
    for key, value in named.items():
        if value != wanted[key]:
            return ctx.fail(f"another {key}", job, parent, expected=wanted[key], actual=value)
    return ctx.ok(f"its parent is named by {' and '.join(named)}", job)


def refused_without(
    ctx: Context, operation: str, body: Mapping[str, object], *keys: str
) -> Iterator[Finding]:
    """301 when any of the keys is left out of a body."""
    for key in keys:
        rest = {name: value for name, value in body.items() if name != key}
        yield ctx.expect_errno(ctx.call(operation, rest), 301, when=f"{operation} without {key}")
    yield ctx.expect_errno(ctx.call(operation, {}), 301, when=f"{operation} with nothing")


def accepted_both_ways(ctx: Context, *, without: str, given: str) -> Iterator[Finding]:
    """With a token, ``sender_id`` may be left out (job ``without``) or given (job ``given``)."""
    for name, what in ((without, "without sender_id"), (given, "with sender_id")):
        job = ctx.evidence.trace(name)
        if job.accepted:
            yield ctx.ok(f"accepted {what}", job)
        elif job.submission.errno in (301, 410, 420, 430):
            yield ctx.fail(f"refused {what}", job, expected="errno 0", actual=job.submission.says())
        else:
            yield ctx.inconclusive(f"{what}: {job.submission.says()}", job)


@check(
    "GRID-1",
    needs=("upscale", "upscale_4"),
    wants=("variation", "remix", "upscale_1", "upscale_3", "variation_1", "variation_2"),
)
def every_cell_is_taken(ctx: Context) -> Iterator[Finding]:
    ctx.evidence.trace("upscale_4")
    names = ("upscale", "upscale_4", "variation", "remix", "upscale_1", "upscale_3")
    tried = [
        job
        for name in (*names, "variation_1", "variation_2")
        if (job := ctx.evidence.optional(name)) is not None
    ]
    for job in tried:
        when = f"{job.operation} of cell {job.body['grid_num']}"
        if job.accepted:
            yield ctx.ok(f"{when} is taken", job)
        elif job.submission.errno in (301, 410, 420, 421):
            yield ctx.fail(f"{when} is refused", job, expected="errno 0", actual=_says(job))
        else:
            yield ctx.inconclusive(f"{when}: {_says(job)}", job)
    cells = {job.body["grid_num"] for job in tried if job.accepted}
    rest = {1, 2, 3, 4} - cells
    if rest:
        yield ctx.ok(f"not tried with this budget: {', '.join(map(str, sorted(rest)))}")


def _says(job: JobTrace) -> str:
    return job.submission.says()


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
    return ctx.unknown(f"upscale {first.says()}, variation {second.says()}", first, second)


@probe("unfinished-parent", needs=("early", "grid"))
def what_an_unfinished_parent_gives(ctx: Context) -> Observation:
    job, parent = ctx.evidence.trace("early"), ctx.evidence.accepted("grid")
    done = parent.duration
    if done is not None and parent.submitted_at + done < job.submitted_at:
        return ctx.unobserved("the parent had finished before it could be asked", job, parent)
    if parent.seems_failed:
        return ctx.unobserved("the parent failed, before it was asked or after", job, parent)
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
