"""What can be said of pictures for certain, whatever they show.

Pictures of this service may be photographs or drawings, dark, plain, grainy, sharpened, compressed,
framed or not. A "no" here is what no honest picture gives; whatever falls short is "can't tell".
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from operator import sub

from .copies import is_copy
from .patch import Patch, correlation
from .picture import Picture
from .seams import Seam
from .view import View

_SAME = 0.9  # the same thing made large, sharpened or compressed correlates more than this
_LIKE = 0.6  # and a little moved, regraded and grainy more than this, in its layout
# Of one picture and any part of another: 0.65 and more if it shows it, 0.45 at most if not.
_MOVED, _OTHER, _FAR = 0.55, 0.5, 0.3
_SEEN, _STRANGE = 0.6, 0.3  # of an upscale and its cell in noise; of one and another cell
_GRAIN = 0.8  # (of 255) a gradient, a dither and a codec's noise leave less in the detail
_WAVER = 1.0  # (of 255) what codecs add to a layout
_APART = 12.0  # (of 255) in layout or colour: nothing honest is made of both that is one file
_CONTENT = 2.0  # with less spread (of 255) than this, a picture shows nothing to go by


@dataclass(frozen=True, slots=True)
class Likeness:
    """Whether a picture shows the cell that was asked for. ``False``: no honest picture of that
    cell looks like this; ``None``: can't tell.

    ``nearest`` is the cell (from 0) that it looks most like, ``correlations`` those of the details:
    1 for the same, 0 for another, one a cell.
    """

    as_asked: bool | None
    nearest: int
    correlations: tuple[float, ...]

    def summary(self) -> str:
        """For a message: the likeness to each, numbered from 1."""
        return ", ".join(f"{n}: {one:.2f}" for n, one in enumerate(self.correlations, 1))


def seam(picture: Picture) -> Seam:
    """Whether it is a grid, in any of its readings; ``CONTINUOUS`` if it is none in all."""
    found = {view.seam for view in picture.views}
    if Seam.CUT in found:
        return Seam.CUT
    return Seam.CONTINUOUS if found == {Seam.CONTINUOUS} else Seam.UNCLEAR


def is_cut(picture: Picture) -> bool:
    """Whether there is a step along both its middle lines in any reading, however faint."""
    return any(view.is_cut for view in picture.views)


def enlarged(picture: Picture, cells: Picture) -> bool:
    """Whether it shows, as a whole, one cell of another picture, moved and regraded perhaps.

    A grid of four views of that cell does not: each of its quarters does.
    """
    pairs = [(view, cell) for view, other in _readings(picture, cells) for cell in other.cells]
    if any(_is_enlarged(*pair) for pair in pairs):
        return True
    # Looked for at every place where it may be only if it does not have the seams of a grid.
    return not is_cut(picture) and any(_is_moved(*pair) for pair in pairs)


def _is_moved(view: View, cell: Patch) -> bool:
    whole = _moved(view.whole, cell)
    return whole >= _MOVED and max(_moved(one, cell) for one in view.cells) < whole - _FAR


def _moved(one: Patch, other: Patch) -> float:
    """The likeness to any part of the other that a variation may show."""
    return other.parts.likeness(one.things)


def shown_whole(grid: Picture, upscales: Sequence[Picture], variations: Sequence[Picture]) -> bool:
    """Whether one of its children shows all of a picture, and none of them a quarter of it.

    Then it is one cell, not four.
    """
    children = [[view.whole for view in one.views] for one in upscales]
    children += [list(view.cells) for one in variations for view in one.views]
    whole = quarter = 0.0
    for patches in children:
        for view in grid.views:
            whole = max(whole, *(_moved(one, view.whole) for one in patches))
            quarter = max(quarter, *(_moved(one, cell) for one in patches for cell in view.cells))
    return whole >= _MOVED and quarter < min(_OTHER, whole - _FAR)


def _is_enlarged(view: View, cell: Patch) -> bool:
    if min(view.whole.spread, cell.spread) < _CONTENT:
        return False
    layout = correlation(view.whole.layout, cell.layout)
    detail = correlation(view.whole.detail, cell.detail)
    if layout < _LIKE or detail < 0.4:
        return False
    parts = [
        max(correlation(one.layout, cell.layout), correlation(one.detail, cell.detail))
        for one in view.cells
    ]
    return max(parts) < layout - 0.3


def alike(picture: Picture) -> tuple[int, int] | None:
    """Two cells (from 0) that are one picture: their pixels are equal, or all four cells are the
    same but for what a codec loses.

    In any reading: a picture that is not made of two equal halves does not become so by the loss
    of its edge.
    """
    return next((found for found in map(_alike, picture.views) if found is not None), None)


def _alike(view: View) -> tuple[int, int] | None:
    cells = view.cells
    for (n, one), (m, other) in combinations(enumerate(cells), 2):
        if one.image.tobytes() == other.image.tobytes() and _shows_anything(one):
            return n, m
    return (0, 1) if all(is_copy(cells[0], one) for one in cells[1:]) else None


def _shows_anything(cell: Patch) -> bool:
    """Whether it has more than a colour or a gradient: grain is enough, which no two pictures
    have in common.
    """
    return cell.spread >= _CONTENT or cell.fine.spread >= _GRAIN


def may_be_alike(picture: Picture) -> bool:
    """Whether the four cells are too nearly one picture to call them four, or to call them one."""
    return any(
        all(_nearly(view.cells[0], cell) for cell in view.cells[1:]) for view in picture.views
    )


def no_grid(picture: Picture) -> str:
    """Why it is for certain no grid of four pictures; empty if it is one, or may be."""
    if blank(picture):
        return "one colour"
    if seam(picture) is Seam.CONTINUOUS:
        return "one picture, which goes on across a middle line"
    same = alike(picture)
    return f"cells {same[0] + 1} and {same[1] + 1} are one picture" if same is not None else ""


def not_one_larger(large: Picture, grid: Picture) -> str:
    """Why an upscale is not one picture larger than a cell of the grid; empty if it is.

    A frame around both counts for neither.
    """
    cells = [(view.size[0] // 2, view.size[1] // 2) for view in grid.views]
    width, height = max(view.size for view in large.views)
    cell = min(cells)
    if width <= cell[0] or height <= cell[1]:
        return f"{width}x{height}, no more than a cell of {cell[0]}x{cell[1]}"
    if shows_whole(large, grid):
        return "the whole grid"
    if blank(large) and shows_anything(grid):
        return "one colour"
    if alike(large) is not None and alike(grid) is None:
        return "one picture four times"
    if seam(large) is Seam.CUT and max(upscale_of(large, grid, 0).correlations) < 0.4:
        return "a grid of other pictures"
    return ""


def _nearly(one: Patch, other: Patch) -> bool:
    """Whether colours and layout are the same but for what a codec or a slight move changes."""
    apart = (one.layout - other.layout).spread
    tint = max(map(abs, map(sub, one.colour, other.colour)))
    return tint < 1.5 and apart < max(_WAVER, 0.14 * one.spread)


def blank(picture: Picture) -> bool:
    """Whether all of it is of one and the same colour."""
    return all(view.small.getcolors(1) for view in picture.views)


def shows_anything(grid: Picture) -> bool:
    """Whether there is something in each of its cells."""
    return all(cell.spread >= _CONTENT for view in grid.views for cell in view.cells)


def same(one: Picture, other: Picture) -> bool | None:
    """Whether two pictures are one: the same file, the same pixels, or the same but for a frame
    and what a codec loses. ``None``: they are, and show nothing that could differ.
    """
    if one.digest == other.digest:
        return True
    if not any(_is_same(first, second) for first in one.views for second in other.views):
        return False
    return True if all(view.whole.spread >= _CONTENT for view in one.views) else None


def _is_same(one: View, other: View) -> bool:
    if one.size == other.size and one.small.tobytes() == other.small.tobytes():
        return True
    return all(is_copy(first, second) for first, second in zip(one.cells, other.cells, strict=True))


def far_apart(one: Picture, other: Picture) -> bool:
    """Whether two pictures are so unlike in all readings that no smaller copy serves for both."""
    pairs = [(first.whole, second.whole) for first, second in _readings(one, other)]
    return bool(pairs) and all(_far_apart(*pair) for pair in pairs)


def _far_apart(one: Patch, other: Patch) -> bool:
    return max((one.layout - other.layout).spread, _apart(one.colour, other.colour)) >= _APART


def upscale_of(picture: Picture, grid: Picture, asked: int) -> Likeness:
    """Whether an upscale shows the cell ``asked`` (from 0) of a grid: the same one, sharpened."""
    return _agreed([_enlargement(*pair, asked) for pair in _readings(picture, grid)])


def variation_of(picture: Picture, grid: Picture, asked: int) -> Likeness:
    """Whether the cells of a variation are like the cell ``asked`` of a grid: in layout, or else in
    colour.
    """
    return _agreed([_variation(*pair, asked) for pair in _readings(picture, grid)])


def shows_whole(picture: Picture, grid: Picture) -> bool:
    """Whether a picture is all of a grid again, and none of its cells."""
    found = [
        (correlation(view.whole.detail, parent.whole.detail), max(_to_cells(view.whole, parent)))
        for view, parent in _readings(picture, grid)
    ]
    whole, cell = max(found)[0], max(cell for _, cell in found)
    return whole >= _SAME and _clearly(whole, cell)


def _readings(picture: Picture, grid: Picture) -> list[tuple[View, View]]:
    return [(view, parent) for view in picture.views for parent in grid.views]


def _to_cells(patch: Patch, parent: View) -> list[float]:
    return [correlation(patch.detail, cell.detail) for cell in parent.cells]


def _enlargement(view: View, parent: View, asked: int) -> Likeness:
    found = _to_cells(view.whole, parent)
    nearest = _highest(found)
    as_asked = None
    if nearest == asked:
        others = [one for n, one in enumerate(found) if n != asked]
        as_asked = True if found[asked] - max(others) >= 0.1 else None
    elif found[nearest] >= _SAME and _clearly(found[nearest], found[asked]):
        as_asked = False
    elif found[nearest] >= _SEEN and found[asked] <= min(_STRANGE, found[nearest] - 0.4):
        as_asked = False  # noise hides much of both cells, and yet not which of them it is
    return Likeness(as_asked, nearest, tuple(found))


def _clearly(one: float, other: float, times: float = 4) -> bool:
    """Whether a correlation is that of the same thing, and another one is not."""
    return 1 - other >= times * (1 - one) + 0.1


def _variation(view: View, parent: View, asked: int) -> Likeness:
    layouts = [
        [correlation(one.layout, cell.layout) for cell in parent.cells] for one in view.cells
    ]
    details = [_to_cells(one, parent) for one in view.cells]
    layout, detail = _means(layouts), _means(details)
    nearest = _highest(detail)
    others = [one for n, one in enumerate(detail) if n != asked]
    if nearest == asked and detail[asked] - max(others) >= 0.1:
        return Likeness(True, nearest, tuple(detail))
    if (
        layout[nearest] >= _LIKE
        and layout[nearest] - layout[asked] >= 0.2
        and detail[nearest] - detail[asked] >= 0.2
        and all(one[nearest] - one[asked] > 0.05 for one in details)
    ):
        return Likeness(False, nearest, tuple(detail))
    tinted = _tinted(view, parent, asked, detail)
    return tinted if tinted.as_asked is not None else _wherever(view, parent, asked)


def _wherever(view: View, parent: View, asked: int) -> Likeness:
    """By what a variation shows of a cell, wherever it was moved: in fine content that tells."""
    found = [[_moved(one, cell) for cell in parent.cells] for one in view.cells]
    means = _means(found)
    nearest, as_asked = _highest(means), None
    if nearest == asked:
        others = [one for n, one in enumerate(means) if n != asked]
        as_asked = True if means[asked] - max(others) >= 0.2 else None
    elif (
        means[nearest] >= _MOVED
        and _clearly(means[nearest], means[asked], 3)
        and all(one[nearest] > one[asked] for one in found)
    ):
        as_asked = False
    return Likeness(as_asked, nearest, tuple(means))


def _tinted(view: View, parent: View, asked: int, detail: Sequence[float]) -> Likeness:
    """By the mean colours, where layout and detail say nothing: a drawing with the same outlines
    in every cell.
    """
    apart = [[-_apart(one.colour, cell.colour) for cell in parent.cells] for one in view.cells]
    means = _means(apart)
    nearest = _highest(means)
    others = [one for n, one in enumerate(means) if n != asked]
    as_asked = None
    if nearest == asked:
        as_asked = True if means[asked] >= 0.7 * max(others) and max(others) < -2 else None
    elif (
        means[asked] <= -20
        and means[nearest] >= 0.7 * means[asked]
        and all(_highest(one) == nearest for one in apart)
    ):
        as_asked = False
    return Likeness(as_asked, nearest, tuple(detail))


def _agreed(found: Sequence[Likeness]) -> Likeness:
    """Of several readings the one in which the pictures fit: with the highest correlation. One
    that says as asked and fits nearly as well has it.
    """
    fit = max(max(one.correlations) for one in found)
    fitting = [one for one in found if max(one.correlations) >= fit - 0.1]
    for told in (True, False):
        for one in fitting:
            if one.as_asked is told:
                return one
    return max(fitting, key=lambda one: max(one.correlations))


def _highest(found: Sequence[float]) -> int:
    return max(range(len(found)), key=found.__getitem__)


def _means(found: Sequence[Sequence[float]]) -> list[float]:
    return [sum(one) / len(one) for one in zip(*found, strict=True)]


def _apart(one: Sequence[float], other: Sequence[float]) -> float:
    return sum(abs(a - b) for a, b in zip(one, other, strict=True)) / len(one)
