"""Whether four cells meet as parts of one picture do: the evidence of what is smooth.

A cell ends on four sides, and the quarters of one picture end where the next ones begin. Edges that
meet are then more alike, in colour and along the edge, than any of them is like another edge of any
cell. In a grid an edge is no more like the one it meets than like the others, however alike the
cells: what is the same everywhere (a vignette, a backdrop, a horizon) is the same in edges that do
not meet. What is mirrored at the line meets as well, but goes on as a mirror image.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from . import floats

if TYPE_CHECKING:
    from PIL.Image import Image

    from .patch import Patch

_DEEP = 32  # of a cell as so many strips, of which the first is the edge
_BLOCKS = 32  # of an edge
_INSIDE = 6  # this strip from the line is as far from its mirror image as a third of a cell
_NOISE = 0.3  # (of 255) a difference below it is none
#: How much less, in the mean of the logarithm, than the likest that do not meet. In grids of
#: photographs, of like cells too, it came to 0 at most.
_LEAST = 0.3
#: The same of each two that meet, where only one line is looked at: at most 0.7 in grids.
_LEAST_EACH = 1.2

Profile = list[float]
Edge = tuple[int, str]
#: Cells from 0 and the sides on which they meet, at the upright line and at the level one.
UPRIGHT = (((0, "right"), (1, "left")), ((2, "right"), (3, "left")))
LEVEL = (((0, "below"), (2, "above")), ((1, "below"), (3, "above")))


def meet(cells: Sequence[Patch], at: Sequence[tuple[Edge, Edge]]) -> bool:
    """Whether they go on into one another, everywhere at these lines. On one line alone that has
    to be much clearer: of four like views any two may meet by chance.
    """
    nearer = _nearer(cells, at)
    least = 0.0 if len(nearer) > 2 else _LEAST_EACH
    everywhere = min(nearer) >= least and sum(nearer) >= _LEAST * len(nearer)
    return everywhere and not are_mirrored(cells, at)


def meet_elsewhere(cells: Sequence[Patch], at: Sequence[tuple[Edge, Edge]]) -> bool:
    """Whether edges are more alike where they do not meet: four cells that each go on at the other
    side, as patterns do and views with a horizon, go on into one another in any order.
    """
    return sum(_nearer(cells, at)) < 0.0


def _nearer(cells: Sequence[Patch], at: Sequence[tuple[Edge, Edge]]) -> list[float]:
    """For each two edges that meet, the logarithm of how much less they differ than the likest that
    do not.
    """
    edges = _profiles(cells, 0)
    found = []
    for pair in at:
        seen = _apart(edges[pair[0]], edges[pair[1]])
        others = [edge for edge in edges if edge not in pair]
        strange = min(_apart(edges[edge], edges[other]) for edge in pair for other in others)
        found.append(math.log((strange + _NOISE) / (seen + _NOISE)))
    return found


def are_mirrored(cells: Sequence[Patch], at: Sequence[tuple[Edge, Edge]]) -> bool:
    """Whether what is inside, on both sides of a line, is about as alike as the edges are."""
    edges, inside = _profiles(cells, 0), _profiles(cells, _INSIDE)
    return any(
        _apart(inside[one], inside[other], 1.0)
        < 1.3 * _apart(edges[one], edges[other], 1.0) + _NOISE
        for one, other in at
    )


def _profiles(cells: Sequence[Patch], strip: int) -> dict[Edge, Profile]:
    """Colours along each side of each cell, so many strips inside."""
    found = {}
    for n, cell in enumerate(cells):
        width = cell.image.width / _DEEP
        first, last, side = strip * width, (strip + 1) * width, float(cell.image.width)
        boxes = {
            "left": (first, 0.0, last, side),
            "right": (side - last, 0.0, side - first, side),
            "above": (0.0, first, side, last),
            "below": (0.0, side - last, side, side - first),
        }
        for name, box in boxes.items():
            upright = name in ("left", "right")
            found[n, name] = _colours(cell.image, box, (1, _BLOCKS) if upright else (_BLOCKS, 1))
    return found


def _colours(
    image: Image, box: tuple[float, float, float, float], size: tuple[int, int]
) -> Profile:
    from PIL.Image import Resampling

    found: Profile = []
    for band in image.split():
        found += floats.values(band.convert("F").resize(size, Resampling.BOX, box=box))
    return found


def _apart(one: Profile, other: Profile, part: float = 2 / 3) -> float:
    """The root of the mean square of the difference, without the third that differs most: what
    ends at an edge (a star, a leaf) does not count against all that goes on.
    """
    squares = sorted((a - b) ** 2 for a, b in zip(one, other, strict=True))
    kept = squares[: round(len(squares) * part)]
    return math.sqrt(sum(kept) / len(kept))
