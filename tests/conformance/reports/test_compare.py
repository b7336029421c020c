"""What a client would notice between two reports."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from sampan.conformance.reports.compare import Difference, ReportError, differences, read_report
from sampan.conformance.reports.json import as_tree
from sampan.conformance.reports.json import render as as_json
from tests.support.samples.sample_report import CONTRACT, a_report


def tree(**changes: str) -> dict[str, Any]:
    """The sample report with verdicts and answers changed: ``GEN_1="pass"``."""
    made = as_tree(a_report(), CONTRACT)
    for name, told in changes.items():
        id = name.replace("_", "-")
        for rows, key in (("requirements", "verdict"), ("questions", "answer")):
            for row in made[rows]:
                if row["id"] == id:
                    row[key] = told
    return made


def test_a_report_does_not_differ_from_itself() -> None:
    assert differences(tree(), tree()) == []


@pytest.mark.parametrize(
    ("id", "before", "after", "noticed"),
    [
        ("GEN-1", "fail", "pass", True),
        ("GEN-2", "pass", "fail", True),
        ("GEN-2", "pass", "untestable", False),
        ("GEN-2", "pass", "inconclusive", False),
        ("GEN-1", "fail", "error", False),
        ("find-order", "newest-first", "oldest-first", True),
        ("find-order", "newest-first", "unobserved", False),
        ("token-lifetime", "90m", "24h", True),
    ],
)
def test_what_differs(id: str, before: str, after: str, noticed: bool) -> None:
    name = id.replace("-", "_")
    (found,) = differences(tree(**{name: before}), tree(**{name: after}))
    kind = "requirement" if id.startswith("GEN") else "question"
    assert found == Difference(kind, id, before, after, noticed)


def test_two_unknown_answers_are_compared_by_what_was_seen() -> None:
    other = tree()
    row = next(one for one in other["questions"] if one["id"] == "find-scope")
    row["evidence"] = [{"saw": "something else"}]
    (found,) = differences(tree(), other)
    assert found.after == "unknown: something else"
    assert found.noticeable


def test_what_one_report_lacks_is_not_told() -> None:
    short = tree()
    short["requirements"] = [one for one in short["requirements"] if one["id"] != "GEN-1"]
    (found,) = differences(tree(), short)
    assert (found.id, found.after, found.noticeable) == ("GEN-1", "unobserved", False)


def test_a_written_report_is_read_again(tmp_path: Path) -> None:
    file = tmp_path / "a.json"
    file.write_text(as_json(a_report(), CONTRACT), encoding="utf-8")
    assert differences(read_report(file), tree()) == []


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("{", "is not JSON"),
        ("[" * 100_000, "is not JSON"),
        ("[]", "is not a report"),
        ('{"schema": "other/1"}', "is not a report"),
        ('{"schema": "sampan-report/1"}', "is broken: requirements"),
        ('{"schema": "sampan-report/1", "requirements": [{"id": 1}]}', "is broken: requirements"),
        ('{"schema": "sampan-report/1", "requirements": [], "questions": [5]}', "questions must"),
    ],
)
def test_what_is_no_report_is_refused(tmp_path: Path, text: str, told: str) -> None:
    file = tmp_path / "a.json"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ReportError, match=told):
        read_report(file)
    with pytest.raises(ReportError, match="can't be read"):
        read_report(tmp_path / "missing.json")


def test_strange_evidence_is_no_crash() -> None:
    odd = json.loads(json.dumps(tree()))
    row = next(one for one in odd["questions"] if one["id"] == "find-scope")
    row["evidence"] = [5, {"x": 1}]
    assert differences(odd, odd) == []
