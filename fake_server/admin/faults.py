"""Faults: armed, listed, disarmed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..faults.faults import Fault, told
from .call import ControlCall, ControlError, ControlHandler


async def listed(call: ControlCall) -> Any:
    """Those that are armed, or were until they were used up."""
    account = call.account
    return {
        "faults": [
            told(fault)
            for fault in call.service.faults.all
            if account is None or fault.match.account == account.username
        ]
    }


async def arm(call: ControlCall) -> Any:
    """Make calls go wrong."""
    account = call.body.get("match", {}).get("account")
    if account is not None:
        call.named(account)
    delay = call.body.get("delay")
    if isinstance(delay, dict) and delay.get("lower", 0) > delay.get("upper", 0):
        raise ControlError("bad-request", "delay: lower is more than upper")
    return told(call.service.faults.arm(call.body))


async def clear(call: ControlCall) -> Any:
    """Disarm those of an account, or all."""
    account = call.account
    return {"deleted": call.service.faults.clear(None if account is None else account.username)}


async def one(call: ControlCall) -> Any:
    """One of them."""
    return told(_fault(call))


async def delete(call: ControlCall) -> Any:
    """Disarm one."""
    call.service.faults.disarm(_fault(call))
    return {"deleted": 1}


def _fault(call: ControlCall) -> Fault:
    fault = call.service.faults.by_id(call.path["id"])
    if fault is None:
        raise ControlError("not-found", f"there is no fault {call.path['id']!r}")
    return fault


HANDLERS: Mapping[str, ControlHandler] = {
    "listFaults": listed,
    "armFault": arm,
    "clearFaults": clear,
    "getFault": one,
    "deleteFault": delete,
}
