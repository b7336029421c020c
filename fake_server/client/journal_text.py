"""An account's journal as lines for a person, such as whoever reads a failed test's report."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from .account import Account
from .errors import SampanError

#: Of a longer string, such as a token or a drawing, the beginning is shown.
_MAX_STRING = 200
#: Of a longer list, such as what a find answers with, the first items.
_MAX_ITEMS = 3
#: Of an object with more keys, such as a record, those that are null are counted only.
_MAX_KEYS = 20
#: As many requests are shown; the earliest go first.
_MAX_REQUESTS = 1000
#: As many characters of bodies are shown in all; the latest go first.
_MAX_BODIES = 100_000


def journal_text(account: Account) -> str:
    """The requests and their responses, oldest first; or why the journal can't be read.

    The last resort of a report: it must not fail in turn.
    """
    try:
        last = {"limit": _MAX_REQUESTS, "order": "newest-first"}
        found = account.admin.scoped("GET", "/requests", last)
    except SampanError as problem:
        return f"the journal can't be read: {problem}"
    requests = found["requests"]
    if not requests:
        return "no requests"
    faults = _faults(account) if any(request["fault"] for request in requests) else {}
    left, texts = _MAX_BODIES, []
    for request in requests:
        bodies = "\n".join(_bodies(request))
        left -= len(bodies)
        texts.append("\n".join(_lines(request, bodies if left >= 0 else _LEFT_OUT, faults)))
    earlier = found["total"] - len(requests)
    if earlier:
        texts.append(f"… after {earlier} earlier requests, which are left out")
    return "\n".join(reversed(texts))


def _faults(account: Account) -> dict[str, str]:
    """The types of the faults that are still armed, by id."""
    try:
        return {fault["id"]: fault["type"] for fault in account.admin.faults()}
    except SampanError:
        return {}  # a report has the ids, then


_LEFT_OUT = "   (bodies left out: there are too many later ones)"


def _lines(request: dict[str, Any], bodies: str, faults: dict[str, str]) -> Iterator[str]:
    status = "no response" if request["status"] is None else request["status"]
    outcome = f"{status}" if request["errno"] is None else f"{status}, errno {request['errno']}"
    yield f"#{request['id']} {request['at']} {request['method']} {request['path']}: {outcome}"
    if bodies:
        yield bodies
    if request["reason"]:
        yield f"   reason: {request['reason']}"
    if request["fault"]:
        yield f"   fault: {' '.join([request['fault'], faults.get(request['fault'], '')]).strip()}"


def _bodies(request: dict[str, Any]) -> Iterator[str]:
    for sign, body in ((">", request["request_body"]), ("<", request["response_body"])):
        if body is not None:
            for line in _text(_bounded(body)).splitlines():
                yield f"   {sign} {line}"


def _text(body: Any) -> str:
    """In one line where that is short, else a line for each key."""
    if isinstance(body, str):
        return body
    text = json.dumps(body, ensure_ascii=False)
    return text if len(text) <= 100 else json.dumps(body, ensure_ascii=False, indent=1)


def _bounded(value: Any) -> Any:
    """A body with its long parts cut; what is left out is counted."""
    if isinstance(value, str):
        over = len(value) > _MAX_STRING
        return f"{value[:_MAX_STRING]}… ({len(value)} characters)" if over else value
    if isinstance(value, list):
        items = [_bounded(item) for item in value[:_MAX_ITEMS]]
        more = len(value) - _MAX_ITEMS
        return [*items, f"… and {more} more"] if more > 0 else items
    if not isinstance(value, dict):
        return value
    nulls = [key for key, inner in value.items() if inner is None]
    if len(value) <= _MAX_KEYS or not nulls:
        return {key: _bounded(inner) for key, inner in value.items()}
    shown = {key: _bounded(inner) for key, inner in value.items() if inner is not None}
    return {**shown, "…": f"and {len(nulls)} keys that are null"}
