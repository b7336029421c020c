"""Wrong courses of a job: LIFE-1 to LIFE-4 (page, Job Find)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from tests.support.tampering.exchange import JSON, Tampering
from tests.support.tampering.making import each_finished, each_record, is_finished
from tests.wrong_servers.wrong_server import wrong_server

# LIFE-1: status 2000 or a failure in a bounded time.


@wrong_server("LIFE-1", "a finished job has its picture and status 200")
def finished_is_200() -> Tampering:
    return each_finished(lambda record: {**record, "status": 200})


@wrong_server("LIFE-1", "a job has its picture and keeps the status of a running one")
def finished_is_still_running() -> Tampering:
    return each_finished(lambda record: {**record, "status": 1000, "pct_prog": 100})


# LIFE-2: a finished record keeps its status.


def _finished_looks(change: Callable[[JSON, int], JSON]) -> Tampering:
    """Change a finished record by how often it has been shown as such."""
    looks: dict[str, int] = {}

    def changed(record: JSON) -> JSON:
        looks[record["hash"]] = looks.get(record["hash"], 0) + 1
        return change(record, looks[record["hash"]])

    return each_finished(changed)


@wrong_server("LIFE-2", "a finished job is shown once as running again: a replica lags behind")
def finished_job_runs_once_more() -> Tampering:
    return _finished_looks(lambda record, look: _running(record) if look == 2 else record)


@wrong_server("LIFE-2", "every second look at a finished job shows it as running")
def finished_job_flickers() -> Tampering:
    return _finished_looks(lambda record, look: _running(record) if look % 2 == 0 else record)


@wrong_server(
    "LIFE-2", "a finished job fails later, when its picture is filed", touches="BLEND-1 DESC-1"
)
def finished_job_fails() -> Tampering:
    failed = {"status": 4000, "error": "storage"}
    return _finished_looks(lambda record, look: {**record, **failed} if look > 2 else record)


@wrong_server(
    "LIFE-2", "a finished job goes on to status 3000 when it is archived", touches="LIFE-1"
)
def finished_job_is_archived() -> Tampering:
    return _finished_looks(lambda record, look: {**record, "status": 3000} if look > 3 else record)


def _running(record: JSON) -> JSON:
    blank = dict.fromkeys(("img_buffer", "img_thumb", "original_url", "img_length"))
    return {**record, **blank, "status": 1000, "pct_prog": 93}


# LIFE-3: created_at, updated_at and timestamp.


def _timed(**changes: Callable[[JSON], Any]) -> Tampering:
    return each_record(lambda one: {**one, **{key: how(one) for key, how in changes.items()}})


def _moved(text: str, by: timedelta) -> str:
    return _iso(datetime.fromisoformat(text) + by)


def _iso(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}Z"


@wrong_server("LIFE-3", "updated_at is an hour before created_at")
def updated_before_created() -> Tampering:
    return _timed(updated_at=lambda one: _moved(one["created_at"], timedelta(hours=-1)))


@wrong_server("LIFE-3", "updated_at is less than a second before created_at, whatever happens")
def updated_a_moment_before_created() -> Tampering:
    return _timed(updated_at=lambda one: _moved(one["created_at"], timedelta(milliseconds=-400)))


@wrong_server("LIFE-4", "created_at and updated_at are swapped")
def created_and_updated_are_swapped() -> Tampering:
    return _timed(
        created_at=lambda one: one["updated_at"], updated_at=lambda one: one["created_at"]
    )


@wrong_server("LIFE-3", "updated_at is of another time zone than created_at", touches="FIND-11")
def updated_at_of_another_zone() -> Tampering:
    return _timed(updated_at=lambda one: _moved(one["updated_at"], timedelta(hours=-8)))


@wrong_server("LIFE-3", "timestamp is in seconds", touches="FIND-4 FIND-10 FIND-14 UP-6")
def timestamp_in_seconds() -> Tampering:
    return _timed(timestamp=lambda one: one["timestamp"][:-3])


@wrong_server(
    "LIFE-4", "timestamp is that of the last change", touches="FIND-4 FIND-10 FIND-14 LIFE-3"
)
def timestamp_of_the_last_change() -> Tampering:
    def change(one: JSON) -> str:
        return str(round(datetime.fromisoformat(one["updated_at"]).timestamp() * 1000))

    return _timed(timestamp=change)


@wrong_server("LIFE-3", "times are those of Shanghai and say Z", touches="FIND-11")
def local_time_labelled_utc() -> Tampering:
    ahead = timedelta(hours=8)
    return _timed(
        created_at=lambda one: _moved(one["created_at"], ahead),
        updated_at=lambda one: _moved(one["updated_at"], ahead),
    )


@wrong_server("LIFE-3", "times have the offset of Shanghai", touches="FIND-11")
def times_with_an_offset() -> Tampering:
    def local(text: str) -> str:
        return _moved(text, timedelta(hours=8)).replace("Z", "+08:00")

    return _timed(
        created_at=lambda one: local(one["created_at"]),
        updated_at=lambda one: local(one["updated_at"]),
    )


@wrong_server("LIFE-3", "times have no milliseconds", touches="FIND-11")
def times_without_milliseconds() -> Tampering:
    def whole(text: str) -> str:
        return f"{text[:19]}Z"

    return _timed(
        created_at=lambda one: whole(one["created_at"]),
        updated_at=lambda one: whole(one["updated_at"]),
    )


@wrong_server("LIFE-3", "updated_at is as MySQL writes it", touches="FIND-11")
def updated_at_as_in_mysql() -> Tampering:
    return _timed(updated_at=lambda one: one["updated_at"][:19].replace("T", " "))


@wrong_server("LIFE-3", "created_at is a number", touches="FIND-11")
def created_at_is_a_number() -> Tampering:
    return _timed(created_at=lambda one: int(one["timestamp"]))


# LIFE-4: what never changes between polls.


@wrong_server("LIFE-4", "the job_id is drawn anew at every look", touches="FIND-12 VAR-1 PAR-1")
def job_id_is_drawn_anew() -> Tampering:
    return each_record(
        lambda one: one if one["job_type"] == "main" else {**one, "job_id": str(uuid4())}
    )


@wrong_server("LIFE-4", "the id_uuid is another one when the job is finished")
def uuid_changes_at_the_end() -> Tampering:
    return each_finished(lambda one: {**one, "id_uuid": f"{one['id_uuid'][:-1]}x"})


@wrong_server("LIFE-4", "the record is written anew when the job is finished: another id")
def id_changes_at_the_end() -> Tampering:
    return each_finished(lambda one: {**one, "id": one["id"] + 500_000_000})


@wrong_server(
    "CREATE-2",
    "the hash of a niji job is another one when it is finished",
    touches="FIND-12 LIFE-4",
)
def hash_changes_at_the_end() -> Tampering:
    return each_finished(
        lambda one: {**one, "hash": one["hash"][::-1]} if one["service"] == "niji" else one
    )


@wrong_server("LIFE-4", "a suffix is put to the prompt when the job is finished")
def prompt_changes_at_the_end() -> Tampering:
    return each_finished(
        lambda one: (
            {**one, "msg_content": f"{one['msg_content']}, best quality"}
            | {"msg_display": f"{one['msg_display']}, best quality"}
        )
    )


@wrong_server("LIFE-4", "created_at is when the job was finished, once it is")
def created_at_changes_at_the_end() -> Tampering:
    return each_finished(lambda one: {**one, "created_at": one["updated_at"]})


@wrong_server("LIFE-4", "timestamp and created_at move on while a job runs", touches="LIFE-3")
def creation_moves_while_running() -> Tampering:
    def change(one: JSON) -> JSON:
        if is_finished(one):
            return one
        moved = int(one["timestamp"]) + (one["pct_prog"] or 0)
        created = _moved(one["created_at"], timedelta(milliseconds=one["pct_prog"] or 0))
        return {**one, "timestamp": str(moved), "created_at": created}

    return each_record(change)
