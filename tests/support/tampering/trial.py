"""The kit let loose on a tampered fake, and what it found."""

from __future__ import annotations

import logging
import os
import time
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

from sampan import conformance
from sampan.conformance.contract import shipped
from sampan.conformance.findings import Seen
from sampan.conformance.target import TargetError
from sampan.conformance.verdict import Verdict
from sampan.fake_server.settings import NewAccount
from tests.support.tampering.server import ACCOUNTS, TamperedFake, running

#: Seconds that a job takes on the servers that are tried.
JOB_SECONDS = 0.3
#: How long (s) the kit waits for an answer and for a job; a server that hangs costs that much.
TIMEOUT = 1.0
JOB_TIMEOUT = 4.0

_Given = TypeVar("_Given")
_Found = TypeVar("_Found")


@dataclass(frozen=True, slots=True)
class Trial:
    """What the kit found at one server; everything by id.

    ``broken`` says what the tampering itself did wrong: the trial proves nothing then.
    """

    verdicts: Mapping[str, Verdict]
    messages: Mapping[str, str]
    answers: Mapping[str, str]
    unanswered: Mapping[str, str]
    jobs: int
    exit_code: int
    seconds: float
    broken: str | None

    def having(self, verdict: Verdict) -> list[str]:
        """The requirements with this verdict, in the order of the contract."""
        return [id for id, found in self.verdicts.items() if found is verdict]


#: What goes on around a run of the kit, at the server and its address.
Around = Callable[[TamperedFake, str], AbstractContextManager[None]]


@contextmanager
def quiet(app: TamperedFake, url: str) -> Iterator[None]:
    """Nothing goes on."""
    yield


def trial(
    app: TamperedFake,
    *,
    only: Sequence[str] = (),
    seed: int = 1,
    timeout: float = TIMEOUT,
    job_timeout: float = JOB_TIMEOUT,
    around: Around = quiet,
    budget: int | str = "unlimited",
    generate: int | None = None,
    accounts: Mapping[str, NewAccount] = ACCOUNTS,
) -> Trial:
    """Run the kit on ``app``: all of it, or the checks and observers of ``only``. Times in s."""
    first, second, limited = (accounts[role] for role in ("first", "second", "limited"))
    with running(app) as url, around(app, url):
        started = time.monotonic()
        try:
            report = conformance.run(
                url,
                username=first.username,
                password=first.password,
                second_username=second.username,
                second_password=second.password,
                limited_username=limited.username,
                limited_password=limited.password,
                budget_jobs=budget,
                generate=generate,
                timeout=timeout,
                job_timeout=job_timeout,
                only=tuple(only),
                seed=seed,
            )
        except TargetError as problem:
            return _refused(app, only, str(problem), time.monotonic() - started)
        seconds = time.monotonic() - started
    seen = {one.id: one for one in report.observations}
    answered = {id: one for id, one in seen.items() if one.seen is Seen.ANSWERED}
    return Trial(
        {one.id: one.verdict for one in report.findings},
        {one.id: one.message for one in report.findings},
        {id: one.answer or "" for id, one in answered.items()},
        {
            id: f"{one.seen.value}: {one.answer or one.reason}"
            for id, one in seen.items()
            if id not in answered
        },
        report.jobs_spent,
        report.exit_code,
        seconds,
        None if app.broken is None else repr(app.broken),
    )


def _refused(app: TamperedFake, only: Sequence[str], problem: str, seconds: float) -> Trial:
    """The kit would not run: that is an error of every requirement in question."""
    ids = only or tuple(shipped().requirements)
    return Trial(
        dict.fromkeys(ids, Verdict.ERROR),
        dict.fromkeys(ids, problem),
        {},
        dict.fromkeys(shipped().questions, f"unobserved: {problem}"),
        0,
        2,
        seconds,
        None if app.broken is None else repr(app.broken),
    )


def side_by_side(
    work: Callable[[_Given], _Found], given: Sequence[_Given], workers: int | None = None
) -> Iterator[_Found]:
    """Do ``work`` for each of ``given`` in several processes; the results in the same order.

    Most of a trial is waiting for jobs, so there are more processes than cores.
    """
    count = workers or 3 * (os.cpu_count() or 1)
    with ProcessPoolExecutor(min(count, max(len(given), 1)), initializer=_quieten) as pool:
        yield from pool.map(partial(_done, work), given)


def _quieten() -> None:
    """A server that is wrong on purpose has much to say."""
    logging.disable(logging.CRITICAL)


def _done(work: Callable[[_Given], _Found], given: _Given) -> _Found:
    """What came of it; whatever is raised can be sent to another process."""
    try:
        return work(given)
    except Exception:
        raise RuntimeError(f"{given}: {traceback.format_exc()}") from None
