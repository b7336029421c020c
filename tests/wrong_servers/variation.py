"""Wrong variations and remixes: VAR-1, VAR-4 and REMIX-1 (page, Job Variation
and Job Remix). What a variation shares with an upscale is in children.py.
"""

from __future__ import annotations

from functools import partial

from tests.support.tampering.exchange import JSON, Go, Reply, Request, Tampering, refusal
from tests.support.tampering.making import all_records, asking, each_record, succeeding
from tests.support.tampering.repainting import Picture, Repainted, cell_box, inner_box
from tests.wrong_servers.wrong_server import add, wrong_server

# VAR-1: a new job that ends in a grid of four, whose record names no other parent.


def _variations(**keys: object) -> Tampering:
    return each_record(lambda one: {**one, **keys} if one["job_type"] == "variation" else one)


@wrong_server("VAR-1", "a variation names another job as its parent")
def variation_names_another_parent() -> Tampering:
    return _variations(parent_id="00000000-0000-4000-8000-000000000000", parent_hash="0" * 64)


@wrong_server("VAR-1", "a variation is its own parent")
def variation_is_its_own_parent() -> Tampering:
    def change(one: JSON) -> JSON:
        own = {"parent_id": one["job_id"], "parent_hash": one["hash"]}
        return {**one, **own} if one["job_type"] == "variation" else one

    return each_record(change)


@wrong_server("VAR-1", "parent_id is right and parent_hash is that of another job")
def variation_names_two_parents() -> Tampering:
    return _variations(parent_hash="0" * 64)


def _first_cell_alone(key: str, image: Picture) -> Picture:
    left, top, right, bottom = inner_box(key, image)
    single = image.crop(cell_box(key, image, 1)).resize((right - left, bottom - top))
    copy = image.copy()
    copy.paste(single, (left, top))
    return copy


@wrong_server("VAR-1", "a variation is one picture", touches="IMG-4 VAR-4")
def variation_is_a_single() -> Tampering:
    def paint(record: JSON, key: str, image: Picture) -> Picture:
        if record["job_type"] != "variation" or key == "img_thumb":
            return image
        return _first_cell_alone(key, image)

    return Repainted(paint)


@wrong_server("VAR-1", "a remix is one picture", touches="IMG-4")
def remix_is_a_single() -> Tampering:
    def paint(record: JSON, key: str, image: Picture) -> Picture:
        if "winter light" not in record["msg_display"] or key == "img_thumb":
            return image
        return _first_cell_alone(key, image)

    return Repainted(paint)


@wrong_server("VAR-1", "a variation is refused: 501", touches="VAR-5 GRID-1 REMIX-1")
def variation_is_refused() -> Tampering:
    return succeeding(lambda *_: refusal(501, "SERVICE_ERROR"), "varyJob")


@wrong_server("VAR-1", "a variation has no hash", touches="REMIX-1")
def variation_has_no_hash() -> Tampering:
    return succeeding(lambda _, reply: reply.with_fields(data=None), "varyJob")


# VAR-4: the new pictures resemble the chosen cell.


def another_cell(operation: str, cells: dict[int, int]) -> Tampering:
    """Work on another cell than was asked for; the record says what was asked for."""
    asked: dict[str, int] = {}

    async def tampering(request: Request, go: Go) -> Reply:
        wanted = request.fields.get("grid_num")
        if request.operation == "findJobs":
            reply = await go(request)
            return (
                reply.with_records([_as_asked(one) for one in reply.records]) if reply.ok else reply
            )
        if request.operation != operation or type(wanted) is not int or wanted not in cells:
            return await go(request)
        reply = await go(request.with_fields(grid_num=cells[wanted]))
        if reply.ok:
            asked[reply.data] = wanted
        return reply

    def _as_asked(record: JSON) -> JSON:
        return {**record, "grid_num": asked.get(record["hash"], record["grid_num"])}

    return tampering


#: Cells as they are mistaken: counted from 0 (the last becomes the first), down before across,
#: and not at all.
MISTAKES = {
    "next-cell": ("the cell after the one chosen", {1: 2, 2: 3, 3: 4, 4: 1}),
    "cell-before": ("the cell before the one chosen", {1: 4, 2: 1, 3: 2, 4: 3}),
    "columns-first": ("cell 2 for 3 and 3 for 2: columns first", {2: 3, 3: 2}),
    "always-cell-1": ("always cell 1", {2: 1, 3: 1, 4: 1}),
}

for _id, (_says, _cells) in MISTAKES.items():
    add(
        f"variation-of-{_id}",
        "VAR-4",
        f"a variation takes {_says}",
        partial(another_cell, "varyJob", _cells),
    )

# REMIX-1: the job carries the new content.


@wrong_server("REMIX-1", "a remix ignores its content")
def remix_ignores_its_content() -> Tampering:
    return asking(lambda request: request.without("content"), "varyJob")


@wrong_server("REMIX-1", "a remix shows the prompt of its parent", touches="CREATE-5")
def remix_shows_the_prompt_of_its_parent() -> Tampering:
    async def tampering(request: Request, go: Go) -> Reply:
        reply = await go(request)
        if request.operation != "findJobs" or not reply.records:
            return reply
        jobs = {one["hash"]: one for one in await all_records(request, go)}

        def change(one: JSON) -> JSON:
            parent = jobs.get(one["parent_hash"])
            if parent is None or one["job_type"] != "variation":
                return one
            return {**one, **{key: parent[key] for key in ("msg_content", "msg_display")}}

        return reply.with_records([change(one) for one in reply.records])

    return tampering


@wrong_server(
    "REMIX-1", "a remix is refused, for content is an unknown parameter", touches="VAR-5 GRID-1"
)
def remix_is_refused() -> Tampering:
    return asking(
        lambda request: request.made_invalid() if "content" in request.fields else request,
        "varyJob",
    )


@wrong_server("REMIX-1", "of the content of a remix the first ten letters are kept")
def content_of_a_remix_is_cut() -> Tampering:
    def change(request: Request) -> Request:
        content = request.fields.get("content")
        return request.with_fields(content=content[:10]) if isinstance(content, str) else request

    return asking(change, "varyJob")
