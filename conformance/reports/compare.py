"""The differences between two reports: two servers, or one server on two days."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..report import SCHEMA

#: Verdicts about the server; the others only explain a missing verdict.
_DECIDED = ("pass", "fail")
_UNOBSERVED = "unobserved"


class ReportError(ValueError):
    """A file is not a report."""


@dataclass(frozen=True, slots=True)
class Difference:
    """``noticeable``: to a client. Otherwise one of the two runs came to no result."""

    kind: str  # requirement or question
    id: str
    before: str
    after: str
    noticeable: bool


def read_report(path: Path) -> Mapping[str, Any]:
    """A report that ``sampan check --json`` wrote."""
    try:
        tree = json.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as problem:
        raise ReportError(f"{path} can't be read: {problem.strerror}") from problem
    except (ValueError, RecursionError) as problem:
        raise ReportError(f"{path} is not JSON: {problem}") from problem
    if not isinstance(tree, dict) or tree.get("schema") != SCHEMA:
        raise ReportError(f"{path} is not a report of sampan check --json (schema {SCHEMA})")
    for key, result in (("requirements", "verdict"), ("questions", "answer")):
        rows = tree.get(key)
        if not isinstance(rows, list) or not all(
            isinstance(row, dict)
            and isinstance(row.get("id"), str)
            and isinstance(row.get(result), str)
            for row in rows
        ):
            raise ReportError(f"{path} is broken: {key} must be a list of id and {result}")
    return tree


def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Difference]:
    """Every difference, requirements first, in the order of the reports."""
    verdicts = _changed(before["requirements"], after["requirements"], _verdict)
    answers = _changed(before["questions"], after["questions"], _answer)
    return [
        *(
            Difference("requirement", id, a, b, a in _DECIDED and b in _DECIDED)
            for id, a, b in verdicts
        ),
        *(Difference("question", id, a, b, _UNOBSERVED not in (a, b)) for id, a, b in answers),
    ]


def _changed(
    before: Any, after: Any, result: Callable[[Mapping[str, Any]], str]
) -> list[tuple[str, str, str]]:
    old = {row["id"]: result(row) for row in before}
    new = {row["id"]: result(row) for row in after}
    pairs = [(id, old.get(id, _UNOBSERVED), new.get(id, _UNOBSERVED)) for id in {**old, **new}]
    return [(id, a, b) for id, a, b in pairs if a != b]


def _verdict(row: Mapping[str, Any]) -> str:
    return str(row["verdict"])


def _answer(row: Mapping[str, Any]) -> str:
    if row["answer"] != "unknown":
        return str(row["answer"])
    evidence = [item for item in row.get("evidence") or [] if isinstance(item, dict)]
    saw = [item["saw"] for item in evidence if "saw" in item]
    return f"unknown: {saw[0]}" if saw else "unknown"
