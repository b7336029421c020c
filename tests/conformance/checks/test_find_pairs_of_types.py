"""FIND-6 with jobs of one type only: a filter of two types must still find them."""

from __future__ import annotations

import pytest

from sampan.conformance.verdict import Verdict
from tests.support.judged import finding, judged
from tests.support.tampering.exchange import Request
from tests.support.tampering.making import asking


@pytest.mark.parametrize("taken", [0, -1])
def test_one_of_two_types_is_not_enough(taken: int) -> None:
    def one_of_them(request: Request) -> Request:
        kinds = request.fields.get("job_type")
        several = isinstance(kinds, list) and len(kinds) > 1
        return request.with_fields(job_type=[kinds[taken]]) if several and kinds else request

    found = finding(judged(asking(one_of_them, "findJobs"), "FIND-6", jobs=1), "FIND-6")
    assert found.verdict is Verdict.FAIL
    assert "job_type" in found.message
