"""Long random walks through the API, compared with the job model.

A hypothesis state machine logs in, submits, derives, filters and pages; ``rules/job_model.py``
complains of answers that can't be right. No rule raises: nothing is shrunk or replayed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

from ..http.exchange import Answer
from ..json_access import integer, millis, object_at, text
from ..rules.job_model import Complaint, FindResult, Job, JobModel
from ..shared_jobs.catalogue import STARTING_JOBS
from ..verdict import UnavailableError
from .context import Context
from .sweep import Sweep

_WALKS = 20
_STEPS = 30

_OPERATION = {"upscaleJob": "UP-1", "varyJob": "VAR-1"}


def walk(ctx: Context, sweep: Sweep) -> None:
    """Walk, and leave the complaints of the model in ``sweep``."""
    from hypothesis import HealthCheck, seed, settings
    from hypothesis import Phase as Part
    from hypothesis.stateful import run_state_machine_as_test

    limits = settings(
        max_examples=_WALKS,
        stateful_step_count=_STEPS,
        deadline=None,
        database=None,
        phases=(Part.generate,),
        suppress_health_check=list(HealthCheck),
    )
    seeded: Any = seed(ctx.options.seed)
    run_state_machine_as_test(seeded(_machine(Player(ctx, sweep))), settings=limits)


def _machine(player: Player) -> Any:
    """The state machine. Its choices never depend on answers of the server: a number selects one
    of the existing jobs."""
    from hypothesis import strategies as st
    from hypothesis.stateful import RuleBasedStateMachine, rule

    number = st.integers(0, 999)
    account = st.sampled_from(("first", "first", "first", "second"))
    words = st.sampled_from(("old boats", "上海的早晨", "a paper lantern 🏮", "Лодка", 'the "sea"'))
    filters = st.sets(st.sampled_from(("limit", "service", "job_type", "prompt", "cursor")))

    class Walk(RuleBasedStateMachine):
        @rule(account=account)
        def log_in(self, account: str) -> None:
            player.step(lambda: player.log_in(account))

        @rule(account=account, words=words)
        def create(self, account: str, words: str) -> None:
            player.step(lambda: player.create(account, words))

        @rule(which=number, cell=st.sampled_from((1, 2, 3, 4, 4, 0, 5)))
        def upscale(self, which: int, cell: int) -> None:
            player.step(lambda: player.derive("upscaleJob", which, cell))

        @rule(which=number, cell=st.sampled_from((1, 2, 3, 4, 4, 0, 5)))
        def vary(self, which: int, cell: int) -> None:
            player.step(lambda: player.derive("varyJob", which, cell))

        @rule(account=account, chosen=filters, which=number)
        def find(self, account: str, chosen: set[str], which: int) -> None:
            player.step(lambda: player.find(account, chosen, which))

        @rule(account=account)
        def look(self, account: str) -> None:
            player.step(lambda: player.ask(account, {"limit": 50}))

        @rule(account=account, size=st.integers(5, 30))
        def page(self, account: str, size: int) -> None:
            player.step(lambda: player.page(account, size))

    return Walk


class Player:
    """Sends what the state machine chooses, and collects the complaints of the job model."""

    def __init__(self, ctx: Context, sweep: Sweep) -> None:
        self.ctx = ctx
        self.sweep = sweep
        self.model = JobModel()
        self._count = 0
        self._accounts = [one for one in ("first", "second") if ctx.has(one)]
        self._know()

    def step(self, what: Callable[[], object]) -> None:
        """One step, unless the time or the budget is used up."""
        if self.sweep.problem is not None:
            return
        try:
            what()
            self.sweep.sent += 1
        except UnavailableError as problem:
            self.sweep.problem = problem

    def log_in(self, account: str) -> None:
        """A login changes neither the id nor what any account finds."""
        role = self._role(account)
        given = self.ctx.account(role)
        before = {one: self._hashes(one) for one in self._accounts}
        body = {"username": given.username, "password": given.password}
        answer = self.ctx.call("login", body)
        known = text(object_at(answer.envelope, "data"), "id")
        if given.id is not None and known is not None and known != given.id:
            self._hear(("LOGIN-7", "the id changed from one login to the next", "the same"), answer)
        for other, hashes in before.items():
            after = self._hashes(other)
            if hashes and after and not hashes & after:
                self._hear(("AUTH-5", "a login changed whose jobs are found", "its own"), answer)

    def create(self, account: str, words: str) -> None:
        role = self._role(account)
        self._count += 1
        content = f"{words} {self.ctx.evidence.mark} walk {self._count}"
        answer = self.ctx.call("createJob", {"content": content}, account=role)
        if answer.hash is not None:
            job = Job(answer.hash, role, "createJob", content)
            self._hear_all(self.model.submitted(job), answer)

    def derive(self, operation: str, which: int, cell: int) -> None:
        """A child of one of the jobs, whatever they are."""
        parent = self._pick(which)
        key = "hash" if operation == "upscaleJob" else "job_id"
        name = text(parent.last, key) if parent is not None else None
        if parent is None or name is None:
            return
        field_name = "parent_hash" if key == "hash" else "parent_id"
        body = {field_name: name, "grid_num": cell}
        answer = self.ctx.call(operation, body, account=parent.account)
        due = self.model.must_refuse(parent, cell)
        if answer.errno == 501:
            return  # too many jobs at once (question concurrency-limit)
        if due is not None and answer.errno != due[1]:
            what = f"{operation} of cell {cell} of a finished {parent.made_by}: {answer.summary()}"
            self._hear((due[0], what, f"errno {due[1]}"), answer)
        elif answer.hash is not None:
            made = Job(answer.hash, parent.account, operation, None, parent.hash, cell)
            self._hear_all(self.model.submitted(made), answer)
        elif due is None and parent.finished and answer.errno in (410, 420, 421):
            what = f"{operation} of a finished {parent.made_by} of its own: {answer.summary()}"
            if parent.made_by == "createJob":
                self._hear((_OPERATION[operation], what, "a hash"), answer)

    def find(self, account: str, chosen: set[str], which: int) -> None:
        """Find with filters that match one of the jobs."""
        role = self._role(account)
        mine = [job for job in self.model.of(role) if job.last is not None]
        record = mine[which % len(mine)].last if mine else None
        made: dict[str, object] = {}
        if "limit" in chosen:
            made["limit"] = which % 20 + 1
        if record is not None:
            made |= self._like(record, chosen)
        self.ask(role, made)

    def _like(self, record: Any, chosen: Iterable[str]) -> dict[str, object]:
        made: dict[str, object] = {}
        for key in ("service", "job_type"):
            value = text(record, key)
            if key in chosen and value is not None:
                made[key] = [value]
        prompt, time = text(record, "msg_display"), millis(record)
        if "prompt" in chosen and prompt is not None:
            made["prompt"] = prompt
        if "cursor" in chosen and time is not None:
            made["timestamp_smaller_than"] = time // self.model.unit
        return made

    def ask(self, account: str, filters: dict[str, object]) -> Answer:
        """A find, and what the model thinks of it."""
        role = self._role(account)
        answer = self.ctx.call("findJobs", filters, account=role)
        if answer.ok:
            found = FindResult(answer.records, answer.total)
            self._hear_all(self.model.found(role, filters, found), answer)
        return answer

    def page(self, account: str, size: int) -> None:
        """Back to the oldest own job that is known: each on the way is there once (FIND-14)."""
        role = self._role(account)
        if self.model.unit != 1:
            return  # a cursor in seconds cuts through the jobs of a second
        seen: dict[str, int] = {}
        ends: set[int] = set()
        known = [one for one in self.model.of(role) if millis(one.last) is not None]
        answer = self.ask(role, {"limit": size})
        newest = _newest(answer)
        for _ in range(8):
            times = [time for one in answer.records if (time := millis(one)) is not None]
            if times != sorted(times, reverse=True) or not times:
                break
            for record in answer.records:
                hash = text(record, "hash") or ""
                seen[hash] = seen.get(hash, 0) + 1
            ends.add(times[-1])
            answer = self.ask(role, {"limit": size, "timestamp_smaller_than": times[-1]})
        twice = [one for one, times_seen in seen.items() if times_seen > 1]
        if twice:
            self._hear(("FIND-14", "paging backwards shows a record twice", "once"), answer)
        if not ends or newest is None:
            return
        for job in known:
            time = millis(job.last) or 0
            # Jobs of the very millisecond at which a page ends may be cut off by it.
            if min(ends) < time <= newest and time not in ends and job.hash not in seen:
                self._hear(("FIND-14", "paging backwards passes over a record", "each"), answer)

    def _know(self) -> None:
        """Start from the jobs of the run."""
        made: list[Job] = []
        for trace in self.ctx.evidence.sent(*STARTING_JOBS):
            if trace.hash is None or trace.last is None:
                continue
            parent, cell = text(trace.body, "parent_hash"), integer(trace.body, "grid_num")
            job = Job(trace.hash, trace.account, trace.operation, None, parent, cell)
            job.seen.append(trace.last)
            made.append(job)
        self.model.jobs |= {one.hash: one for one in made}
        times = [time for one in made if (time := millis(one.last)) is not None]
        if times:
            # In seconds this is now, in milliseconds 1970 (question find-timestamp-unit).
            answer = self.ctx.find(timestamp_smaller_than=max(times) // 1000 + 1)
            self.model.unit = 1000 if answer.records else 1

    def _pick(self, which: int) -> Job | None:
        jobs = list(self.model.jobs.values())
        # The newest are mostly unfinished; every other time one of the first.
        few = jobs[: len(STARTING_JOBS)] if which % 2 else jobs
        return few[which // 2 % len(few)] if few else None

    def _role(self, account: str) -> str:
        return account if account in self._accounts else "first"

    def _hashes(self, role: str) -> set[str]:
        answer = self.ctx.find(role, limit=20)
        return {hash for record in answer.records if (hash := text(record, "hash")) is not None}

    def _hear_all(self, complaints: Iterable[Complaint], answer: Answer) -> None:
        for complaint in complaints:
            self._hear(complaint, answer)

    def _hear(self, complaint: Complaint, answer: Answer) -> None:
        id, what, right = complaint
        finding = self.ctx.fail(what, answer, expected=right, actual=what)
        # One of a kind: a fault of the server comes back at every step.
        if len(self.sweep.about(id)) < 3:
            self.sweep.add(what, replace(finding, id=id))


def _newest(answer: Answer) -> int | None:
    return max((time for one in answer.records if (time := millis(one)) is not None), default=None)
