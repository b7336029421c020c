"""HAR entries as programs write them, for tests of the reader."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

API = "http://164.90.147.104:8091"
TOKEN = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl"

Entry = dict[str, Any]


def entry(
    path: str = "/jobs/find",
    *,
    sent: object = None,
    came: object = None,
    at: str = "2026-05-04T10:00:00.000Z",
    url: str | None = None,
    method: str = "POST",
    status: int = 200,
    token: str | None = TOKEN,
) -> Entry:
    """One exchange as Chrome writes it; change what a test is about."""
    body, answer = json.dumps(sent or {}), json.dumps(came or {"errno": 0, "errmsg": "OK"})
    headers = [{"name": "Content-Type", "value": "application/json"}]
    if token is not None:
        headers.append({"name": "Authorization", "value": f"Bearer {token}"})
    return {
        "startedDateTime": at,
        "time": 12.5,
        "request": {
            "method": method,
            "url": url or f"{API}{path}",
            "httpVersion": "HTTP/1.1",
            "headers": headers,
            "queryString": [],
            "cookies": [],
            "headersSize": 200,
            "bodySize": len(body),
            "postData": {"mimeType": "application/json", "text": body},
        },
        "response": {
            "status": status,
            "statusText": "OK",
            "httpVersion": "HTTP/1.1",
            "headers": [{"name": "Content-Type", "value": "application/json; charset=utf-8"}],
            "cookies": [],
            "content": {"size": len(answer), "mimeType": "application/json", "text": answer},
            "redirectURL": "",
            "headersSize": 150,
            "bodySize": len(answer),
        },
        "cache": {},
        "timings": {"send": 0.1, "wait": 12, "receive": 0.4},
    }


def changed(source: Entry, changes: dict[str, Any]) -> Entry:
    """A copy with values at dotted paths replaced, or removed where the value is ``...``."""
    made = copy.deepcopy(source)
    for path, value in changes.items():
        *parents, last = path.split(".")
        at = made
        for step in parents:
            at = at[step]
        if value is ...:
            at.pop(last, None)
        else:
            at[last] = value
    return made


def har(*entries: Any) -> dict[str, Any]:
    return {
        "log": {
            "version": "1.2",
            "creator": {"name": "WebInspector", "version": "537.36"},
            "pages": [{"id": "page_1"}],
            "entries": list(entries),
        }
    }


def written(folder: Path, *entries: Any) -> Path:
    """A HAR file of these entries."""
    path = folder / "traffic.har"
    path.write_text(json.dumps(har(*entries)), encoding="utf-8")
    return path
