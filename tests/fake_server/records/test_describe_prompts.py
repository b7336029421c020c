"""Four prompts for a link, made from the link alone."""

from __future__ import annotations

from hypothesis import assume, given
from hypothesis import strategies as st

from sampan.fake_server.records.describe_prompts import numbered, prompts

_LINK = "https://example.com/picture.png"


@given(st.text())
def test_four_different_prompts(link: str) -> None:
    assert len(set(prompts(link))) == 4


def test_a_link_has_the_same_prompts_for_ever() -> None:
    """Written out: clients may have recorded them."""
    assert prompts(_LINK) == (
        "an old ferry at a foggy pier in the last light of autumn, risograph poster,"
        " low angle view, deep shadows --ar 1:1",
        "a lighthouse above a terraced village in the last light of autumn, ink wash painting,"
        " fine line work, muted teal and amber --ar 1:1",
        "a lighthouse above a terraced village under a full moon, woodblock print,"
        " deep shadows, soft grain --ar 1:1",
        "a heron standing in shallow water through drifting mist, cinematic photograph,"
        " fine line work, strong backlight --ar 1:1",
    )


@given(st.text(), st.text())
def test_other_links_have_other_prompts(one: str, other: str) -> None:
    assume(one != other)
    assert prompts(one) != prompts(other)


@given(st.text())
def test_a_prompt_reads_like_one(link: str) -> None:
    for prompt in prompts(link):
        words, _, shape = prompt.rpartition(" --ar ")
        assert shape == "1:1"
        scene, style, one, other = words.split(", ")
        assert scene
        assert style
        assert one != other


def test_numbered_in_the_midjourney_manner() -> None:
    one, two, three, four = prompts(_LINK)
    assert numbered(_LINK) == f"1️⃣ {one}\n\n2️⃣ {two}\n\n3️⃣ {three}\n\n4️⃣ {four}"
