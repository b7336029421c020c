"""One clock rules everything: laws of setting it, stopping it and letting it go on."""

from __future__ import annotations

from time import time

from hypothesis import given
from hypothesis import strategies as st

from sampan.fake_server.clock.clock import Clocks, ClockState, wall
from sampan.fake_server.jobs.lifecycle import LATEST

_times = st.integers(0, 4_000_000_000_000)
#: As late as no offset reaches back.
_late = st.integers(10**12, 4 * 10**12)
_spans = st.integers(-(10**12), 10**12)
_states = st.builds(ClockState, offset=_spans, frozen=st.none() | _times, auto=st.booleans())


@given(_times)
def test_an_untouched_clock_is_the_walls(now: int) -> None:
    assert ClockState().read(now) == now


@given(_states, _times, st.integers(0, 10**9))
def test_a_frozen_clock_stands(state: ClockState, now: int, later: int) -> None:
    frozen = state.freeze(now)
    assert frozen.read(now + later) == state.read(now)


@given(_states, _times, st.integers(0, 10**9), st.integers(0, 10**9))
def test_a_resumed_clock_runs_on_from_where_it_stood(
    state: ClockState, now: int, stood: int, later: int
) -> None:
    resumed = state.freeze(now).resume(now + stood)
    assert resumed.read(now + stood + later) == state.read(now) + later


@given(_states, _times, _times)
def test_a_clock_says_what_it_was_set_to(state: ClockState, now: int, to: int) -> None:
    assert state.set(now, to).read(now) == to


@given(_states, _times, _times, _spans)
def test_setting_or_advancing_neither_stops_nor_starts_a_clock(
    state: ClockState, now: int, to: int, by: int
) -> None:
    for changed in (state.set(now, to), state.set(now, state.read(now) + by)):
        assert (changed.frozen is None) == (state.frozen is None)


@given(_states, _times, st.lists(_spans, max_size=5))
def test_advances_add_up(state: ClockState, now: int, spans: list[int]) -> None:
    advanced = state
    for by in spans:
        advanced = advanced.set(now, advanced.read(now) + by)
    assert advanced.read(now) == state.read(now) + sum(spans)


@given(_states, _times, _times)
def test_nothing_but_the_answer_to_auto_changes_it(state: ClockState, now: int, to: int) -> None:
    changed = (
        state.freeze(now),
        state.set(now, to),
        state.set(now, state.read(now) + to),
        state.resume(now),
    )
    assert {clock.auto for clock in changed} == {state.auto}


@given(_states, _times, st.integers(0, 10**9))
def test_a_running_clock_keeps_the_walls_pace(state: ClockState, now: int, later: int) -> None:
    running = state._replace(frozen=None)
    assert running.read(now + later) - running.read(now) == later


@given(_states, _states, _late)
def test_an_accounts_own_clock_goes_before_the_shared_one(
    shared: ClockState, own: ClockState, now: int
) -> None:
    clocks = Clocks({None: shared}, lambda: now)
    assert clocks.now(7) == clocks.now() == shared.read(now)
    clocks.put(7, own)
    assert clocks.now(7) == own.read(now)
    assert clocks.now(8) == clocks.now() == shared.read(now)
    clocks.drop(7)
    assert clocks.now(7) == shared.read(now)


@given(_states, _times)
def test_the_shared_clock_starts_anew_when_it_is_dropped(state: ClockState, now: int) -> None:
    clocks = Clocks({None: state, 7: state}, lambda: now)
    clocks.drop(None)
    assert clocks.now() == clocks.wall() == now
    assert clocks.state(7) == state


@given(_states, st.integers(-(10**15), 10**15))
def test_a_time_that_can_not_be_written_is_the_nearest_that_can(
    state: ClockState, now: int
) -> None:
    nearest = min(max(state.read(now), 0), LATEST)
    assert Clocks({None: state}, lambda: now).now() == nearest


def test_dropping_a_clock_that_is_not_there_is_nothing() -> None:
    clocks = Clocks({}, lambda: 5)
    clocks.drop(7)
    assert clocks.now(7) == 5


def test_the_wall_counts_milliseconds() -> None:
    assert abs(wall() - time() * 1000) < 60_000
