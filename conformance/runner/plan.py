"""The plan of a run, before anything is sent: ``quote.py`` prints it, ``run.py`` carries it out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TypeVar

from ..checking.registry import REGISTRY, Check, Phase, Probe
from ..contract import Contract, Question, Requirement, selected
from ..generated.shares import Shares, shares
from ..http.budget import Budget
from ..http.request_kinds import ALARMING, Kind, gentle_reason
from ..settings import RunOptions
from ..shared_jobs.catalogue import JobSelection, select_jobs
from .requests import Row, rows

_Registered = TypeVar("_Registered", Check, Probe)


class SelectionError(ValueError):
    """``--only`` and ``--skip`` select nothing."""


@dataclass(frozen=True, slots=True)
class RunPlan:
    """The checks and probes to run, the jobs to submit, and what is left out or untestable, each
    with the reason.

    ``requests``: the most that a server receives that answers as it must, without the finds that
    watch jobs. ``most_jobs``: planned, at risk and generated. ``history``: what needs records
    of earlier jobs if no job is planned.
    """

    checks: tuple[Check, ...]
    probes: tuple[Probe, ...]
    left_out: Mapping[str, str]
    shared_jobs: JobSelection
    untestable: Mapping[str, str]
    requests: Counter[Kind]
    most_jobs: int
    history: tuple[str, ...]
    generated: Shares

    @property
    def jobs(self) -> int:
        """How many are submitted; those of an earlier run are not."""
        return self.shared_jobs.cost

    def without_checks(self) -> RunPlan:
        """The same with generated requests alone: no check, no question, no shared job."""
        jobs = select_jobs((), jobs=0, spare=False, accounts=())
        return replace(self, checks=(), probes=(), shared_jobs=jobs, untestable={})

    def serves(self, job: str) -> list[str]:
        """The requirements and questions that look at a job."""
        every: list[Check | Probe] = [*self.checks, *self.probes]
        return [one.id for one in every if job in one.needs + one.wants]


def make_plan(contract: Contract, options: RunOptions) -> RunPlan:
    """Select checks and probes by the options, and the jobs they need."""
    every_row: list[Requirement | Question] = [*contract.requirements.values()]
    every_row += contract.questions.values()
    _refuse_unknown(every_row, options)
    left_out = dict(_left_out(every_row, options))
    ids = {*contract.requirements, *contract.questions} - set(left_out)
    checks = _in_order(contract.requirements, ids, REGISTRY.checks)
    probes = _in_order(contract.questions, ids, REGISTRY.probes)
    if not checks and not probes:
        asked = [f"--only {' '.join(options.only)}"] if options.only else []
        asked += [f"--skip {' '.join(options.skip)}"] if options.skip else []
        raise SelectionError(f"{' '.join(asked)} selects nothing; --list prints the ids")
    gentle = dict(_alarming(checks, probes)) if options.gentle else {}
    every: list[Check | Probe] = [*checks, *probes]
    running = [one for one in every if one.id not in gentle]
    names = {name for each in running for name in each.needs + each.wants}
    spare = bool(names) and any(each.refusals for each in running)
    jobs = select_jobs(
        names,
        jobs=options.jobs,
        spare=spare,
        accounts=options.accounts,
        earlier=options.reuse.jobs if options.reuse else (),
    )
    if options.jobs == jobs.cost:
        checks = tuple(map(_before_jobs, checks))
    untestable = gentle | dict(_untestable(contract, checks, jobs, options))
    sent = rows(one.id for one in running if one.id not in untestable)
    return RunPlan(
        checks,
        probes,
        left_out,
        jobs,
        untestable,
        _requests(sent, jobs, options),
        _most_jobs(sent, jobs, options),
        tuple(id for id, row in sent.items() if row.history),
        shares(options),
    )


def _refuse_unknown(rows: list[Requirement | Question], options: RunOptions) -> None:
    """What is misspelt after ``--skip`` would be sent all the same."""
    for flag, names in (("--only", options.only), ("--skip", options.skip)):
        for name in names:
            if not any(selected(row.id, row.section, (name,)) for row in rows):
                raise SelectionError(f"{flag} {name} selects nothing; --list prints the ids")


def _left_out(rows: list[Requirement | Question], options: RunOptions) -> Iterator[tuple[str, str]]:
    for row in rows:
        if not selected(row.id, row.section, options.only):
            yield row.id, "not selected"
        elif options.skip and selected(row.id, row.section, options.skip):
            yield row.id, "left out by --skip"


def _in_order(
    order: Iterable[str], ids: Iterable[str], registered: Mapping[str, _Registered]
) -> tuple[_Registered, ...]:
    """In the order of the contract."""
    chosen = set(ids)
    return tuple(registered[id] for id in order if id in chosen and id in registered)


def _before_jobs(one: Check) -> Check:
    """Refusals that need no job come first where the planned jobs take the whole budget: a refusal
    gives its job back."""
    if one.refusals and not one.needs + one.wants and one.phase is Phase.AFTER:
        return replace(one, phase=Phase.BEFORE)
    return one


def _alarming(checks: Iterable[Check], probes: Iterable[Probe]) -> Iterator[tuple[str, str]]:
    # Checks of the last phase judge what others sent, and in a gentle run send nothing alarming.
    sending = [one.id for one in (*checks, *probes) if one.phase is not Phase.LAST]
    for id, row in rows(sending).items():
        if kinds := [kind for kind in ALARMING if row.requests[kind]]:
            yield id, gentle_reason(kinds)


def _requests(sent: Mapping[str, Row], jobs: JobSelection, options: RunOptions) -> Counter[Kind]:
    total: Counter[Kind] = sum((row.requests for row in sent.values()), Counter())
    if options.gentle:
        total = Counter({kind: total[kind] for kind in Kind if kind not in ALARMING})
    total[Kind.LOGIN] += max(1, len(options.accounts))
    total[Kind.SUBMISSION] += len(jobs.jobs)
    total += shares(options).kinds
    if options.jobs == 0:
        del total[Kind.SUBMISSION]  # the gate sends none
    return total


def _most_jobs(sent: Mapping[str, Row], jobs: JobSelection, options: RunOptions) -> int:
    generated = shares(options)
    planned = len(jobs.jobs) + generated.jobs
    risks = sum(row.risks for row in sent.values()) + generated.risks
    if options.jobs is None:
        return planned + risks
    if not options.jobs:
        return 0
    cap = Budget(options.jobs).stray_cap or 0
    return min(options.jobs, planned + min(cap, risks))


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
        elif check.refusals and check.phase > Phase.BEFORE and options.jobs == jobs.cost:
            yield check.id, "needs a job budget above the planned jobs, which a refusal gives back"
