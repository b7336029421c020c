"""What must come of a job that a walk submitted: its record, its prompts, its pictures."""

from __future__ import annotations

from collections.abc import Iterator

from ..http.connection import Failure
from ..http.exchange import Answer
from ..http.request_kinds import Kind
from ..json_access import brief, integer, text
from ..pictures import compare as pixels
from ..pictures import measures
from ..pictures.picture import LINKS, Picture
from ..pictures.seams import Seam
from ..rules.job_model import Job
from ..rules.records import described
from ..rules.refusals import Breach, SentRequest
from .player import Player

_NO_PICTURE = {"upscaleJob": "UP-1", "blendImages": "BLEND-1", "varyJob": "VAR-1"}
#: The server's doing, and not the network's.
_BROKEN = (None, Failure.DROPPED, Failure.PROTOCOL, Failure.CODING)


def judge(player: Player, job: Job) -> None:
    """A job that has ended."""
    if job.finished and job.submission is not None:
        for breach in _breaches(player, job):
            _tell(player, job, breach, job.submission)


def judge_late(player: Player, job: Job) -> None:
    """A job that has not ended in the time that a job may take, --job-timeout."""
    if job.submission is None:
        return
    if job.last is None:
        answer = player.know(job.account, free=True)
        if answer.ok and answer.total == len(answer.records):
            what = f"no find returns the job that {job.made_by} started"
            _tell(player, job, ("CREATE-2", what, "its record"), job.submission)
    elif _has_its_picture(player, job):
        what = f"a job has its picture and status {brief(job.last.get('status'))}"
        _tell(player, job, ("LIFE-1", what, "status 2000"), job.submission)


def _has_its_picture(player: Player, job: Job) -> bool:
    """Whether the record describes a picture, and it is there in that size."""
    url, width = text(job.last, "img_buffer"), integer(job.last, "img_width")
    if url is None or not width or not player.quota.has(Kind.PICTURE):
        return False
    player.quota.take(Kind.PICTURE)
    picture = player.ctx.evidence.picture(url)
    return (width, integer(job.last, "img_height")) in picture.sizes


def _tell(player: Player, job: Job, breach: Breach, answer: Answer) -> None:
    player.report(breach, answer, SentRequest(job.made_by, job.account, None, b""))


def _breaches(player: Player, job: Job) -> Iterator[Breach]:
    record = job.last or {}
    if job.made_by == "describeImage":
        if not described(record, job.links):
            yield "DESC-1", "a finished describe has no prompts", "a text besides the link"
        return
    if job.made_by == "blendImages" and "://" not in job.links:
        if text(record, "img_buffer") is not None:
            yield "BLEND-4", "two words instead of links gave a picture", "no picture"
        return
    if text(record, "img_buffer") is None and job.made_by in _NO_PICTURE:
        yield _NO_PICTURE[job.made_by], f"a finished {job.made_by} has no picture", "img_buffer"
        return
    if not player.quota.has(Kind.PICTURE):
        return
    found: dict[str, Picture] = {}
    for key in LINKS:
        url = text(record, key)
        if url is None:
            yield "IMG-1", f"a finished {job.made_by} has no {key}", "a link"
            continue
        player.quota.take(Kind.PICTURE)
        picture = player.ctx.evidence.picture(url)
        if not picture.problem:
            found[key] = picture
        elif picture.reply.failure in _BROKEN:
            yield "IMG-1", f"{key} of a finished {job.made_by}: {picture.problem}", "a picture"
    if "img_buffer" in found:
        yield from _of_the_file(job, found)
        yield from _of_the_pixels(player, job, found["img_buffer"])


def _of_the_file(job: Job, found: dict[str, Picture]) -> Iterator[Breach]:
    record, picture = job.last or {}, found["img_buffer"]
    if named := measures.other_format(record, picture):
        yield "IMG-1", f"img_format is {named} and the file {picture.format}", picture.format
    width, height = picture.size
    if width and not measures.fits(record, picture):
        yield (
            "IMG-2",
            f"the record says {measures.said(record)}",
            f"{measures.measured(picture)}",
        )
    thumb = found.get("img_thumb")
    if thumb is not None and width and thumb.size[0]:
        pixels_of_thumb = thumb.size[0] * thumb.size[1]
        if pixels_of_thumb >= width * height:
            yield "IMG-3", "the thumb is not smaller than the picture", f"below {width}x{height}"


def _of_the_pixels(player: Player, job: Job, picture: Picture) -> Iterator[Breach]:
    if picture.unread:
        return
    for other, known in player.pictures.items():
        if _differs(job, player.model.jobs[other]) and pixels.same(picture, known):
            yield "IMG-5", f"{job.made_by} has the picture of the job {other}", "another picture"
    player.pictures[job.hash] = picture
    if job.made_by == "createJob":
        yield from _of_a_grid(picture, "IMG-4")
        return
    grid = player.pictures.get(job.parent or "")
    if job.made_by == "varyJob":
        yield from _of_a_grid(picture, "VAR-1")
    if grid is None or job.cell is None:
        return
    if job.made_by == "varyJob" and pixels.enlarged(picture, grid):
        yield "VAR-1", "a variation is one cell of its parent", "four cells"
    elif job.made_by == "varyJob":
        seen = pixels.variation_of(picture, grid, job.cell - 1)
        if seen.as_asked is False:
            yield "VAR-4", f"a variation of cell {job.cell} shows {seen.nearest + 1}", "that cell"
    elif job.made_by == "upscaleJob":
        yield from _of_an_upscale(picture, grid, job.cell)


def _differs(one: Job, other: Job) -> bool:
    """Whether two jobs have to have two pictures: not the same cell, or the same links."""
    same = (one.made_by, one.parent, one.cell) == (other.made_by, other.parent, other.cell)
    return one.made_by == "createJob" or not same


def _of_a_grid(picture: Picture, id: str) -> Iterator[Breach]:
    if pixels.blank(picture):
        yield "IMG-4", "a grid is one colour", "two by two cells"
    elif pixels.seam(picture) is Seam.CONTINUOUS:
        yield id, "a grid is one picture", "two by two cells"
    elif pixels.alike(picture) is not None:
        yield "IMG-4", "two cells of a grid are the same", "four pictures"


def _of_an_upscale(picture: Picture, grid: Picture, cell: int) -> Iterator[Breach]:
    width, height = max(view.size for view in picture.views)
    small = min((view.size[0] // 2, view.size[1] // 2) for view in grid.views)
    if width <= small[0] or height <= small[1]:
        what = f"an upscale has {width}x{height} pixels"
        yield "UP-1", what, f"more than the cell, {small[0]}x{small[1]}"
    elif pixels.shows_whole(picture, grid):
        yield "UP-1", "an upscale shows the whole grid", "one image"
    else:
        seen = pixels.upscale_of(picture, grid, cell - 1)
        if seen.as_asked is False:
            yield "UP-4", f"an upscale of cell {cell} shows cell {seen.nearest + 1}", "that cell"
