"""freezegun: the fake of this process stands still with the rest; its control API moves it."""

import pytest
from freezegun import freeze_time

from sampan import FakeServer


@freeze_time("2024-04-02 06:48:35")
def test_a_frozen_day(sampan_account):
    hash = sampan_account.create("a cat")
    record = sampan_account.wait_finished(hash)
    assert record["status"] == 2000
    assert sampan_account.download(record["img_buffer"]).startswith(b"\x89PNG")


def test_a_fake_that_starts_frozen_is_ready_all_the_same():
    with freeze_time("2024-04-02"), FakeServer(job_seconds=60) as server:
        account = server.account()
        hash = account.create("a cat")
        account.admin.advance("1m")
        assert account.record(hash)["created_at"].startswith("2024-04-02")
        assert account.record(hash)["status"] == 2000


@pytest.mark.parametrize("day", ["2001-01-01", "2040-01-01"])
def test_a_token_of_today_is_good_in_a_frozen_test(sampan_account, day):
    with freeze_time(day):
        sampan_account.login()
        assert sampan_account.find().total == 0
