"""Records that are not as shown: FIND-11 and FIND-12 (page, Job Find)."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from tests.support.tampering.exchange import JSON, Reply, Request, Tampering
from tests.support.tampering.making import (
    each_record,
    is_finished,
    set_in_records,
    succeeding,
    without,
)
from tests.wrong_servers.wrong_server import add, wrong_server

# FIND-11: all 58 keys with their types.


def _keyed(key: str, change: Callable[[Any], Any]) -> Tampering:
    return each_record(lambda record: {**record, key: change(record[key])})


@wrong_server("FIND-11", "keys that are null are left out", touches="LIFE-1")
def nulls_of_a_record_are_left_out() -> Tampering:
    return each_record(lambda record: {key: one for key, one in record.items() if one is not None})


@wrong_server("FIND-11", "a record that is not finished has no keys of a picture")
def pending_records_lack_keys() -> Tampering:
    def change(record: JSON) -> JSON:
        picture = [key for key in record if key.startswith("img_") or key == "original_url"]
        return record if is_finished(record) else without(record, picture)

    return each_record(change)


@wrong_server("FIND-11", "a record without a parent has no keys of one")
def records_lack_the_parent() -> Tampering:
    def change(record: JSON) -> JSON:
        return record if record["parent_id"] else without(record, ["parent_id", "parent_hash"])

    return each_record(change)


@wrong_server(
    "FIND-11", "keys are written in camelCase", touches="CREATE-5 LIFE-3 IMG-1 IMG-2 REMIX-1"
)
def keys_in_camel_case() -> Tampering:
    def camel(key: str) -> str:
        first, *rest = key.split("_")
        return first + "".join(part.capitalize() for part in rest)

    kept = ("job_id", "job_type", "parent_id", "parent_hash", "original_url", "img_buffer")
    return each_record(
        lambda record: {key if key in kept else camel(key): one for key, one in record.items()}
    )


for _key in ("svg_buffer", "folders", "description_translation", "favourite_count"):
    add(
        f"record-lacks-{_key.replace('_', '-')}",
        "FIND-11",
        f"a record has no {_key}",
        partial(each_record, partial(without, names=[_key])),
    )

for _key, _name, _change, _touches in (
    ("timestamp", "a number", int, "LIFE-3"),
    ("id", "a string", str, ""),
    ("status", "a string", lambda one: None if one is None else str(one), "LIFE-1"),
    ("is_favourite", "0 or 1", int, ""),
    ("deleted", "null", lambda _: None, ""),
    ("folders", "null", lambda _: None, ""),
    ("favourite_count", "a string", str, ""),
    ("img_length", "a string", lambda one: None if one is None else str(one), "IMG-2"),
    ("sender_id", "null", lambda _: None, ""),
    ("job_type", "a number", len, "UP-6 FIND-6"),
    ("img_thumb", "an object", lambda one: one and {"url": one}, "IMG-1"),
    ("error", "an empty array", lambda one: one or [], ""),
):
    add(
        f"{_key.replace('_', '-')}-is-{_name.replace(' ', '-')}",
        "FIND-11",
        f"a record's {_key} is {_name}",
        partial(_keyed, _key, _change),
        touches=_touches,
    )


@wrong_server("FIND-11", "the last record of a long page is null", whole=True, touches="CREATE-2")
def last_record_is_null() -> Tampering:
    def change(_: Request, reply: Reply) -> Reply:
        broken: list[Any] = [*reply.records[:-1], None]
        return reply.with_records(broken) if len(broken) > 5 else reply

    return succeeding(change, "findJobs")


# FIND-12: id, id_uuid, hash and job_id are each unique.


@wrong_server("FIND-12", "every record has the same id")
def one_id_for_all_records() -> Tampering:
    return set_in_records(id=32)


@wrong_server("LIFE-4", "id is the place on the page", touches="FIND-12")
def id_is_the_place_on_the_page() -> Tampering:
    def change(_: Request, reply: Reply) -> Reply:
        numbered = enumerate(reply.records, 1)
        return reply.with_records([{**record, "id": number} for number, record in numbered])

    return succeeding(change, "findJobs")


@wrong_server("FIND-12", "id_uuid is that of the account")
def one_uuid_for_all_records() -> Tampering:
    return each_record(lambda record: {**record, "id_uuid": record["sender_id"]})


@wrong_server("FIND-12", "a child has the job_id of its parent", touches="PAR-1")
def child_has_the_job_id_of_its_parent() -> Tampering:
    return each_record(lambda record: {**record, "job_id": record["parent_id"] or record["job_id"]})


@wrong_server(
    "FIND-12",
    "a child has the hash of its parent",
    touches="CREATE-2 CREATE-4 FIND-14 LIFE-2 LIFE-3 LIFE-4 IMG-4 UP-6",
)
def child_has_the_hash_of_its_parent() -> Tampering:
    return each_record(lambda record: {**record, "hash": record["parent_hash"] or record["hash"]})
