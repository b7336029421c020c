"""One clock rules everything, and the control API moves it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sampan.fake_server.clock.spans import to_ms
from sampan.fake_server.jobs.lifecycle import LATEST
from tests.support.controls import Control
from tests.support.fakes import START, Caller, Fake, refused

MakeFake = Callable[..., Fake]


@pytest.mark.parametrize(
    ("given", "ms"),
    [
        ("0s", 0),
        ("250ms", 250),
        ("30s", 30_000),
        ("1.5m", 90_000),
        ("1h", 3_600_000),
        ("0.001s", 1),
        ("2d", 172_800_000),
        (7, 7),
        (7.0, 7),
    ],
)
def test_spans_can_be_written_in_several_ways(given: str | int, ms: int) -> None:
    assert to_ms(given) == ms


@given(st.integers(0, 10**9))
def test_a_span_in_seconds_is_exact(ms: int) -> None:
    assert to_ms(f"{ms // 1000}.{ms % 1000:03d}s") == ms


def test_without_a_word_it_says_the_machines_time(control: Control) -> None:
    assert control.get("clock") == {
        "account": None,
        "own": True,
        "now": "2024-04-02T06:48:35.164Z",
        "now_ms": START,
        "frozen": False,
        "auto": False,
    }
    control.fake.wall += 1
    assert control.get("clock", account="abc")["now_ms"] == START + 1


def test_a_frozen_clock_stands_and_a_resumed_one_runs_on(control: Control) -> None:
    assert control.post("clock/freeze")["frozen"]
    control.fake.wall += 5000
    assert control.get("clock")["now_ms"] == START
    assert control.post("clock/resume") == {**control.get("clock"), "frozen": False}
    control.fake.wall += 1
    assert control.get("clock")["now_ms"] == START + 1


def test_advance_tells_what_it_caused(control: Control, abc: Caller) -> None:
    control.post("clock/freeze")
    hash = abc.create()
    transitions = control.advance("600ms")
    assert [(t["at"], t["state"], t["status"], t["progress"]) for t in transitions] == [
        ("2024-04-02T06:48:35.464Z", "running", 1000, 0),
        ("2024-04-02T06:48:35.706Z", "running", 1000, 15),
    ]
    assert {(t["hash"], t["account"]) for t in transitions} == {(hash, "abc")}
    rest = control.advance("1h")
    assert rest[-1]["at"] == "2024-04-02T06:48:37.164Z"
    assert (rest[-1]["state"], rest[-1]["status"]) == ("finished", 2000)
    assert control.advance("1h") == []


def test_what_advance_tells_is_what_a_poll_sees(control: Control, abc: Caller) -> None:
    control.post("clock/freeze")
    hash = abc.create("a cat --fake fail=50")
    for _ in range(12):
        before = abc.record(hash)
        transitions = control.advance(200)
        after = abc.record(hash)
        if transitions:
            last = transitions[-1]
            assert (after["status"], after["pct_prog"]) == (last["status"], last["progress"])
            assert after["updated_at"] == last["at"]
        else:
            assert after == before
    assert after["status"] == 4000


def test_several_jobs_change_in_order_of_time(control: Control, abc: Caller) -> None:
    control.post("clock/freeze")
    abc.create("slow --fake slow=2")
    control.advance(10)
    abc.create()
    transitions = control.advance("1m")
    assert transitions == sorted(transitions, key=lambda each: str(each["at"]))
    assert len({each["hash"] for each in transitions}) == 2


def test_an_accounts_clock_is_its_own(control: Control, abc: Caller) -> None:
    limited = control.fake.login("limited")
    control.post("clock/freeze", account="abc")
    hash = abc.create()
    control.advance("1h", "abc")
    assert control.get("clock")["now_ms"] == START
    assert control.get("clock", account="limited") == {
        **control.get("clock"),
        "account": "limited",
        "own": False,
    }
    assert abc.record(hash)["status"] == 2000
    assert control.get("clock", account="abc")["now_ms"] == START + 3_600_000
    control.advance("2h")  # the shared one
    assert control.get("clock", account="abc")["now_ms"] == START + 3_600_000
    assert control.get("clock", account="limited")["now_ms"] == START + 7_200_000
    limited.find()


def test_a_dropped_clock_follows_the_shared_one_again(control: Control) -> None:
    control.advance("1h", "abc")
    assert control.delete("clock", account="abc") == {
        **control.get("clock"),
        "account": "abc",
        "own": False,
    }
    control.advance("1h")
    assert control.delete("clock")["now_ms"] == START


@pytest.mark.parametrize("to", ["2030-01-01T00:00:00Z", "2030-01-01T08:00:00+08:00", 1893456000000])
def test_a_clock_can_be_set(control: Control, to: str | int) -> None:
    assert control.post("clock/set", to=to)["now"] == "2030-01-01T00:00:00.000Z"
    control.fake.wall += 1
    assert control.get("clock")["now_ms"] == 1893456000001


@pytest.mark.parametrize("to", ["2030-13-01T00:00:00Z", "1969-12-31T23:59:59Z", 253402300800000])
def test_a_time_that_cannot_be_is_refused(control: Control, to: str | int) -> None:
    assert control.refusal("POST", "clock/set", {"to": to}).status == 400
    assert control.get("clock")["now_ms"] == START


def test_no_clock_goes_beyond_what_can_be_written(control: Control) -> None:
    assert "1970 and 9999" in control.refusal("POST", "clock/advance", {"by": "3000000d"}).message


def test_a_clock_that_runs_past_the_last_time_shows_the_last(fake: Fake, control: Control) -> None:
    last = "9999-12-31T23:59:59.999Z"
    control.post("clock/set", to=last)
    abc = fake.login()
    hash = abc.create("a cat")
    fake.wall += 60_000
    assert control.get("clock")["now"] == last
    (record,) = abc.find()
    assert (record["hash"], record["created_at"]) == (hash, last)


@pytest.mark.parametrize(
    ("offset", "frozen", "now"),
    [
        (-LATEST, None, "1970-01-01T00:00:00.000Z"),
        (LATEST, None, "9999-12-31T23:59:59.999Z"),
        (0, 0, "1970-01-01T00:00:00.000Z"),
        (0, LATEST, "9999-12-31T23:59:59.999Z"),
    ],
)
def test_an_imported_clock_shows_a_time_that_can_be_written(
    control: Control, offset: int, frozen: int | None, now: str
) -> None:
    document = control.get("state")
    document["clocks"] = [{"account": None, "offset": offset, "frozen": frozen, "auto": False}]
    control.call("PUT", "state", document)
    assert control.get("clock")["now"] == now


@pytest.mark.parametrize(("offset", "frozen"), [(-LATEST - 1, None), (0, -1), (0, LATEST + 1)])
def test_an_imported_clock_beyond_all_time_is_refused(
    control: Control, offset: int, frozen: int | None
) -> None:
    document = control.get("state")
    document["clocks"] = [{"account": None, "offset": offset, "frozen": frozen, "auto": False}]
    assert control.refusal("PUT", "state", document).status == 400


def test_going_back_unmakes_what_was_seen(control: Control, abc: Caller) -> None:
    control.post("clock/freeze")
    hash = abc.create()
    control.advance("1m")
    assert abc.record(hash)["status"] == 2000
    control.post("clock/set", to=START)
    assert abc.record(hash)["status"] == 0


def test_the_clock_rules_tokens(control: Control, abc: Caller) -> None:
    control.advance("23h", "abc")
    abc.find()
    control.advance("1h", "abc")
    assert refused(abc.post("/jobs/find", {})) == 430


def test_the_clock_rules_timestamps(control: Control) -> None:
    control.post("clock/set", to="2030-01-01T00:00:00Z")
    abc = control.fake.login()
    assert abc.record(abc.create())["timestamp"] == "1893456000000"


def test_clocks_outlive_the_process(make_fake: MakeFake, tmp_path: Path) -> None:
    first = Control(make_fake(data=tmp_path / "data"))
    first.post("clock/freeze", account="abc")
    first.advance("1h")
    told = first.get("clock"), first.get("clock", account="abc")
    first.fake.app.service.close()
    second = Control(make_fake(data=tmp_path / "data"))
    assert (second.get("clock"), second.get("clock", account="abc")) == told


# The automatic clock


def polled(abc: Caller, hash: str) -> Iterator[tuple[int | None, int | None]]:
    """What a client sees that asks and never waits."""
    while True:
        record = abc.record(hash)
        yield record["status"], record["pct_prog"]
        if record["status"] in (2000, 4000):
            return


def test_polls_move_an_automatic_clock_through_every_state(make_fake: MakeFake) -> None:
    abc = make_fake(clock="auto", job_ms=60_000).login()
    seen = list(polled(abc, abc.create()))
    states = list(dict.fromkeys(seen))
    running = [(1000, progress) for progress in (0, 15, 31, 46, 62, 78, 93)]
    assert states == [(0, None), *running, (2000, None)]
    assert len(seen) < 20


def test_a_poll_moves_no_other_accounts_time(make_fake: MakeFake) -> None:
    fake = make_fake(clock="auto")
    abc = fake.login()
    list(polled(abc, abc.create()))
    assert Control(fake).get("clock", account="limited")["now_ms"] == START
    assert Control(fake).get("clock", account="abc")["now_ms"] >= START + 2000


def test_a_hidden_job_comes_out_by_polling(make_fake: MakeFake) -> None:
    abc = make_fake(clock="auto").login()
    hash = abc.create("x --fake find-lag=900000")
    polls = 0
    while not any(record["hash"] == hash for record in abc.find()):
        polls += 1
        assert polls < 30


def test_a_late_picture_comes_by_asking_again(make_fake: MakeFake) -> None:
    fake = make_fake(clock="auto")
    abc = fake.login()
    hash = abc.create("x --fake image-late=60000")
    list(polled(abc, hash))
    path = abc.record(hash)["img_buffer"].removeprefix("http://fake.test")
    statuses = [fake.get(path).status_code for _ in range(12)]
    assert statuses[0] == 404
    assert statuses[-1] == 200


def test_auto_can_be_turned_on_and_off(control: Control, abc: Caller) -> None:
    control.post("clock/freeze", account="abc")
    assert control.post("clock/auto", account="abc")["auto"]
    hash = abc.create()
    assert len(list(polled(abc, hash))) < 20
    ended = control.get("clock", account="abc")
    assert ended["frozen"]
    assert ended["now_ms"] == START + 2000
    assert not control.post("clock/resume", account="abc")["auto"]
    hash = abc.create()
    assert abc.record(hash)["status"] == 0
    assert abc.record(hash)["status"] == 0
    assert control.get("clock", account="abc")["now_ms"] == START + 2000


def test_a_job_that_never_ends_does_not_move_time(make_fake: MakeFake) -> None:
    fake = make_fake(clock="auto")
    abc = fake.login()
    hash = abc.create("x --fake stuck=0")
    for _ in range(5):
        assert abc.record(hash)["status"] == 0
    assert Control(fake).get("clock", account="abc")["now_ms"] == START


def test_all_clocks_are_listed_the_shared_one_first(control: Control) -> None:
    control.post("clock/freeze", account="limited")
    clocks = control.get("clocks")["clocks"]
    assert [each["account"] for each in clocks] == [None, "abc", "limited"]
    assert [each["own"] for each in clocks] == [True, False, True]
    assert clocks[0] == control.get("clock")
    assert clocks[2] == control.get("clock", account="limited")
