"""What a fault draws: when it strikes and how long it waits, by laws."""

from __future__ import annotations

from contextlib import closing
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from sampan.fake_server.armed.fault import Fault, make, to_json
from sampan.fake_server.armed.faults import Faults
from sampan.fake_server.store.store import Store


def _fires(fault: Fault, n: int) -> list[tuple[bool, int | None]]:
    found = []
    for match in range(1, n + 1):
        drawn = fault.draw(match)
        found.append((drawn is not None, None if drawn is None else fault.wait_ms(drawn)))
    return found


_delays = st.one_of(
    st.integers(0, 1000),
    st.builds(
        lambda lower, more: {"distribution": "uniform", "lower": lower, "upper": lower + more},
        st.floats(0, 1000),
        st.floats(0, 1000),
    ),
    st.builds(
        lambda median, sigma: {"distribution": "lognormal", "median": median, "sigma": sigma},
        st.floats(0, 86_400_000),
        st.floats(0, 10),
    ),
)
_faults = st.builds(
    lambda delay, skip, probability, seed: {
        "type": "DELAY",
        "delay": delay,
        "skip": skip,
        "probability": probability,
        "seed": seed,
    },
    _delays,
    st.integers(0, 5),
    st.floats(0, 1),
    st.integers(0, 2**53 - 1),
)


@given(_faults, st.lists(_faults, max_size=3), st.lists(st.booleans(), max_size=20))
def test_the_nth_match_draws_the_same_whatever_else_is_armed(
    terms: dict[str, Any], others: list[dict[str, Any]], mine: list[bool]
) -> None:
    """Whoever else is armed before it, and whatever else is asked between its matches."""
    alone = make("a", terms)
    with closing(Store()) as store:
        among = Faults(store.control)
        for other in others:
            among.arm({**other, "match": {"path": "/other"}})
        fault = among.arm({**terms, "match": {"path": "/mine"}})
        seen = []
        for is_mine in mine:
            strike = among.hit(None, None, "/mine" if is_mine else "/other")
            if is_mine:
                seen.append((strike is not None, None if strike is None else strike.wait_ms))
    assert seen == _fires(alone, len(seen))
    assert fault.matched == sum(mine)


@given(_faults)
def test_delays_are_within_their_bounds(terms: dict[str, Any]) -> None:
    delay = terms["delay"]
    for fired, ms in _fires(make("a", {**terms, "probability": 1, "skip": 0}), 20):
        assert fired
        assert ms is not None
        if isinstance(delay, int):
            assert ms == delay
        elif delay["distribution"] == "uniform":
            assert round(delay["lower"]) <= ms <= round(delay["upper"])
        else:
            assert 0 <= ms <= 86_400_000


def test_a_lognormal_delay_lies_about_its_median() -> None:
    delay = {"distribution": "lognormal", "median": 300, "sigma": 0.5}
    drawn = sorted(ms or 0 for _, ms in _fires(make("a", {"type": "DELAY", "delay": delay}), 2001))
    assert 270 < drawn[1000] < 330
    assert drawn[0] < 150 < 600 < drawn[-1]


def test_a_probability_is_met() -> None:
    fired = _fires(make("a", {"type": "EMPTY_RESPONSE", "probability": 0.1, "seed": 1}), 2000)
    assert 150 < sum(each for each, _ in fired) < 250


@given(_faults, st.integers(0, 10))
def test_a_fault_told_and_made_again_is_the_same(terms: dict[str, Any], matches: int) -> None:
    fault = make("f1", terms)
    _fires(fault, matches)
    assert make(to_json(fault)["id"], to_json(fault)) == fault
