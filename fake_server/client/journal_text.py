"""An account's journal as lines for a person, such as whoever reads a failed test's report."""

from __future__ import annotations

import json
from typing import Any

from .account import Account
from .errors import SampanError

_WIDE = 300


def journal_text(account: Account) -> str:
    """What was asked and answered, oldest first; or why that can't be told.

    The last resort of a report: it must not fail in turn.
    """
    try:
        requests = account.admin.requests(limit=1000)
    except SampanError as problem:
        return f"the journal can't be read: {problem}"
    if not requests:
        return "no requests"
    return "\n".join(_lines(request) for request in requests)


def _lines(request: dict[str, Any]) -> str:
    status = "no response" if request["status"] is None else request["status"]
    outcome = f"{status}" if request["errno"] is None else f"{status}, errno {request['errno']}"
    head = f"#{request['id']} {request['at']} {request['method']} {request['path']}: {outcome}"
    rows = [head]
    for sign, body in ((">", request["request_body"]), ("<", request["response_body"])):
        if body is not None:
            rows.append(f"   {sign} {_short(body)}")
    if request["reason"]:
        rows.append(f"   reason: {request['reason']}")
    if request["fault"]:
        rows.append(f"   fault: {request['fault']}")
    return "\n".join(rows)


def _short(body: Any) -> str:
    text = body if isinstance(body, str) else json.dumps(body, ensure_ascii=False)
    return text if len(text) <= _WIDE else f"{text[:_WIDE]}… ({len(text)} characters)"
