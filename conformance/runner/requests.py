"""How many requests each check and probe sends at most to a server that answers as it must.

``requests.yaml`` was measured (``python -m tests.support.measured_requests``), and a test compares
it with what runs send. A check without a row is taken for an average one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml

from ..http.request_kinds import Kind

FILE = Path(__file__).with_name("requests.yaml")


@dataclass(frozen=True, slots=True)
class Row:
    """``risks``: requests that might start a job although the server must refuse them.
    ``history``: needs records, those of earlier runs if no job is submitted."""

    requests: Counter[Kind]
    risks: int = 0
    history: bool = False


_AVERAGE = Row(Counter({Kind.FIND: 10, Kind.SUBMISSION: 10}), 10)


def rows(ids: Iterable[str]) -> dict[str, Row]:
    """The row of each id."""
    known = _known()
    return {id: known.get(id, _AVERAGE) for id in ids}


@cache
def _known() -> Mapping[str, Row]:
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    loaded = yaml.load(FILE.read_text(encoding="utf-8"), loader)
    return {id: _row(given) for id, given in (loaded or {}).items()}


def _row(given: Mapping[str, int]) -> Row:
    kinds = {kind: given[kind.name.lower()] for kind in Kind if kind.name.lower() in given}
    return Row(Counter(kinds), given.get("risks", 0), bool(given.get("history")))
