"""Listings: records that come late, of one instant, among many, or among those of others."""

from __future__ import annotations

import time

from tests.conforming_servers.conforming_server import (
    ConformingServer,
    add,
    conforming_server,
    plain,
)
from tests.support.tampering.exchange import JSON, Go, Reply, Request, Tampering, refusal
from tests.support.tampering.history import busy, history
from tests.support.tampering.making import chain, each_record, succeeding

_CURSOR = "timestamp_smaller_than"
_GRAIN = 100


@conforming_server("a job is found 150 ms after it was submitted")
def jobs_come_late() -> Tampering:
    def there(one: JSON) -> bool:
        return time.time() * 1000 - int(one["timestamp"]) > 150

    def change(_: Request, reply: Reply) -> Reply:
        shown = [one for one in reply.records if there(one)]
        late = len(reply.records) - len(shown)
        return reply.with_records(shown, reply.data["total"] - late)

    return succeeding(change, "findJobs")


@conforming_server(
    "jobs have the same timestamp if they were submitted within a tenth of a second",
    open={"find-order": "a quick run's submissions may take no more than two such tenths"},
)
def coarse_timestamps() -> Tampering:
    def coarse(one: JSON) -> JSON:
        late = int(one["timestamp"]) % _GRAIN
        return {**one, "timestamp": str(int(one["timestamp"]) - late)}

    async def tampering(request: Request, go: Go) -> Reply:
        cursor = request.fields.get(_CURSOR)
        if request.operation == "findJobs" and type(cursor) is int and abs(cursor) > 10**11:
            # What is coarse is below the cursor if what is fine is below its next tenth.
            request = request.with_fields(**{_CURSOR: -(-cursor // _GRAIN) * _GRAIN})
        return await go(request)

    return chain(each_record(coarse), tampering)


@conforming_server("a find that finds nothing has the errno for not found")
def nothing_found_is_410() -> Tampering:
    return succeeding(lambda _, one: one if one.records else refusal(410, "NOT FOUND"), "findJobs")


@conforming_server("the account has jobs of earlier days, favourites and folders", around=history)
def jobs_of_earlier_days() -> Tampering:
    return plain


@conforming_server(
    "somebody else submits jobs to the account all the time", around=busy, mixed=False
)
def a_busy_account() -> Tampering:
    return plain


# A find returns fewer records than there are jobs, so that newer jobs push older ones out of it.
for _most in (5, 10):
    for _unit in ("ms", "s"):
        add(
            ConformingServer(
                f"find-window-of-{_most}-{_unit}",
                f"a find returns {_most} records at most, and the cursor is in {_unit}",
                answers={
                    "find-max-limit": str(_most),
                    "find-default-limit": str(_most),
                    "find-timestamp-unit": _unit,
                },
                # Of more jobs in one second than a find returns some can't be found.
                open={"*": "a cursor in seconds"} if _unit == "s" else {},
            )
        )
