"""Time never goes back by itself."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from sampan.fake_server.clock.steady import SteadyWall
from tests.support.fakes import Fake


@given(st.integers(10**9, 10**12), st.lists(st.integers(-(10**6), 10**6), max_size=20))
def test_whatever_the_machine_does_time_goes_forward(start: int, steps: list[int]) -> None:
    now = [start]
    wall = SteadyWall(lambda: now[0])
    before = wall()
    assert before == start
    for step in steps:
        now[0] += step
        after = wall()
        assert after >= max(before, now[0])
        assert after == before or step > 0
        before = after


def test_time_runs_on_after_a_step_back() -> None:
    now = [100_000]
    wall = SteadyWall(lambda: now[0])
    wall()
    now[0] -= 5000
    assert wall() == 100_000
    now[0] += 2000
    assert wall() == 102_000
    now[0] += 60_000  # set right: not what has really passed
    assert wall() == now[0]


def test_a_job_that_was_seen_finished_stays_so(fake: Fake) -> None:
    abc = fake.login()
    seen = abc.picture()
    fake.wall -= 5000
    path = seen["img_buffer"].removeprefix("http://fake.test")
    headers = {"Host": "other.test", "Authorization": f"Bearer {abc.token}"}
    other = fake.send("POST", "/jobs/find", b"{}", headers).json()["data"]["res"][0]
    assert (other["status"], abc.record(seen["hash"])["status"]) == (2000, 2000)
    assert fake.get(path).status_code == 200
    abc.submit("/jobs/upscale", parent_hash=seen["hash"], grid_num=1)
