"""Wrong listings: FIND-1 to FIND-4 (page, Job Find)."""

from __future__ import annotations

from collections.abc import Callable

from tests.support.tampering.exchange import JSON, Go, Reply, Request, Tampering, refusal
from tests.support.tampering.making import asking, succeeding
from tests.wrong_servers.wrong_server import wrong_server

CURSOR = "timestamp_smaller_than"

# FIND-1: all seven filters are optional.


@wrong_server("FIND-1", "an empty object lacks parameters: 301", touches="LOGIN-6")
def empty_object_is_refused() -> Tampering:
    return asking(
        lambda request: request.made_invalid() if request.json == {} else request, "findJobs"
    )


@wrong_server("FIND-1", "limit is required", touches="LOGIN-6")
def limit_is_required() -> Tampering:
    return _requiring("limit")


@wrong_server("FIND-1", "service is required", touches="LOGIN-6")
def service_is_required() -> Tampering:
    return _requiring("service")


@wrong_server("FIND-1", "a cursor needs a limit")
def cursor_needs_a_limit() -> Tampering:
    return _requiring("limit", along=CURSOR)


@wrong_server("FIND-1", "a prompt is found only within a service that is named", touches="FIND-7")
def prompt_needs_a_service() -> Tampering:
    return _requiring("service", along="prompt")


@wrong_server("FIND-1", "an empty object breaks the server: 501", touches="LOGIN-6")
def empty_object_is_501() -> Tampering:
    failed = refusal(501, "GENERAL_ERROR")
    return asking(lambda request: failed if request.json == {} else request, "findJobs")


def _requiring(name: str, along: str | None = None) -> Tampering:
    def change(request: Request) -> Request:
        asked = along is None or along in request.fields
        if request.json is None or name in request.fields or not asked:
            return request
        return request.made_invalid()

    return asking(change, "findJobs")


# FIND-2: res is an array, total an integer that is not less than its length.


@wrong_server("FIND-2", "total is what is left behind this page", touches="FIND-13")
def total_is_what_is_left() -> Tampering:
    return succeeding(
        lambda _, reply: reply.with_records(
            reply.records, reply.data["total"] - len(reply.records)
        ),
        "findJobs",
    )


@wrong_server("FIND-2", "total is one short", touches="FIND-13")
def total_is_one_short() -> Tampering:
    return succeeding(
        lambda _, reply: reply.with_records(reply.records, max(reply.data["total"] - 1, 0)),
        "findJobs",
    )


@wrong_server("FIND-2", "total is a string", touches="FIND-13")
def total_is_a_string() -> Tampering:
    return succeeding(
        lambda _, reply: reply.with_records(reply.records, str(reply.data["total"])), "findJobs"
    )


@wrong_server("FIND-2", "there is no total", touches="FIND-13")
def total_is_missing() -> Tampering:
    return succeeding(lambda _, reply: reply.with_fields(data={"res": reply.records}), "findJobs")


@wrong_server("FIND-2", "res is an object of records by their hash")
def res_is_an_object() -> Tampering:
    def change(_: Request, reply: Reply) -> Reply:
        by_hash = {record["hash"]: record for record in reply.records}
        return reply.with_fields(data={**reply.data, "res": by_hash})

    return succeeding(change, "findJobs")


@wrong_server("FIND-2", "where nothing is found res is null")
def empty_res_is_null() -> Tampering:
    def change(_: Request, reply: Reply) -> Reply:
        return reply if reply.records else reply.with_fields(data={"res": None, "total": 0})

    return succeeding(change, "findJobs")


@wrong_server("FIND-2", "where one record is found res is that record", touches="FIND-10 FIND-13")
def single_res_is_the_record() -> Tampering:
    def change(_: Request, reply: Reply) -> Reply:
        if len(reply.records) != 1:
            return reply
        return reply.with_fields(data={**reply.data, "res": reply.records[0]})

    return succeeding(change, "findJobs")


# FIND-3: at most limit records.


@wrong_server("FIND-3", "limit is ignored", touches="FIND-10")
def limit_is_ignored() -> Tampering:
    return asking(_limited(lambda limit: 10), "findJobs")


@wrong_server("FIND-3", "one record more than limit is returned", touches="FIND-10")
def limit_is_exceeded_by_one() -> Tampering:
    return asking(_limited(lambda limit: limit + 1), "findJobs")


@wrong_server("FIND-3", "a page has five records at least", touches="FIND-10")
def page_has_five_records() -> Tampering:
    return asking(_limited(lambda limit: max(limit, 5)), "findJobs")


@wrong_server("FIND-3", "limit holds for each kind of job", touches="FIND-10")
def limit_holds_for_each_kind() -> Tampering:
    async def tampering(request: Request, go: Go) -> Reply:
        reply = await go(request)
        limit = request.fields.get("limit")
        if request.operation != "findJobs" or not reply.ok or limit is None:
            return reply
        more = (await go(request.with_fields(limit=100))).records
        kept: list[JSON] = []
        for record in more:
            if sum(one["job_type"] == record["job_type"] for one in kept) < limit:
                kept.append(record)
        return reply.with_records(kept)

    return tampering


def _limited(change: Callable[[int], int]) -> Callable[[Request], Request]:
    """Change a limit that is in order; the others are a question (find-bad-limit)."""

    def asked(request: Request) -> Request:
        limit = request.fields.get("limit")
        good = isinstance(limit, int) and not isinstance(limit, bool) and limit > 0
        return request.with_fields(limit=change(limit)) if good and limit is not None else request

    return asked


# FIND-4: every timestamp is smaller than the cursor.


@wrong_server("FIND-4", "the cursor is ignored", touches="FIND-10 FIND-14")
def cursor_is_ignored() -> Tampering:
    def change(request: Request) -> Request:
        return request.without(CURSOR) if type(request.fields.get(CURSOR)) is int else request

    return asking(change, "findJobs")


@wrong_server(
    "FIND-4",
    "the record at the cursor is returned too: <= for <",
    touches="FIND-10 FIND-13 FIND-14",
)
def cursor_includes_its_record() -> Tampering:
    return asking(moved_cursor(lambda cursor: cursor + 1), "findJobs")


@wrong_server(
    "FIND-4", "records of the cursor's second are returned too", touches="FIND-10 FIND-14"
)
def cursor_includes_its_second() -> Tampering:
    return asking(moved_cursor(lambda cursor: (cursor // 1000 + 1) * 1000), "findJobs")


@wrong_server(
    "FIND-4",
    "records after the cursor are returned: > for <",
    touches="FIND-10 FIND-13 FIND-14 UP-6",
)
def cursor_is_turned_round() -> Tampering:
    async def tampering(request: Request, go: Go) -> Reply:
        cursor = request.fields.get(CURSOR)
        if request.operation != "findJobs" or not isinstance(cursor, int):
            return await go(request)
        reply = await go(request.without(CURSOR))
        later = [record for record in reply.records if int(record["timestamp"]) > cursor]
        return reply.with_records(later, len(later))

    return tampering


def moved_cursor(change: Callable[[int], int]) -> Callable[[Request], Request]:
    def asked(request: Request) -> Request:
        cursor = request.fields.get(CURSOR)
        return (
            request.with_fields(**{CURSOR: change(cursor)}) if isinstance(cursor, int) else request
        )

    return asked
