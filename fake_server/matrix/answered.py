"""What an exchange says: the JSON of its bodies, and the jobs that a find returned."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import orjson

from ..http.exchange import Exchange
from ..jobs.lifecycle import Job
from ..service import FakeService


def document(text: bytes) -> dict[str, Any]:
    """A JSON object; an empty one for anything else."""
    try:
        found = orjson.loads(text)
    except orjson.JSONDecodeError:
        return {}
    return found if isinstance(found, dict) else {}


def found_jobs(service: FakeService, exchange: Exchange) -> Iterator[tuple[Job, int]]:
    """The jobs that a find has returned to its client, and the time then (ms)."""
    operation, answer, now = exchange.operation, exchange.answer, exchange.now
    if operation is None or operation.id != "findJobs" or exchange.lost:
        return
    if answer is None or now is None:
        return
    data = document(answer.body).get("data")
    for record in data["res"] if isinstance(data, dict) else ():
        job = service.store.by_hash(record["hash"])
        if job is not None:
            yield job, now
