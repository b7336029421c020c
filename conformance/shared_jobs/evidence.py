"""The jobs that checks share: submitted in two batches, watched together, used by all.

Wall time is about two job durations; more where a server takes only a few jobs at once.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor

from ..http.session import Session
from ..json_access import Record, text
from ..pictures.picture import Picture, inspected
from ..verdict import UnavailableError, Verdict
from .catalogue import BY_NAME, ORDER, JobSelection, SharedJob, StandIn, reusable, stand_ins
from .earlier import EarlierJob
from .listing import Listing, Look, sight
from .trace import JobTrace

#: Seconds between two looks: a tenth of what the youngest job has run, within these bounds.
_SHORTEST, _LONGEST = 0.025, 2.0
#: Seconds that a job with an error is watched for a recovery while no other has finished.
_GRACE = 2.0
#: The memory (bytes) that the answers to looks may take. A hundred records are 0.5 MB.
_MAX_WEIGHT = 64 << 20
#: How often a job is submitted that was refused while others ran. A refusal starts no job.
_ATTEMPTS = 3


def polls(seconds: float) -> int:
    """How often jobs are looked at that run for so long, at most."""
    looks, age = 0, 0.0
    while age <= seconds:
        age += min(max(age / 10, _SHORTEST), _LONGEST)
        looks += 1
    return looks


class Evidence:
    """The evidence that checks share. Names of jobs are those of ``catalogue.SHARED_JOBS``."""

    def __init__(
        self,
        session: Session,
        plan: JobSelection,
        mark: str,
        reuse: Mapping[str, EarlierJob] | None = None,
    ) -> None:
        self.mark = mark
        self._reuse = reuse or {}
        self._session = session
        self._plan = plan
        self._traces: dict[str, JobTrace] = {}
        self._absent: dict[str, UnavailableError] = {
            name: UnavailableError(Verdict.UNTESTABLE, f"the job “{name}” {why}")
            for name, why in plan.missing.items()
        }
        self._listings = {role: Listing(session, role) for role in ("first", "second")}
        self._looking = threading.Lock()
        self._looked: dict[str, float] = {}  # when the last look of an account began, monotonic
        self._history: dict[str, Look] = {}
        self._earlier: Look | None = None
        self._pictures: dict[str, Picture] = {}
        self._stand_ins: dict[str, str] = {}  # by the name of the job that was refused
        self._causes: dict[str, str] = {}
        self._weight = 0  # of the answers that were looked at, in bytes
        self._slots: int | None = None  # how many jobs the server took at once, if it refused any
        self.on_change: Callable[[], None] = lambda: None

    # For checks

    def trace(self, name: str) -> JobTrace:
        """The job, whether it was accepted or not; ``UnavailableError`` if it was not sent.

        If it was refused and a stand-in was accepted, that one: see ``cause``.
        """
        sent = self.sent(name)
        if sent:
            return sent[0]
        if name in self._absent:
            raise self._absent[name]
        raise LookupError(f"the job {name!r} is not in the plan: name it in the check's needs")

    def sent(self, *names: str) -> list[JobTrace]:
        """Those of the jobs that were sent; for the names in a check's ``wants``."""
        stand_ins = (self._stand_ins.get(name, name) for name in names)
        return [self._traces[name] for name in stand_ins if name in self._traces]

    def cause(self, name: str) -> str:
        """Why the job was refused: what its stand-in, which was accepted, lacks. Empty if it was
        accepted, or if nothing that was tried instead was."""
        return self._causes.get(name, "")

    def original(self, name: str) -> JobTrace:
        """The job itself, where ``trace`` returns its stand-in."""
        return self._traces[name]

    def accepted(self, name: str) -> JobTrace:
        """The job, if its submission was accepted."""
        found = self.trace(name)
        if not found.accepted:
            raise UnavailableError(
                Verdict.UNTESTABLE, f"the job “{name}”: {found.summary()}", found
            )
        return found

    def finished(self, name: str) -> JobTrace:
        """The job, if it was seen finished; otherwise ``UnavailableError`` with its end."""
        found = self.accepted(name)
        if not found.finished:
            raise UnavailableError(
                Verdict.INCONCLUSIVE, f"the job “{name}”: {found.summary()}", found
            )
        return found

    def record(self, name: str) -> Record:
        """The record of a finished job."""
        return self.finished(name).last or {}

    def traces(self) -> list[JobTrace]:
        """Every job that was sent, in the order of the plan; stand-ins last."""
        return [self._traces[name] for name in ORDER if name in self._traces]

    def sender(self, account: str = "first") -> str:
        """The account's sender_id: that of its records, or the id of its login."""
        for trace in self.traces():
            found = text(trace.last, "sender_id")
            if trace.account == account and found is not None:
                return found
        return self._session.account(account).id or account

    def history(self, account: str = "first") -> Look:
        """All records of an account, paged in once. Ask in the QUIET phase."""
        if account not in self._history:
            self._history[account] = self._listings[account].everything()
        return self._history[account]

    @property
    def earlier(self) -> Look:
        """What the first account's listing began with before any job was submitted."""
        if self._earlier is None:
            raise UnavailableError(Verdict.UNTESTABLE, "no listing from before the jobs")
        return self._earlier

    def picture(self, url: str) -> Picture:
        """The picture at ``url``, fetched once however many checks ask."""
        if url not in self._pictures:
            token = self._session.account().token if self._session.has("first") else None
            reply, exchanges = self._session.gate.picture(url, token)
            if reply.failure is not None and reply.status:
                # It began and broke off: looked at again, since a fetch costs no job.
                reply, exchanges = self._session.gate.picture(url, token)
            for before in list(self._pictures.values())[-1:]:
                before.decoding.result()  # one at a time, for the memory
            self._pictures[url] = inspected(
                url, reply, tuple(exchanges), self._session.gate.time_left
            )
        return self._pictures[url]

    @property
    def busy(self) -> list[JobTrace]:
        """The jobs that have not ended yet."""
        return [one for one in self.traces() if one.accepted and not self._ended(one)]

    def states(self, planned: int) -> str:
        """The state of each job that has not ended, and how many of the planned ones have."""
        states = [f"{one.name} {one.status or 'not found yet'}" for one in self.busy]
        ended = len(self._traces) - len(states)
        return f"{ended} of {planned} ended{''.join(f', {state}' for state in states)}"

    # Gathering

    def gather(self) -> None:
        """Run both batches. Raises for nothing that the server does."""
        try:
            self._session.account()
        except UnavailableError as problem:
            self._absent |= {job.name: problem for job in self._plan.jobs}
            return
        with contextlib.suppress(UnavailableError):
            self._earlier = self._listings["first"].look()
        self._take_over()
        for batch in (1, 2):
            jobs = [one for one in self._plan.jobs if one.batch == batch]
            jobs = [one for one in jobs if one.name not in self._traces]
            self._run(jobs)
            for job in jobs:
                self._second_try(job)
        for role in ("first", "second"):
            self._look(role)

    def _take_over(self) -> None:
        """Use finished jobs of an earlier report that the account still has."""
        for role in sorted({BY_NAME[name].account for name in self._plan.reused}):
            plans = [one for one in self._plan.jobs if one.name in self._plan.reused]
            old = {one: self._reuse[one.name] for one in plans if one.account == role}
            with contextlib.suppress(UnavailableError):
                look = self._listings[role].look([job.hash for job in old.values()])
                for plan, job in old.items():
                    if reusable(plan, self._traces):
                        self._take(job, look)

    def _take(self, job: EarlierJob, look: Look) -> None:
        trace = JobTrace(job.name, job.operation, job.account, job.body, [job.submission])
        trace.submitted_at = trace.answered_at = time.monotonic()
        trace.reused = True
        sight(trace, trace.submitted_at, look, keep=True)
        if trace.hash == job.hash and trace.finished:
            self._traces[job.name] = trace

    def _run(self, plans: list[SharedJob]) -> None:
        waiting = [job for job in plans if self._possible(job)]
        while waiting:
            width = len(waiting) if self._slots is None else self._slots
            batch, waiting = waiting[:width], waiting[width:]
            refused = self._submit(batch)
            self._watch()
            # Tried again alone or nearly so; who is refused by an idle server is refused for good.
            waiting = refused + waiting

    def _possible(self, plan: SharedJob) -> bool:
        if plan.early:
            return True
        for parent in plan.after:
            try:
                self.finished(parent)
            except UnavailableError as problem:
                self._absent[plan.name] = problem
                return False
        return True

    def _submit(self, plans: list[SharedJob]) -> list[SharedJob]:
        """Submit side by side, and after them those that have to follow others.

        Returns those that were refused while others ran, to be tried again later.
        """
        first = [job for job in plans if not (job.early or job.beside)]
        early = [one for one in plans if one.early]
        beside = [one for one in plans if one.beside]
        for group in (first, early, beside):
            if group:
                with ThreadPoolExecutor(len(group)) as pool:
                    list(pool.map(self._submit_one, group))
        refused = [one for one in plans if one.deferrable and self._was_refused(one)]
        running = len(self.busy)
        # Short jobs may be over before the last answer is there: those that were taken count too.
        if not running and all(self._was_refused(one) for one in plans):
            # An idle server does not refuse for the number of jobs, but it may fail once (501).
            refused = [one for one in refused if self._traces[one.name].submission.errno == 501]
        elif refused:
            self._slots = max(running, 1)
            for one in refused:
                self._traces[one.name].crowded += 1
        return [one for one in refused if len(self._traces[one.name].attempts) < _ATTEMPTS]

    def _was_refused(self, plan: SharedJob) -> bool:
        trace = self._traces.get(plan.name)
        return trace is not None and (trace.submission.errno or 0) != 0

    def _submit_one(self, plan: SharedJob) -> None:
        try:
            self._send(plan)
        except UnavailableError as problem:
            self._absent.setdefault(plan.name, problem)
        self.on_change()

    def _send(self, plan: SharedJob) -> None:
        trace = self._traces.get(plan.name)
        if trace is None:
            body = self._body(plan)
            trace = JobTrace(plan.name, plan.operation, plan.account, body)
        started = time.monotonic()
        answer = self._session.call(plan.operation, trace.body, account=plan.account, planned=True)
        trace.submitted_at, trace.answered_at = started, time.monotonic()
        trace.attempts.append(answer)
        self._traces[plan.name] = trace
        # A look after an early child's answer tells whether its parent was unfinished till then.
        if trace.accepted or plan.early:
            self._look(plan.account)

    # Second tries

    def _second_try(self, plan: SharedJob) -> None:
        """Try something else where a job was refused for good, or where the first one failed."""
        trace = self._traces.get(plan.name)
        if trace is None or not self._needs_another(trace):
            return
        for stand_in in stand_ins(plan.name, accepted=trace.accepted):
            self._submit_one(stand_in.job)
            if (other := self._traces.get(stand_in.job.name)) is None:
                return
            self._watch()
            if other.accepted:
                self._replace(plan, trace, stand_in)
                if other.finished or not trace.accepted or trace.name == "grid":
                    return

    def _needs_another(self, trace: JobTrace) -> bool:
        if not trace.accepted:
            # Nothing is known of a submission without an answer; only what all hangs from is worth
            # another job then.
            return trace.refused or (trace.name == "grid" and trace.submission.errno is None)
        if trace.name != "grid" or trace.finished:
            return trace.seems_failed and not trace.gave_up
        others = any(one.finished for one in self.traces())
        return others if trace.gave_up else trace.seems_failed

    def _replace(self, plan: SharedJob, trace: JobTrace, stand_in: StandIn) -> None:
        """Put the stand-in in the job's place, unless the job is accepted after all."""
        if trace.refused:
            while trace.refused and len(trace.attempts) < _ATTEMPTS:
                before = len(trace.attempts)
                self._submit_one(plan)
                if len(trace.attempts) == before:
                    return  # no budget or no time
            if trace.accepted:
                self._watch()
                return
            self._causes[plan.name] = stand_in.lacks
        self._stand_ins[plan.name] = stand_in.job.name

    def _body(self, plan: SharedJob) -> dict[str, object]:
        material: Evidence | _Early = _Early(self) if plan.early else self
        return plan.body(material)

    def _watch(self) -> None:
        """Look until every job has ended, or its time is up."""
        # Two jobs that go back and forth in turns would be looked at for ever: late is late.
        late: set[str] = set()
        while busy := [one for one in self.busy if one.name not in late]:
            youngest = time.monotonic() - max(one.submitted_at for one in busy)
            self._pause(min(max(youngest / 10, _SHORTEST), _LONGEST))
            for role in sorted({one.account for one in busy}):
                self._look(role)
            for job in busy:
                if time.monotonic() - job.submitted_at > self._session.options.job_timeout:
                    job.gave_up = not self._ended(job)
                    job.waited = self._session.options.job_timeout
                    late.add(job.name)
            self.on_change()

    def _pause(self, seconds: float) -> None:
        left = self._session.gate.time_left()
        time.sleep(seconds if left is None else min(seconds, left))

    def _look(self, role: str) -> None:
        """One find for all jobs of the account. Looks don't overlap: a trace is in order. Of those
        who wait for one to end, the first looks for all."""
        wanted = time.monotonic()
        with self._looking:
            if self._looked.get(role, 0.0) >= wanted:
                return
            traces = [one for one in self.traces() if one.account == role and one.accepted]
            if not traces:
                return
            started = self._looked[role] = time.monotonic()
            try:
                awaited = [one.hash or "" for one in traces if not self._ended(one)]
                look = self._listings[role].look(awaited)
            except UnavailableError:
                # Out of time or logged out: nothing was seen, and every job is given up.
                for one in traces:
                    one.gave_up = one.cut_short = not one.finished
                return
            self._weight += sum(answer.weight for answer in look.answers)
            for job in traces:
                job.unseen = "" if look.answers[0].ok else look.why_not
                if look.answers[0].ok:
                    sight(job, started, look, keep=self._weight < _MAX_WEIGHT)

    def _ended(self, trace: JobTrace) -> bool:
        if trace.finished or trace.gave_up:
            return True
        if not trace.seems_failed:
            return False
        done = [one.ran for one in self.traces() if one.ran is not None]
        # An error may be a remark on a job that still runs: give it as long as others took.
        age = time.monotonic() - trace.submitted_at
        return age > 1.5 * max(done, default=_GRACE) and age - trace.unchanged_since > 0.05


class _Early:
    """What a child is made from while its parent still runs."""

    def __init__(self, evidence: Evidence) -> None:
        self.mark = evidence.mark
        self._evidence = evidence

    def record(self, name: str) -> Record:
        trace = self._evidence.accepted(name)
        return trace.last or {"hash": trace.hash}

    def sender(self, account: str) -> str:
        return self._evidence.sender(account)

    def sent(self, *names: str) -> list[JobTrace]:
        return self._evidence.sent(*names)
