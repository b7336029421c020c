"""The fake as a whole: is it there, which one is it, and start it afresh."""

from __future__ import annotations

from importlib.metadata import version
from typing import Any

from ..contract import yaml_files
from ..store.transactions import NotStoredError
from .call import ControlCall, ControlError


async def get_health(_: ControlCall) -> Any:
    return {"status": "ok"}


async def get_ready(call: ControlCall) -> Any:
    try:
        call.service.store.check()
        call.service.troubles.look()
    except NotStoredError as problem:
        raise ControlError("not-ready", str(problem)) from problem
    lost = call.service.store.file.lost()
    if lost is not None:
        raise ControlError("not-ready", lost)
    return {"status": "ready"}


async def get_version(call: ControlCall) -> Any:
    return {
        "version": version("sampan"),
        "contract": call.service.spec.document["info"]["version"],
        "seed": call.service.seed,
    }


async def get_control_document(_: ControlCall) -> Any:
    return yaml_files.read("admin.yaml")


async def reset(call: ControlCall) -> Any:
    service, account = call.service, call.account
    accounts = service.store.accounts() if account is None else [account]
    jobs = sum(service.store.counts(each.id).stored for each in accounts)
    with service.store.transaction():
        if account is None:
            service.set_clock(None, service.first_clock())
            service.drop_profile(None)
            service.faults.clear(None)
            service.scenarios.clear()
            service.store.transaction.then(service.journal.clear)
        for each in accounts:
            service.forget(each, journal=account is not None)  # else it is empty already
    return {"accounts": [each.username for each in accounts], "jobs": jobs}
