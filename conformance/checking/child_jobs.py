"""Checks of jobs that are made from other jobs: parents, cells, pictures and refusals."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from ..findings import Finding
from ..json_access import brief, integer, text
from ..pictures.compare import Likeness
from ..pictures.picture import Picture
from ..rules.refusals import PATTERN, unknown_parent
from ..shared_jobs.catalogue import NO_SENDER, SENDER_ID
from ..shared_jobs.trace import JobTrace
from ..verdict import UnavailableError, Verdict
from .context import Context

#: The numbers of a grid's cells (page, Job Variation).
_CELLS = (1, 2, 3, 4)
#: So much of a hash or an id is no other job's, unless jobs are numbered.
_BEGINNING = 16


def nobody(ctx: Context) -> str:
    """A hash, or a job id, that no job has."""
    return unknown_parent(ctx.evidence.mark)


def not_found(ctx: Context, operation: str, key: str, what: str) -> Iterator[Finding]:
    """410 or 420 for a parent that does not exist, whatever its name means to a database."""
    answer = ctx.call(operation, {key: nobody(ctx), "grid_num": 1})
    yield ctx.expect_errno(answer, 410, 420, when=f"{what} of a nonexistent job")
    # What is no hash at all may be refused as a wrong parameter, as what a hash begins with may be.
    names = {PATTERN: f"the job “{PATTERN}”"}
    whole = grid_key(ctx, "hash" if key == "parent_hash" else "job_id")
    if whole is not None and len(whole) > _BEGINNING and not whole.isdigit():
        names[whole[:_BEGINNING]] = f"the first {_BEGINNING} characters of a job's {key[7:]}"
    for name, said in names.items():
        answer = ctx.call(operation, {key: name, "grid_num": 1})
        yield ctx.expect_errno(answer, 301, 410, 420, when=f"{what} of {said}")


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
    """The finding for a valid submission without a hash."""
    answer = job.submission
    if answer.ok:
        return ctx.fail(f"{what} gives no hash", job, expected="a hash", actual=brief(answer.data))
    if answer.errno is None or answer.errno in (411, 430):
        return ctx.inconclusive(f"{what}: {answer.summary()}", job)
    # Submitted again when no other job ran (evidence.py): the number of jobs is not the reason.
    return ctx.fail(f"{what} is refused", job, expected="errno 0", actual=answer.summary())


def failed(ctx: Context, name: str, what: str, expected: str) -> Finding:
    """The finding for a job that was accepted and failed: one may fail by chance, and more where
    chance shows, since some jobs of another operation end and some fail."""
    job, first = ctx.evidence.trace(name), ctx.evidence.original(name)
    if job is first or not first.accepted:
        return ctx.inconclusive(f"{what} failed, and no other could be tried", job)
    others = [one for one in ctx.evidence.traces() if one.operation != job.operation]
    others = [one for one in others if one.name != "blend_words"]  # which has to fail
    ended = {one.operation for one in others if one.finished}
    chance = next((one for one in others if one.seems_failed and one.operation in ended), None)
    if chance is not None:
        return ctx.inconclusive(f"{what} failed twice, as other jobs do now and then", job, chance)
    return ctx.fail(f"{what} failed, and another one too", first, job, expected=expected)


def no_picture(ctx: Context, job: JobTrace) -> Finding | None:
    """A failure for a finished job whose record has no picture at all."""
    if text(job.last, "img_buffer") is not None:
        return None
    return ctx.fail(f"{job.name}: no picture", job, expected="img_buffer", actual="null")


def pixels_of(ctx: Context, job: JobTrace) -> Picture:
    """``picture_of``, decoded; ends the check if it is too large for that."""
    picture = picture_of(ctx, job)
    if picture.unread:
        raise UnavailableError(
            Verdict.INCONCLUSIVE, f"the picture of “{job.name}” is {picture.unread}", picture
        )
    return picture


def shows_chosen_cell(
    ctx: Context,
    grid: JobTrace,
    jobs: Sequence[JobTrace],
    resembles: Callable[[Picture, Picture, int], Likeness],
) -> Iterator[Finding]:
    """Whether each finished child resembles the cell of the grid that was requested."""
    parent = pixels_of(ctx, grid)
    finished = [job for job in jobs if job.finished]
    cells = sorted({integer(job.body, "grid_num") or 0 for job in finished})
    for job in finished:
        asked, picture = integer(job.body, "grid_num") or 0, pixels_of(ctx, job)
        seen = resembles(picture, parent, asked - 1)
        when = f"{job.operation} of cell {asked}"
        if seen.as_asked is None:
            why = f"{when}: no cell is clearly the one shown (likeness {seen.summary()})"
            yield ctx.inconclusive(why, picture, parent)
        elif seen.as_asked:
            yield ctx.ok(f"{when}: the picture shows that cell", picture, parent)
        else:
            yield ctx.fail(
                f"{when}: the picture shows cell {seen.nearest + 1}",
                picture,
                parent,
                expected=f"cell {asked}",
                actual=f"cell {seen.nearest + 1} (likeness {seen.summary()})",
            )
    shown = f"{jobs[0].operation}: the pictures show the cells {_listed(cells)}"
    rest = [cell for cell in _CELLS if cell not in cells]
    few = f"cell{'s' if len(rest) > 1 else ''} {_listed(rest)}" if rest else ""
    yield ctx.ok(shown, not_covered=few)


def _listed(cells: Sequence[int]) -> str:
    """`1`, `1 and 2`, or `1, 2 and 4`."""
    *first, last = map(str, cells)
    return f"{', '.join(first)} and {last}" if first else last


def names_parent(ctx: Context, job: JobTrace, parent: JobTrace) -> Finding:
    """The record names no other job as its parent. Whether it names one is a question."""
    wanted = {"parent_id": text(parent.last, "job_id"), "parent_hash": text(parent.last, "hash")}
    shown = {key: None if job.last is None else job.last.get(key) for key in wanted}
    named = {key: value for key, value in shown.items() if value is not None}
    for key, value in named.items():
        if value != wanted[key]:
            return ctx.fail(f"another {key}", job, parent, expected=wanted[key], actual=value)
    return ctx.ok(f"its parent is named by {' and '.join(named) or 'no key'}", job)


def refused_without(
    ctx: Context, operation: str, key: str, parent: str | None
) -> Iterator[Finding]:
    """301 when ``key`` or grid_num is missing. ``parent`` names a finished grid, if there is one.

    Without one, the parent may be looked up before grid_num is missed (question check-order).
    """
    answer = ctx.call(operation, {"grid_num": 1})
    yield ctx.expect_errno(answer, 301, when=f"{operation} without {key}")
    answer = ctx.call(operation, {key: parent or nobody(ctx)})
    if parent is None and answer.errno in (410, 420):
        yield ctx.inconclusive(f"{operation} without grid_num was tried on no parent only", answer)
    else:
        yield ctx.expect_errno(answer, 301, when=f"{operation} without grid_num")
    yield ctx.expect_errno(ctx.call(operation, {}), 301, when=f"{operation} with nothing")


def grid_key(ctx: Context, key: str) -> str | None:
    """``hash`` or ``job_id`` of the finished grid; ``None`` without one."""
    for job in ctx.evidence.sent("grid"):
        if job.finished:
            return text(job.last, key)
    return None


def sender_decides(ctx: Context, name: str, *, sent: bool = False) -> Finding:
    """The failure of a job that was refused, where the same was accepted with a ``sender_id``;
    ``sent``: it had one, and was accepted without."""
    refused, job = ctx.evidence.original(name), ctx.evidence.trace(name)
    these, others = ("with", "without") if sent else ("without", "with")
    return ctx.fail(
        f"{these} sender_id: refused, and accepted {others}",
        refused,
        job,
        expected="errno 0",
        actual=refused.submission.summary(),
    )


def accepted_both_ways(ctx: Context, *, without: str, given: str) -> Iterator[Finding]:
    """With a token, ``sender_id`` is optional: job ``without`` omits it, job ``given`` has it."""
    plain, job = ctx.evidence.trace(without), ctx.evidence.trace(given)
    if ctx.evidence.cause(without) == NO_SENDER:
        yield sender_decides(ctx, without)
        return
    if not plain.accepted and (plain.refused or not job.accepted):
        # Something else is refused: the requirements of the operation itself say it.
        what = "with and without sender_id" if not job.accepted else "without sender_id"
        yield ctx.inconclusive(f"{what}: {plain.submission.summary()}", plain, job)
        return
    yield accepted(ctx, plain, "without sender_id", 430)
    first = ctx.evidence.original(given)
    if ctx.evidence.cause(given) == SENDER_ID and first.submission.errno in (410, 420):
        what = "with sender_id: not found. The page does not say whose it has to be"
        yield ctx.inconclusive(f"{what}: {first.submission.summary()}", first)
    elif ctx.evidence.cause(given) == SENDER_ID:
        yield sender_decides(ctx, given, sent=True)
    elif not first.accepted and "sender_id" not in job.body:
        what = f"sender_id was tried only with {ctx.evidence.cause(given)}"
        yield ctx.inconclusive(f"{what}, which are refused without it, too", first, job)
    else:
        # If it is refused whatever it lacks, the sender_id need not be the cause. What was
        # accepted and failed was replaced.
        yield accepted(ctx, first if first.accepted else job, "with sender_id", 430)


def accepted(ctx: Context, job: JobTrace, what: str, *refusals: int) -> Finding:
    """Whether a valid submission is accepted; of the errnos only ``refusals`` are failures."""
    summary = job.submission.summary()
    if job.accepted:
        return ctx.ok(f"{what}: accepted", job)
    if job.submission.errno in refusals:
        return ctx.fail(f"{what}: refused", job, expected="errno 0", actual=summary)
    return ctx.inconclusive(f"{what}: {summary}", job)
