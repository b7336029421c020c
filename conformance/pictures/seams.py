"""Whether a picture is cut along its middle lines, as a grid of four is, or goes on across them.

Each has to be seen: neither is taken from the lack of the other. A line is a cut if the step across
it is larger than the steps beside it, nearly everywhere. A picture goes on across a line if what is
on one side is found again on the other as it is between neighbours elsewhere, and as it is not
between columns further apart, nor between one side and the mirror image of the other. Plain areas,
gradients and stripes along the whole row therefore say nothing, and a line of them is unclear.

Every length is in pixels of the strip around the line (``view.py``), the line upright.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from . import floats

if TYPE_CHECKING:
    from PIL.Image import Image

_BLOCKS = 16  # of a line, each judged on its own
_HEARD = 0.75  # a step (of 3 * 255) below which a block is silent
_FAINT = 2.0  # (of 255) the deviation of detail below which a block is not listened to
_MOST_CUT = 0.25  # share of blocks with a step above which a line is not called continuous
_CUT = 0.6  # share of blocks from which on it is called a cut
#: A step (of 3 * 255) that rounding alone makes of a gradient, one for each colour and a codec's.
_ROUNDED = 4.0
_CONTINUOUS, _TOGETHER = 5.0, 4.0  # log likelihood ratios of one line, and of both
_MOST = 3.0  # that one block says, at all scales: a star on the line is not the picture
#: Direct neighbours are alike across any line if a grid was resized as a whole: they count only
#: beside as much evidence from further apart.
_CONFIRMED = 2.5
_AGAINST = -3.0  # less is evidence that it does not
_ELSEWHERE = 0.6  # share of blocks from which on there is a cut at another place
#: Samples along the line, columns taken together, columns left out beside the line (where a codec
#: or a resize mixes the two sides), for each scale that is looked at.
_SCALES = ((512, 1, 0), (512, 1, 1), (256, 2, 0), (128, 3, 1), (64, 4, 1))


class Seam(Enum):
    """What a middle line is."""

    CUT = "cut"
    CONTINUOUS = "continuous"
    UNCLEAR = "unclear"


@dataclass(frozen=True, slots=True)
class Line:
    """``cut``: share of the blocks with a step; ``evidence`` that the picture goes on: a log
    likelihood ratio; ``elsewhere``: the share of blocks with a step at some other line nearby;
    ``step``: the middle one of the blocks' steps across the line, 0 to 765.
    """

    cut: float
    evidence: float
    elsewhere: float
    step: float = 0.0

    @property
    def is_cut(self) -> bool:
        return self.cut >= _CUT

    @property
    def is_clear(self) -> bool:
        """Whether its steps are larger than those between two shades of one gradient."""
        return self.step > _ROUNDED

    @property
    def goes_on(self) -> bool:
        """Whether the picture goes on across this line, the other one aside."""
        clear = self.cut <= _MOST_CUT and self.elsewhere < _ELSEWHERE
        return clear and self.evidence >= _CONTINUOUS

    def goes_on_with(self, other: Line) -> bool:
        """Whether the picture goes on across both lines, on the evidence of either or of both."""
        if max(self.cut, other.cut) > _MOST_CUT or min(self.evidence, other.evidence) < _AGAINST:
            return False
        counted = [one.evidence for one in (self, other) if one.elsewhere < _ELSEWHERE]
        both = len(counted) == 2 and min(counted) > 1.0 and sum(counted) >= _TOGETHER
        return both or max(counted, default=0.0) >= _CONTINUOUS


def line(strip: Image, band: Image) -> Line:
    """The middle line of ``strip``; ``band`` is a wider one about the same line, coarser along it.

    Both RGB. A strip narrower than 32 pixels or shorter than 64 says nothing.
    """
    if strip.width < 32 or strip.height < 64:
        return Line(0.5, 0.0, 0.0)
    cut, step = _cut(strip, 1)
    if cut < _CUT:
        cut, step = max((cut, step), _cut(strip, 4))
    if cut > _MOST_CUT:
        return Line(cut, 0.0, 0.0, step)  # the rest would not be looked at
    grey = strip.convert("L")
    found = [_evidence(grey, *scale) for scale in _SCALES]
    evidence = _total(found[1:])
    if evidence >= _CONFIRMED:
        evidence = _total(found)
    return Line(cut, evidence, _elsewhere(band))


def _total(scales: Sequence[Sequence[float]]) -> float:
    total = 0.0
    for block in zip(*scales, strict=True):
        total += max(-_MOST, min(_MOST, sum(block)))
    return total


def _steps(image: Image, group: int, samples: int) -> Image:
    """The step between neighbouring groups of columns: differences of all three colours."""
    total: Image | None = None
    for band in image.split():
        means = floats.groups(floats.floats(band, image.width, samples), group)
        step = floats.of(
            lambda left, right: abs(left - right),
            floats.columns(means, 0, means.width - group),
            floats.columns(means, group, means.width),
        )
        total = step if total is None else floats.of(lambda a, b: a + b, total, step)
    assert total is not None
    return total


def _cut(strip: Image, group: int) -> tuple[float, float]:
    """The share of blocks that have a larger step at the line than nearly everywhere beside it,
    and the middle one of all steps at the line."""
    at = strip.width // 2 - group
    found = heard = 0
    steps = []
    for row in floats.rows(_steps(strip, group, 4 * _BLOCKS), _BLOCKS):
        across = max(row[at - 1 : at + 2])
        steps.append(across)
        beside = sorted(row[: at - group - 1] + row[at + group + 2 :])
        if max(across, beside[-1]) < _HEARD:
            continue
        heard += 1
        found += across > 1.15 * beside[len(beside) * 19 // 20] + 0.3
    return found / heard if heard >= _BLOCKS // 4 else 0.0, statistics.median(steps)


def _elsewhere(band: Image) -> float:
    """The most blocks with a step at one line, away from the middle: a frame we don't know of."""
    from PIL.Image import Resampling

    if band.width < 64:
        return 0.0
    steps = _steps(band, 1, 4 * _BLOCKS).resize((band.width - 1, _BLOCKS), Resampling.BOX)
    usual = steps.resize((max(1, steps.width // 32), _BLOCKS), Resampling.BOX)
    usual = usual.resize(steps.size, Resampling.BILINEAR)
    clear = floats.of(lambda one, other: one - other * 2.5 - 4.0, steps, usual)
    shares = [0] * clear.width
    for row in floats.rows(clear, _BLOCKS):
        shares = [share + (value > 0) for share, value in zip(shares, row, strict=True)]
    return max(shares) / _BLOCKS


def _evidence(grey: Image, samples: int, group: int, gap: int) -> list[float]:
    """How much likelier what is beside the line is as neighbours than as strangers, by block."""
    image = floats.floats(grey, grey.width, min(samples, grey.height))
    detail = floats.detail(floats.groups(image, group), 8, along=True)
    energy = floats.rows(floats.of(lambda a, b: a * b, detail, detail), _BLOCKS)
    apart, reach = group + 2 * gap, grey.width // 2
    at = reach - group - gap
    near = _correlations(detail, energy, apart)
    far = [_correlations(detail, energy, apart + reach * part // 4) for part in (2, 3)]
    mirrored = _mirrored(detail, energy, at, apart)
    found = [0.0] * len(near)
    for block, row in enumerate(near):
        if sum(energy[block]) < _FAINT**2 * len(energy[block]):
            continue  # a lossy codec has more to do with it than the picture
        beside = row[: at - apart : 2] + row[at + apart + 1 :: 2]
        strangers = [value for one in far for value in one[block][::2]]
        found[block] = _likelier(row[at], beside, strangers, mirrored[block])
    return found


def _likelier(
    seen: float, beside: Sequence[float], strangers: Sequence[float], mirrored: Sequence[float]
) -> float:
    """A log likelihood ratio, -3 to 2; 0 where neighbours and strangers can't be told apart."""
    usual, width = _spread(beside)
    strange, strange_width = _spread(strangers)
    if usual - max(strange, _spread(mirrored)[0]) < 1.0:
        return 0.0
    value = _fisher(seen)
    if value >= usual:
        return 2.0
    ratio = ((value - strange) / strange_width) ** 2 - ((value - usual) / width) ** 2
    return max(-3.0, min(2.0, ratio / 2 + math.log(strange_width / width)))


def _fisher(correlation: float) -> float:
    """Fisher's z, in which correlations are about normally distributed."""
    return math.atanh(max(-0.99, min(0.99, correlation)))


def _spread(correlations: Sequence[float]) -> tuple[float, float]:
    """The middle of Fisher's z and its deviation, both by quantiles."""
    ordered = sorted(correlations)
    count = len(ordered)
    low, middle, high = (
        _fisher(ordered[n]) for n in (count * 16 // 100, count // 2, count * 84 // 100)
    )
    return middle, max(0.3, (high - low) / 2)


def _correlations(detail: Image, energy: list[list[float]], apart: int) -> list[list[float]]:
    """Block by block, of each column with the one ``apart`` to its right."""
    width = detail.width
    left, right = floats.columns(detail, 0, width - apart), floats.columns(detail, apart, width)
    product = floats.rows(floats.of(lambda a, b: a * b, left, right), _BLOCKS)
    return [
        _normalised(row, power[: width - apart], power[apart:])
        for row, power in zip(product, energy, strict=True)
    ]


def _mirrored(detail: Image, energy: list[list[float]], at: int, apart: int) -> list[list[float]]:
    """Block by block, of each column on the left with its mirror image on the right: first those
    farthest from the line. The third that is nearest to it is left out.
    """
    from PIL.Image import Transpose

    width = min(at + 1, detail.width - at - apart)
    first, last = at + 1 - width, at + apart + width
    left = floats.columns(detail, first, at + 1)
    right = floats.columns(detail, at + apart, last).transpose(Transpose.FLIP_LEFT_RIGHT)
    product = floats.rows(floats.of(lambda a, b: a * b, left, right), _BLOCKS)
    return [
        _normalised(row, power[first : at + 1], power[at + apart : last][::-1])[: width * 2 // 3]
        for row, power in zip(product, energy, strict=True)
    ]


def _normalised(
    product: Sequence[float], one: Sequence[float], other: Sequence[float]
) -> list[float]:
    return [
        both / (math.sqrt(a * b) + 1e-3) for both, a, b in zip(product, one, other, strict=True)
    ]
