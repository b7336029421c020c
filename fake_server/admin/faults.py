"""Faults: armed, listed, disarmed."""

from __future__ import annotations

from typing import Any

from ..armed.faults import Fault, to_json
from ..suggestions import suggest
from .call import ControlCall, ControlError


async def list_faults(call: ControlCall) -> Any:
    account = call.account
    return {
        "faults": [
            to_json(fault)
            for fault in call.service.faults.all
            if account is None or fault.match.account == account.username
        ]
    }


async def arm_fault(call: ControlCall) -> Any:
    account = call.body.get("match", {}).get("account")
    if account is not None:
        call.named(account)
    delay = call.body.get("delay")
    if isinstance(delay, dict) and delay.get("lower", 0) > delay.get("upper", 0):
        raise ControlError("bad-request", "delay: lower must not be greater than upper")
    return to_json(call.service.faults.arm(call.body))


async def clear_faults(call: ControlCall) -> Any:
    account = call.account
    return {"deleted": call.service.faults.clear(None if account is None else account.username)}


async def get_fault(call: ControlCall) -> Any:
    return to_json(_fault(call))


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
