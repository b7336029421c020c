"""FIND-1 to FIND-14: servers that break them are failed by the check of their own requirement."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from sampan.conformance.verdict import Verdict
from tests.support.examples import sampled, some
from tests.support.judged import finding, judged
from tests.support.tampering.exchange import JSON, Go, Reply, Request, Tampering, refusal
from tests.support.tampering.making import (
    all_records,
    asking,
    each_record,
    set_in_records,
    succeeding,
    without,
)

CURSOR = "timestamp_smaller_than"


def _ignoring(name: str, beside: str = "") -> Tampering:
    """The filter is ignored, or ignored if another one is there too."""

    def change(request: Request) -> Request:
        there = name in request.fields and (not beside or beside in request.fields)
        return request.without(name) if there else request

    return asking(change, "findJobs")


def _asked(name: str, change: Callable[[Any], object]) -> Tampering:
    """The value of a filter is another one than was asked for."""

    def changed(request: Request) -> Request:
        if name not in request.fields:
            return request
        return request.with_fields(**{name: change(request.fields[name])})

    return asking(changed, "findJobs")


def _refusing(name: str, errno: int, beside: str = "") -> Tampering:
    def change(request: Request) -> Request | Reply:
        there = name in request.fields and (not beside or beside in request.fields)
        return refusal(errno) if there else request

    return asking(change, "findJobs")


def _requiring(name: str) -> Tampering:
    def change(request: Request) -> Request | Reply:
        there = request.json is None or name in request.fields
        return request if there else refusal(301, "MISSING PARAMETER")

    return asking(change, "findJobs")


def _data(change: Callable[[JSON], JSON]) -> Tampering:
    """Find's data is another."""
    return succeeding(lambda _, reply: reply.with_fields(data=change(reply.data)), "findJobs")


def _total(change: Callable[[Request, Reply], object]) -> Tampering:
    return succeeding(
        lambda request, reply: reply.with_records(reply.records, change(request, reply)), "findJobs"
    )


async def _stored(request: Request, go: Go) -> Reply:
    """total counts what is stored."""
    reply = await go(request)
    if request.operation != "findJobs" or not reply.ok:
        return reply
    return reply.with_records(reply.records, len(await all_records(request, go)))


async def _any_of_them(request: Request, go: Go) -> Reply:
    """service and job_type are joined by or."""
    names = [name for name in ("service", "job_type") if name in request.fields]
    if request.operation != "findJobs" or len(names) < 2:
        return await go(request)
    replies = [await go(request.without(name)) for name in names]
    if not all(reply.ok for reply in replies):
        return replies[0]
    found = {one["hash"]: one for reply in replies for one in reply.records}
    return replies[0].with_records(list(found.values()), len(found))


async def _limit_before_filter(request: Request, go: Go) -> Reply:
    """The filter is put to the page that the limit has cut."""
    if request.operation != "findJobs" or "job_type" not in request.fields:
        return await go(request)
    reply = await go(request.without("job_type"))
    if not reply.ok:
        return reply
    kinds = request.fields["job_type"]
    return reply.with_records([one for one in reply.records if one["job_type"] in kinds])


def _page(change: Callable[[list[JSON]], list[JSON]]) -> Tampering:
    """Pages behind a cursor hold other records; their total stays."""

    def changed(request: Request, reply: Reply) -> Reply:
        return reply.with_records(change(reply.records)) if CURSOR in request.fields else reply

    return succeeding(changed, "findJobs")


async def _places(request: Request, go: Go) -> Reply:
    """An id is the place on the page."""
    reply = await go(request)
    if request.operation != "findJobs" or not reply.ok:
        return reply
    return reply.with_records([{**one, "id": place} for place, one in enumerate(reply.records, 1)])


def _of_its_parent(name: str, key: str) -> Tampering:
    return each_record(lambda one: {**one, name: one[key]} if one[key] else one)


async def _no_oldest(request: Request, go: Go) -> Reply:
    """The oldest of four records or more is counted and never shown."""
    reply = await go(request)
    if request.operation != "findJobs" or not reply.ok:
        return reply
    everything = await all_records(request, go)
    if len(everything) < 4:
        return reply
    kept = [one for one in reply.records if one["hash"] != everything[-1]["hash"]]
    return reply.with_records(kept)


def _no_niji(services: list[str]) -> list[str]:
    """Where niji alone is asked for, an empty array is left."""
    return [one for one in services if one != "niji"]


def _without_nulls(record: JSON) -> JSON:
    return {key: value for key, value in record.items() if value is not None}


def _retyped(key: str, kind: Callable[[Any], object]) -> Tampering:
    return each_record(lambda one: {**one, key: kind(one[key])})


BREACHES: list[tuple[str, str, Tampering]] = [
    ("FIND-1", "limit is required", _requiring("limit")),
    ("FIND-1", "a cursor is refused", _refusing(CURSOR, 301)),
    ("FIND-1", "nothing is 501", asking(lambda r: r if r.fields else refusal(501), "findJobs")),
    ("FIND-2", "total is a string", _total(lambda _, reply: str(reply.data["total"]))),
    ("FIND-2", "total is one short", _total(lambda _, reply: reply.data["total"] - 1)),
    ("FIND-2", "total is missing", _data(lambda data: without(data, ["total"]))),
    ("FIND-2", "res is an object", _data(lambda data: {**data, "res": {"0": data["res"]}})),
    ("FIND-2", "an empty res is null", _data(lambda data: {**data, "res": data["res"] or None})),
    (
        "FIND-2",
        "data is the array",
        succeeding(lambda _, r: r.with_fields(data=r.records), "findJobs"),
    ),
    ("FIND-3", "limit is ignored", _ignoring("limit")),
    ("FIND-3", "one more than limit", _asked("limit", lambda limit: limit + 1)),
    ("FIND-4", "the cursor is ignored", _ignoring(CURSOR)),
    ("FIND-4", "the cursor's record too", _asked(CURSOR, lambda time: time + 1)),
    ("FIND-4", "the cursor is ignored beside a service", _ignoring(CURSOR, "service")),
    ("FIND-5", "service is ignored", _ignoring("service")),
    ("FIND-5", "the first service counts", _asked("service", lambda some: some[:1])),
    ("FIND-5", "service is another", set_in_records(service="anime")),
    ("FIND-5", "service is refused", _refusing("service", 301)),
    ("FIND-5", "niji alone restricts nothing", _asked("service", _no_niji)),
    ("FIND-6", "job_type is ignored", _ignoring("job_type")),
    ("FIND-6", "the first type counts", _asked("job_type", lambda some: some[:1])),
    ("FIND-6", "types are cut short", _asked("job_type", lambda some: [one[:3] for one in some])),
    ("FIND-7", "prompt is ignored", _ignoring("prompt")),
    ("FIND-7", "prompt finds nothing", _asked("prompt", lambda prompt: f"{prompt} no")),
    ("FIND-7", "prompt is 501", _refusing("prompt", 501)),
    ("FIND-8", "folders is ignored", _ignoring("folders")),
    ("FIND-8", "folders is refused", _refusing("folders", 301)),
    ("FIND-9", "favourite is ignored", _ignoring("favourite")),
    ("FIND-9", "favourite is turned round", _asked("favourite", lambda flag: not flag)),
    ("FIND-9", "favourite is 501", _refusing("favourite", 501)),
    ("FIND-10", "filters are joined by or", _any_of_them),
    ("FIND-10", "service is ignored beside a type", _ignoring("service", "job_type")),
    ("FIND-10", "type is ignored beside a service", _ignoring("job_type", "service")),
    ("FIND-10", "prompt is ignored beside a type", _ignoring("prompt", "job_type")),
    ("FIND-10", "folders are ignored beside a service", _ignoring("folders", "service")),
    ("FIND-10", "the cursor is ignored beside a prompt", _ignoring(CURSOR, "prompt")),
    ("FIND-10", "the limit is ignored beside a cursor", _ignoring("limit", CURSOR)),
    ("FIND-10", "the limit comes first", _limit_before_filter),
    ("FIND-10", "two filters are refused", _refusing("service", 301, "prompt")),
    ("FIND-11", "a key is missing", each_record(lambda one: without(one, ["favourite_count"]))),
    ("FIND-11", "nulls are left out", each_record(_without_nulls)),
    ("FIND-11", "timestamp is a number", _retyped("timestamp", int)),
    ("FIND-11", "id is a text", _retyped("id", str)),
    ("FIND-11", "deleted is 0", set_in_records(deleted=0)),
    ("FIND-11", "folders is null", set_in_records(folders=None)),
    ("FIND-11", "favourite_count is true", set_in_records(favourite_count=True)),
    ("FIND-11", "a record is null", _data(lambda data: {"res": [None], "total": 1})),
    ("FIND-12", "id is the place on the page", _places),
    ("FIND-12", "one uuid for all", set_in_records(id_uuid="a4fc49fd-c303-4157-819c-be14d2098173")),
    ("FIND-12", "a child has its parent's job_id", _of_its_parent("job_id", "parent_id")),
    ("FIND-12", "a child has its parent's hash", _of_its_parent("hash", "parent_hash")),
    ("FIND-13", "total counts what is stored", _stored),
    ("FIND-13", "total counts what is returned", _total(lambda _, reply: len(reply.records))),
    ("FIND-13", "total is one too many", _total(lambda _, reply: reply.data["total"] + 1)),
    ("FIND-13", "total is that of a hundred", _total(lambda _, reply: 100)),
    ("FIND-14", "a page skips its first record", _page(lambda records: records[1:])),
    ("FIND-14", "a page is empty", _page(lambda records: [])),
    ("FIND-14", "a record comes twice", _page(lambda records: [*records[:1], *records])),
    ("FIND-14", "the oldest record is never shown", _no_oldest),
]


@pytest.mark.parametrize(
    ("requirement", "tampering"),
    sampled(
        [
            pytest.param(id, tampering, id=f"{id}: {says}")
            for id, says, tampering in some(BREACHES, 2)
        ],
        2,
    ),
)
def test_a_breach_is_failed_by_its_own_check(requirement: str, tampering: Tampering) -> None:
    found = finding(judged(tampering, requirement, job_timeout=2.0), requirement)
    assert found.verdict is Verdict.FAIL, found
    assert found.expected
    assert found.actual
    assert found.evidence


def test_every_requirement_has_a_breach() -> None:
    assert {id for id, *_ in BREACHES} == {f"FIND-{number}" for number in range(1, 15)}
