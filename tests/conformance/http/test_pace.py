"""The pace of a run: a rate, waits that a gateway asks for, and slowing down where it helps."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest

from sampan.conformance.http import pace as pace_module
from sampan.conformance.http.pace import Pace, TimeUpError


class _Clock:
    """Stands for the module ``time``: sleeping moves it."""

    def __init__(self) -> None:
        self.now = 100.0
        self.slept: list[float] = []

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> _Clock:
    made = _Clock()
    monkeypatch.setattr(pace_module, "time", made)
    return made


def test_the_pace_is_kept(clock: _Clock) -> None:
    pace = Pace(4.0)
    for _ in range(5):
        pace.wait(None)
    assert clock.slept == [0.25] * 4
    clock.now += 10
    pace.wait(None)
    assert len(clock.slept) == 4


def test_no_pace_waits_for_nothing(clock: _Clock) -> None:
    pace = Pace(None)
    for _ in range(5):
        pace.wait(None)
    assert clock.slept == []


@pytest.mark.parametrize("rate", [1.0, 0.01, 1e-6])
def test_a_turn_that_comes_after_the_end_is_not_waited_for(clock: _Clock, rate: float) -> None:
    pace = Pace(rate)
    pace.wait(0.5)
    with pytest.raises(TimeUpError, match="time limit of the run"):
        pace.wait(0.5)
    assert clock.slept == []


@pytest.mark.parametrize("left", [None, 30.0])
def test_a_hold_is_kept_or_named_where_there_is_no_time(clock: _Clock, left: float | None) -> None:
    pace = Pace(None)
    pace.hold(2.0, "HTTP 429: asks to wait 2 s")
    pace.wait(left)
    assert clock.slept == [2.0]
    pace.hold(3600.0, "HTTP 429: asks to wait 3600 s")
    with pytest.raises(TimeUpError, match="asks to wait 3600 s"):
        pace.wait(left)


def run(pace: Pace, clock: _Clock, refuses: Callable[[], bool], requests: int = 400) -> list[float]:
    """Send requests; those that ``refuses`` says are one too many. The rates that were tried."""
    rates: list[float] = []
    for _ in range(requests):
        pace.wait(None)
        if refuses():
            pace.refused(asked=True)
        if pace.rate is not None and pace.rate not in rates[-1:]:
            rates.append(pace.rate)
    return rates


def test_refusals_that_do_not_depend_on_the_rate_do_not_make_it_ever_slower(clock: _Clock) -> None:
    draw = random.Random(1)
    assert run(Pace(None), clock, lambda: draw.random() < 0.3)[-1] == 10.0


def test_a_rate_that_is_too_high_is_lowered_until_it_fits(clock: _Clock) -> None:
    pace = Pace(None)

    def too_fast() -> bool:
        return pace.rate is None or pace.rate > 2.0

    assert run(pace, clock, too_fast) == [10.0, 5.0, 2.0]


def test_a_few_refusals_that_ask_for_nothing_do_not_slow_it_down() -> None:
    pace = Pace(None)
    for number in range(400):
        pace.wait(None)
        if number % 10 == 0:
            pace.refused(asked=False)
    assert not pace.slowed
