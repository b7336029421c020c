"""The failures of the server in the calls of a HAR file, as faults that are applied once.

What the page refuses (a missing parameter, an unknown parent, a wrong token) the fake refuses by
itself when the same request comes. What it would never do by itself, an errno 501, an HTTP status
of trouble, an answer that is no JSON or none at all, is armed: the n-th call of an operation by an
account fails as the n-th did.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

from ..armed.fault import WITHOUT_BODY
from .accounts import Accounts
from .calls import Call

#: The most faults that are armed, and the most bytes of a body that one sends.
MAX_FAULTS = 100
_MAX_BODY = 64 << 10
_TROUBLE = (301, 410, 420, 421, 430)


def failures(
    calls: Iterable[Call], accounts: Accounts, operations: dict[str, str]
) -> list[dict[str, Any]]:
    """Bodies of ``armFault`` for the failures, by operation ids of ``operations`` (path to id)."""
    earlier: Counter[tuple[str, str]] = Counter()
    terms: list[dict[str, Any]] = []
    for call in calls:
        account = accounts.of(call)
        if account is None:
            continue
        place = account.username, operations[call.path]
        fault = None if account.plan == "none" and call.errno == 411 else _fault(call)
        if fault is not None:
            match = {"account": place[0], "operation": place[1]}
            terms.append(fault | {"match": match, "skip": earlier[place], "times": 1})
        earlier[place] += 1
    return terms


def _fault(call: Call) -> dict[str, Any] | None:
    """What the call met; ``None`` for an answer that the fake gives by itself."""
    if call.status == 0:
        return {"type": "CONNECTION_RESET_BY_PEER", "optional": True}
    usual = call.errno == 0 or call.errno in _TROUBLE
    if call.data is not None and usual and call.status < 500 and call.status != 429:
        return None
    if len(call.answer.encode()) > _MAX_BODY or not 200 <= call.status < 600:
        return {"type": "HTTP_STATUS", "status": 500, "optional": True}
    return {"type": "HTTP_STATUS", "status": call.status, "optional": True} | _body(call)


def _body(call: Call) -> dict[str, Any]:
    if call.status in WITHOUT_BODY:
        return {}
    if call.data is not None:
        return {"body": call.data}
    return {"body": call.answer} if call.answer else {}
