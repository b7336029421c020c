"""What a pass with few jobs leaves out is said beside it, and nothing where all was tried."""

from __future__ import annotations

import pytest

from sampan.conformance.verdict import Verdict
from tests.support.judged import finding, honest, judged

LEFT_OUT = {
    "BLEND-1": "3 and 4 links",
    "UP-4": "cells 1 and 3",
    "VAR-4": "cells 1, 2 and 4",
}


@pytest.mark.parametrize(
    ("jobs", "left_out"), [(12, LEFT_OUT), (None, dict.fromkeys(LEFT_OUT, ""))]
)
def test_links_and_cells_that_were_not_tried_are_named(
    jobs: int | None, left_out: dict[str, str]
) -> None:
    report = judged(honest, *LEFT_OUT, jobs=jobs)
    for id, expected in left_out.items():
        found = finding(report, id)
        assert (id, found.verdict, found.not_covered) == (id, Verdict.PASS, expected)
