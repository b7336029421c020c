"""What a run would do and what it would cost, before anything is sent."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from ..checking.registry import REGISTRY, Check, Observer
from ..contract import Contract, Question, Requirement, selected
from ..http.budget import Budget
from ..http.session import Options
from ..shared_jobs.catalogue import WavePlan, plan

#: What the page's service takes for a job, in seconds; only for the quote.
USUAL_JOB = 60
#: Requests of a check or an observer, on average; only for the quote.
_REQUESTS = 5


class SelectionError(ValueError):
    """``--only`` selects nothing, or a requirement has no check."""


@dataclass(frozen=True, slots=True)
class RunPlan:
    """The checks and observers to run, the jobs to submit, and what stays untestable and why."""

    checks: tuple[Check, ...]
    deeper: tuple[Check, ...]
    observers: tuple[Observer, ...]
    selected: frozenset[str]
    waves: WavePlan
    untestable: Mapping[str, str]

    @property
    def jobs(self) -> int:
        return len(self.waves.jobs)

    def quote(self, options: Options) -> str:
        """How many jobs, how long, what stays untestable; a few lines."""
        lines = [
            f"{len(self.checks)} requirements and {len(self.observers)} questions on"
            f" {options.target}",
            f"jobs: {self._jobs(options)}",
            f"time: {self._time(options)}",
        ]
        if self.untestable:
            lines.append(f"untestable: {_grouped(self.untestable)}")
        return "\n".join(lines)

    def _jobs(self, options: Options) -> str:
        if options.exhaustive:
            return f"{self.jobs} planned, and as many more as generated requests start"
        if options.jobs is None:
            return f"{self.jobs} planned (no limit)"
        cap = Budget(options.jobs).stray_cap if options.jobs else 0
        risk = f"; up to {cap} if the server takes what it ought to refuse" if cap else ""
        return f"{self.jobs} planned ({options.jobs} allowed{risk})"

    def _time(self, options: Options) -> str:
        waves = len({one.wave for one in self.waves.jobs})
        requests = _REQUESTS * (len(self.checks) + len(self.observers))
        seconds = requests / (options.rate or 100)
        spent = "a few seconds" if seconds < 10 else f"about {_rounded(seconds)}"
        pace = f" for some {requests} requests at {options.rate:g} a second" if options.rate else ""
        several = "s" if waves > 1 else ""
        durations = f"{waves} job duration{several} (about {USUAL_JOB} s each on the live service)"
        deeper = ", a minute more for generated requests" if self.deeper else ""
        return f"{f'{durations} and ' if waves else ''}{spent}{pace}{deeper}"


def make_plan(contract: Contract, options: Options) -> RunPlan:
    """Select checks by ``options.only`` and plan the jobs they need."""
    checks = [
        REGISTRY.checks[one.id]
        for one in contract.requirements.values()
        if one.id in REGISTRY.checks and selected(one.id, one.section, options.only)
    ]
    observers = [
        REGISTRY.observers[one.id]
        for one in contract.questions.values()
        if one.id in REGISTRY.observers and selected(one.id, one.section, options.only)
    ]
    if not checks and not observers:
        raise SelectionError(
            f"--only {' '.join(options.only)} selects nothing; --list shows the ids"
        )
    both: list[Check | Observer] = [*checks, *observers]
    refusals = any(one.refusals for one in both)
    wanted = {name for one in both for name in one.needs + one.wants}
    spare = refusals and bool(wanted)
    waves = plan(wanted, jobs=options.jobs, spare=spare, accounts=options.accounts)
    deeper = [REGISTRY.deeper[one.id] for one in checks if one.id in REGISTRY.deeper]
    untestable = dict(_untestable(contract, checks, waves, options))
    return RunPlan(
        tuple(checks),
        tuple(deeper) if options.exhaustive else (),
        tuple(observers),
        _selected(contract, options.only),
        waves,
        untestable,
    )


def _rounded(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 100 else f"{seconds / 60:.0f} minutes"


def _selected(contract: Contract, only: tuple[str, ...]) -> frozenset[str]:
    every: list[Requirement | Question] = [*contract.requirements.values()]
    every += contract.questions.values()
    return frozenset(one.id for one in every if selected(one.id, one.section, only))


def _untestable(
    contract: Contract, checks: list[Check], waves: WavePlan, options: Options
) -> Iterable[tuple[str, str]]:
    for one in checks:
        requirement = contract.requirements[one.id]
        missing = next((waves.left_out[name] for name in one.needs if name in waves.left_out), None)
        role = {"2": "second", "limited": "limited"}.get(requirement.accounts, "first")
        if role not in options.accounts:
            yield one.id, f"needs a {role} account"
        elif missing is not None:
            yield one.id, missing
        elif one.refusals and options.jobs == 0:
            yield one.id, "needs a job budget of 1, which a refusal gives back"


def _grouped(reasons: Mapping[str, str]) -> str:
    by_reason: dict[str, list[str]] = {}
    for id, reason in reasons.items():
        by_reason.setdefault(reason, []).append(id)
    return "; ".join(f"{', '.join(ids)} ({reason})" for reason, ids in by_reason.items())
