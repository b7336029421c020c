"""Wrong upscales: UP-1, UP-4, UP-6 and UP-7 (page, Job Upscale; what an upscale shares with a
variation is in children.py).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PIL import Image

from tests.support.tampering.exchange import JSON, Go, Reply, Request, Tampering, refusal, success
from tests.support.tampering.making import (
    MEASURES,
    PICTURES,
    all_records,
    asking,
    chain,
    each_finished,
    each_record,
    succeeding,
)
from tests.support.tampering.repainting import FRAME, Picture, Repainted, inner_box
from tests.wrong_servers.variation import MISTAKES, another_cell
from tests.wrong_servers.wrong_server import add, wrong_server


def _upscales(paint: Callable[[str, Picture], Picture]) -> Tampering:
    """Paint the pictures of upscales, but not their thumbs."""

    def chosen(record: JSON, key: str, image: Picture) -> Picture:
        mine = record["job_type"] == "upscale" and key != "img_thumb"
        return paint(key, image) if mine else image

    return Repainted(chosen)


# UP-1: one image, of higher resolution than the cell.


@wrong_server("UP-1", "an upscale is as large as the cell was")
def upscale_is_no_larger() -> Tampering:
    return _upscales(lambda key, image: _resized(key, image, 4))


@wrong_server("UP-1", "an upscale is smaller than the cell was")
def upscale_is_smaller() -> Tampering:
    return _upscales(lambda key, image: _resized(key, image, 8))


def _resized(key: str, image: Picture, by: int) -> Picture:
    """The inner picture, so many times smaller, in the same frame."""
    box = inner_box(key, image)
    small = image.crop(box).resize(((box[2] - box[0]) // by, (box[3] - box[1]) // by))
    if key != "img_buffer":
        return small
    left, top, right, bottom = FRAME
    copy = image.convert("RGB")
    framed = copy.resize(
        (small.width + left + right, small.height + top + bottom), box=(0, 0, left - 2, top - 2)
    )
    framed.paste(small.convert("RGB"), (left, top))
    return framed


@wrong_server("UP-1", "an upscale is a single colour: it is drawn before it is there")
def upscale_is_blank() -> Tampering:
    return _upscales(lambda key, image: Image.new("RGB", image.size, "#7f7f7f"))


@wrong_server("UP-1", "an upscale shows the whole grid of its parent", touches="IMG-5 UP-4")
def upscale_is_the_grid() -> Tampering:
    async def tampering(request: Request, go: Go) -> Reply:
        reply = await go(request)
        if request.operation != "findJobs" or not reply.records:
            return reply
        jobs = {one["hash"]: one for one in await all_records(request, go)}

        def change(one: JSON) -> JSON:
            parent = jobs.get(one["parent_hash"])
            if parent is None or one["job_type"] != "upscale" or not one["img_buffer"]:
                return one
            return {**one, **{key: parent[key] for key in (*PICTURES, *MEASURES)}}

        return reply.with_records([change(one) for one in reply.records])

    return tampering


@wrong_server("UP-1", "an upscale is refused: 501", touches="GRID-1 UP-4 UP-5 UP-6")
def upscale_is_refused() -> Tampering:
    return succeeding(lambda *_: refusal(501, "SERVICE_ERROR"), "upscaleJob")


@wrong_server(
    "UP-1",
    "an upscale answers with the hash of its parent, whose picture it replaces",
    touches="CREATE-4 IMG-5 UP-6 PAR-1",
)
def upscale_is_no_new_job() -> Tampering:
    def change(request: Request, reply: Reply) -> Reply:
        return reply.with_fields(data=request.fields["parent_hash"])

    return succeeding(change, "upscaleJob")


@wrong_server("UP-1", "an upscale has no picture in the end", touches="IMG-1")
def upscale_has_no_picture() -> Tampering:
    blank = dict.fromkeys((*PICTURES, *MEASURES))
    return each_finished(lambda one: {**one, **blank} if one["job_type"] == "upscale" else one)


# UP-4: the cell chosen, not another.

for _id, (_says, _cells) in MISTAKES.items():
    add(
        f"upscale-of-{_id}",
        "UP-4",
        f"an upscale takes {_says}",
        partial(another_cell, "upscaleJob", _cells),
    )

# UP-6: job_type upscale, and found by that filter.


@wrong_server("UP-6", "an upscale's job_type is main", touches="FIND-6 FIND-10")
def upscale_is_called_main() -> Tampering:
    return _called("main")


@wrong_server("UP-6", "an upscale's job_type is upsample", touches="FIND-6 FIND-10")
def upscale_is_called_upsample() -> Tampering:
    return _called("upsample")


def _called(name: str) -> Tampering:
    """The record's name only: the filter is still called upscale."""
    return each_record(
        lambda one: {**one, "job_type": name} if one["job_type"] == "upscale" else one
    )


@wrong_server("UP-6", "the filter upscale finds nothing", touches="FIND-6")
def filter_upscale_finds_nothing() -> Tampering:
    nothing = success({"res": [], "total": 0}, "SUCCESS")
    return asking(
        lambda request: nothing if request.fields.get("job_type") == ["upscale"] else request,
        "findJobs",
    )


@wrong_server(
    "UP-6",
    "an upscale is called upscale_2 after its cell, in record and filter",
    touches="FIND-6 FIND-10",
)
def upscale_is_called_after_its_cell() -> Tampering:
    def unnamed(request: Request) -> Request:
        kinds = request.fields.get("job_type")
        if not isinstance(kinds, list):
            return request
        known = ["no such" if one == "upscale" else one for one in kinds]
        return request.with_fields(
            job_type=["upscale" if "upscale_" in str(one) else one for one in known]
        )

    named = each_record(
        lambda one: (
            {**one, "job_type": f"upscale_{one['grid_num']}"}
            if one["job_type"] == "upscale"
            else one
        )
    )
    return chain(asking(unnamed, "findJobs"), named)


# UP-7: a child's grid_num is the one asked for.


def _numbered(change: Callable[[int], int], *kinds: str) -> Tampering:
    def changed(one: JSON) -> JSON:
        if one["grid_num"] is None or one["job_type"] not in kinds:
            return one
        return {**one, "grid_num": change(one["grid_num"])}

    return each_record(changed)


@wrong_server("UP-7", "a child's grid_num is counted from 0")
def child_is_counted_from_0() -> Tampering:
    return _numbered(lambda number: number - 1, "upscale", "variation")


@wrong_server("UP-7", "a child's grid_num is always 1")
def child_is_always_1() -> Tampering:
    return _numbered(lambda number: 1, "upscale", "variation")


@wrong_server("UP-7", "an upscale's grid_num is the number of its pictures")
def upscale_has_one_picture() -> Tampering:
    return _numbered(lambda number: 1, "upscale")


@wrong_server("UP-7", "a variation's grid_num is the number of its pictures")
def variation_has_four_pictures() -> Tampering:
    return _numbered(lambda number: 4 if number != 4 else 0, "variation")
