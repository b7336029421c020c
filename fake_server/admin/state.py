"""Everything as one document, and back."""

from __future__ import annotations

from typing import Any

from . import state_document as state
from .call import ControlCall, ControlError
from .state_document import StateError


async def export_state(call: ControlCall) -> Any:
    with call.service.store.turn():
        return state.export(call.service, call.account)


async def import_state(call: ControlCall) -> Any:
    try:
        accounts, jobs = state.restore(call.service, call.body)
    except StateError as problem:
        raise ControlError("bad-request", str(problem)) from problem
    return {"accounts": accounts, "jobs": jobs}
