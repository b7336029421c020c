"""Wrong listings: FIND-1 to FIND-4 (page, Job Find)."""

from __future__ import annotations

from collections.abc import Callable

from tests.support.tampering.exchange import JSON, Go, Reply, Request, Twist, refusal
from tests.support.tampering.making import asking, succeeding
from tests.wrong_servers.wrong_server import mutant

CURSOR = "timestamp_smaller_than"

# FIND-1: all seven filters are optional.


@mutant("FIND-1", "an empty object lacks parameters: 301", touches="LOGIN-6")
def empty_object_is_refused() -> Twist:
    return asking(lambda request: request.spoilt() if request.json == {} else request, "findJobs")


@mutant("FIND-1", "limit is required", touches="LOGIN-6")
def limit_is_required() -> Twist:
    return _requiring("limit")


@mutant("FIND-1", "service is required", touches="LOGIN-6")
def service_is_required() -> Twist:
    return _requiring("service")


@mutant("FIND-1", "a cursor needs a limit")
def cursor_needs_a_limit() -> Twist:
    return _requiring("limit", along=CURSOR)


@mutant("FIND-1", "a prompt is found only within a service that is named", touches="FIND-7")
def prompt_needs_a_service() -> Twist:
    return _requiring("service", along="prompt")


@mutant("FIND-1", "an empty object breaks the server: 501", touches="LOGIN-6")
def empty_object_is_501() -> Twist:
    failed = refusal(501, "GENERAL_ERROR")
    return asking(lambda request: failed if request.json == {} else request, "findJobs")


def _requiring(name: str, along: str | None = None) -> Twist:
    def change(request: Request) -> Request:
        asked = along is None or along in request.fields
        if request.json is None or name in request.fields or not asked:
            return request
        return request.spoilt()

    return asking(change, "findJobs")


# FIND-2: res is an array, total an integer that is not less than its length.


@mutant("FIND-2", "total is what is left behind this page", touches="FIND-13")
def total_is_what_is_left() -> Twist:
    return succeeding(
        lambda _, reply: reply.holding(reply.records, reply.data["total"] - len(reply.records)),
        "findJobs",
    )


@mutant("FIND-2", "total is one short", touches="FIND-13")
def total_is_one_short() -> Twist:
    return succeeding(
        lambda _, reply: reply.holding(reply.records, max(reply.data["total"] - 1, 0)), "findJobs"
    )


@mutant("FIND-2", "total is a string", touches="FIND-13")
def total_is_a_string() -> Twist:
    return succeeding(
        lambda _, reply: reply.holding(reply.records, str(reply.data["total"])), "findJobs"
    )


@mutant("FIND-2", "there is no total", touches="FIND-13")
def total_is_missing() -> Twist:
    return succeeding(lambda _, reply: reply.but(data={"res": reply.records}), "findJobs")


@mutant("FIND-2", "res is an object of records by their hash")
def res_is_an_object() -> Twist:
    def change(_: Request, reply: Reply) -> Reply:
        by_hash = {record["hash"]: record for record in reply.records}
        return reply.but(data={**reply.data, "res": by_hash})

    return succeeding(change, "findJobs")


@mutant("FIND-2", "where nothing is found res is null")
def empty_res_is_null() -> Twist:
    def change(_: Request, reply: Reply) -> Reply:
        return reply if reply.records else reply.but(data={"res": None, "total": 0})

    return succeeding(change, "findJobs")


@mutant("FIND-2", "where one record is found res is that record", touches="FIND-10 FIND-13")
def single_res_is_the_record() -> Twist:
    def change(_: Request, reply: Reply) -> Reply:
        if len(reply.records) != 1:
            return reply
        return reply.but(data={**reply.data, "res": reply.records[0]})

    return succeeding(change, "findJobs")


# FIND-3: at most limit records.


@mutant("FIND-3", "limit is ignored", touches="FIND-10")
def limit_is_ignored() -> Twist:
    return asking(_limited(lambda limit: 10), "findJobs")


@mutant("FIND-3", "one record more than limit is returned", touches="FIND-10")
def limit_is_exceeded_by_one() -> Twist:
    return asking(_limited(lambda limit: limit + 1), "findJobs")


@mutant("FIND-3", "a page has five records at least", touches="FIND-10")
def page_has_five_records() -> Twist:
    return asking(_limited(lambda limit: max(limit, 5)), "findJobs")


@mutant("FIND-3", "limit holds for each kind of job", touches="FIND-10")
def limit_holds_for_each_kind() -> Twist:
    async def twist(request: Request, go: Go) -> Reply:
        reply = await go(request)
        limit = request.fields.get("limit")
        if request.operation != "findJobs" or not reply.ok or limit is None:
            return reply
        more = (await go(request.but(limit=100))).records
        kept: list[JSON] = []
        for record in more:
            if sum(one["job_type"] == record["job_type"] for one in kept) < limit:
                kept.append(record)
        return reply.holding(kept)

    return twist


def _limited(change: Callable[[int], int]) -> Callable[[Request], Request]:
    """Change a limit that is in order; the others are a question (find-bad-limit)."""

    def asked(request: Request) -> Request:
        limit = request.fields.get("limit")
        good = isinstance(limit, int) and not isinstance(limit, bool) and limit > 0
        return request.but(limit=change(limit)) if good and limit is not None else request

    return asked


# FIND-4: every timestamp is smaller than the cursor.


@mutant("FIND-4", "the cursor is ignored", touches="FIND-10 FIND-14")
def cursor_is_ignored() -> Twist:
    def change(request: Request) -> Request:
        return request.less(CURSOR) if type(request.fields.get(CURSOR)) is int else request

    return asking(change, "findJobs")


@mutant(
    "FIND-4",
    "the record at the cursor is returned too: <= for <",
    touches="FIND-10 FIND-13 FIND-14",
)
def cursor_includes_its_record() -> Twist:
    return asking(moved_cursor(lambda cursor: cursor + 1), "findJobs")


@mutant("FIND-4", "records of the cursor's second are returned too", touches="FIND-10 FIND-14")
def cursor_includes_its_second() -> Twist:
    return asking(moved_cursor(lambda cursor: (cursor // 1000 + 1) * 1000), "findJobs")


@mutant(
    "FIND-4",
    "records after the cursor are returned: > for <",
    touches="FIND-10 FIND-13 FIND-14 UP-6",
)
def cursor_is_turned_round() -> Twist:
    async def twist(request: Request, go: Go) -> Reply:
        cursor = request.fields.get(CURSOR)
        if request.operation != "findJobs" or not isinstance(cursor, int):
            return await go(request)
        reply = await go(request.less(CURSOR))
        later = [record for record in reply.records if int(record["timestamp"]) > cursor]
        return reply.holding(later, len(later))

    return twist


def moved_cursor(change: Callable[[int], int]) -> Callable[[Request], Request]:
    def asked(request: Request) -> Request:
        cursor = request.fields.get(CURSOR)
        return request.but(**{CURSOR: change(cursor)}) if isinstance(cursor, int) else request

    return asked
