"""A job's facts as a row of the table ``jobs``, and back.

What a find asks for has a column. The rest lies in one JSON text, less what is as usual: ten
thousand jobs are to be cheap.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import fields
from typing import Any

import orjson

from .lifecycle import JobFacts, Plan, end

#: The columns that :func:`facts` reads, in its order.
COLUMNS = "id, account, hash, job_id, created, visible, kind, service, prompt, favourite, facts"

_REST = ("id_uuid", "colours", "ratio", "parent_hash", "parent_id", "grid_num", "folders", "late")
_USUAL = {field.name: field.default for field in fields(JobFacts) if field.name in _REST}
_USUAL_PLAN = {field.name: field.default for field in fields(Plan)}


def row(job: JobFacts) -> tuple[Any, ...]:
    """The values of all columns of ``jobs``, in the order of the table."""
    return (
        job.id,
        job.account,
        job.hash,
        job.job_id,
        job.timestamp,
        end(job),
        job.visible,
        job.kind,
        job.service,
        job.prompt,
        job.favourite,
        orjson.dumps({**_unusual(job, _USUAL), "plan": _unusual(job.plan, _USUAL_PLAN)}),
    )


def _unusual(value: JobFacts | Plan, usual: dict[str, Any]) -> dict[str, Any]:
    """The fields of ``value`` that differ from ``usual``."""
    return {name: held for name in usual if (held := getattr(value, name)) != usual[name]}


def facts(row: tuple[Any, ...]) -> JobFacts:
    """The job of a row of :data:`COLUMNS`."""
    id, account, hash, job_id, timestamp, visible, kind, service, prompt, favourite, text = row
    rest = orjson.loads(text)
    plan = rest.pop("plan")
    _as_tuples(rest, ("colours", "ratio", "folders"))
    if "pauses" in plan:
        plan["pauses"] = map(tuple, plan["pauses"])
    _as_tuples(plan, ("progress", "pauses"))
    return JobFacts(
        id=id,
        account=account,
        hash=hash,
        job_id=job_id,
        kind=kind,
        service=service,
        prompt=prompt,
        created=timestamp - rest.get("late", 0),
        visible=visible,
        favourite=bool(favourite),
        plan=Plan(**plan),
        **rest,
    )


def _as_tuples(values: dict[str, Any], names: Iterable[str]) -> None:
    """JSON has lists only; facts hold tuples."""
    for name in names:
        if name in values:
            values[name] = tuple(values[name])
