"""The two jobs that a run makes of its own, so that a case can name a finished grid, and a job
that has none. Each is made when a case first needs it, and costs a job."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping

from ..http.exchange import Answer
from ..http.patience import SERVER_FAULT
from ..http.session import Session
from ..json_access import Record, integer, text
from ..shared_jobs.listing import Listing
from ..shared_jobs.trace import FINISHED
from ..verdict import UnavailableError, Verdict

#: Seconds between two looks at a job; at most, between two submissions.
_POLL, _LONGEST = 0.25, 5.0
#: The keys of a record by which a case names the job.
_KEYS = {"hash": "hash", "job_id": "job_id", "picture": "original_url"}


class MadeJobs:
    """``mark``: the word in the prompts of the run. Safe to use from several threads."""

    def __init__(self, session: Session, mark: str) -> None:
        self._session = session
        self._mark = mark
        self._lock = threading.Lock()
        self._finished: dict[str, Record | UnavailableError] = {}

    def value(self, name: str, key: str) -> str:
        """The ``key`` of the job ``name`` (grid, described). Raises ``UnavailableError``."""
        with self._lock:
            found = self._record(name)
        value = text(found, _KEYS[key])
        if value is None:
            raise _missing(f"the record of a finished job has no {_KEYS[key]}")
        return value

    def _record(self, name: str) -> Record:
        if name not in self._finished:
            try:
                self._finished[name] = self._made(name)
            except UnavailableError as problem:
                self._finished[name] = problem
        found = self._finished[name]
        if isinstance(found, UnavailableError):
            raise found
        return found

    def _made(self, name: str) -> Record:
        if name == "grid":
            operation, content = "createJob", f"a boat at dawn {self._mark}"
        else:
            picture = text(self._record("grid"), _KEYS["picture"])
            operation, content = "describeImage", str(picture)
        body: Mapping[str, object] = {"content": content}
        answer = self._submitted(operation, body)
        if answer.hash is None:
            raise _missing(f"{operation} made no job: {answer.summary()}", Verdict.INCONCLUSIVE)
        return self._awaited(answer.hash)

    def _submitted(self, operation: str, body: Mapping[str, object]) -> Answer:
        """The run's own jobs may be too many beside it (question concurrency-limit): then they are
        waited for, and it is submitted again."""
        ends = time.monotonic() + self._session.options.job_timeout
        pause, last = _POLL, False
        while True:
            answer = self._session.call(operation, body, planned=True)
            if answer.errno != SERVER_FAULT or last or time.monotonic() > ends:
                return answer
            last = not self._others_run()  # they may have ended since it was refused
            if not last:
                time.sleep(pause)
                pause = min(2 * pause, _LONGEST)

    def _others_run(self) -> bool:
        own = {answer.hash for _, answer in tuple(self._session.gate.jobs)}
        records = Listing(self._session).everything().records
        mine = (one for one in records if text(one, "hash") in own)
        return any(integer(one, "status") != FINISHED and one.get("error") is None for one in mine)

    def _awaited(self, hash: str) -> Record:
        """The record of the job, once it is finished."""
        listing = Listing(self._session)
        ends = time.monotonic() + self._session.options.job_timeout
        while time.monotonic() < ends:
            look = listing.look((hash,))
            # A server may list the oldest first (question find-order).
            records = look.with_hash(hash) or listing.everything().with_hash(hash)
            finished = (one for one in records if integer(one, "status") == FINISHED)
            if record := next(finished, None):
                return record
            time.sleep(_POLL)
        raise _missing("a job was not finished in time", Verdict.INCONCLUSIVE)


def _missing(reason: str, verdict: Verdict = Verdict.UNTESTABLE) -> UnavailableError:
    return UnavailableError(verdict, reason)
