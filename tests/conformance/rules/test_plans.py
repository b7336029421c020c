"""What a login tells of a plan."""

from __future__ import annotations

import pytest

from sampan.conformance.json_access import Record
from sampan.conformance.rules.plans import plan_in


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ({"account_status": "unlimited"}, "account_status unlimited"),
        (
            {"account_status": "limited", "plan_end": "9999-01-31T00:00:00.000Z"},
            "plan_end 9999-01-31",
        ),
        ({"account_status": "limited", "plan_end": "2024-01-31T00:00:00.000Z"}, ""),
        ({"account_status": None, "plan_end": "soon"}, ""),
        (None, ""),
    ],
)
def test_a_plan_is_told_by_status_or_end(data: Record | None, said: str) -> None:
    assert plan_in(data) == said
