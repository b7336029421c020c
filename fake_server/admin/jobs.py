"""Jobs: where they stand, what becomes of them, and what a find filters by but no call sets."""

from __future__ import annotations

from typing import Any

from ..jobs import lifecycle
from ..jobs.lifecycle import Job, observe
from ..records.record import timestamp
from ..service import FakeService
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
        "parent_hash": job.parent_hash,
        "grid_num": job.grid_num,
        "favourite": job.favourite,
        "folders": list(job.folders),
    }


async def list_jobs(call: ControlCall) -> Any:
    account = call.account
    jobs = list(call.service.store.jobs(None if account is None else account.id))
    jobs.sort(key=lambda job: (job.created, job.id), reverse=True)
    conditions = {key: call.query[key] for key in ("state", "status") if key in call.query}
    found = [job_json(call.service, job) for job in jobs]
    met = [each for each in found if all(each[key] == value for key, value in conditions.items())]
    return {"jobs": met[: call.query["limit"]], "total": len(met)}


async def get_job(call: ControlCall) -> Any:
    return job_json(call.service, call.job())


async def complete_job(call: ControlCall) -> Any:
    job, now = _unended(call)
    return _put(call, lifecycle.complete(job, now))


async def fail_job(call: ControlCall) -> Any:
    job, now = _unended(call)
    return _put(call, lifecycle.fail(job, now, call.body.get("error", "job failed")))


async def stall_job(call: ControlCall) -> Any:
    job, now = _unended(call)
    return _put(call, lifecycle.stall(job, now))


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
