"""Variation, remix and upscale: jobs made from a cell of another (page, Job Variation, Job Upscale,
Job Remix).
"""

from __future__ import annotations

from io import BytesIO
from typing import Any

import pytest
from PIL import Image

from tests.support.fakes import Caller, Fake, MakeFake, envelope, refused

Record = dict[str, Any]
UPSCALE, VARIATION = "/jobs/upscale", "/jobs/variation"


def naming(path: str, parent: Record, cell: object = 1) -> Record:
    """The body that asks for a child: upscales name the hash, variations the job id."""
    if path == UPSCALE:
        return {"parent_hash": parent["hash"], "grid_num": cell}
    return {"parent_id": parent["job_id"], "grid_num": cell}


def drawn(fake: Fake, record: Record) -> Image.Image:
    """The picture of a record, without its frame."""
    path = record["original_url"].removeprefix("http://fake.test")
    return Image.open(BytesIO(fake.get(path).content)).convert("RGB")


def main_colour(image: Image.Image) -> tuple[int, int, int]:
    """The colour that most of an image has."""
    counted = image.getcolors(image.width * image.height)
    assert counted is not None
    colour = max(counted)[1]
    assert isinstance(colour, tuple)
    red, green, blue = colour
    return red, green, blue


def cells(image: Image.Image) -> list[tuple[int, int, int]]:
    """The main colour of each cell: top left, top right, bottom left, bottom right."""
    wide, high = image.width // 2, image.height // 2
    corners = [(0, 0), (wide, 0), (0, high), (wide, high)]
    return [main_colour(image.crop((x, y, x + wide, y + high))) for x, y in corners]


def distance(one: tuple[int, int, int], other: tuple[int, int, int]) -> int:
    return sum((a - b) ** 2 for a, b in zip(one, other, strict=True))


@pytest.mark.parametrize("cell", [1, 2, 3, 4])
def test_an_upscale_is_the_chosen_cell_alone_twice_as_large(abc: Caller, cell: int) -> None:
    parent = abc.picture()
    child = abc.finished(UPSCALE, **naming(UPSCALE, parent, cell))
    assert (child["parent_hash"], child["parent_id"]) == (parent["hash"], parent["job_id"])
    assert (child["job_type"], child["grid_num"]) == ("upscale", cell)
    assert child["original_url"].endswith(f"/{child['job_id']}.png")
    grid, single = drawn(abc.fake, parent), drawn(abc.fake, child)
    assert single.size == (2 * grid.width, 2 * grid.height)
    shades = cells(grid)
    assert len(set(shades)) == 4
    chosen = main_colour(single)
    assert min(range(4), key=lambda i: distance(shades[i], chosen)) == cell - 1


@pytest.mark.parametrize("cell", [1, 2, 3, 4])
def test_a_variation_is_a_new_grid_that_leans_on_the_chosen_cell(abc: Caller, cell: int) -> None:
    parent = abc.picture("Shanghai at dawn --ar 3:2")
    child = abc.finished(VARIATION, **naming(VARIATION, parent, cell))
    assert (child["parent_hash"], child["parent_id"]) == (parent["hash"], parent["job_id"])
    assert (child["job_type"], child["grid_num"]) == ("variation", cell)
    assert child["msg_display"] == parent["msg_display"]
    assert child["original_url"].endswith("_4.png")
    assert child["hash"] != parent["hash"]
    before, after = drawn(abc.fake, parent), drawn(abc.fake, child)
    assert after.size == before.size
    shades, new = cells(before), cells(after)
    assert len(set(new)) == 4
    assert new != shades
    far = [sum(distance(shade, colour) for colour in new) for shade in shades]
    assert far.index(min(far)) == cell - 1


def test_a_remix_bears_the_new_words_and_their_shape(abc: Caller) -> None:
    parent = abc.picture("an old prompt --ar 16:9")
    body = naming(VARIATION, parent, 4)
    kept = abc.finished(VARIATION, **body, content="rewritten in a new style")
    assert (kept["msg_display"], kept["job_type"]) == ("rewritten in a new style", "variation")
    assert kept["parent_id"] == parent["job_id"]
    assert drawn(abc.fake, kept).size == drawn(abc.fake, parent).size
    other = abc.finished(VARIATION, **body, content="rewritten --ar 2:3 --niji")
    image = drawn(abc.fake, other)
    assert image.height > image.width
    assert other["service"] == "niji"


@pytest.mark.parametrize("path", [UPSCALE, VARIATION])
def test_children_have_children_where_they_are_grids(abc: Caller, path: str) -> None:
    variation = abc.finished(VARIATION, **naming(VARIATION, abc.picture(), 2))
    child = abc.finished(path, **naming(path, variation, 3))
    assert child["parent_hash"] == variation["hash"]


@pytest.mark.parametrize("path", [UPSCALE, VARIATION])
@pytest.mark.parametrize("sender", [None, "on-ZY5H_G6kX2YI219vcnLlbB9AM", "another's"])
def test_a_sender_id_may_be_sent_with_a_token_and_changes_nothing(
    abc: Caller, path: str, sender: str | None
) -> None:
    parent = abc.picture()
    child = abc.finished(path, **naming(path, parent), sender_id=sender)
    assert child["sender_id"] == parent["sender_id"]


@pytest.mark.parametrize("path", [UPSCALE, VARIATION])
def test_what_is_missing_is_told(abc: Caller, path: str) -> None:
    body = naming(path, abc.picture())
    for missing in (*body, None):
        answer = abc.post(path, {key: body[key] for key in body if missing and key != missing})
        assert answer.json() == {"errno": 301, "errmsg": "MISSING PARAMETER"}
    other = naming(VARIATION if path == UPSCALE else UPSCALE, abc.picture())
    assert refused(abc.post(path, other)) == 301


@pytest.mark.parametrize("path", [UPSCALE, VARIATION])
@pytest.mark.parametrize("cell", [0, 5, -1, 1.5, "1", "", None, True, [1], {}, 2**70, 1e300])
def test_there_are_four_cells(abc: Caller, path: str, cell: object) -> None:
    answer = abc.post(path, naming(path, abc.picture(), cell))
    assert answer.json() == {"errno": 301, "errmsg": "INVALID PARAMETER"}
    assert abc.found()["total"] == 1


@pytest.mark.parametrize("path", [UPSCALE, VARIATION])
def test_a_cell_may_be_written_as_json_likes(abc: Caller, path: str) -> None:
    assert abc.finished(path, **naming(path, abc.picture(), 4.0))["grid_num"] == 4


@pytest.mark.parametrize("path", [UPSCALE, VARIATION])
@pytest.mark.parametrize("value", [5, None, True, [], {}, ""])
def test_a_parent_is_named_by_text(abc: Caller, path: str, value: object) -> None:
    key = next(iter(naming(path, abc.picture())))
    assert refused(abc.post(path, {key: value, "grid_num": 1})) == 301


# Parents that will not do


@pytest.mark.parametrize("path", [UPSCALE, VARIATION])
def test_a_parent_that_is_not_there_is_not_found(abc: Caller, path: str) -> None:
    parent = abc.picture()
    key = next(iter(naming(path, parent)))
    swapped = parent["job_id" if path == UPSCALE else "hash"]
    for value in ("nothing", "0" * 64, swapped, parent["id_uuid"], parent["hash"].upper(), "\0"):
        answer = abc.post(path, {key: value, "grid_num": 1})
        if value != parent["hash"]:
            assert answer.json() == {"errno": 420, "errmsg": "PARENT NOT FOUND"}, value


@pytest.mark.parametrize("path", [UPSCALE, VARIATION])
@pytest.mark.parametrize("kind", ["upscale", "describe", "failed", "failed blend"])
def test_a_parent_of_the_wrong_kind_is_421(abc: Caller, path: str, kind: str) -> None:
    grid = abc.picture()
    if kind == "upscale":
        parent = abc.finished(UPSCALE, **naming(UPSCALE, grid))
    elif kind == "describe":
        parent = abc.finished("/jobs/describe", content=grid["original_url"])
    elif kind == "failed":
        parent = abc.picture("a cat --fake fail")
    else:
        parent = abc.finished("/jobs/blend", content="not links")
    answer = abc.post(path, naming(path, parent))
    assert answer.json() == {"errno": 421, "errmsg": "PARENT_INVALID_TYPE"}


@pytest.mark.parametrize("path", [UPSCALE, VARIATION])
def test_every_kind_of_grid_can_be_built_on(abc: Caller, path: str) -> None:
    grid = abc.picture()
    link = grid["original_url"]
    remix = abc.finished(VARIATION, **naming(VARIATION, grid), content="new words")
    blend = abc.finished("/jobs/blend", content=f"{link} {link}")
    for parent in (grid, remix, blend):
        assert abc.finished(path, **naming(path, parent, 2))["status"] == 2000


@pytest.mark.parametrize("path", [UPSCALE, VARIATION])
def test_a_parent_that_is_not_finished_will_not_do_until_it_is(abc: Caller, path: str) -> None:
    parent = abc.record(abc.create())
    for elapsed in (0, 300, 1699):
        abc.fake.wall += elapsed
        assert refused(abc.post(path, naming(path, parent))) == 301
    abc.fake.wall += 1
    assert envelope(abc.post(path, naming(path, parent)))["errno"] == 0


@pytest.mark.parametrize("path", [UPSCALE, VARIATION])
def test_a_parent_of_another_account_is_not_found(make_fake: MakeFake, path: str) -> None:
    fake = make_fake(open_accounts=True)
    parent = fake.login("first", "p").picture()
    answer = fake.login("second", "p").post(path, naming(path, parent))
    assert answer.json() == {"errno": 420, "errmsg": "PARENT NOT FOUND"}


def test_an_upscale_may_be_repeated(abc: Caller) -> None:
    parent = abc.picture()
    first = abc.finished(UPSCALE, **naming(UPSCALE, parent, 2))
    second = abc.finished(UPSCALE, **naming(UPSCALE, parent, 2))
    assert first["hash"] != second["hash"]
    assert main_colour(drawn(abc.fake, first)) == main_colour(drawn(abc.fake, second))
