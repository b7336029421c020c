"""A job's facts as a row of the table ``jobs``, and back.

What a find asks for has a column. The rest lies in one JSON text, less what is as usual: ten
thousand jobs are to be cheap.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from operator import attrgetter
from typing import Any

import orjson

from ..jobs.lifecycle import Job, Plan, end

#: The columns that :func:`job` reads, in its order.
COLUMNS = "id, account, hash, job_id, created, visible, kind, service, prompt, favourite, facts"


def row(job: Job) -> tuple[Any, ...]:
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
        orjson.dumps({**_job.kept(job), "plan": _plan.kept(job.plan)}),
    )


class _Fields:
    """Fields of a record: its ``own`` are kept always, the rest where they are not as usual.

    ``elsewhere`` are those that have a column.
    """

    def __init__(
        self,
        kind: type[Job | Plan],
        own: tuple[str, str],
        elsewhere: Collection[str] = (),
    ) -> None:
        apart = {*own, *elsewhere}
        usual = {k: v for k, v in kind._field_defaults.items() if k not in apart}
        self._own, self._read_own = own, attrgetter(*own)
        self._rest, self._read_rest = tuple(usual), attrgetter(*usual)
        self._usual = tuple(usual.values())

    def kept(self, value: Job | Plan) -> dict[str, Any]:
        """What is to be kept of ``value``, by name."""
        kept = dict(zip(self._own, self._read_own(value), strict=True))
        rest = self._read_rest(value)
        if rest != self._usual:  # it hardly ever differs
            named = zip(self._rest, rest, self._usual, strict=True)
            kept |= {name: held for name, held, usual in named if held != usual}
        return kept


_job = _Fields(Job, ("id_uuid", "late"), (*COLUMNS.split(", "), "plan"))
_plan = _Fields(Plan, ("queue_ms", "run_ms"))


def job(row: tuple[Any, ...]) -> Job:
    """The job of a row of :data:`COLUMNS`."""
    id, account, hash, job_id, timestamp, visible, kind, service, prompt, favourite, text = row
    rest = orjson.loads(text)
    plan = rest.pop("plan")
    _as_tuples(rest, ("colours", "ratio", "folders"))
    if "pauses" in plan:
        plan["pauses"] = map(tuple, plan["pauses"])
    _as_tuples(plan, ("progress", "pauses"))
    return Job(
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
