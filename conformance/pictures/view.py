"""What is kept of a picture that was decoded: copies small enough to keep any number of.

About 0.8 MB for each reading of a picture, whatever its size.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from .edges import LEVEL, UPRIGHT, meet, meet_elsewhere
from .frame import Box, readings
from .patch import SIDE, Patch
from .seams import Line, Seam, line

if TYPE_CHECKING:
    from PIL.Image import Image

_REACH = 48  # pixels on each side of a middle line that are kept as they are
_ALONG = 512  # at most so many pixels along it
_BAND = 512  # the middle quarter is kept at this width
_THUMB = 256
_COARSE = 512  # everything else is taken from a copy that is at least this high and wide


@dataclass(frozen=True)
class View:
    """One reading of a picture: all of it, or what is inside its frame.

    ``size`` in pixels; ``small`` is 2 by 2 patches; ``strips`` and ``bands`` lie about the upright
    and the level middle line (see ``seams``), the level ones turned upright.
    """

    size: tuple[int, int]
    small: Image
    strips: tuple[Image, Image]
    bands: tuple[Image, Image]

    @cached_property
    def lines(self) -> tuple[Line, Line]:
        """The upright and the level middle line."""
        (upright, level), (wide, high) = self.strips, self.bands
        return line(upright, wide), line(level, high)

    @cached_property
    def whole(self) -> Patch:
        from PIL.Image import Resampling

        return Patch(self.small.resize((SIDE, SIDE), Resampling.BOX))

    @cached_property
    def cells(self) -> tuple[Patch, Patch, Patch, Patch]:
        """The quarters: top left, top right, bottom left, bottom right."""
        one, two, three, four = (
            Patch(self.small.crop((x, y, x + SIDE, y + SIDE))) for y in (0, SIDE) for x in (0, SIDE)
        )
        return one, two, three, four

    @property
    def is_cut(self) -> bool:
        """Whether there is a step along both middle lines, however faint."""
        return all(line.is_cut for line in self.lines)

    @property
    def seam(self) -> Seam:
        """``CUT`` if both lines clearly are, ``CONTINUOUS`` if what is beside them goes on.

        One line alone does not say so against the other: a grid of symmetric cells goes on in one
        direction as its mirror image does, and one with a caption is cut elsewhere. One picture
        above another is neither.
        """
        upright, level = self.lines
        if self.is_cut:
            return Seam.CUT if upright.is_clear and level.is_clear else Seam.UNCLEAR
        if upright.is_cut:
            goes_on = False
        elif level.is_cut:
            goes_on = upright.goes_on and meet(self.cells, UPRIGHT)
        else:
            both = (*UPRIGHT, *LEVEL)
            goes_on = upright.goes_on_with(level) and not meet_elsewhere(self.cells, both)
            goes_on = goes_on or meet(self.cells, both)
        return Seam.CONTINUOUS if goes_on else Seam.UNCLEAR


def views(image: Image) -> tuple[tuple[View, ...], Image]:
    """The readings of a decoded RGB picture, and a small copy of all of it."""
    factor = max(1, min(image.size) // _COARSE)
    reduced = image.reduce(factor) if factor > 1 else image
    return tuple(_view(image, box, reduced, factor) for box in readings(image)), _thumb(reduced)


def _thumb(image: Image) -> Image:
    from PIL.Image import Resampling

    scale = min(1.0, _THUMB / max(image.size))
    size = max(1, round(image.width * scale)), max(1, round(image.height * scale))
    return image.resize(size, Resampling.BOX)


def _view(image: Image, box: Box, reduced: Image, factor: int) -> View:
    """Strips are of the picture as it is, all else of ``reduced``, ``factor`` times smaller."""
    from PIL.Image import Resampling, Transpose

    left, top, right, bottom = box
    width, height = right - left, bottom - top
    x, y = left + width // 2, top + height // 2
    across, down = min(_REACH, width // 6), min(_REACH, height // 6)
    strips = (
        _along(image.crop((x - across, top, x + across, bottom))),
        _along(image.crop((left, y - down, right, y + down)).transpose(Transpose.TRANSPOSE)),
    )
    left, top, right, bottom = (side // factor for side in box)
    x, y, wide, high = x // factor, y // factor, width // factor // 8, height // factor // 8
    bands = (
        _coarse(reduced.crop((x - wide, top, x + wide, bottom))),
        _coarse(reduced.crop((left, y - high, right, y + high)).transpose(Transpose.TRANSPOSE)),
    )
    most_right, most_down = reduced.size
    inner = (left, top, min(box[2] / factor, most_right), min(box[3] / factor, most_down))
    small = reduced.resize((2 * SIDE, 2 * SIDE), Resampling.BOX, box=inner)
    return View((width, height), small, strips, bands)


def _along(strip: Image) -> Image:
    from PIL.Image import Resampling

    height = min(strip.height, _ALONG)
    return strip.resize((strip.width, height), Resampling.BOX) if height < strip.height else strip


def _coarse(band: Image) -> Image:
    from PIL.Image import Resampling

    return band.resize((min(band.width, _BAND), 64), Resampling.BOX)
