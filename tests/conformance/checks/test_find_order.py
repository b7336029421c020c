"""The order of a listing is named where it can't be one by chance (question find-order)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import pytest

from sampan.conformance.findings import Observation, Seen
from sampan.conformance.runner.run import run
from sampan.conformance.settings import Credentials, RunOptions
from tests.support.judged import observation
from tests.support.network.scripted import ReceivedRequest, Scripted, http


def order_of(times: Sequence[int]) -> Observation:
    """What is learnt of a listing with these timestamps."""

    def script(asked: ReceivedRequest) -> Iterable[bytes]:
        rows = [{"hash": f"hash-{n}", "timestamp": str(time)} for n, time in enumerate(times)]
        data: Any = {"res": rows, "total": len(rows)}
        if asked.path == "/auth/login":
            data = {"token": "a-token-of-someone"}
        return http({"errno": 0, "errmsg": "SUCCESS", "data": data})

    accounts = {"first": Credentials("abc", "abc-secret")}
    with Scripted(script) as server:
        report = run(RunOptions(server.url, accounts, jobs=0, only=("find-order",)))
    return observation(report, "find-order")


@pytest.mark.parametrize(
    "times", [[5, 4, 3, 2, 1], [4, 4, 3, 3, 2, 2, 1, 1], [9, 8, 8, 8, 8, 7, 7, 7]]
)
def test_an_order_that_is_none_by_chance_is_named(times: list[int]) -> None:
    """Timestamps may be coarse: several records of few times are as telling as five of five."""
    assert order_of(times).answer == "newest-first"
    assert order_of(times[::-1]).answer == "oldest-first"


@pytest.mark.parametrize("times", [[3, 2, 1], [4, 3, 3, 2, 2], [2] * 9 + [1] * 9, [1] * 9])
def test_few_records_or_two_times_may_be_in_order_by_chance(times: list[int]) -> None:
    assert order_of(times).seen is Seen.UNOBSERVED


def test_times_that_go_up_and_down_are_no_order() -> None:
    assert order_of([4, 5, 3, 2, 1]).seen is Seen.UNKNOWN
