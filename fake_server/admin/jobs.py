"""Jobs: where they stand, what becomes of them, and what a find filters by but no call sets."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import nullcontext
from typing import Any

from ..api.find import record_json
from ..jobs import lifecycle
from ..jobs.lifecycle import LATEST, MAX_PAUSES, Job, observe
from ..records.record import timestamp
from ..service import FakeService
from ..store.job_query import Find
from .call import ControlCall, ControlError


def job_json(service: FakeService, job: Job) -> dict[str, Any]:
    """``Job`` of ``admin.yaml``."""
    account = service.store.account_by_id(job.account)
    assert account is not None, job.account
    now = service.clocks.now(job.account)
    seen, end = observe(job, now), lifecycle.end(job)
    stands = job.plan.stalled and now - job.created >= job.plan.pauses[-1][0]
    return {
        "hash": job.hash,
        "job_id": job.job_id,
        "account": account.username,
        "kind": job.kind,
        "service": job.service,
        "prompt": job.prompt,
        "state": seen.state.value,
        "status": service.rules_for(job.account).profile.statuses[seen.state],
        "progress": seen.progress,
        "stalled": stands,
        "created_at": timestamp(job.created),
        "ends_at": None if end is None else timestamp(end),
        "visible_at": timestamp(job.created if job.visible is None else job.visible),
        "parent_hash": job.parent_hash,
        "grid_num": job.grid_num,
        "favourite": job.favourite,
        "folders": list(job.folders),
    }


async def list_jobs(call: ControlCall) -> Any:
    with nullcontext() if call.account else call.service.store.turn():
        return _listed(call)


def _listed(call: ControlCall) -> dict[str, Any]:
    service, query = call.service, call.query
    first, last = query["offset"], query["offset"] + query["limit"]
    slow = [
        _SLOW_CONDITIONS[name](service, query[name]) for name in _SLOW_CONDITIONS.keys() & query
    ]
    kinds = (query["kind"],) if "kind" in query else None
    # Jobs that are still hidden from a find are listed too: by that time all are visible.
    find = Find(call.account_id, LATEST, kinds=kinds, prompt=query.get("prompt"))
    if query.get("state") in ("queued", "running"):
        # Of thousands of jobs a few are under way; those of the latest clocks are sifted below.
        find = find._replace(ends_after=min(_times(call), default=0))
    if slow:
        jobs = [job for job in service.store.found(find) if all(admits(job) for admits in slow)]
        shown, total = jobs[first:last], len(jobs)
    else:
        ids, total = service.store.find(find._replace(limit=last))
        shown = service.store.by_ids(ids[first:])
    return {"jobs": [job_json(service, job) for job in shown], "total": total}


def _times(call: ControlCall) -> list[int]:
    """The time of each account that the call is about (ms)."""
    account, service = call.account, call.service
    accounts = service.store.accounts() if account is None else [account]
    return [service.clocks.now(each.id) for each in accounts]


def _in_state(service: FakeService, state: str) -> _Condition:
    return lambda job: observe(job, service.clocks.now(job.account)).state.value == state


def _with_status(service: FakeService, status: int) -> _Condition:
    def admits(job: Job) -> bool:
        seen = observe(job, service.clocks.now(job.account))
        return service.rules_for(job.account).profile.statuses[seen.state] == status

    return admits


def _with_parent(_: FakeService, hash: str) -> _Condition:
    return lambda job: job.parent_hash == hash


_Condition = Callable[[Job], bool]

#: The conditions that no column answers, so that every job must be looked at.
_SLOW_CONDITIONS: Mapping[str, Callable[[FakeService, Any], _Condition]] = {
    "state": _in_state,
    "status": _with_status,
    "parent": _with_parent,
}


async def get_job(call: ControlCall) -> Any:
    return job_json(call.service, call.job())


async def get_job_record(call: ControlCall) -> Any:
    service, job = call.service, call.job()
    seen = observe(job, service.clocks.now(job.account))
    return record_json(service, job, seen, call.base, service.rules_for(job.account).profile)


async def delete_job(call: ControlCall) -> Any:
    call.service.store.drop(call.job())
    return {"deleted": 1}


async def complete_job(call: ControlCall) -> Any:
    job, now = _unended(call)
    return _put(call, lifecycle.complete(job, now))


async def fail_job(call: ControlCall) -> Any:
    job, now = _unended(call)
    return _put(call, lifecycle.fail(job, now, call.body.get("error", "job failed")))


async def stall_job(call: ControlCall) -> Any:
    job, now = _unended(call)
    stalled = lifecycle.stall(job, now)
    if len(stalled.plan.pauses) > MAX_PAUSES:
        raise ControlError("conflict", f"the job was stalled {MAX_PAUSES} times; use another")
    return _put(call, stalled)


async def resume_job(call: ControlCall) -> Any:
    job, now = _unended(call)
    if not job.plan.stalled:
        raise ControlError("conflict", "the job is not stalled, so it can't be resumed")
    return _put(call, lifecycle.resume(job, now))


async def add_favourite(call: ControlCall) -> Any:
    return _put(call, call.job()._replace(favourite=True))


async def remove_favourite(call: ControlCall) -> Any:
    return _put(call, call.job()._replace(favourite=False))


async def add_to_folder(call: ControlCall) -> Any:
    job, folder = call.job(), call.path["folder"]
    folders = job.folders if folder in job.folders else (*job.folders, folder)
    return _put(call, job._replace(folders=folders))


async def remove_from_folder(call: ControlCall) -> Any:
    job, folder = call.job(), call.path["folder"]
    return _put(call, job._replace(folders=tuple(each for each in job.folders if each != folder)))


def _unended(call: ControlCall) -> tuple[Job, int]:
    """The job and its account's time. Raises :class:`ControlError` if it has ended."""
    job = call.job()
    now = call.service.clocks.now(job.account)
    state = observe(job, now).state
    if state.final:
        raise ControlError("conflict", f"the job has already {state.value}")
    return job, now


def _put(call: ControlCall, job: Job) -> dict[str, Any]:
    call.service.store.put([job])
    return job_json(call.service, job)
