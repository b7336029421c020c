"""Totals and pages that don't add up: FIND-13 and FIND-14 (page, Job Find)."""

from __future__ import annotations

from collections.abc import Callable

from tests.support.tampering.exchange import JSON, Go, Reply, Request, Tampering
from tests.support.tampering.making import all_records, asking, is_finished, succeeding
from tests.wrong_servers.find.answer import CURSOR, moved_cursor
from tests.wrong_servers.wrong_server import wrong_server

# FIND-13: total counts what matches.


@wrong_server("FIND-13", "total counts what is stored, whatever the filters")
def total_counts_what_is_stored() -> Tampering:
    async def tampering(request: Request, go: Go) -> Reply:
        reply = await go(request)
        if request.operation != "findJobs" or not reply.ok:
            return reply
        stored = await go(request.with_body({}))
        return reply.with_records(reply.records, stored.data["total"])

    return tampering


@wrong_server("FIND-13", "total counts what is returned")
def total_counts_what_is_returned() -> Tampering:
    return succeeding(
        lambda _, reply: reply.with_records(reply.records, len(reply.records)), "findJobs"
    )


@wrong_server("FIND-13", "total counts what is returned, where a service is asked for")
def total_of_a_service_is_the_page() -> Tampering:
    def change(request: Request, reply: Reply) -> Reply:
        page = len(reply.records)
        return reply.with_records(reply.records, page) if "service" in request.fields else reply

    return succeeding(change, "findJobs")


@wrong_server("FIND-13", "total does not know of the prompt")
def total_ignores_the_prompt() -> Tampering:
    return _total_without("prompt")


@wrong_server("FIND-13", "total does not know of the job types")
def total_ignores_the_job_type() -> Tampering:
    return _total_without("job_type")


@wrong_server("FIND-13", "total is one too many")
def total_is_one_too_many() -> Tampering:
    return succeeding(
        lambda _, reply: reply.with_records(reply.records, reply.data["total"] + 1), "findJobs"
    )


@wrong_server("FIND-13", "with a cursor the last page lacks the oldest record, which total counts")
def last_page_lacks_a_record() -> Tampering:
    def change(request: Request, reply: Reply) -> Reply:
        left = len(reply.records)
        last = CURSOR in request.fields and 1 < left < request.fields.get("limit", 10)
        return reply.with_records(reply.records[:-1]) if last else reply

    return succeeding(change, "findJobs")


@wrong_server(
    "FIND-13",
    "a page that is not full lacks its last record, which total counts",
    touches="FIND-5 FIND-6 FIND-7 FIND-10 FIND-14 CREATE-2 UP-6",
)
def page_that_is_not_full_lacks_a_record() -> Tampering:
    def change(request: Request, reply: Reply) -> Reply:
        full = len(reply.records) >= request.fields.get("limit", 10)
        return reply if full else reply.with_records(reply.records[:-1])

    return succeeding(change, "findJobs")


def _total_without(name: str) -> Tampering:
    async def tampering(request: Request, go: Go) -> Reply:
        reply = await go(request)
        if request.operation != "findJobs" or not reply.ok:
            return reply
        return reply.with_records(reply.records, (await go(request.without(name))).data["total"])

    return tampering


# FIND-14: paging backwards reaches every record, and none twice.


@wrong_server("FIND-14", "a further page begins with its second record", touches="FIND-10")
def further_page_skips_a_record() -> Tampering:
    return _further_pages(lambda records: records[1:])


@wrong_server("FIND-14", "a further page is empty")
def further_page_is_empty() -> Tampering:
    return _further_pages(lambda records: [])


@wrong_server(
    "FIND-14", "a further page shows only what is finished and has no parent", touches="FIND-10"
)
def further_page_leaves_children_out() -> Tampering:
    return _further_pages(
        lambda records: [one for one in records if is_finished(one) and not one["parent_id"]]
    )


@wrong_server("FIND-14", "a further page has its first record twice", touches="FIND-12")
def further_page_has_a_record_twice() -> Tampering:
    return _further_pages(lambda records: records[:1] + records)


@wrong_server(
    "FIND-14",
    "the cursor is cut to the second, and what is left of it is passed over",
    touches="FIND-10 FIND-13 UP-6",
)
def further_page_begins_with_another_second() -> Tampering:
    return asking(moved_cursor(lambda cursor: cursor // 1000 * 1000), "findJobs")


@wrong_server("FIND-14", "the oldest record is on no further page")
def oldest_record_is_on_no_further_page() -> Tampering:
    async def tampering(request: Request, go: Go) -> Reply:
        reply = await go(request)
        if request.operation != "findJobs" or not reply.ok or CURSOR not in request.fields:
            return reply
        oldest = [one["hash"] for one in await all_records(request, go)][-1:]
        return reply.with_records([one for one in reply.records if one["hash"] not in oldest])

    return tampering


def _further_pages(change: Callable[[list[JSON]], list[JSON]]) -> Tampering:
    """Change the records of a find with a cursor. Its total stays what it was."""

    def changed(request: Request, reply: Reply) -> Reply:
        if CURSOR not in request.fields:
            return reply
        shown = change(reply.records)
        limit = request.fields.get("limit", 10)
        return reply.with_records(shown[:limit])

    return succeeding(changed, "findJobs")
