"""Pictures (page, Job Find: img_buffer, img_thumb, original_url and their measures)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import combinations
from typing import TypeVar

from ..checking import (
    Context,
    Finding,
    JobTrace,
    Observation,
    UnavailableError,
    Verdict,
    check,
    probe,
)
from ..checking.child_jobs import picture_of, pixels_of
from ..http.connection import Failure
from ..json_access import Record, brief, text
from ..pictures import compare as pixels
from ..pictures import measures
from ..pictures.picture import LINKS, Picture
from ..pictures.seams import Seam

#: The jobs that make a picture, most telling first. The first is needed, the others looked at.
_MAKERS = ("grid", "upscale", "variation", "niji", "remix", "blend")
#: The server's doing, seen twice, and not the network's.
_BROKEN = (Failure.DROPPED, Failure.PROTOCOL, Failure.CODING)

_Item = TypeVar("_Item")


def _finished(ctx: Context) -> list[JobTrace]:
    """The finished jobs that make a picture; ends the check if the grid is not."""
    ctx.evidence.finished("grid")
    return [job for job in ctx.evidence.sent(*_MAKERS) if job.finished]


def _fetched(ctx: Context, job: JobTrace, key: str) -> Picture | None:
    """The picture under a link, or ``None`` if the record has no such link."""
    url = text(job.last, key)
    return None if url is None else ctx.evidence.picture(url)


@check("IMG-1", needs=("grid",), wants=_MAKERS[1:])
def every_link_answers_with_a_picture(ctx: Context) -> Iterator[Finding]:
    links = ((job, key) for job in _finished(ctx) for key in LINKS)
    # Most of the time goes into decoding: the next picture is fetched meanwhile.
    for job, key, picture in _one_ahead((*link, _fetched(ctx, *link)) for link in links):
        yield _linked(ctx, job, key, picture)


def _one_ahead(items: Iterator[_Item]) -> Iterator[_Item]:
    """Each item when the next one has been taken, or can't be."""
    held: list[_Item] = []
    try:
        for item in items:
            yield from held
            held = [item]
    except UnavailableError:
        yield from held
        raise
    yield from held


def _linked(ctx: Context, job: JobTrace, key: str, picture: Picture | None) -> Finding:
    if picture is None:
        if job.operation != "createJob" and key != "img_buffer":
            # The record that the page shows is a main job's.
            return ctx.ok(f"{job.name}: {key} is null", job)
        return ctx.fail(f"{job.name}: no {key}", job, expected="a link", actual="null")
    if not picture.url.lower().startswith(("http://", "https://")):
        return ctx.fail(
            f"{job.name}: {key} is not a web address",
            job,
            expected="http:// or https://",
            actual=brief(picture.url),
        )
    if picture.reply.failure not in (None, *_BROKEN) or not picture.reply.status:
        return ctx.inconclusive(f"{job.name}: {key}: {picture.problem}", picture)
    if picture.problem:
        return ctx.fail(
            f"{job.name}: {key} is not a picture",
            picture,
            expected="a picture",
            actual=picture.problem,
        )
    named = measures.other_format(job.last, picture) if key == "img_buffer" else ""
    if named:
        what = f"{job.name}: another format"
        return ctx.fail(what, job, picture, expected=named, actual=picture.format)
    if picture.unread:
        return ctx.inconclusive(f"{job.name}: {key}: {picture.unread}", picture)
    return ctx.ok(f"{job.name}: {key} is a picture, {picture.format}", picture)


@check("IMG-2", needs=("grid",), wants=_MAKERS[1:])
def sizes_are_those_of_the_file(ctx: Context) -> Iterator[Finding]:
    for job in _finished(ctx):
        picture = picture_of(ctx, job)
        if not picture.size[0]:
            yield ctx.inconclusive(f"{job.name}: {picture.unread}", job, picture)
            continue
        if measures.fits(job.last, picture):
            width, height = picture.size
            yield ctx.ok(f"{job.name}: {width}x{height}, {picture.length} bytes", job, picture)
        else:
            true, said = measures.measured(picture), measures.said(job.last)
            yield ctx.fail(f"{job.name}: not the file's", job, picture, expected=true, actual=said)


@check("IMG-3", needs=("grid",), wants=_MAKERS[1:])
def the_thumb_is_smaller(ctx: Context) -> Iterator[Finding]:
    for job in _finished(ctx):
        picture, thumb = picture_of(ctx, job), _fetched(ctx, job, "img_thumb")
        if thumb is None or thumb.problem:
            yield ctx.untestable(f"{job.name}: it has no thumb (IMG-1)", job)
            continue
        (width, height), (wide, high) = thumb.size, picture.size
        if not (width and wide):
            yield ctx.inconclusive(f"{job.name}: {thumb.unread or picture.unread}", thumb, picture)
        elif width * height < wide * high:
            yield ctx.ok(f"{job.name}: {width}x{height} of {wide}x{high}", thumb, picture)
        else:
            yield ctx.fail(
                f"{job.name}: the thumb is not smaller",
                thumb,
                picture,
                expected=f"fewer pixels than {wide}x{high}",
                actual=f"{width}x{height}",
            )


#: The jobs whose picture the page calls a grid of four.
_GRIDS = ("grid", "niji", "variation", "remix", "variation_1", "variation_2", "variation_4")
_VARIATIONS = _GRIDS[2:]
_UPSCALES = ("upscale", "upscale_4", "upscale_1", "upscale_3")


@check("IMG-4", needs=("grid",), wants=(*_GRIDS[1:], *_UPSCALES))
def a_grid_is_four_cells(ctx: Context) -> Iterator[Finding]:
    grid = ctx.evidence.finished("grid")
    for job in ctx.evidence.sent(*_GRIDS):
        if job.finished:
            yield _four_cells(ctx, job, grid)


def _four_cells(ctx: Context, job: JobTrace, grid: JobTrace) -> Finding:
    picture = pixels_of(ctx, job)
    seam, same = pixels.seam(picture), pixels.alike(picture)
    if pixels.blank(picture):
        return _no_grid(ctx, job, picture, "one colour")
    if (
        seam is Seam.UNCLEAR
        and job is grid
        and not pixels.is_cut(picture)
        and _is_one_cell(ctx, picture)
    ):
        return _no_grid(ctx, job, picture, "one picture, all of which is shown as one of its cells")
    if job is not grid and pixels.enlarged(picture, pixels_of(ctx, grid)):
        return _no_grid(ctx, job, picture, "one picture, a cell of its parent")
    if seam is Seam.CONTINUOUS:
        return _no_grid(ctx, job, picture, "one picture, which goes on across a middle line")
    if same is not None:
        return ctx.fail(
            f"{job.name}: two cells are the same",
            picture,
            expected="four pictures",
            actual=f"cells {same[0] + 1} and {same[1] + 1} are one picture",
        )
    if seam is Seam.UNCLEAR:
        return ctx.inconclusive(f"{job.name}: its seams are not clear", picture)
    if pixels.may_be_alike(picture):
        return ctx.inconclusive(f"{job.name}: its cells are too alike to tell apart", picture)
    return ctx.ok(f"{job.name}: four different cells", picture)


def _no_grid(ctx: Context, job: JobTrace, picture: Picture, actual: str) -> Finding:
    return ctx.fail(f"{job.name}: no grid", picture, expected="two by two cells", actual=actual)


def _is_one_cell(ctx: Context, picture: Picture) -> bool:
    """Whether a child shows all of the grid, and none shows a quarter of it.

    Upscales that all show the whole grid, and variations that show its cells, are at fault
    themselves (UP-1).
    """
    return pixels.shown_whole(picture, _decoded(ctx, _UPSCALES), _decoded(ctx, _VARIATIONS))


def _decoded(ctx: Context, names: Sequence[str]) -> list[Picture]:
    """The pictures of those jobs that were sent, have finished and can be decoded."""
    jobs = [job for job in ctx.evidence.sent(*names) if job.finished]
    found = [_fetched(ctx, job, "img_buffer") for job in jobs]
    return [picture for picture in found if picture is not None and not picture.unread]


#: Two of text with the same size of picture are among them, since one drawing a size may serve all.
_DIFFERENT = ("grid", "niji", "variation", "upscale", "remix", "create_field", "neighbour", "blend")


@check("IMG-5", needs=_DIFFERENT[:2], wants=_DIFFERENT[2:])
def different_jobs_have_different_pictures(ctx: Context) -> Iterator[Finding]:
    for needed in _DIFFERENT[:2]:
        ctx.evidence.finished(needed)
    jobs = [job for job in ctx.evidence.sent(*_DIFFERENT) if job.finished]
    if len(jobs) < 2:
        raise UnavailableError(Verdict.UNTESTABLE, "fewer than two finished pictures")
    for one, other in combinations(jobs, 2):
        first, second = picture_of(ctx, one), picture_of(ctx, other)
        same = pixels.same(first, second)
        if same:
            yield ctx.fail(
                f"{one.name} and {other.name} have the same picture",
                first,
                second,
                expected="two pictures",
                actual="one",
            )
        elif same is None:
            what = f"{one.name} and {other.name} show nothing that could differ"
            yield ctx.inconclusive(what, first, second)
    yield from _own_copies(ctx, *jobs)
    yield ctx.ok(f"{len(jobs)} jobs were compared, each with each")


def _own_copies(ctx: Context, one: JobTrace, other: JobTrace, *more: JobTrace) -> Iterator[Finding]:
    """What else shows a job is a copy of its own picture: one file can't be that of two pictures
    that are far apart, nor a copy of another's."""
    if not pixels.far_apart(picture_of(ctx, one), picture_of(ctx, other)):
        return
    for key in LINKS[1:]:
        first, second = _fetched(ctx, one, key), _fetched(ctx, other, key)
        if first is None or second is None or first.problem or second.problem:
            continue  # IMG-1 says it
        if first.digest == second.digest:
            yield ctx.fail(
                f"{one.name} and {other.name} have the same {key}, and other pictures",
                first,
                second,
                expected="two pictures",
                actual="one",
            )
            continue
        for job, copy in ((one, first), (other, second)):
            if pixels.far_apart(copy, picture_of(ctx, job)):
                yield from _of_another(ctx, job, key, copy, (one, other, *more))


def _of_another(
    ctx: Context, job: JobTrace, key: str, copy: Picture, jobs: Sequence[JobTrace]
) -> Iterator[Finding]:
    """Whether a copy that is far from its own picture shows another's, of which none is made: a
    thumb may be a part of its picture, and an upscale shows that too."""
    for other in (one for one in jobs if one.operation == "createJob" and one is not job):
        picture = picture_of(ctx, other)
        if not pixels.far_apart(copy, picture) and pixels.shows_whole(copy, picture):
            yield ctx.fail(
                f"{job.name}: {key} is another job's",
                copy,
                picture_of(ctx, job),
                picture,
                expected=f"the picture of {job.name}",
                actual=f"that of {other.name}",
            )


@probe("image-frame", needs=("grid",))
def whether_a_picture_is_framed(ctx: Context) -> Observation:
    picture = picture_of(ctx, ctx.evidence.finished("grid"))
    width, height = picture.size
    if not width:
        return ctx.unobserved(f"its size is not known: {picture.unread}", picture)
    if width == height:
        return ctx.answer("raw", picture)
    if width - 64 == height - 128:
        return ctx.answer("framed", picture)
    return ctx.unknown(f"{width}x{height}", picture)


@probe("image-md5", needs=("grid",))
def what_img_md5_holds(ctx: Context) -> Observation:
    job = ctx.evidence.finished("grid")
    picture = picture_of(ctx, job) if is_md5((job.last or {}).get("img_md5")) else None
    said = md5_of(job.last or {}, picture)
    items = (job,) if picture is None else (job, picture)
    return ctx.answer(said, *items) if said in ("null", "hex") else ctx.unknown(said, *items)


def md5_of(record: Record, picture: Picture | None) -> str:
    """What img_md5 holds beside the picture of ``img_buffer``: a variant, or the value itself. Of a
    digest that nobody has compared nothing is known."""
    found = record.get("img_md5")
    if found is None:
        return "null"
    if not is_md5(found):
        return brief(found)
    if picture is None:
        return f"{found}, not compared with the picture"
    if str(found).lower() == picture.md5:
        return "hex"
    return f"{found}, and the picture's MD5 is {picture.md5}"


def is_md5(value: object) -> bool:
    return isinstance(value, str) and re.fullmatch(r"[0-9a-fA-F]{32}", value) is not None


@probe("job-type-names", needs=("grid", "variation", "upscale", "blend", "describe", "remix"))
def how_the_kinds_are_called(ctx: Context) -> Observation:
    kinds = ("grid", "variation", "upscale", "blend", "describe", "remix")
    jobs = [ctx.evidence.finished(name) for name in kinds]
    names = [text(job.last, "job_type") for job in jobs]
    known = [name for name in names if name is not None]
    if len(known) < len(names):
        return ctx.unobserved("a record has no job_type", *jobs)
    return ctx.answer(names_of_kinds(known), *jobs)


def names_of_kinds(names: Sequence[str]) -> str:
    """The variant for the names of a create, a variation, an upscale, a blend, a describe and a
    remix."""
    main = ["main", "variation", "upscale", "blend", "describe"]
    known = {(*main, "variation"): "remix-is-variation", (*main, "remix"): "remix-is-remix"}
    return known.get(tuple(names), ",".join(names))
