"""Faults: armed, listed, disarmed."""

from __future__ import annotations

from typing import Any

from ..armed.fault import Fault, FaultError, to_json
from ..http.matching import MatchError
from ..suggestions import listed, suggest
from .call import ControlCall, ControlError


def _fault_json(call: ControlCall, fault: Fault) -> dict[str, Any]:
    """``ArmedFault`` of ``admin.yaml``; its note warns of a delay that would not end by itself."""
    document = to_json(fault)
    note = _note(call, fault)
    return document if note is None else {**document, "note": note}


def _note(call: ControlCall, fault: Fault) -> str | None:
    delayed = fault.delay not in (None, 0) or fault.type == "TRICKLE"
    if not delayed or fault.clock == "real" or fault.used_up:
        return None
    clocks, store = call.service.clocks, call.service.store
    frozen = [
        repr(each.username)
        for each in store.accounts()
        if fault.match.account in (None, each.username) and clocks.state(each.id).frozen is not None
    ]
    if not frozen:
        return None
    return (
        f"the clock of {listed(frozen)} is frozen: the response is held until it is advanced, set"
        " or resumed. With clock real, the delay passes in real time"
    )


async def list_faults(call: ControlCall) -> Any:
    account = call.account
    return {
        "faults": [
            _fault_json(call, fault)
            for fault in call.service.faults.all
            if account is None or fault.match.account == account.username
        ]
    }


async def arm_fault(call: ControlCall) -> Any:
    account = call.body.get("match", {}).get("account")
    if account is not None:
        call.named(account)
    try:
        fault = call.service.faults.arm(call.body)
    except (FaultError, MatchError) as problem:
        where = "match." if isinstance(problem, MatchError) else ""
        raise ControlError("bad-request", f"{where}{problem}") from problem
    return _fault_json(call, fault)


async def clear_faults(call: ControlCall) -> Any:
    account = call.account
    return {"deleted": call.service.faults.clear(None if account is None else account.username)}


async def get_fault(call: ControlCall) -> Any:
    return _fault_json(call, _fault(call))


async def delete_fault(call: ControlCall) -> Any:
    call.service.faults.disarm(_fault(call))
    return {"deleted": 1}


def _fault(call: ControlCall) -> Fault:
    fault = call.service.faults.by_id(call.path["id"])
    if fault is None:
        known = [each.id for each in call.service.faults.all]
        rest = suggest(call.path["id"], known, "faults")
        raise ControlError("not-found", f"fault {call.path['id']!r} does not exist{rest}")
    return fault
