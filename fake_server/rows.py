"""A job's facts as a row of the table ``jobs``, and back.

What a find asks for has a column. The rest lies in one JSON text, less what is as usual: ten
thousand jobs are to be cheap.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import fields
from operator import attrgetter
from typing import Any

import orjson

from .lifecycle import JobFacts, Plan, end

#: The columns that :func:`facts` reads, in its order.
COLUMNS = "id, account, hash, job_id, created, visible, kind, service, prompt, favourite, facts"

_REST = ("id_uuid", "colours", "ratio", "parent_hash", "parent_id", "grid_num", "folders", "late")


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
        orjson.dumps({**_rest.unusual(job), "plan": _plan.unusual(job.plan)}),
    )


class _Fields:
    """Some fields of a dataclass, and what is usual in them."""

    def __init__(self, kind: type[JobFacts | Plan], names: Collection[str]) -> None:
        chosen = [(field.name, field.default) for field in fields(kind) if field.name in names]
        self._named = chosen
        self._read = attrgetter(*(name for name, _ in chosen))

    def unusual(self, value: JobFacts | Plan) -> dict[str, Any]:
        """What differs from the usual, by name."""
        return {
            name: held
            for held, (name, usual) in zip(self._read(value), self._named, strict=True)
            if held != usual
        }


_rest = _Fields(JobFacts, _REST)
_plan = _Fields(Plan, [field.name for field in fields(Plan)])


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
