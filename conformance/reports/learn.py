"""The answers that were seen, as a profile that ``sampan serve --profile FILE`` takes."""

from __future__ import annotations

import yaml

from ..contract import Contract
from ..findings import Seen
from ..report import Report


def render(report: Report, contract: Contract) -> str:
    """YAML: ``name``, ``description``, ``answers``. Unobserved questions keep their default."""
    answers = {one.id: one.answer or "" for one in report.observations if one.seen is Seen.ANSWERED}
    profile = {
        "name": "learnt",
        "description": f"The answers of {report.target} on {report.started_at:%Y-%m-%d}.",
        "answers": answers,
    }
    text = yaml.safe_dump(profile, sort_keys=False, allow_unicode=True, width=100)
    return text + "".join(_left_open(report))


def _left_open(report: Report) -> list[str]:
    lines = []
    for one in report.observations:
        if one.seen is not Seen.ANSWERED:
            why = one.reason if one.seen is Seen.UNOBSERVED else f"saw {one.answer}"
            lines.append(f"# {one.seen.value} {one.id}: {' '.join(why.split())}\n")
    return ["# Left at their defaults:\n", *lines] if lines else []
