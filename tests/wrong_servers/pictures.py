"""Wrong pictures: IMG-1 to IMG-5 (page, Job Find: img_buffer, img_thumb, original_url)."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from urllib.parse import urlsplit

from PIL import Image

from tests.support.tampering.exchange import JSON, Go, Reply, Request, Tampering, html
from tests.support.tampering.making import PICTURES, all_records, each_finished, is_finished
from tests.support.tampering.repainting import Picture, Repainted, cell_box, inner_box
from tests.wrong_servers.wrong_server import add, wrong_server


def _files(change: Callable[[Reply], Reply], ending: str = ".png") -> Tampering:
    """Change what a GET of a picture answers; ``ending``: of the picture's path."""

    async def tampering(request: Request, go: Go) -> Reply:
        reply = await go(request)
        picture = request.method == "GET" and request.path.endswith(ending)
        return change(reply) if picture and reply.status == 200 else reply

    return tampering


def _original(change: Callable[[Reply], Reply]) -> Tampering:
    async def tampering(request: Request, go: Go) -> Reply:
        reply = await go(request)
        mine = request.path.endswith(".png") and not request.path.startswith("/image/")
        return change(reply) if mine and reply.status == 200 else reply

    return tampering


def _known(**keys: object) -> Tampering:
    """Give a finished record with a picture these values."""
    return each_finished(lambda one: {**one, **keys} if one["img_buffer"] else one)


# IMG-1: the links answer with a real image of img_format.

_GONE = html(404, "Not Found")


@wrong_server("IMG-1", "the picture is not there: 404", touches="IMG-2 IMG-3 IMG-4 IMG-5")
def picture_is_not_there() -> Tampering:
    return _files(lambda reply: _GONE)


@wrong_server("IMG-1", "the thumb is not there: 404", touches="IMG-3")
def thumb_is_not_there() -> Tampering:
    return _files(lambda reply: _GONE, "_thumb.png")


@wrong_server("IMG-1", "the original is not there: 404")
def original_is_not_there() -> Tampering:
    return _original(lambda reply: _GONE)


@wrong_server("IMG-1", "the picture is a page that says it is being made", touches="IMG-2 IMG-4")
def picture_is_a_page() -> Tampering:
    return _files(lambda reply: html(200, "Please wait"))


@wrong_server("IMG-1", "half of the file is missing", touches="IMG-2 IMG-4")
def picture_is_cut() -> Tampering:
    return _files(lambda reply: Reply(200, reply.headers, reply.body[: len(reply.body) // 2]))


@wrong_server("IMG-1", "the connection breaks in the middle of a picture", touches="IMG-2 IMG-4")
def picture_breaks_off() -> Tampering:
    return _files(lambda reply: Reply(200, reply.headers, reply.body, cut=True))


@wrong_server("IMG-1", "the original is an empty file")
def original_is_empty() -> Tampering:
    return _original(lambda reply: Reply(200, reply.headers, b""))


@wrong_server("IMG-1", "the file is a PNG and img_format says webp")
def format_is_another() -> Tampering:
    return _known(img_format="webp")


@wrong_server("IMG-1", "img_buffer has no host", touches="FIND-11 IMG-2 IMG-3 IMG-4 IMG-5 BLEND-1")
def link_without_a_host() -> Tampering:
    return each_finished(
        lambda one: {**one, "img_buffer": one["img_buffer"] and urlsplit(one["img_buffer"]).path}
    )


for _key in PICTURES:
    add(
        f"finished-job-has-no-{_key.replace('_', '-')}",
        "IMG-1",
        f"{_key} of a finished job is null",
        partial(_known, **{_key: None}),
        touches="" if _key == "original_url" else "IMG-3 VAR-1 UP-1 BLEND-1",
    )


# IMG-2: width, height and length are those of the file at img_buffer.


def _measured(change: Callable[[JSON], JSON]) -> Tampering:
    return each_finished(lambda one: {**one, **change(one)} if one["img_buffer"] else one)


@wrong_server("IMG-2", "img_length is that of the file without its frame")
def length_of_the_original() -> Tampering:
    return _length_of("original_url")


@wrong_server("IMG-2", "img_length is that of the thumb")
def length_of_the_thumb() -> Tampering:
    return _length_of("img_thumb")


def _length_of(key: str) -> Tampering:
    lengths: dict[str, int] = {}

    async def tampering(request: Request, go: Go) -> Reply:
        reply = await go(request)
        if request.operation != "findJobs" or not reply.ok:
            return reply
        records = []
        for one in reply.records:
            path = urlsplit(one[key] or "").path
            if path and path not in lengths:
                lengths[path] = len((await go(request.get(path))).body)
            records.append({**one, "img_length": lengths[path]} if path else one)
        return reply.with_records(records)

    return tampering


@wrong_server("IMG-2", "width and height are swapped")
def width_and_height_are_swapped() -> Tampering:
    return _measured(lambda one: {"img_width": one["img_height"], "img_height": one["img_width"]})


@wrong_server("IMG-2", "width and height are those without the frame")
def size_without_the_frame() -> Tampering:
    return _measured(
        lambda one: {"img_width": one["img_width"] - 64, "img_height": one["img_height"] - 128}
    )


@wrong_server("IMG-2", "img_length is in kilobytes")
def length_in_kilobytes() -> Tampering:
    return _measured(lambda one: {"img_length": one["img_length"] // 1024})


@wrong_server("IMG-2", "every picture is said to be as large as the one on the page")
def size_of_the_example() -> Tampering:
    return _known(img_length=1257418, img_height=1152, img_width=1088)


# IMG-3: the thumb has fewer pixels.


@wrong_server("IMG-3", "the thumb is the picture itself")
def thumb_is_the_picture() -> Tampering:
    async def tampering(request: Request, go: Go) -> Reply:
        return await go(request.get(request.path.replace("_thumb.png", ".png")))

    async def choose(request: Request, go: Go) -> Reply:
        thumb = request.method == "GET" and request.path.endswith("_thumb.png")
        return await (tampering(request, go) if thumb else go(request))

    return choose


@wrong_server("IMG-3", "the link of the thumb is that of the picture")
def link_of_the_thumb_is_the_pictures() -> Tampering:
    return _measured(lambda one: {"img_thumb": one["img_buffer"]})


@wrong_server("IMG-3", "the thumb is larger than the picture")
def thumb_is_larger() -> Tampering:
    def paint(record: JSON, key: str, image: Picture) -> Picture:
        return image.resize((2304, 2304)) if key == "img_thumb" else image

    return Repainted(paint)


# IMG-4: a grid job's picture is two by two, four cells that can be told apart.


def _grids(paint: Callable[[str, Picture], Picture]) -> Tampering:
    """Paint the pictures of grid jobs, but not their thumbs."""

    def chosen(record: JSON, key: str, image: Picture) -> Picture:
        grid = record["job_type"] in ("main", "variation", "blend")
        return paint(key, image) if grid and key != "img_thumb" else image

    return Repainted(chosen)


@wrong_server("IMG-4", "a grid shows one of its cells in full size", touches="VAR-1 VAR-4 UP-4")
def grid_is_a_single() -> Tampering:
    def paint(key: str, image: Picture) -> Picture:
        box = inner_box(key, image)
        cell = image.crop(cell_box(key, image, 1))
        return _pasted(image, cell.resize((box[2] - box[0], box[3] - box[1])), box)

    return _grids(paint)


@wrong_server("IMG-4", "the four cells of a grid are one and the same", touches="VAR-1 VAR-4 UP-4")
def cells_are_the_same() -> Tampering:
    def paint(key: str, image: Picture) -> Picture:
        cell = image.crop(cell_box(key, image, 1))
        for number in (2, 3, 4):
            image = _pasted(image, cell, cell_box(key, image, number))
        return image

    return _grids(paint)


@wrong_server("IMG-4", "a grid has two pictures, one above the other", touches="VAR-1 VAR-4 UP-4")
def grid_has_two_pictures() -> Tampering:
    def paint(key: str, image: Picture) -> Picture:
        for number in (1, 3):
            left, top, right, bottom = cell_box(key, image, number)
            cell = image.crop((left, top, right, bottom))
            image = _pasted(image, cell.resize((2 * (right - left), bottom - top)), (left, top))
        return image

    return _grids(paint)


@wrong_server(
    "IMG-4",
    "a grid is a single colour: the pictures are drawn before they are there",
    touches="IMG-5",
)
def grid_is_blank() -> Tampering:
    return _grids(lambda key, image: Image.new("RGB", image.size, "#7f7f7f"))


def _pasted(image: Picture, part: Picture, box: tuple[int, ...]) -> Picture:
    copy = image.copy()
    copy.paste(part, (box[0], box[1]))
    return copy


# IMG-5: different jobs have different pictures.


@wrong_server("IMG-5", "every job has the picture of the first of its size", touches="VAR-4 UP-4")
def one_picture_for_all() -> Tampering:
    return _cached(lambda record, key, image: (key, image.size))


@wrong_server(
    "IMG-5",
    "pictures are cached by the prompt: two jobs with one share theirs",
    touches="VAR-4 UP-4",
)
def one_picture_a_prompt() -> Tampering:
    return _cached(lambda record, key, image: (key, image.size, record["msg_display"]))


@wrong_server("IMG-5", "every job of text has the same picture", touches="VAR-4 UP-4")
def one_picture_for_all_texts() -> Tampering:
    def kind(record: JSON, key: str, image: Picture) -> object:
        return (key, image.size, record["hash"] if record["job_type"] != "main" else "")

    return _cached(kind)


def _cached(kind: Callable[[JSON, str, Picture], object]) -> Tampering:
    kept: dict[object, Picture] = {}

    def paint(record: JSON, key: str, image: Picture) -> Picture:
        return kept.setdefault(kind(record, key, image), image)

    return Repainted(paint)


@wrong_server("IMG-5", "one thumb serves for every job: a place holder")
def one_thumb_for_all() -> Tampering:
    def paint(record: JSON, key: str, image: Picture) -> Picture:
        return Image.new("RGB", (64, 64), "#7f7f7f") if key == "img_thumb" else image

    return Repainted(paint)


@wrong_server("IMG-5", "a thumb is that of the job before")
def thumb_of_another_job() -> Tampering:
    async def tampering(request: Request, go: Go) -> Reply:
        reply = await go(request)
        if request.operation != "findJobs" or not reply.ok:
            return reply
        made = [one for one in await all_records(request, go) if is_finished(one)]
        thumbs = [one["img_thumb"] for one in made if one["img_thumb"]]
        others = dict(zip(thumbs, thumbs[1:] + thumbs[:1], strict=True))
        return reply.with_records(
            [{**one, "img_thumb": others.get(one["img_thumb"])} for one in reply.records]
        )

    return tampering


@wrong_server("IMG-5", "original_url is that of the first job, for every job")
def one_original_for_all() -> Tampering:
    first: list[str] = []

    def shown(one: JSON) -> JSON:
        if one["job_type"] != "main" or not one["original_url"]:
            return one
        first.append(one["original_url"])
        return {**one, "original_url": first[0]}

    return each_finished(shown)
