"""Tests that would start a fake use that of the matrix, and leave it as it is."""

from __future__ import annotations

from sampan import FakeServer
from sampan.fake_server.server.attached import RUN, of_matrix


def test_it_is_the_fake_that_runs_already_and_outlives_it() -> None:
    with FakeServer(job_seconds=0) as running:
        environment = {RUN: "find-order=oldest-first", "SAMPAN_URL": running.url}
        one, other = of_matrix(environment), of_matrix(environment)
        assert one is not None
        assert other is not None
        with one as entered:
            assert entered is one
            assert (one.url, one.port) == (running.url, running.port)
            account = one.account()
            account.find()
            assert running.admin.count(operation="findJobs") == 1
            assert [each["username"] for each in running.admin.accounts()][-1] == account.username
        assert running.admin.health() == {"status": "ok"}
        other.stop()


def test_there_is_none_without_a_matrix() -> None:
    """An address alone is that of a server that somebody checks."""
    assert of_matrix({"SAMPAN_URL": "http://127.0.0.1:1"}) is None
    assert of_matrix({RUN: "", "SAMPAN_URL": "http://127.0.0.1:1"}) is None
