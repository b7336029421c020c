"""Jobs: where they stand, what becomes of them, and what a find filters by but no call sets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ..jobs import lifecycle
from ..jobs.lifecycle import JobFacts, observe
from ..records.record import timestamp
from ..service import World
from .call import ControlCall, ControlError, ControlHandler


def shown(world: World, facts: JobFacts) -> dict[str, Any]:
    """``Job`` of ``admin.yaml``."""
    account = world.store.account_by_id(facts.account)
    assert account is not None, facts.account
    now = world.clocks.now(facts.account)
    seen, end = observe(facts, now), lifecycle.end(facts)
    stands = facts.plan.stalled and now - facts.created >= facts.plan.pauses[-1][0]
    return {
        "hash": facts.hash,
        "job_id": facts.job_id,
        "account": account.username,
        "kind": facts.kind,
        "service": facts.service,
        "prompt": facts.prompt,
        "state": seen.state.value,
        "status": world.seen_by(facts.account).profile.statuses[seen.state],
        "progress": seen.progress,
        "stalled": stands,
        "created_at": timestamp(facts.created),
        "ends_at": None if end is None else timestamp(end),
        "parent_hash": facts.parent_hash,
        "grid_num": facts.grid_num,
        "favourite": facts.favourite,
        "folders": list(facts.folders),
    }


async def listed(call: ControlCall) -> Any:
    """Jobs, newest first."""
    account = call.account
    jobs = list(call.world.store.jobs(None if account is None else account.id))
    jobs.sort(key=lambda facts: (facts.created, facts.id), reverse=True)
    conditions = {key: call.query[key] for key in ("state", "status") if key in call.query}
    found = [shown(call.world, facts) for facts in jobs]
    met = [job for job in found if all(job[key] == value for key, value in conditions.items())]
    return {"jobs": met[: call.query["limit"]], "total": len(met)}


async def one(call: ControlCall) -> Any:
    """One job."""
    return shown(call.world, call.job())


async def complete(call: ControlCall) -> Any:
    """Finish it now."""
    facts, now = _unended(call)
    return _put(call, lifecycle.complete(facts, now))


async def fail(call: ControlCall) -> Any:
    """Fail it now."""
    facts, now = _unended(call)
    return _put(call, lifecycle.fail(facts, now, call.body.get("error", "job failed")))


async def stall(call: ControlCall) -> Any:
    """Stop it where it is."""
    facts, now = _unended(call)
    return _put(call, lifecycle.stall(facts, now))


async def resume(call: ControlCall) -> Any:
    """Let it go on."""
    facts, now = _unended(call)
    if not facts.plan.stalled:
        raise ControlError("conflict", "the job is not stalled; it goes on by itself")
    return _put(call, lifecycle.resume(facts, now))


async def add_favourite(call: ControlCall) -> Any:
    """Make it a favourite."""
    return _put(call, replace(call.job(), favourite=True))


async def remove_favourite(call: ControlCall) -> Any:
    """Make it none."""
    return _put(call, replace(call.job(), favourite=False))


async def add_to_folder(call: ControlCall) -> Any:
    """Put it into a folder."""
    facts, folder = call.job(), call.path["folder"]
    folders = facts.folders if folder in facts.folders else (*facts.folders, folder)
    return _put(call, replace(facts, folders=folders))


async def remove_from_folder(call: ControlCall) -> Any:
    """Take it out of a folder."""
    facts, folder = call.job(), call.path["folder"]
    return _put(
        call, replace(facts, folders=tuple(each for each in facts.folders if each != folder))
    )


def _unended(call: ControlCall) -> tuple[JobFacts, int]:
    """The job and its account's time. Raises :class:`ControlError` if it has ended."""
    facts = call.job()
    now = call.world.clocks.now(facts.account)
    state = observe(facts, now).state
    if state.final:
        raise ControlError("conflict", f"the job has {state.value} already")
    return facts, now


def _put(call: ControlCall, facts: JobFacts) -> dict[str, Any]:
    call.world.store.put([facts])
    return shown(call.world, facts)


HANDLERS: Mapping[str, ControlHandler] = {
    "listJobs": listed,
    "getJob": one,
    "completeJob": complete,
    "failJob": fail,
    "stallJob": stall,
    "resumeJob": resume,
    "addFavourite": add_favourite,
    "removeFavourite": remove_favourite,
    "addToFolder": add_to_folder,
    "removeFromFolder": remove_from_folder,
}
