"""Clocks that differ: those of two machines of a server, and the server's and the kit's."""

from __future__ import annotations

from datetime import datetime, timedelta

from tests.conforming_servers.conforming_server import conforming_server
from tests.support.tampering.exchange import JSON, Go, Reply, Request, Tampering
from tests.support.tampering.making import chain, each_record

#: Seconds: what two machines may differ by, a clock that nobody ever set, and one that was set
#: back while some jobs were made.
_APART = 9 * 60
_SET_BACK = 30
#: So many jobs are made before that.
_EARLY = 6
_UNSET = 3 * 86_400
_CURSOR = "timestamp_smaller_than"


def moved(text: str, seconds: float) -> str:
    """An ISO 8601 time as the page writes it, so many seconds later."""
    then = datetime.fromisoformat(text) + timedelta(seconds=seconds)
    return f"{then:%Y-%m-%dT%H:%M:%S}.{then.microsecond // 1000:03d}Z"


def _written(created: float, updated: float) -> Tampering:
    """Times that are written so many seconds ahead of timestamp's clock."""

    def change(one: JSON) -> JSON:
        return {
            **one,
            "created_at": moved(one["created_at"], created),
            "updated_at": moved(one["updated_at"], updated),
        }

    return each_record(change)


def _stamped(seconds: int) -> Tampering:
    """timestamp, and the cursor that is compared with it, by a clock so many seconds ahead."""
    ahead = seconds * 1000

    def change(one: JSON) -> JSON:
        return {**one, "timestamp": str(int(one["timestamp"]) + ahead)}

    async def tampering(request: Request, go: Go) -> Reply:
        cursor = request.fields.get(_CURSOR)
        if request.operation == "findJobs" and type(cursor) is int:
            # A cursor in seconds stays small, whatever the clock.
            less = ahead if abs(cursor) > 10**11 else seconds
            request = request.with_fields(**{_CURSOR: cursor - less})
        return await go(request)

    return chain(each_record(change), tampering)


@conforming_server("created_at and updated_at are of a clock that is nine minutes ahead")
def database_clock_ahead() -> Tampering:
    return _written(_APART, _APART)


@conforming_server("created_at and updated_at are of a clock that is nine minutes behind")
def database_clock_behind() -> Tampering:
    return _written(-_APART, -_APART)


@conforming_server("updated_at is of a worker whose clock is nine minutes behind")
def worker_clock_behind() -> Tampering:
    return _written(0, -_APART)


@conforming_server("timestamp is of a clock that is nine minutes behind", mixed=False)
def stamping_clock_behind() -> Tampering:
    return _stamped(-_APART)


@conforming_server("the server's clock is three days behind", mixed=False)
def clock_of_last_week() -> Tampering:
    return chain(_stamped(-_UNSET), _written(-_UNSET, -_UNSET))


@conforming_server("the server's clock is three days ahead", mixed=False)
def clock_of_next_week() -> Tampering:
    return chain(_stamped(_UNSET), _written(_UNSET, _UNSET))


@conforming_server(
    "what stands before the server writes a Date that is an hour behind", mixed=False
)
def date_of_an_hour_ago() -> Tampering:
    async def tampering(request: Request, go: Go) -> Reply:
        return (await go(request)).with_header("date", "Mon, 01 Jan 2024 00:00:00 GMT")

    return tampering


@conforming_server(
    "the clock is set back in mid-run, and finds are in the order of ids",
    open={"find-order": "times neither fall nor rise"},
    mixed=False,
)
def clock_set_back() -> Tampering:
    late: list[str] = []
    jobs = 0

    def change(one: JSON) -> JSON:
        if one["hash"] not in late:
            return one
        stamp = str(int(one["timestamp"]) - 1000 * _SET_BACK)
        created, updated = (moved(one[key], -_SET_BACK) for key in ("created_at", "updated_at"))
        return {**one, "timestamp": stamp, "created_at": created, "updated_at": updated}

    async def tampering(request: Request, go: Go) -> Reply:
        nonlocal jobs
        cursor, limit = (request.fields.get(key) for key in (_CURSOR, "limit"))
        cursors = request.operation == "findJobs" and type(cursor) is int and cursor > 10**11
        if cursors and (limit is None or type(limit) is int):
            request = request.without(_CURSOR).with_fields(limit=100)
        reply = await go(request)
        if request.submits and reply.ok:
            jobs += 1
            late.extend([reply.data] if jobs > _EARLY else [])
        if request.operation != "findJobs" or not reply.ok:
            return reply
        records = [change(one) for one in reply.records]
        if not cursors:
            return reply.with_records(records)
        older = [one for one in records if int(one["timestamp"]) < cursor]
        return reply.with_records(older[: limit or 10], len(older))

    return tampering
