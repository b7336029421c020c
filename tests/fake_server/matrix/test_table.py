"""Lists of readings: broken where a terminal ends, and whole on a page."""

from __future__ import annotations

import pytest

from sampan.fake_server.contract import document, yaml_files
from sampan.fake_server.matrix import html, table
from sampan.fake_server.matrix.plan import open_questions, trials
from sampan.fake_server.matrix.results import Report, Result, Run

NONE = frozenset[str]()


def run(code: int) -> Run:
    return Run(code, 1.0, (), 3, NONE, NONE, True, ())


EVERY = trials(document.compile(yaml_files.read("openapi.yaml")))
RESULTS = tuple(Result(trial, (run(1),)) for trial in EVERY if trial.kind == "question")
REPORT = Report("true", (run(0),), RESULTS, open_questions(), 9.0, 60.0)


@pytest.mark.parametrize(("width", "most"), [(0, 40), (52, 52), (80, 80), (100, 100), (300, 100)])
def test_a_list_is_broken_where_the_terminal_ends(width: int, most: int) -> None:
    lines = table.render(REPORT, width).splitlines()
    begin = next(at for at, line in enumerate(lines) if line.startswith("relies on "))
    block = lines[begin:-1]
    assert most - 35 < max(map(len, block)) <= most
    words = " ".join(block).split()
    assert [word.strip(",") for word in words[6:]] == [one.id for one in REPORT.questions]


def test_it_is_one_paragraph_of_a_page() -> None:
    count = len(REPORT.questions)
    names = ", ".join(one.id for one in REPORT.questions)
    assert f"<p>relies on {count} of {count} readings: {names}</p>" in html.render(REPORT)
