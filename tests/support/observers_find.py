"""How each open question about find is observed; see ``observers.py``."""

from __future__ import annotations

from typing import Any

from tests.support.fakes import Caller, Fake, envelope
from tests.support.observers import past_jobs


def cursor(fake: Fake, record: dict[str, Any]) -> int:
    """A timestamp_smaller_than that just keeps a record out, in the unit of the fake."""
    created = int(record["timestamp"])
    return (
        created
        if fake.app.service.rules.profile["find-timestamp-unit"] == "ms"
        else created // 1000
    )


def find_scope(fake: Fake) -> object:
    hash = fake.login().create()
    found = fake.login("other").found()
    assert found["total"] == len(found["res"])
    return [record["hash"] == hash for record in found["res"]]


def find_hash_filter(fake: Fake) -> object:
    caller = past_jobs(fake, 3)
    hash = caller.find()[1]["hash"]
    return [record["hash"] == hash for record in caller.find(hash=hash)]


def find_order(fake: Fake) -> object:
    times = [int(record["timestamp"]) for record in past_jobs(fake, 3).find()]
    return "falls" if times == sorted(times, reverse=True) else ("rises", times == sorted(times))


def find_default_limit(fake: Fake) -> object:
    return len(past_jobs(fake, 30).find())


def find_max_limit(fake: Fake) -> object:
    return len(past_jobs(fake, 105).find(limit=10**6))


def find_bad_limit(fake: Fake) -> object:
    caller = past_jobs(fake, 3)
    seen = []
    for limit in (0, -1, "10", 2.5, None):
        body = envelope(caller.post("/jobs/find", {"limit": limit}))
        seen.append(len(body["data"]["res"]) if body["errno"] == 0 else body["errno"])
    return seen


def find_timestamp_unit(fake: Fake) -> object:
    (record,) = past_jobs(fake, 1).find()
    created = int(record["timestamp"])
    values = (created // 1000 + 1, created, created + 1)
    return [len(fake.login().find(timestamp_smaller_than=value)) for value in values]


def find_total_scope(fake: Fake) -> object:
    caller = past_jobs(fake, 3)
    newest = max(caller.find(), key=lambda record: int(record["timestamp"]))
    found = caller.found(timestamp_smaller_than=cursor(fake, newest))
    assert len(found["res"]) == 2
    few = caller.found(timestamp_smaller_than=cursor(fake, newest), limit=1)
    assert (len(few["res"]), few["total"]) == (1, found["total"])
    return found["total"]


def find_prompt_match(fake: Fake) -> object:
    caller = fake.login()
    caller.picture("Shanghai at  dawn\nin May")
    asked = ("HAI AT", "hai at", "MAY dawn", "Shanghai at  dawn\nin May", "daw")
    return [len(caller.find(prompt=prompt)) for prompt in asked]


def find_scalar_for_array(fake: Fake) -> object:
    caller = past_jobs(fake, 1)
    conditions: tuple[dict[str, str], ...] = (
        {"service": "main"},
        {"job_type": "main"},
        {"service": "niji"},
        {"folders": "some_folder_id"},
    )
    answers = [envelope(caller.post("/jobs/find", body)) for body in conditions]
    return [body["errno"] or body["data"]["total"] for body in answers]


def find_empty_array(fake: Fake) -> object:
    caller = past_jobs(fake, 1)
    return [caller.found(**{key: []})["total"] for key in ("service", "job_type", "folders")]


def _found(caller: Caller, **filters: object) -> object:
    """The number of records, or the errno."""
    body = envelope(caller.post("/jobs/find", filters))
    return len(body["data"]["res"]) if body["errno"] == 0 else body["errno"]


def find_unknown_service(fake: Fake) -> object:
    caller = past_jobs(fake, 2)
    return [_found(caller, service=names) for names in (["anime"], ["anime", "main"], ["main"])]


def find_unknown_type(fake: Fake) -> object:
    caller = past_jobs(fake, 2)
    return [_found(caller, job_type=names) for names in (["pan"], ["main"])]


def find_cursor_string(fake: Fake) -> object:
    caller = past_jobs(fake, 2)
    return [_found(caller, timestamp_smaller_than=text) for text in ("1", "9" * 15, "soon")]


def find_empty_prompt(fake: Fake) -> object:
    return _found(past_jobs(fake, 2), prompt="")


def favourite_false(fake: Fake) -> object:
    caller = past_jobs(fake, 2)
    store = fake.app.service.store
    (first, *_) = store.jobs()
    store.put([first._replace(favourite=True)])
    return [_found(caller, favourite=False), _found(caller, favourite=True), _found(caller)]


def null_parameter(fake: Fake) -> object:
    caller = past_jobs(fake, 2)
    keys = ("limit", "timestamp_smaller_than", "service", "prompt", "favourite")
    return {_found(caller, **{key: None}) for key in keys}
