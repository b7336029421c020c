"""Runs checks against one target: ``run(options) -> Report``."""

from __future__ import annotations

import time
import traceback
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime
from typing import Any, TypeVar

from ..checking.context import Context
from ..checking.registry import REGISTRY, Check, Phase, Probe
from ..checking.second_tries import refused_script
from ..checking.watch import Watch
from ..checks import load
from ..contract import Contract, shipped
from ..findings import Exhibit, Finding, Observation, Seen
from ..generated.walks import GeneratedRequests
from ..http.budget import Budget
from ..http.gate import Gate
from ..http.redaction import Secrets
from ..http.request_kinds import Traffic
from ..http.session import Session
from ..report import Job, Report, merge
from ..settings import RunOptions
from ..shared_jobs.evidence import Evidence
from ..verdict import UnavailableError, Verdict
from .plan import RunPlan, make_plan
from .quote import lines

_Result = TypeVar("_Result", Finding, Observation)


@dataclass(frozen=True, slots=True)
class Progress:
    """The progress of a run; ``seconds_left`` is ``None`` without a limit. ``jobs`` are the states
    of the shared jobs while they are waited for."""

    doing: str
    done: int
    of: int
    failed: int
    jobs_spent: int
    requests: int
    seconds_left: float | None
    jobs: str = ""


def run(
    options: RunOptions,
    *,
    contract: Contract | None = None,
    on_progress: Callable[[Progress], None] = lambda _: None,
    secrets: Secrets | None = None,
) -> Report:
    """Run what ``options`` select. ``secrets`` collects the texts to mask.

    Raises ``SelectionError`` before anything is sent, ``TargetError`` where nobody can log in, and
    nothing for what the server does otherwise.
    """
    load()
    return Run(options, contract or shipped(), on_progress, secrets or Secrets()).report()


def quote(options: RunOptions, contract: Contract, *, full: bool = True) -> str:
    """What a run would do and cost, in a few lines; ``full``: with every job. Nothing is sent."""
    load()
    plan = make_plan(contract, options)
    return "\n".join(lines(plan, options, _mark(options.seed), full=full))


class Run:
    """One run: its plan, its session, and the findings so far."""

    def __init__(
        self,
        options: RunOptions,
        contract: Contract,
        on_progress: Callable[[Progress], None],
        secrets: Secrets,
    ) -> None:
        self.options = options
        self.contract = contract
        self.plan: RunPlan = make_plan(contract, options)
        self._started = datetime.now(UTC)
        self._clock = time.monotonic()
        mark = _mark(options.seed)
        self._watch = Watch(contract, options.accounts, mark)
        limit = options.max_minutes
        self._gate = Gate(
            options.target,
            contract,
            budget=Budget(options.jobs),
            secrets=secrets,
            rate=options.rate,
            timeout=options.timeout,
            until=None if limit is None else self._clock + 60 * limit,
            allow_plain_http=options.allow_plain_http,
            on_answer=self._watch.observe,
            traffic=Traffic(contract, options.accounts, gentle=options.gentle),
            allow_private_links=options.allow_private_links,
        )
        self._session = Session(options, contract, self._gate)
        reuse = options.reuse.jobs if options.reuse else {}
        self._evidence = Evidence(self._session, self.plan.shared_jobs, mark, reuse)
        context = Context("generated", self._session, self._evidence, self._watch)
        self._generated = GeneratedRequests(context)
        self._evidence.on_change = lambda: self._tell("watching jobs", watching=True)
        self._on_progress = on_progress
        self._findings: dict[str, Finding] = {}
        self._parts: dict[str, list[Finding]] = {}  # those that were merged
        self._observations: dict[str, Observation] = {}

    def report(self) -> Report:
        """Run everything. Ctrl-C ends it early and keeps the findings."""
        stopped = ""
        try:
            self._run()
        except KeyboardInterrupt:
            stopped = "interrupted"
        return Report(
            self._gate.target,
            self._started,
            time.monotonic() - self._clock,
            tuple(self._finding(id, stopped) for id in self.contract.requirements),
            tuple(self._observation(id, stopped) for id in self.contract.questions),
            self.options.jobs,
            self._gate.budget.spent,
            self._gate.log.requests,
            stopped,
            tuple(self._jobs()),
            self.options.seed,
            self.options.asked_for,
            remarks=(*self._gate.remarks(), *self._generated.remarks()),
        )

    def _jobs(self) -> Iterator[Job]:
        """Every job that was spent, in the order of their answers."""
        traces = {trace.hash: trace for trace in self._evidence.traces() if trace.accepted}
        reused = [("", one.submission) for one in traces.values() if one.reused]
        for purpose, answer in reused + self._gate.jobs:
            trace = traces.get(answer.hash)
            sent = answer.exchange
            yield Job(
                trace.name if trace else "",
                sent.operation or f"{sent.method} {sent.url}",
                trace.account if trace else "",
                sent.request_body,
                self._gate.secrets.redact(answer.hash or ""),
                self._gate.secrets.redact(trace.summary()) if trace else answer.summary(),
                tuple(self.plan.serves(trace.name)) if trace else (purpose,),
                sent,
                trace is not None and trace.finished,
                trace is not None and trace.reused,
            )

    def _run(self) -> None:
        self._tell("logging in")
        self._session.login_all()
        for phase in Phase:
            if phase is Phase.AFTER and self.plan.shared_jobs.jobs:
                self._tell("submitting jobs")
                self._gate.purpose = "shared job"
                self._evidence.gather()
                for finding in refused_script(self._evidence):
                    self._watch.add(finding)
            if phase is Phase.LAST:
                self._generate(self._generated.after_jobs)
            for check in self.plan.checks:
                if check.phase is phase:
                    self._tell(check.id)
                    self._judge(check)
            for probe in self.plan.probes:
                if probe.phase is phase:
                    self._tell(probe.id)
                    self._observe(probe)
            if phase is Phase.BEFORE:
                self._generate(self._generated.before_jobs)
        self._tell("done")

    def _generate(self, part: Callable[[], None]) -> None:
        """Send generated requests, if somebody can log in. The watch is told of failures."""
        if not self.plan.generated.total or not self._session.has("first"):
            return
        self._tell("generated requests")
        self._gate.purpose = "generated request"
        try:
            part()
        except Exception:
            self._watch.add(_own_fault("GEN-5"))

    def _judge(self, check: Check) -> None:
        if reason := self.plan.untestable.get(check.id):
            self._findings[check.id] = Finding(check.id, Verdict.UNTESTABLE, reason)
            return
        self._gate.purpose = check.id
        context = Context(check.id, self._session, self._evidence, self._watch)
        found: list[Finding] = []
        try:
            for finding in _each(check.function(context)):
                found += [self._redacted(finding)]
        except UnavailableError as problem:
            found.append(self._redacted(_unavailable(check.id, problem)))
        except KeyboardInterrupt:
            failures = [one for one in found if one.verdict is Verdict.FAIL]
            if failures:  # what is left is not known, but this is
                self._keep(check.id, failures)
            raise
        except Exception:
            found.append(self._redacted(_own_fault(check.id)))
        if not found:
            found.append(Finding(check.id, Verdict.ERROR, "the check returned no finding"))
        self._keep(check.id, found)

    def _keep(self, id: str, found: list[Finding]) -> None:
        self._findings[id], self._parts[id] = merge(id, found), found

    def _observe(self, probe: Probe) -> None:
        if reason := self.plan.untestable.get(probe.id):
            self._observations[probe.id] = Observation(probe.id, Seen.UNOBSERVED, None, reason)
            return
        self._gate.purpose = probe.id
        context = Context(probe.id, self._session, self._evidence, self._watch)
        try:
            seen = probe.function(context)
        except UnavailableError as problem:
            seen = context.unobserved(problem.reason)
            seen = replace(seen, evidence=problem.evidence)
        except Exception:
            fault = _own_fault(probe.id)
            reason = f"error of the kit: {fault.message}"
            seen = Observation(probe.id, Seen.UNOBSERVED, None, reason, fault.evidence)
        self._observations[probe.id] = self._redacted(seen)

    def _redacted(self, result: _Result) -> _Result:
        """The same with its texts and exhibits redacted; exchanges are when they are recorded."""
        redact = self._gate.secrets.excerpt
        values = {field.name: getattr(result, field.name) for field in fields(result)}
        texts: dict[str, Any] = {
            name: redact(value)
            for name, value in values.items()
            if isinstance(value, str) and name != "id" and not _is_variant(result, name)
        }
        evidence = tuple(
            replace(item, title=redact(item.title), text=redact(item.text))
            if isinstance(item, Exhibit)
            else item
            for item in result.evidence
        )
        return replace(result, evidence=evidence, **texts)

    def _finding(self, id: str, stopped: str) -> Finding:
        """The result of the requirement's check, unless a breach was seen elsewhere."""
        own = self._own_finding(id, stopped)
        # A fault of the kit is told whatever was selected.
        told = self._watch.findings(id)
        told = [one for one in told if self._tells(id) or one.verdict is Verdict.ERROR]
        seen = [self._watch.without_plan(self._redacted(one)) for one in told]
        return own if own.verdict is Verdict.FAIL or not seen else merge(id, seen)

    def _tells(self, id: str) -> bool:
        """Whether a breach of it counts in this run."""
        return id not in self.plan.left_out or id in self._watch.accepted

    def _own_finding(self, id: str, stopped: str) -> Finding:
        if id in self._parts:
            return merge(id, map(self._watch.without_plan, self._parts[id]))
        if id in self._findings:
            return self._findings[id]
        if id in self.plan.left_out:
            return Finding(id, Verdict.SKIPPED, self.plan.left_out[id])
        if id in REGISTRY.checks:
            return Finding(id, Verdict.INCONCLUSIVE, stopped)
        return Finding(id, Verdict.ERROR, "the kit has no check for it")

    def _observation(self, id: str, stopped: str) -> Observation:
        if id in self._observations:
            return self._observations[id]
        reason = stopped if id in REGISTRY.probes else "the kit has no probe for it"
        reason = self.plan.left_out.get(id, reason)
        return Observation(id, Seen.UNOBSERVED, None, reason)

    def _tell(self, doing: str, *, watching: bool = False) -> None:
        done = len(self._findings) + len(self._observations)
        bad = {id for id, one in self._findings.items() if one.verdict >= Verdict.FAIL}
        self._on_progress(
            Progress(
                doing,
                done,
                len(self.plan.checks) + len(self.plan.probes),
                len(bad | set(filter(self._tells, self._watch.failed))),
                self._gate.budget.spent,
                self._gate.log.requests,
                self._gate.time_left(),
                self._evidence.states(len(self.plan.shared_jobs.jobs)) if watching else "",
            )
        )


def _each(outcome: Finding | Iterable[Finding]) -> Iterable[Finding]:
    return [outcome] if isinstance(outcome, Finding) else outcome


def _is_variant(result: Finding | Observation, name: str) -> bool:
    """An answer that questions.yaml lists is no secret, even if a password reads the same."""
    answered = isinstance(result, Observation) and result.seen is Seen.ANSWERED
    return answered and name == "answer"


def _unavailable(id: str, problem: UnavailableError) -> Finding:
    return Finding(id, problem.verdict, problem.reason, evidence=problem.evidence)


def _own_fault(id: str) -> Finding:
    trace = traceback.format_exc()
    return Finding(
        id,
        Verdict.ERROR,
        f"the check failed with an exception: {trace.strip().splitlines()[-1]}",
        evidence=(Exhibit("traceback of the kit", trace),),
    )


def _mark(seed: int) -> str:
    """A word that is in every prompt of the run, so that find can filter by it."""
    return f"sampan{seed % 0xFFFFFF:06x}"
