"""time-machine: as freezegun, in C."""

import time_machine

from sampan import FakeServer


@time_machine.travel("2040-01-01", tick=False)
def test_another_day(sampan_account):
    sampan_account.login()
    record = sampan_account.wait_finished(sampan_account.create("a cat"))
    assert record["status"] == 2000


def test_a_fake_that_starts_elsewhere_in_time():
    with time_machine.travel("2040-01-01"), FakeServer(job_seconds=60) as server:
        account = server.account()
        hash = account.create("a cat")
        account.admin.advance("1m")
        assert account.record(hash)["created_at"].startswith("2040-01-01")
