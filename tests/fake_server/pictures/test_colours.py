"""The colours of jobs: told apart, leaning on a cell, blended."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from PIL import Image

from sampan.fake_server import pictures
from sampan.fake_server.pictures import Colours
from tests.support.examples import examples
from tests.support.samples.pixels import HASH, distance, hashes, least, numbers, value


@settings(max_examples=examples(400))
@given(hashes)
def test_the_colours_of_a_job_are_told_apart(hash: str) -> None:
    colours = pictures.palette(hash)
    assert colours == pictures.palette(hash)
    assert least(colours) >= 82


def test_jobs_are_told_apart_by_their_colours() -> None:
    palettes = [pictures.palette(f"job {n}") for n in range(2000)]
    assert len(set(palettes)) == 2000
    # The first cells are of every hue: each twelfth of the circle has its share.
    hues = [Image.new("RGB", (1, 1), each[0]).convert("HSV").getpixel((0, 0)) for each in palettes]
    counts = [0] * 12
    for hue in hues:
        assert isinstance(hue, tuple)
        counts[int(hue[0] * 12 / 256)] += 1
    assert min(counts) > 50


def leans(child: Colours, parent: Colours, number: int) -> bool:
    """Whether every colour is nearer to the chosen cell's than to the other three."""
    chosen = parent[number - 1]
    others = [colour for colour in parent if colour != chosen]
    return all(
        distance(colour, chosen) < min(distance(colour, other) for other in others)
        for colour in child
    )


@settings(max_examples=examples(200))
@given(hashes, hashes, numbers)
def test_a_variation_leans_on_the_chosen_cell(parent: str, child: str, number: int) -> None:
    colours = pictures.palette(parent)
    lean = colours[number - 1]
    for apart in ((), colours):
        found = pictures.palette(child, lean, apart)
        assert leans(found, colours, number)
        assert least(found) >= (42 if apart else 24)
        assert found == pictures.palette(child, lean, apart)


def lies(colours: Colours, cell: str) -> float:
    """How far they are from a cell's colour on the average, channel by channel."""
    return sum(
        abs(one - other)
        for colour in colours
        for one, other in zip(value(colour), value(cell), strict=True)
    )


@given(hashes, hashes, numbers)
@example("parent 421", "child 421", 3)
@example("parent 3073", "child 3073", 1)
@example("parent 3282", "child 3282", 2)
def test_a_variation_is_much_nearer_to_the_chosen_cell(
    parent: str, child: str, number: int
) -> None:
    """Who compares pictures by their colours can be sure of it."""
    colours = pictures.palette(parent)
    lean = colours[number - 1]
    found = pictures.palette(child, lean, colours)
    assert lies(found, lean) <= 0.7 * min(lies(found, cell) for cell in colours if cell != lean)


@given(hashes, st.lists(numbers, min_size=1, max_size=6))
def test_a_variation_of_a_variation_leans_too(hash: str, chosen: list[int]) -> None:
    parent = pictures.palette(hash)
    for generation, number in enumerate(chosen):
        child = pictures.palette(f"{hash} {generation}", parent[number - 1], parent)
        assert len(set(child)) == 4
        assert leans(child, parent, number)
        parent = child


def test_hardly_two_variations_of_a_cell_have_the_same_colours() -> None:
    parent = pictures.palette(HASH)
    assert len({pictures.palette(str(n), parent[2], parent) for n in range(2000)}) > 1980


@given(st.lists(hashes.map(lambda hash: pictures.palette(hash)[0]), min_size=1, max_size=5))
def test_a_blend_is_the_mean_and_its_job_leans_on_it(colours: list[str]) -> None:
    blended = pictures.blend(colours)
    exact = [sum(part) / len(colours) for part in zip(*map(value, colours), strict=True)]
    assert all(abs(a - b) <= 0.5 for a, b in zip(value(blended), exact, strict=True))
    assert blended == pictures.blend(colours[::-1])
    assert all(distance(colour, blended) <= 42 for colour in pictures.palette("x", blended))


def test_a_blend_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one"):
        pictures.blend([])
