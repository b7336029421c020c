"""Sends generated requests within their shares; judges each answer by laws and the job model."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from ..checking.context import Context
from ..http.connection import Failure
from ..http.exchange import Answer
from ..http.request_kinds import Kind
from ..http.session import TokenSource
from ..json_access import Record, integer, millis, text
from ..pictures.picture import Picture
from ..rules.find_rules import NOTHING
from ..rules.job_model import FindResult, Job, JobModel
from ..rules.laws import Laws
from ..rules.parameters import too_many
from ..rules.refusals import FORGED, NOBODY, Breach, SentRequest
from ..verdict import UnavailableError, Verdict
from .shares import Quota, UsedUpError

Body = Mapping[str, object]
#: Told of each breach, the answer that shows it, and the request.
Report = Callable[[Breach, Answer, SentRequest], None]

#: How the records of an account begin that were there before.
_KINDS = {"main": "createJob", "upscale": "upscaleJob"}
#: Seconds between two looks at running jobs: a tenth of their age, within these bounds.
_SHORTEST, _LONGEST = 0.025, 2.0
#: Filters by what a user changes at any time, in a client of his own.
_CHANGING = {"favourite", "folders"}


@dataclass(slots=True)
class Player:
    """The accounts, the jobs that are known of them, and what may still be sent."""

    ctx: Context
    quota: Quota
    report: Report
    model: JobModel
    laws: Laws
    count: int = 0
    looked_at: set[str] = field(default_factory=set)  # hashes of jobs whose end was judged
    pictures: dict[str, Picture] = field(default_factory=dict)  # of finished jobs, by hash
    problem: UnavailableError | None = None

    def step(self, action: Callable[..., object], **given: object) -> None:
        """Do something, as far as shares, time and budget allow."""
        try:
            action(self, **given)
        except UsedUpError:
            return
        except UnavailableError as problem:
            if problem.verdict is not Verdict.UNTESTABLE:
                self.problem = problem

    # Requests

    def send(
        self,
        operation: str,
        body: Body,
        account: str = "first",
        *,
        token: str | TokenSource | None = TokenSource.ACCOUNT,
        own_parent: bool = False,
        planned: bool = False,
        free: bool = False,
    ) -> Answer:
        """Send one request and judge its answer. ``planned``: it may be accepted."""
        sent = self.request(operation, body, account, token)
        if not free:
            self.quota.take(self._kind(sent), job=planned)
        answer = self.ctx.try_call(operation, body, account=account, token=token, planned=planned)
        if answer.failure is None:
            self.judge(sent, answer, own_parent=own_parent)
        elif not planned:
            self._lost(sent, answer)
        return answer

    def send_raw(self, operation: str, content: bytes) -> None:
        """Send bytes that are no JSON object."""
        if self.ctx.contract.operations[operation].submits and not self.affords(operation):
            raise UsedUpError(operation)
        self.quota.take(Kind.MALFORMED)
        token = None if operation == "login" else TokenSource.ACCOUNT
        answer = self.ctx.raw(operation, content, token=token)
        sent = SentRequest(operation, "first", None, content)
        if answer.failure is None:
            self.judge(sent, answer)
        else:
            self._lost(sent, answer)

    def _lost(self, sent: SentRequest, answer: Answer) -> None:
        """No whole answer. It counts if other requests are answered, and this one is not, twice."""
        if answer.failure is Failure.CONNECT or answer.status == 429:
            return
        control = self.send("findJobs", {"limit": 1})
        if self.ctx.contract.operations[sent.operation].submits or not control.ok:
            return
        second = self.ctx.raw(sent.operation, sent.content)
        if second.failure is not None and second.failure is not Failure.CONNECT:
            what = f"{sent.operation}: {answer.problem}, twice"
            self.report(("GEN-5", what, "an answer"), second, sent)

    def judge(self, sent: SentRequest, answer: Answer, *, own_parent: bool = False) -> None:
        """Report what the laws say, and what the watch saw in the answer."""
        seen = [*self.ctx.watch.latest]
        seen += self.laws.breaches(sent, answer, own_parent=own_parent, busy=self.running())
        for breach in dict.fromkeys(seen):
            self.report(breach, answer, sent)

    def hear(self, complaints: Iterable[Breach], answer: Answer, sent: SentRequest) -> None:
        """Report what the model says of an answer."""
        # All at once: a report may send more, and the model would compare the rest with that.
        for complaint in list(complaints):
            self.report(complaint, answer, sent)

    def affords(self, operation: str) -> bool:
        """Whether a request that must be refused may be sent."""
        return self.quota.has(Kind.SUBMISSION) and self.ctx.affords(operation)

    def ask(self, account: str, filters: dict[str, object], *, free: bool = False) -> Answer:
        """A find, and what the model thinks of it. ``free``: it counts for no share."""
        answer = self.send("findJobs", filters, account, free=free)
        sent = self.request("findJobs", filters, account, TokenSource.ACCOUNT)
        if answer.ok or answer.errno in NOTHING:
            found = _found(answer)
            self.hear(self.model.returned(filters, found), answer, sent)
            missing = list(self.model.missing(account, filters, found))
            if missing and not _CHANGING.isdisjoint(filters):
                self._ask_again(account, filters)
            else:
                self.hear(missing, answer, sent)
        elif answer.failure is None and answer.errno != 430 and not too_many(filters, answer.errno):
            what = f"find by {', '.join(sorted(filters)) or 'nothing'}: {answer.summary()}"
            self.report(("FIND-1", what, "errno 0"), answer, sent)
        return answer

    def _ask_again(self, account: str, filters: dict[str, object]) -> None:
        """A record lacks in a find by what another client may have changed since it was seen. It
        counts if the record is the same before and after the same find."""
        before = _labels(self.ask(account, {"limit": 100}))
        answer = self.send("findJobs", filters, account)
        after = _labels(self.ask(account, {"limit": 100}))
        same = {hash for hash, labels in before.items() if after.get(hash) == labels}
        if answer.ok or answer.errno in NOTHING:
            sent = self.request("findJobs", filters, account, TokenSource.ACCOUNT)
            missing = self.model.missing(account, filters, _found(answer), same)
            self.hear(missing, answer, sent)

    # What is known

    def role(self, account: str) -> str:
        """The account, or the first where there is no such one."""
        return account if self.ctx.has(account) else "first"

    def know(self, account: str, *, free: bool = False) -> Answer:
        """Look at the account's newest records, and remember them. ``free``: as in ``ask``."""
        answer = self.ask(account, {"limit": 100}, free=free)
        if answer.ok:
            self._adopt(account, answer.records)
            times = [time for one in answer.records if (time := millis(one)) is not None]
            if times and account == "first":
                # In seconds this is now, in milliseconds 1970 (question find-timestamp-unit).
                cursor = {"timestamp_smaller_than": max(times) // 1000 + 1}
                found = self.send("findJobs", cursor, free=free)
                self.model.unit = 1000 if found.records else 1
        return answer

    def _adopt(self, account: str, records: Iterable[Record]) -> None:
        for record in records:
            hash = text(record, "hash")
            if hash is not None and hash not in self.model.jobs:
                made_by = _KINDS.get(text(record, "job_type") or "", "")
                parent, cell = text(record, "parent_hash"), integer(record, "grid_num")
                job = Job(hash, account, made_by, None, parent, cell)
                job.seen.append(record)
                self.model.jobs[hash] = job

    def pick(self, which: int, *made_by: str) -> Job | None:
        """One of the finished jobs that this run made by these operations; of none named: of all.

        A job that was only found may be another account's (question find-scope).
        """
        jobs = [one for one in self.model.jobs.values() if one.finished]
        fitting = [one for one in jobs if not made_by or (one.mine and one.made_by in made_by)]
        return fitting[which % len(fitting)] if fitting else None

    def made(self, job: Job, answer: Answer, sent: SentRequest) -> None:
        """A submission was accepted."""
        self.hear(self.model.submitted(job), answer, sent)

    def settle(self) -> list[Job]:
        """Wait until every job that was submitted has ended; returns those that have not."""
        started, limit = time.monotonic(), self.ctx.options.job_timeout
        self.quota.settle()
        while waiting := [one for one in self.model.jobs.values() if self._runs(one)]:
            age = time.monotonic() - started
            if age > limit:
                return waiting
            self.ctx.pause(min(max(age / 10, _SHORTEST), _LONGEST))
            for account in sorted({one.account for one in waiting}):
                self.ask(account, {"limit": 100}, free=True)
        return []

    def running(self) -> bool:
        """Whether jobs are running, as far as is known."""
        jobs = self.model.jobs.values()
        return any(not one.finished and text(one.last, "error") is None for one in jobs)

    def _runs(self, job: Job) -> bool:
        """Whether it is one of this walk, and neither finished nor failed."""
        waited_for = job.mine and job.hash not in self.looked_at
        return waited_for and not job.finished and text(job.last, "error") is None

    def request(
        self, operation: str, body: Body, account: str, token: str | TokenSource | None
    ) -> SentRequest:
        sender = NOBODY if token is None else account if token is TokenSource.ACCOUNT else FORGED
        content = json.dumps(body).encode()
        return SentRequest(operation, sender, body, content)

    def _kind(self, sent: SentRequest) -> Kind:
        if sent.operation == "login":
            given = (sent.fields.get("username"), sent.fields.get("password"))
            known = [(one.username, one.password) for one in self.ctx.options.accounts.values()]
            return Kind.LOGIN if given in known else Kind.WRONG_LOGIN
        if sent.sender in (NOBODY, FORGED):
            return Kind.NO_TOKEN if sent.sender == NOBODY else Kind.FORGED
        submits = self.ctx.contract.operations[sent.operation].submits
        return Kind.SUBMISSION if submits else Kind.FIND


def _found(answer: Answer) -> FindResult:
    # An errno for not found: nothing matches, and nothing may be known to.
    return FindResult(answer.records, answer.total if answer.ok else 0)


def _labels(answer: Answer) -> dict[str, tuple[object, object]]:
    """By hash, what a user changes of a record."""
    return {
        text(one, "hash") or "": (one.get("is_favourite"), one.get("folders"))
        for one in answer.records
    }
