"""No more jobs than were allowed, whatever a server does: counted at the server."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Iterable

import pytest

from sampan.conformance.contract import Contract
from sampan.conformance.runner.run import run
from sampan.conformance.settings import Credentials, RunOptions
from sampan.conformance.verdict import Verdict
from tests.support.examples import in_turn, sampled, some
from tests.support.network.scripted import ReceivedRequest, Scripted, http

CONTRACT = Contract()
SUBMITTING = {one.path for one in CONTRACT.operations.values() if one.submits}
ACCOUNTS = {role: Credentials(role, f"{role}-secret") for role in ("first", "second", "limited")}
ACCEPTED = http({"errno": 0, "errmsg": "OK", "data": "the-hash"})
REFUSED = http({"errno": 301, "errmsg": "INVALID PARAMETER"})
FOREVER = threading.Event()


def hang() -> Iterable[bytes]:
    FOREVER.wait(1)
    yield b""


#: How a submission is answered, and whether a job may have come of it.
ANSWERS: dict[str, tuple[Callable[[], Iterable[bytes]], bool]] = {
    "accepts": (lambda: ACCEPTED, True),
    "refuses": (lambda: REFUSED, False),
    "drops": (list, True),
    "hangs": (hang, True),
    "redirects": (lambda: http("", 307, location="/jobs/create"), True),
    "breaks": (lambda: http("<html>oops", 500, "text/html"), True),
    "garbles": (lambda: http("{", 200), True),
    "cuts short": (lambda: ACCEPTED[:1], True),
}


#: Each by itself, and all in turn.
KINDS = [(one,) for one in ANSWERS] + [tuple(ANSWERS)]


class Server:
    """Logs in and finds; answers the n-th submission as the n-th of ``kinds`` says."""

    def __init__(self, kinds: tuple[str, ...]) -> None:
        self._kinds = itertools.cycle(kinds)
        self._lock = threading.Lock()
        self.could_be_jobs = 0
        self.submissions = 0

    def __call__(self, asked: ReceivedRequest) -> Iterable[bytes]:
        if asked.path == "/auth/login":
            return self._login(asked)
        if asked.path not in SUBMITTING:
            record = {"hash": "the-hash", "status": 2000, "job_id": "x", "timestamp": "1"}
            return http({"errno": 0, "errmsg": "OK", "data": {"res": [record], "total": 1}})
        with self._lock:
            make, costs = ANSWERS[next(self._kinds)]
            self.submissions += 1
            self.could_be_jobs += costs
        return make()

    def _login(self, asked: ReceivedRequest) -> list[bytes]:
        name = asked.fields.get("username")
        if not isinstance(name, str):
            return REFUSED
        data = {"token": f"a-long-token-for-{name}", "id": f"id-of-{name}"}
        return http({"errno": 0, "errmsg": "SUCCESS", "data": data})


@pytest.mark.parametrize(("kinds", "jobs"), sampled(in_turn(some(KINDS, 2), (4, 12, 0, 1)), 5))
def test_a_whole_run_keeps_to_its_budget(kinds: tuple[str, ...], jobs: int) -> None:
    answers = Server(kinds)
    with Scripted(answers) as server:
        options = RunOptions(server.url, ACCOUNTS, jobs, timeout=0.2, job_timeout=0.3, seed=1)
        report = run(options, contract=CONTRACT)
    # On a busy machine a submission may time out before the server has counted it.
    assert answers.could_be_jobs <= report.jobs_spent <= jobs
    if jobs == 0:
        assert answers.submissions == 0
    elif kinds == ("refuses",):
        # What is refused is given back, so that one job is enough to try it all.
        assert answers.submissions > 4 * jobs
    broken = [one for one in report.findings if one.verdict is Verdict.ERROR]
    assert not broken
