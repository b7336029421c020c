"""Find: the conditions of a body, the records that meet them, rendered (page, Job Find).

A record that will not change any more is rendered once and remembered, for as long as its
account's epoch stands.
"""

from __future__ import annotations

from contextlib import nullcontext
from typing import Any, cast

import orjson

from ..contract.errors import ApiError
from ..contract.profile import Profile
from ..jobs.lifecycle import Job, Kind, Moment, State, observe
from ..records.record import Owner, render
from ..service import FakeService
from ..store.dialect import Match
from ..store.ids import sender_id
from ..store.job_query import Find
from .call import Call
from .validation import SERVICES


def find_jobs(service: FakeService, call: Call) -> bytes:
    """The ``data`` of a find: ``{"res": [...], "total": n}``."""
    conditions = _conditions(call)
    if conditions is None:
        return b'{"res":[],"total":0}'
    with nullcontext() if conditions.account else service.store.turn():
        return _found(service, call, conditions)


def _found(service: FakeService, call: Call, conditions: Find) -> bytes:
    ids, total = service.store.find(conditions)
    base = call.origin()
    records = call.rules.records.get(ids, call.caller.epoch, base)
    if None in records.values():
        for job in service.store.by_ids([id for id in ids if records[id] is None]):
            records[job.id] = _record(service, call, job, base)
    # One that another process has just deleted has none.
    return b'{"res":[%b],"total":%d}' % (b",".join(filter(None, records.values())), total)


def _record(service: FakeService, call: Call, job: Job, base: str) -> bytes:
    """One record as JSON text."""
    caller = call.caller
    own = job.account == caller.id
    seen = observe(job, call.now if own else service.clocks.now(job.account))
    text = orjson.dumps(record_json(service, job, seen, base, call.profile))
    if seen.state is not State.FINISHED:
        call.invented = True
    elif own:
        call.rules.records.keep(job.id, caller.epoch, base, text)
    return text


def record_json(
    service: FakeService, job: Job, seen: Moment, base: str, profile: Profile
) -> dict[str, Any]:
    """A job's record as :func:`find_jobs` returns it; picture links start with ``base``."""
    account = service.store.account_by_id(job.account)
    assert account is not None, job.account
    drawn_by = service.rules_for(job.account).profile
    owner = Owner(sender_id(service.seed, account.username), account.name, drawn_by)
    return render(job, seen, owner, base, profile, service.record_keys)


def _conditions(call: Call) -> Find | None:
    """What to look for; ``None`` where nothing can match."""
    body, profile = call.body, call.profile
    services = _services(profile, body)
    folders = _listed(profile, body, "folders")
    kinds = _kinds(profile, _listed(profile, body, "job_type"))
    prompt = body.get("prompt")
    if prompt == "":
        if profile["find-empty-prompt"] == "301":
            raise ApiError("invalid-parameter", "prompt: must not be empty")
        # What a comparison with an empty text gives depends on how prompts are compared.
        prompt = None
    before = _before(profile, body)
    nothing = "prompt" in body and not body["prompt"] and profile["find-empty-prompt"] == "nothing"
    if nothing or services == () or folders == () or kinds == ():
        return None
    return Find(
        account=call.caller.id if profile["find-scope"] == "own" else None,
        now=call.now,
        before=before,
        kinds=kinds,
        services=services,
        prompt=prompt,
        match=cast(Match, profile["find-prompt-match"]) if prompt else "exact",
        folders=folders,
        favourite=_favourite(profile, body),
        hash=_hash(profile, body),
        limit=_limit(profile, body),
        oldest_first=profile["find-order"] == "oldest-first",
        total_before=before is None or profile["find-total-scope"] == "filters-with-cursor",
    )


def _services(profile: Profile, body: dict[str, Any]) -> tuple[str, ...] | None:
    names = _listed(profile, body, "service")
    known = tuple(name for name in names or () if name in SERVICES)
    if not names or len(known) == len(names):
        return names
    return names if profile["find-unknown-service"] != "no-restriction" else known or None


def _listed(profile: Profile, body: dict[str, Any], key: str) -> tuple[str, ...] | None:
    """A filter that is a list; an empty one is a question of its own."""
    given = body.get(key)
    if given is None or (not given and profile["find-empty-array"] == "no-restriction"):
        return None
    return tuple(given)


def _kinds(profile: Profile, names: tuple[str, ...] | None) -> tuple[Kind, ...] | None:
    """The kinds of job that are called by these names."""
    if names is None:
        return None
    kinds = tuple(kind for kind, name in profile.job_types.items() if name in names)
    unknown = not set(names) <= set(profile.job_types.values())
    if unknown and profile["find-unknown-type"] == "301":
        raise ApiError("invalid-parameter", "job_type: no job has this type")
    return kinds


def _favourite(profile: Profile, body: dict[str, Any]) -> bool | None:
    """Question favourite-false."""
    favourite: bool | None = body.get("favourite")
    if favourite is not False or profile["favourite-false"] == "others":
        return favourite
    if profile["favourite-false"] == "301":
        raise ApiError("invalid-parameter", "favourite: must be true")
    return None


def _before(profile: Profile, body: dict[str, Any]) -> int | None:
    """The cursor in ms; its unit is a question (the page's example value fits neither well)."""
    before: int | None = body.get("timestamp_smaller_than")
    if before is not None and profile["find-timestamp-unit"] == "s":
        return max(min(before * 1000, 2**63 - 1), -(2**63))
    return before


def _limit(profile: Profile, body: dict[str, Any]) -> int | None:
    """The maximum number of records; ``None`` for no limit."""
    limit: int | None = body.get("limit")
    if "limit" not in body:
        limit = profile.default_limit
    maximum = profile.max_limit
    if limit is None or maximum is None:
        return limit if maximum is None else maximum
    return min(limit, maximum)


def _hash(profile: Profile, body: dict[str, Any]) -> str | None:
    """The page says a job is looked up by its hash and shows no such filter."""
    if "hash" not in body or profile["find-hash-filter"] == "ignored":
        return None
    hash = body["hash"]
    if not isinstance(hash, str):
        raise ApiError("invalid-parameter", "hash: must be a string")
    return hash
