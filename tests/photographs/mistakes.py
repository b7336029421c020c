"""What wrong services do to pictures, each with the requirements that say so."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass

from tests.photographs import shown
from tests.photographs.service import Files, Picture, Pictures, grid, reduced, upscaled, varied

#: Makes the mistake; returns whether the pictures can show it (``shown.py``), if any could not.
Change = Callable[[random.Random, Pictures, Files], bool | None]


@dataclass(frozen=True, slots=True)
class Mistake:
    """``requirements``: any of them is the right one to fail; ``change`` makes the mistake."""

    id: str
    requirements: tuple[str, ...]
    change: Change


MISTAKES: dict[str, Mistake] = {}


def mistake(*requirements: str) -> Callable[[Change], Change]:
    """Register a function that makes a mistake; its name, with dashes, is the id."""

    def register(change: Change) -> Change:
        id = change.__name__.replace("_", "-")
        MISTAKES[id] = Mistake(id, requirements, change)
        return change

    return register


def _full(drawn: random.Random, pictures: Pictures, cell: Picture) -> Picture:
    """A single picture at the size of a grid."""
    width, height = pictures.look.cell
    return reduced(cell, (2 * width, 2 * height))


@mistake("IMG-4")
def one_picture_for_a_grid(drawn: random.Random, pictures: Pictures, files: Files) -> bool:
    view = drawn.choice(pictures.views)
    single = _full(drawn, pictures, view)
    files.show("grid", single)
    # Of the first cell no child is made; a child of another shows all of this picture.
    has_child = view is not pictures.views[0]
    return shown.goes_on(single) or (has_child and shown.has_things(single))


@mistake("IMG-4")
def one_picture_for_another_grid(drawn: random.Random, pictures: Pictures, files: Files) -> bool:
    single = _full(drawn, pictures, drawn.choice(pictures.others))
    files.show("niji", single)
    return shown.goes_on(single)


@mistake("VAR-1", "IMG-4")
def one_picture_for_a_variation(drawn: random.Random, pictures: Pictures, files: Files) -> bool:
    single = _full(drawn, pictures, varied(drawn, pictures.views[2]))
    files.show("variation", single)
    return shown.goes_on(single) or shown.has_things(single)


@mistake("IMG-4")
def one_picture_for_a_remix(drawn: random.Random, pictures: Pictures, files: Files) -> bool:
    single = _full(drawn, pictures, varied(drawn, pictures.views[3], 2.0))
    files.show("remix", single)
    return shown.goes_on(single) or shown.has_things(single)


@mistake("UP-4")
def upscale_of_another_cell(drawn: random.Random, pictures: Pictures, files: Files) -> bool:
    chosen = drawn.choice((0, 2, 3))
    files.show("upscale", upscaled(drawn, pictures.views[chosen]))
    return shown.has_things(pictures.cells[chosen])


@mistake("VAR-4")
def variation_of_another_cell(drawn: random.Random, pictures: Pictures, files: Files) -> bool:
    chosen = drawn.choice((0, 1, 3))
    files.show("variation", pictures.variation(drawn, chosen))
    return shown.has_things(pictures.cells[chosen])


@mistake("UP-1")
def upscale_is_the_whole_grid(drawn: random.Random, pictures: Pictures, files: Files) -> None:
    width, height = pictures.look.cell
    large = pictures.grid.resize((4 * width, 4 * height))
    files.show("upscale", upscaled(drawn, large) if drawn.random() < 0.5 else large)


@mistake("IMG-4")
def four_times_the_same_cell(drawn: random.Random, pictures: Pictures, files: Files) -> bool:
    cell = reduced(pictures.views[0], pictures.look.cell)
    files.show("grid", grid([cell] * 4))
    return _keeps_a_copy(pictures, cell)


def _keeps_a_copy(pictures: Pictures, cell: Picture) -> bool:
    """Equal pixels are equal in a lossless file, grain and all."""
    return pictures.look.kind == "PNG" or shown.has_slopes(cell)


@mistake("IMG-4")
def variation_four_times_the_same(drawn: random.Random, pictures: Pictures, files: Files) -> bool:
    cell = varied(drawn, reduced(pictures.views[2], pictures.look.cell))
    files.show("variation", grid([cell] * 4))
    return _keeps_a_copy(pictures, cell)


@mistake("IMG-5")
def variation_is_the_parents_picture(
    drawn: random.Random, pictures: Pictures, files: Files
) -> None:
    files.show("variation", pictures.grid)


@mistake("IMG-5")
def variation_is_the_parents_file(drawn: random.Random, pictures: Pictures, files: Files) -> None:
    files.data["variation"] = files.data["grid"]


@mistake("IMG-3")
def thumb_is_as_large(drawn: random.Random, pictures: Pictures, files: Files) -> None:
    files.data["grid/thumb"] = files.data["grid"]


def _said(files: Files, name: str, key: str, change: Callable[[int], int]) -> None:
    files.measures[name] = {**files.measured(name), key: change(files.measured(name)[key])}


@mistake("IMG-2")
def size_is_told_wrong(drawn: random.Random, pictures: Pictures, files: Files) -> None:
    key = drawn.choice(("img_width", "img_height"))
    _said(files, drawn.choice(("grid", "upscale")), key, lambda side: side - drawn.choice((1, 64)))


@mistake("IMG-2")
def length_is_told_wrong(drawn: random.Random, pictures: Pictures, files: Files) -> None:
    _said(files, "grid", "img_length", lambda length: length + drawn.choice((-1, 1, 1000)))
