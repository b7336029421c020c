"""The scenario token-expires more than once: each voids the tokens of its own moment."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from tests.support.controls import Control
from tests.support.fakes import START, Caller, Fake

MakeFake = Callable[..., Fake]

#: A job takes ten seconds: its submission voids tokens five seconds later.
JOB, MIDDLE = 10_000, 5_000


def errno(caller: Caller) -> int:
    """What a find is answered."""
    found: int = caller.post("/jobs/find", {}).json()["errno"]
    return found


def expire(caller: Caller) -> None:
    """Submit a job in the middle of which the account's tokens expire."""
    caller.create("a cat --fake token-expires")


def test_a_second_one_does_not_put_off_the_first(make_fake: MakeFake) -> None:
    fake = make_fake(job_ms=JOB)
    abc = fake.login()
    expire(abc)
    fake.wall += 3_000
    expire(abc)
    fake.wall = START + MIDDLE - 1
    assert errno(abc) == 0
    fake.wall = START + MIDDLE
    assert errno(abc) == 430


def test_each_voids_what_was_issued_before_its_own_moment(make_fake: MakeFake) -> None:
    fake = make_fake(job_ms=JOB)
    first = fake.login()
    expire(first)
    fake.wall += 3_000
    expire(first)
    fake.wall = START + MIDDLE
    second = fake.login()
    assert (errno(first), errno(second)) == (430, 0)
    fake.wall = START + 3_000 + MIDDLE - 1
    assert (errno(first), errno(second)) == (430, 0)
    fake.wall = START + 3_000 + MIDDLE
    assert (errno(first), errno(second), errno(fake.login())) == (430, 430, 0)


def test_a_token_that_was_void_does_not_come_back(make_fake: MakeFake) -> None:
    fake = make_fake(job_ms=JOB)
    first = fake.login()
    expire(first)
    fake.wall += MIDDLE
    assert errno(first) == 430
    second = fake.login()
    expire(second)
    assert (errno(first), errno(second)) == (430, 0)


def test_an_earlier_moment_may_come_second(make_fake: MakeFake) -> None:
    """A clock that is set back."""
    fake = make_fake(job_ms=JOB)
    control = Control(fake)
    control.post("clock/freeze")
    abc = fake.login()
    control.advance("1h")
    expire(abc)
    control.post("clock/set", to=START)
    expire(abc)
    control.advance(MIDDLE)
    assert errno(abc) == 430
    later = fake.login()
    control.advance("50m")
    assert errno(later) == 0
    control.advance("20m")
    assert errno(later) == 430


def test_all_moments_outlive_a_restart_and_travel(make_fake: MakeFake, tmp_path: Path) -> None:
    fake = make_fake(job_ms=JOB, data=tmp_path / "data")
    abc = fake.login()
    expire(abc)
    fake.wall += 3_000
    expire(abc)
    document = Control(fake).get("state")
    fake.app.service.close()
    again, copy = make_fake(job_ms=JOB, data=tmp_path / "data"), make_fake(job_ms=JOB)
    Control(copy).call("PUT", "state", document)
    for each in (again, copy):
        old = Caller(each, abc.token, {})
        each.wall = START + MIDDLE - 1
        assert errno(old) == 0
        each.wall = START + MIDDLE
        new = each.login()
        assert (errno(old), errno(new)) == (430, 0)
        each.wall = START + 3_000 + MIDDLE
        assert (errno(old), errno(new)) == (430, 430)


def test_a_reset_voids_none(make_fake: MakeFake) -> None:
    fake = make_fake(job_ms=JOB)
    abc = fake.login()
    for _ in range(2):
        expire(abc)
        fake.wall += 1_000
    Control(fake).post("reset", account="abc")
    fake.wall += 10 * MIDDLE
    assert errno(abc) == 0
