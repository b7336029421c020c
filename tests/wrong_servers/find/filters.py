"""Filters that don't: FIND-5 to FIND-10 (page, Job Find)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.support.tampering.exchange import JSON, Go, Reply, Request, Tampering, refusal, success
from tests.support.tampering.history import history
from tests.support.tampering.making import all_records, asking, each_record, set_in_records
from tests.wrong_servers.wrong_server import wrong_server

_CURSOR = "timestamp_smaller_than"
_FILTERS = ("service", "job_type", "prompt", "folders", "favourite")


def _ignoring(name: str) -> Tampering:
    """What is of the wrong type is refused as ever."""

    def change(request: Request) -> Request:
        return request.without(name) if _good(name, request.fields.get(name)) else request

    return asking(change, "findJobs")


def _good(name: str, given: object) -> bool:
    kind = {"prompt": str, "favourite": bool}.get(name, list)
    if isinstance(given, list):
        return bool(given) and all(isinstance(one, str) for one in given)
    return isinstance(given, kind) and bool(given)


def _changed(name: str, change: Callable[[Any], Any]) -> Tampering:
    """Change a filter that is given; what is of the wrong type is refused as ever."""

    def asked(request: Request) -> Request:
        given = request.fields.get(name)
        return request.with_fields(**{name: change(given)}) if _good(name, given) else request

    return asking(asked, "findJobs")


def _answering(name: str, answer: Reply) -> Tampering:
    return asking(
        lambda request: answer if _good(name, request.fields.get(name)) else request, "findJobs"
    )


def _picking(name: str, fits: Callable[[JSON, Any], bool]) -> Tampering:
    """Apply a filter otherwise, alone: the rest of the conditions hold as they do."""

    async def tampering(request: Request, go: Go) -> Reply:
        wanted = request.fields.get(name)
        reply = await go(request)
        if request.operation != "findJobs" or not reply.ok or not wanted:
            return reply
        every = await go(request.without(name).with_fields(limit=100))
        found = [record for record in every.records if fits(record, wanted)]
        return reply.with_records(found[: request.fields.get("limit", 10)], len(found))

    return tampering


_NOTHING = success({"res": [], "total": 0}, "SUCCESS")

# FIND-5: service.


@wrong_server("FIND-5", "service is ignored", touches="FIND-10")
def service_is_ignored() -> Tampering:
    return _ignoring("service")


@wrong_server("FIND-5", "of several services only the last one counts")
def last_service_counts() -> Tampering:
    return _changed("service", lambda given: given[-1:])


@wrong_server("FIND-5", "of several services only the first one counts")
def first_service_counts() -> Tampering:
    return _changed("service", lambda given: given[:1])


@wrong_server("FIND-5", "service is turned round: niji finds main", touches="FIND-10")
def services_are_swapped() -> Tampering:
    other = {"niji": "main", "main": "niji"}
    return _changed("service", lambda given: [other.get(one, one) for one in given])


@wrong_server("FIND-5", "the service niji is called nijijourney in records")
def service_has_another_name() -> Tampering:
    return each_record(
        lambda one: {**one, "service": "nijijourney"} if one["service"] == "niji" else one
    )


@wrong_server("FIND-5", "a record's service is null", touches="FIND-10 FIND-11")
def service_is_null() -> Tampering:
    return set_in_records(service=None)


@wrong_server("FIND-5", "service main finds nothing, for it is stored as null", touches="FIND-10")
def main_finds_nothing() -> Tampering:
    return _changed("service", lambda given: ["niji"] if "main" in given else given)


# FIND-6: job_type.


@wrong_server("FIND-6", "job_type is ignored", touches="FIND-10")
def job_type_is_ignored() -> Tampering:
    return _ignoring("job_type")


@wrong_server("FIND-6", "of several job types only the first one counts")
def first_job_type_counts() -> Tampering:
    return _changed("job_type", lambda given: given[:1])


@wrong_server("FIND-6", "several job types count as none given")
def several_job_types_are_ignored() -> Tampering:
    return _changed("job_type", lambda given: given if len(given) == 1 else [])


@wrong_server("FIND-6", "job_type finds every job but those", touches="FIND-10 UP-6")
def job_type_is_turned_round() -> Tampering:
    return _picking("job_type", lambda record, wanted: record["job_type"] not in wanted)


@wrong_server("FIND-6", "job_type main finds every job that has a picture", touches="FIND-10")
def job_type_main_finds_every_picture() -> Tampering:
    return _picking(
        "job_type",
        lambda record, wanted: (
            record["job_type"] in wanted or ("main" in wanted and bool(record["img_buffer"]))
        ),
    )


@wrong_server("FIND-6", "a job type that nobody knows counts as none given")
def unknown_job_type_is_ignored() -> Tampering:
    known = ("main", "variation", "upscale", "blend", "describe")
    return _changed("job_type", lambda given: [one for one in given if one in known])


# FIND-7: prompt.


@wrong_server("FIND-7", "prompt is ignored", touches="GEN-4 FIND-10")
def prompt_is_ignored() -> Tampering:
    return _ignoring("prompt")


@wrong_server("FIND-7", "prompt is looked for in a column that is always empty", touches="GEN-4")
def prompt_finds_nothing() -> Tampering:
    return _answering("prompt", _NOTHING)


@wrong_server("FIND-7", "the index of prompts knows no Chinese: what has any is not found")
def chinese_prompt_finds_nothing() -> Tampering:
    def change(request: Request) -> Request | Reply:
        prompt = request.fields.get("prompt")
        return _NOTHING if isinstance(prompt, str) and not prompt.isascii() else request

    return asking(change, "findJobs")


@wrong_server("FIND-7", "quotes in a prompt break the query: 501", touches="GEN-5")
def quotes_in_a_prompt_are_501() -> Tampering:
    def change(request: Request) -> Request | Reply:
        quoted = '"' in str(request.fields.get("prompt", ""))
        return refusal(501, "GENERAL_ERROR") if quoted else request

    return asking(change, "findJobs")


# FIND-8: folders. FIND-9: favourite.


@wrong_server("FIND-8", "folders is ignored", touches="FIND-10")
def folders_is_ignored() -> Tampering:
    return _ignoring("folders")


@wrong_server("FIND-8", "there is no table of folders: 501", touches="FIND-1 FIND-10")
def folders_is_501() -> Tampering:
    return _answering("folders", refusal(501, "GENERAL_ERROR"))


@wrong_server("FIND-8", "a folder that is there finds what is in any folder", around=history)
def folder_finds_what_is_in_any() -> Tampering:
    return _picking("folders", lambda record, wanted: bool(record["folders"]))


@wrong_server("FIND-9", "favourites are those in folders, too", around=history)
def folders_hold_favourites() -> Tampering:
    return _picking("favourite", lambda one, wanted: one["is_favourite"] or bool(one["folders"]))


@wrong_server("FIND-9", "favourite is ignored", touches="FIND-10")
def favourite_is_ignored() -> Tampering:
    return _ignoring("favourite")


@wrong_server("FIND-9", "favourite is turned round", touches="FIND-10")
def favourite_is_turned_round() -> Tampering:
    return _changed("favourite", lambda given: False)


@wrong_server("FIND-9", "favourite is refused: 301", touches="FIND-1 FIND-10")
def favourite_is_refused() -> Tampering:
    return asking(
        lambda request: request.made_invalid() if request.fields.get("favourite") else request,
        "findJobs",
    )


# FIND-10: filters combine.


@wrong_server("FIND-10", "filters are joined by or")
def filters_are_joined_by_or() -> Tampering:
    async def tampering(request: Request, go: Go) -> Reply:
        reply = await go(request)
        given = [name for name in _FILTERS if request.fields.get(name)]
        if request.operation != "findJobs" or not reply.ok or len(given) < 2:
            return reply
        kept = request.without(*given, "limit")
        found: dict[str, JSON] = {}
        for name in given:
            one = await go(kept.with_fields(limit=100, **{name: request.fields[name]}))
            found |= {record["hash"]: record for record in one.records}
        order = [record["hash"] for record in await all_records(request, go)]
        records = sorted(found.values(), key=lambda record: order.index(record["hash"]))
        return reply.with_records(records[: request.fields.get("limit", 10)], len(records))

    return tampering


@wrong_server("FIND-10", "of several filters only the last one counts")
def last_filter_counts() -> Tampering:
    def change(request: Request) -> Request:
        given = [name for name in request.fields if name in _FILTERS]
        return request.without(*given[:-1])

    return asking(change, "findJobs")


@wrong_server("FIND-10", "with a prompt the service does not count")
def service_is_ignored_with_a_prompt() -> Tampering:
    def change(request: Request) -> Request:
        return request.without("service") if request.fields.get("prompt") else request

    return asking(change, "findJobs")


@wrong_server("FIND-10", "with a job type favourite does not count")
def favourite_is_ignored_with_a_job_type() -> Tampering:
    def change(request: Request) -> Request:
        return request.without("favourite") if request.fields.get("job_type") else request

    return asking(change, "findJobs")


@wrong_server("FIND-10", "with a service folders does not count")
def folders_is_ignored_with_a_service() -> Tampering:
    def change(request: Request) -> Request:
        return request.without("folders") if request.fields.get("service") else request

    return asking(change, "findJobs")


@wrong_server("FIND-10", "with a cursor the job type does not count")
def job_type_is_ignored_with_a_cursor() -> Tampering:
    def change(request: Request) -> Request:
        paging = _CURSOR in request.fields
        return request.without("job_type") if paging else request

    return asking(change, "findJobs")


@wrong_server("FIND-10", "with a service the cursor is ignored", touches="FIND-4")
def cursor_is_ignored_with_a_service() -> Tampering:
    def change(request: Request) -> Request:
        return request.without(_CURSOR) if request.fields.get("service") else request

    return asking(change, "findJobs")
