"""A right server behind gateways and networks that misbehave: a sample of ``tests.gateways``."""

from __future__ import annotations

import pytest

from tests.gateways.table import CASES
from tests.gateways.trying import tried
from tests.support.examples import sampled

#: Each kind once, where it is the hardest and takes no minutes.
SAMPLE = (
    *("502 after it arrived at 20%", "403 at 20%", "reset after it arrived at 20%"),
    *("JSON of another shape with 200 at 20%", "an outage of 3 s, 502", "429, Retry-After an hour"),
)


@pytest.mark.parametrize("name", sampled(SAMPLE, 6))
def test_a_right_server_is_not_failed(name: str) -> None:
    outcome = tried(name, only=("LOGIN", "CREATE", "FIND", "GEN-1", "GEN-4"), minutes=0.5)
    assert outcome.breaches == ()
    assert outcome.remarks


def test_what_kept_the_run_is_said() -> None:
    outcome = tried("429, Retry-After an hour", minutes=0.5)
    assert (outcome.passed, outcome.requests, outcome.jobs) == (0, 1, 0)
    assert outcome.seconds < 25


def test_every_kind_has_a_gateway_at_each_rate() -> None:
    assert {name.rpartition(" at ")[2] for name in CASES if " at " in name} == {"2%", "5%", "20%"}
