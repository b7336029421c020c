"""The kit let loose on a twisted fake, and what it found."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

import conformance
from conformance.check import Seen, Verdict

from .server import ACCOUNTS, Twisted, running

#: Seconds that a job takes on the servers that are tried.
JOB_SECONDS = 0.3
#: How long (s) the kit waits for an answer and for a job; a server that hangs costs that much.
_TIMEOUT = 1.0
_JOB_TIMEOUT = 4.0

_Given = TypeVar("_Given")
_Found = TypeVar("_Found")


@dataclass(frozen=True, slots=True)
class Trial:
    """What the kit found at one server; everything by id.

    ``broken`` says what the twist itself did wrong: the trial proves nothing then.
    """

    verdicts: Mapping[str, Verdict]
    messages: Mapping[str, str]
    answers: Mapping[str, str]
    unanswered: Mapping[str, str]
    jobs: int
    seconds: float
    broken: str | None

    def having(self, verdict: Verdict) -> list[str]:
        """The requirements with this verdict, in the order of the contract."""
        return [id for id, found in self.verdicts.items() if found is verdict]


def trial(
    app: Twisted, *, only: Sequence[str] = (), seed: int = 1, timeout: float = _TIMEOUT
) -> Trial:
    """Run the kit on ``app``: all of it, or the checks and observers of ``only``."""
    first, second, limited = (ACCOUNTS[role] for role in ("first", "second", "limited"))
    started = time.monotonic()
    with running(app) as url:
        report = conformance.run(
            url,
            username=first.username,
            password=first.password,
            second_username=second.username,
            second_password=second.password,
            limited_username=limited.username,
            limited_password=limited.password,
            budget_jobs="unlimited",
            timeout=timeout,
            job_timeout=_JOB_TIMEOUT,
            only=tuple(only),
            seed=seed,
        )
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
        time.monotonic() - started,
        None if app.broken is None else repr(app.broken),
    )


def side_by_side(
    work: Callable[[_Given], _Found], given: Sequence[_Given], workers: int | None = None
) -> Iterator[_Found]:
    """Do ``work`` for each of ``given`` in several processes; the results in the same order.

    Most of a trial is waiting for jobs, so there are more processes than cores.
    """
    count = workers or 3 * (os.cpu_count() or 1)
    with ProcessPoolExecutor(min(count, max(len(given), 1))) as pool:
        yield from pool.map(work, given)
