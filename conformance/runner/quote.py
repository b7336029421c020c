"""The plan of a run in words: what the server will receive, what it costs, what stays untested."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

from ..generated.shares import WAITS
from ..http.request_kinds import ALARMING, Kind
from ..json_access import Record
from ..settings import RunOptions
from ..shared_jobs.catalogue import SharedJob
from ..shared_jobs.evidence import polls
from ..shared_jobs.trace import JobTrace
from .plan import RunPlan

#: The usual duration of a job on the live service, in seconds.
_USUAL_JOB = 60


class _Symbols:
    """Stands for the records of jobs that do not exist yet."""

    def __init__(self, mark: str) -> None:
        self.mark = mark

    def record(self, name: str) -> Record:
        links = ("original_url", "img_buffer", "img_thumb")
        return {key: f"<{key} of {name}>" for key in ("hash", "job_id", *links)}

    def sender(self, account: str) -> str:
        return f"<sender_id of the {account} account>"

    def sent(self, *names: str) -> list[JobTrace]:
        return []


def job_bodies(jobs: Iterable[SharedJob], mark: str) -> dict[str, str]:
    """The body of each job as JSON, with placeholders for what only the server can know."""
    material = _Symbols(mark)
    return {job.name: _text(job.body(material)) for job in jobs}


def lines(plan: RunPlan, options: RunOptions, mark: str, *, full: bool) -> Iterator[str]:
    """``full``: with every job, as a person wants it before the first run on another's server."""
    yield f"{len(plan.checks)} requirements and {len(plan.probes)} questions on {options.target}"
    yield f"jobs: {_jobs(plan, options)}"
    if full:
        yield from _itemised(plan, mark)
    yield from _requests(plan, options)
    yield f"time: {_time(plan, options)}"
    if plan.untestable:
        yield f"untestable: {_grouped(plan.untestable)}"
    if plan.history and not plan.jobs:
        yield f"untestable unless the account has finished jobs: {', '.join(plan.history)}"


def _jobs(plan: RunPlan, options: RunOptions) -> str:
    planned = f"{plan.jobs} planned"
    if plan.shared_jobs.reused:
        planned += f", {len(plan.shared_jobs.reused)} used again if the account still has them"
    if plan.generated.jobs:
        planned += f", up to {plan.generated.jobs} from generated requests, as the budget allows"
    if options.jobs is None:
        return f"{planned} (no limit){_risk(plan)}"
    return f"{planned} ({options.jobs} allowed){_risk(plan)}"


def _risk(plan: RunPlan) -> str:
    jobs = max(0, plan.most_jobs - plan.jobs - plan.generated.jobs)
    return f"; up to {jobs} more if the server accepts what it must refuse" if jobs else ""


def _itemised(plan: RunPlan, mark: str) -> Iterator[str]:
    bodies = job_bodies(plan.shared_jobs.jobs, mark)
    for job in plan.shared_jobs.jobs:
        serves = [one for one in plan.serves(job.name) if one not in plan.untestable]
        again = ", used again" if job.name in plan.shared_jobs.reused else ""
        more = f" and {len(serves) - 4} more" if len(serves) > 4 else ""
        purpose = f"for {', '.join(serves[:4])}{more}{again}"
        yield f"  {job.name}: {job.operation} {bodies[job.name]}, {purpose}"
    if plan.jobs:
        yield f"  (the word {mark} differs from run to run; --seed repeats it)"


def _requests(plan: RunPlan, options: RunOptions) -> Iterator[str]:
    sent = plan.requests
    usual = {kind: sent[kind] for kind in Kind if kind not in ALARMING and sent[kind]}
    alarming = {kind: sent[kind] for kind in ALARMING if sent[kind]}
    yield f"requests: at most {sent.total()}: {_counts(usual)}"
    if looks := looks_at_jobs(plan, options):
        yield f"  and up to {looks} finds while jobs run, one every {_PACE} for each account;"
        yield "  more where finds leave out a running job: up to 5 pages and one for its hash each"
    if alarming:
        yield f"  among them, left out by --gentle: {_counts(alarming)}"
    if total := plan.generated.total:
        more = plan.generated.reductions
        yield f"  {total} of them generated; if one fails, up to {more} finds or logins more"
        yield "  to find the smallest request that still fails"


_PACE = "0.03 to 2 s"


def looks_at_jobs(plan: RunPlan, options: RunOptions) -> int:
    """The most finds that watch jobs on a server that takes all jobs of a batch at once."""
    rounds = {(job.batch, job.account) for job in plan.shared_jobs.jobs}
    each = polls(options.job_timeout)
    generated = 2 * WAITS * each if plan.generated.jobs else 0
    return generated + (len(rounds) * each + 2 * plan.jobs + len(rounds) if rounds else 0)


def _time(plan: RunPlan, options: RunOptions) -> str:
    requests = plan.requests.total()
    seconds = requests / (options.rate or 100)
    time = "a few seconds" if seconds < 10 else f"about {_rounded(seconds)}"
    if options.rate:
        time += f" for {requests} requests at {options.rate:g} a second"
    if batches := len({job.batch for job in plan.shared_jobs.jobs}):
        several = "s" if batches > 1 else ""
        each = f"about {_USUAL_JOB} s each on the live service"
        time = f"{batches} job duration{several} ({each}) and {time}"
    return time


def _rounded(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 100 else f"{seconds / 60:.0f} minutes"


def _counts(counts: Mapping[Kind, int] | Counter[Kind]) -> str:
    return ", ".join(kind.counted(count) for kind, count in counts.items())


def _grouped(reasons: Mapping[str, str]) -> str:
    by_reason: dict[str, list[str]] = {}
    for id, reason in reasons.items():
        by_reason.setdefault(reason, []).append(id)
    return "; ".join(f"{', '.join(ids)} ({reason})" for reason, ids in by_reason.items())


def _text(body: Mapping[str, object]) -> str:
    return json.dumps(body, ensure_ascii=False)
