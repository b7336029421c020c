"""What a prompt says besides its words."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sampan.fake_server.jobs.prompt import Marker, marker, niji, normalised, ratio, without_marker


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("a cat --ar 16:9", (16, 9)),
        ("--ar 2:3 a cat", (2, 3)),
        ("a cat --ar\t16:9\n--niji", (16, 9)),
        ("a cat --ar 16:9 --ar 1:2", (1, 2)),
        ("a cat --ar 16:9 --aspect 3:2", (3, 2)),
        ("a cat --aspect 3:2", (3, 2)),
        ("a cat --ar 16:9 --ar 0:1 --ar 4", (16, 9)),
        ("a cat —ar 16:9", (16, 9)),
        ("a cat –ar 16:9", (16, 9)),
        ("a cat ——ar 16:9", (16, 9)),
        ("a cat –-ar 16:9", (16, 9)),
        ("a cat －－ar １６：９", (16, 9)),
        ("a cat −−ar 16∶9", (16, 9)),
        ("a cat. —Ar 16:9", (16, 9)),
        ("a cat --ar 16:9, --niji", (16, 9)),
        ("a cat --ar 16:9.", (16, 9)),
        ("(a cat --ar 16:9)", (16, 9)),
        ("一只猫，--ar 16：9。", (16, 9)),
        ("一只猫--ar 16:9，雾", (16, 9)),
        ("雾--ar 16:9——niji", (16, 9)),
        ("a cat\u00a0--ar\u00a016:9", (16, 9)),
        ("猫 --ar 9999:1", (9999, 1)),
    ],
)
def test_the_shape_asked_for(text: str, asked: tuple[int, int]) -> None:
    assert ratio(text) == asked


@pytest.mark.parametrize(
    "text",
    [
        "a cat",
        "",
        "a cat --ar",
        "a cat --ar 16",
        "a cat --ar 16:",
        "a cat --ar 16:9x",
        "a cat --ar 16:90000",
        "a cat--ar 16:9",
        "a cat --art 16:9",
        "a cat --ar 0:9",
        "a cat --ar 16:0",
        "a cat -ar 16:9",
        "a cat -- ar 16:9",
        "a cat --ar 16:9.5",
        "a cat --ar 1.5:1",
        "a cat --ar 16:90000０",
        "a cat --ar 16 : 9",
        "a cat --ar=16:9",
        "a cat --aspects 16:9",
        "a cat---ar 16:9",
        "a cat ---ar 16:9",
        "a cat ar 16:9",
        "https://h/--ar 16:9",
        "a—ar 16:9",
    ],
)
def test_no_shape_asked_for(text: str) -> None:
    assert ratio(text) is None


@pytest.mark.parametrize(
    "text",
    [
        "a cat --niji",
        "--niji",
        "--niji a cat",
        "a\t--niji\ncat",
        "a cat --niji 6",
        "a cat —niji, in fog",
        "a cat –Niji.",
        "一只猫——niji",
        "猫，－－niji，雾",
        "a cat --niji--ar 1:1",
    ],
)
def test_the_anime_model_is_asked_for(text: str) -> None:
    assert niji(text)


@pytest.mark.parametrize(
    "text", ["a cat", "niji", "a cat --niji5", "a cat--niji", "--nijinsky", "—nijinsky", "a—niji"]
)
def test_the_anime_model_is_not_asked_for(text: str) -> None:
    assert not niji(text)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("a cat --fake fail", Marker("fail")),
        ("a cat --fake fail=46", Marker("fail", "46")),
        ("--fake image-late=100 a cat", Marker("image-late", "100")),
        ("a cat --fake slow --fake fail", Marker("slow")),
        ("a cat --fake fail= ", Marker("fail", "")),
        ("a cat --fake fail=4=6", Marker("fail", "4=6")),
        ("a cat --fake Fail", Marker("Fail")),
        ("a cat --fake fail,", Marker("fail")),
        ("a cat --fake fail=46.", Marker("fail", "46")),
        ("a cat --fake ,", Marker(",")),
        ("a cat --fake=fail", Marker("fail")),
        ("a cat --fake ==", None),
        ("a cat —fake fail＝46", Marker("fail", "46")),
        ("a cat. —Fake fail", Marker("fail")),
        ("一只猫，－－fake fail=４６。", Marker("fail", "46")),
        ("一只猫--fake fail的猫", Marker("fail的猫")),
        ("a cat --fake", None),
        ("a cat --fake ", None),
        ("a cat --faker fail", None),
        ("a cat--fake fail", None),
        ("a cat", None),
    ],
)
def test_markers(text: str, found: Marker | None) -> None:
    """What follows ``--fake`` is taken whole, so that a misspelt marker is refused, not passed."""
    assert marker(text) == found


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("http://h/a.png http://h/b.png --fake slow=3", "http://h/a.png http://h/b.png"),
        ("--fake fail http://h/a.png", "http://h/a.png"),
        ("--fake fail --fake slow", ""),
        ("http://h/a.png", "http://h/a.png"),
        ("http://h/a.png —fake fail, http://h/b.png", "http://h/a.png http://h/b.png"),
        ("http://h/a.png,--fake fail", "http://h/a.png,--fake fail"),
        (" http://h/--fake ", " http://h/--fake "),
    ],
)
def test_the_text_less_its_markers(text: str, left: str) -> None:
    assert without_marker(text).split() == left.split()


@given(st.text())
def test_a_text_without_its_markers_has_none(text: str) -> None:
    assert marker(without_marker(f"{text} --fake slow {text} --fake fail=3")) is None


def test_the_pages_prompt_loses_its_capital() -> None:
    """Page, Job Find: msg_content beside msg_display."""
    assert normalised("Shanghai at dawn") == "shanghai at dawn"


@pytest.mark.parametrize(
    ("text", "content"),
    [
        ("  A  cat\n\tin   Rain ", "a cat in Rain"),
        ("上海 赛博朋克", "上海 赛博朋克"),
        ("🚣 Sampan", "🚣 Sampan"),
        ("", ""),
        ("É", "é"),
    ],
)
def test_the_prompt_as_the_service_works_on_it(text: str, content: str) -> None:
    assert normalised(text) == content


@given(st.text())
def test_normalising_twice_is_normalising_once(text: str) -> None:
    assert normalised(normalised(text)) == normalised(text)


@given(st.text())
def test_normalising_keeps_the_words(text: str) -> None:
    assert normalised(text).casefold().split() == text.casefold().split()
