"""What differs between two reports: two servers, or one server on two days."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .json import SCHEMA

#: Verdicts that say something about the server; the others say why nothing can be said.
_TELLING = ("pass", "fail")


class ReportError(ValueError):
    """A file is no report."""


@dataclass(frozen=True, slots=True)
class Difference:
    """``noticed``: a client would notice it. Else one of the runs just could not tell."""

    kind: str  # requirement or question
    id: str
    before: str
    after: str
    noticed: bool


def read_report(path: Path) -> Mapping[str, Any]:
    """A report that ``sampan check --json`` wrote."""
    try:
        tree = json.loads(path.read_text(encoding="utf-8"))
    except OSError as problem:
        raise ReportError(f"{path} can't be read: {problem.strerror}") from problem
    except ValueError as problem:
        raise ReportError(f"{path} is no JSON: {problem}") from problem
    if not isinstance(tree, dict) or tree.get("schema") != SCHEMA:
        raise ReportError(f"{path} is no report of sampan check --json (schema {SCHEMA})")
    for key, told in (("requirements", "verdict"), ("questions", "answer")):
        rows = tree.get(key)
        if not isinstance(rows, list) or not all(
            isinstance(row, dict)
            and isinstance(row.get("id"), str)
            and isinstance(row.get(told), str)
            for row in rows
        ):
            raise ReportError(f"{path} is broken: {key} must be a list of id and {told}")
    return tree


def compare(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Difference]:
    """Every difference, requirements first, in the order of the reports."""
    found = _pairs(before["requirements"], after["requirements"], lambda row: str(row["verdict"]))
    differences = [
        Difference("requirement", id, a, b, a in _TELLING and b in _TELLING)
        for id, a, b in found
        if a != b
    ]
    found = _pairs(before["questions"], after["questions"], _answer)
    return differences + [
        Difference("question", id, a, b, not _silent(a) and not _silent(b))
        for id, a, b in found
        if a != b
    ]


def _pairs(before: Any, after: Any, told: Any) -> list[tuple[str, str, str]]:
    old = {row["id"]: told(row) for row in before}
    new = {row["id"]: told(row) for row in after}
    absent = "unobserved"
    return [(id, old.get(id, absent), new.get(id, absent)) for id in {**old, **new}]


def _answer(row: Mapping[str, Any]) -> str:
    if row["answer"] != "unknown":
        return str(row["answer"])
    saw = [
        one["saw"] for one in row.get("evidence") or [] if isinstance(one, dict) and "saw" in one
    ]
    return f"unknown: {saw[0]}" if saw else "unknown"


def _silent(answer: str) -> bool:
    return answer == "unobserved"
