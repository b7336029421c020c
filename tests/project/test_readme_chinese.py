"""The Chinese README is held to the English one: what one of them shows, both do.

Their commands are the same to the letter, so ``test_readme.py`` runs those of both.
"""

from __future__ import annotations

import re

import pytest

from sampan.fake_server.jobs.scenarios import SCENARIOS
from tests.support.paths import ROOT

#: The headings in both languages, in their order.
TITLES = {
    "sampan": "sampan",
    "A picture in a minute": "一分钟出图",
    "Where to go from here": "接下来看什么",
    "The dashboard": "控制台",
    "In pytest": "在 pytest 中使用",
    "In any language": "在任何语言中使用",
    "Check a server": "检查一台服务器",
    "Between your client and the server": "在客户端与服务器之间",
    "Which open readings does my client rely on?": "我的客户端依赖哪些未定的解读？",
    "What the fake returns": "模拟服务返回什么",
    "Make jobs fail": "让任务失败",
    "Make requests fail": "让请求失败",
    "Time": "时间",
    "Many processes": "多个进程",
    "Limits": "限制",
    "Work on it": "参与开发",
}
_FENCE = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)


class Section:
    """What of a section is the same in every language."""

    def __init__(self, text: str) -> None:
        self.blocks = _FENCE.findall(text)
        prose = re.sub(r"\s+", " ", _FENCE.sub("", text))
        self.code = sorted(re.findall(r"`([^`]+)`", prose))
        self.links = sorted(re.findall(r"\]\(([^)]+)\)", prose))
        self.items = len(re.findall(r"^- ", text, re.MULTILINE))
        self.rows = len(re.findall(r"^\|", text, re.MULTILINE))
        plain = re.sub(r"`[^`]+`|\]\([^)]+\)", "", prose)
        self.numbers = sorted(re.findall(r"\d[\d,.]*\d|\d", plain))


def sections(name: str) -> dict[str, Section]:
    """A README's sections by their headings."""
    text = _FENCE.sub(
        lambda block: block[0].replace("\n#", "\n\0"), (ROOT / name).read_text("utf-8")
    )
    _, *parts = re.split(r"^#+ (.*)$", text, flags=re.MULTILINE)
    return {title: Section(body) for title, body in zip(parts[::2], parts[1::2], strict=True)}


ENGLISH, CHINESE = sections("README.md"), sections("README.zh-CN.md")


def test_they_have_the_same_headings_in_the_same_order() -> None:
    assert list(ENGLISH) == list(TITLES)
    assert list(CHINESE) == list(TITLES.values())


@pytest.mark.parametrize("title", TITLES)
@pytest.mark.parametrize("what", ["blocks", "code", "items", "rows", "numbers"])
def test_a_section_shows_the_same_in_both(title: str, what: str) -> None:
    """Commands, names, lists, tables and numbers."""
    theirs = getattr(CHINESE[TITLES[title]], what)
    assert theirs == getattr(ENGLISH[title], what)


def test_they_link_to_the_same_and_to_each_other() -> None:
    for title, section in ENGLISH.items():
        expected = [link.replace("README.zh-CN.md", "README.md") for link in section.links]
        assert CHINESE[TITLES[title]].links == sorted(expected)
    assert "README.zh-CN.md" in ENGLISH["sampan"].links


def test_the_scenarios_stand_in_their_order() -> None:
    table = (ROOT / "README.zh-CN.md").read_text("utf-8").partition("<!-- scenarios -->")[2]
    assert re.findall(r"`--fake ([a-z-]+)", table.partition("<!-- /")[0]) == list(SCENARIOS)
