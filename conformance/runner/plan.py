"""The plan of a run and its cost, before anything is sent."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeVar

from ..checking.registry import REGISTRY, Check, Probe
from ..contract import Contract, Question, Requirement, selected
from ..http.budget import Budget
from ..settings import RunOptions
from ..shared_jobs.catalogue import JobSelection, select_jobs

#: The usual duration of a job on the live service, in seconds; only for the quote.
USUAL_JOB = 60
#: Requests of a check or a probe, on average; only for the quote.
_REQUESTS = 5

_Registered = TypeVar("_Registered", Check, Probe)


class SelectionError(ValueError):
    """``--only`` selects nothing."""


@dataclass(frozen=True, slots=True)
class RunPlan:
    """The checks and probes to run, the jobs to submit, and the untestable ones with the reason."""

    checks: tuple[Check, ...]
    exhaustive: tuple[Check, ...]
    probes: tuple[Probe, ...]
    selected: frozenset[str]
    shared_jobs: JobSelection
    untestable: Mapping[str, str]

    @property
    def jobs(self) -> int:
        return len(self.shared_jobs.jobs)

    def quote(self, options: RunOptions) -> str:
        """The number of jobs, the time, and what stays untestable; a few lines."""
        lines = [
            f"{len(self.checks)} requirements and {len(self.probes)} questions on {options.target}",
            f"jobs: {self._jobs(options)}",
            f"time: {self._time(options)}",
        ]
        if self.untestable:
            lines.append(f"untestable: {_grouped(self.untestable)}")
        return "\n".join(lines)

    def _jobs(self, options: RunOptions) -> str:
        if options.exhaustive:
            return f"{self.jobs} planned, plus any number from generated requests"
        if options.jobs is None:
            return f"{self.jobs} planned (no limit)"
        cap = Budget(options.jobs).stray_cap if options.jobs else 0
        risk = f"; up to {cap} if the server accepts what it must refuse" if cap else ""
        return f"{self.jobs} planned ({options.jobs} allowed{risk})"

    def _time(self, options: RunOptions) -> str:
        requests = _REQUESTS * (len(self.checks) + len(self.probes))
        seconds = requests / (options.rate or 100)
        time = "a few seconds" if seconds < 10 else f"about {_rounded(seconds)}"
        if options.rate:
            time += f" for some {requests} requests at {options.rate:g} a second"
        if batches := len({job.batch for job in self.shared_jobs.jobs}):
            several = "s" if batches > 1 else ""
            each = f"about {USUAL_JOB} s each on the live service"
            time = f"{batches} job duration{several} ({each}) and {time}"
        return time + (", plus a minute for generated requests" if self.exhaustive else "")


def make_plan(contract: Contract, options: RunOptions) -> RunPlan:
    """Select checks and probes by ``options.only``, and the jobs they need."""
    rows: list[Requirement | Question] = [*contract.requirements.values()]
    rows += contract.questions.values()
    ids = frozenset(row.id for row in rows if selected(row.id, row.section, options.only))
    checks = _in_order(contract.requirements, ids, REGISTRY.checks)
    probes = _in_order(contract.questions, ids, REGISTRY.probes)
    if not checks and not probes:
        raise SelectionError(
            f"--only {' '.join(options.only)} selects nothing; --list prints the ids"
        )
    every: list[Check | Probe] = [*checks, *probes]
    names = {name for each in every for name in each.needs + each.wants}
    spare = bool(names) and any(each.refusals for each in every)
    jobs = select_jobs(names, jobs=options.jobs, spare=spare, accounts=options.accounts)
    exhaustive = _in_order(contract.requirements, ids, REGISTRY.exhaustive)
    return RunPlan(
        checks,
        exhaustive if options.exhaustive else (),
        probes,
        ids,
        jobs,
        dict(_untestable(contract, checks, jobs, options)),
    )


def _in_order(
    order: Iterable[str], ids: frozenset[str], registered: Mapping[str, _Registered]
) -> tuple[_Registered, ...]:
    """In the order of the contract."""
    return tuple(registered[id] for id in order if id in ids and id in registered)


def _rounded(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 100 else f"{seconds / 60:.0f} minutes"


def _untestable(
    contract: Contract, checks: Iterable[Check], jobs: JobSelection, options: RunOptions
) -> Iterator[tuple[str, str]]:
    for check in checks:
        accounts = contract.requirements[check.id].accounts
        role = {"2": "second", "limited": "limited"}.get(accounts, "first")
        missing = [jobs.missing[name] for name in check.needs if name in jobs.missing]
        if role not in options.accounts:
            yield check.id, f"needs a {role} account"
        elif missing:
            yield check.id, missing[0]
        elif check.refusals and options.jobs == 0:
            yield check.id, "needs a job budget of 1, which a refusal gives back"


def _grouped(reasons: Mapping[str, str]) -> str:
    by_reason: dict[str, list[str]] = {}
    for id, reason in reasons.items():
        by_reason.setdefault(reason, []).append(id)
    return "; ".join(f"{', '.join(ids)} ({reason})" for reason, ids in by_reason.items())
