"""Find: the conditions of a body, the records that meet them, rendered (page, Job Find).

A record that will not change any more is rendered once and remembered, for as long as its
account's epoch stands.
"""

from __future__ import annotations

from typing import Any, cast

import orjson

from ..contract.errors import ApiError
from ..jobs.lifecycle import Kind, State, observe
from ..records.record import render
from ..service import FakeService
from ..store.job_query import Find, Match
from .call import Call


def find(service: FakeService, call: Call) -> bytes:
    """The ``data`` of a find: ``{"res": [...], "total": n}``."""
    conditions = _conditions(service, call)
    if conditions is None:
        return b'{"res":[],"total":0}'
    ids, total = service.store.find(conditions)
    known, epoch, base = service.record_cache.get, call.caller.epoch, call.base
    records = [known(id, epoch, base) or _record(service, call, id, base) for id in ids]
    return b'{"res":[%b],"total":%d}' % (b",".join(records), total)


def _record(service: FakeService, call: Call, id: int, base: str) -> bytes:
    """One record as JSON text."""
    caller = call.caller
    job = service.store.by_id(id)
    assert job is not None, id
    account = service.store.account_by_id(job.account)
    assert account is not None, job.account
    seen = observe(job, call.now if account is caller else service.clocks.now(account.id))
    text = orjson.dumps(render(job, seen, service.owner(account), base, service.profile))
    if seen.state is not State.FINISHED:
        call.invented = True
    elif account is caller:
        service.record_cache.keep(id, caller.epoch, base, text)
    return text


def _conditions(service: FakeService, call: Call) -> Find | None:
    """What to look for; ``None`` where nothing can match."""
    body, profile = call.body, service.profile
    services, folders = _listed(service, body, "service"), _listed(service, body, "folders")
    kinds = _kinds(service, _listed(service, body, "job_type"))
    if services == () or folders == () or kinds == ():
        return None
    return Find(
        account=call.caller.id if profile["find-scope"] == "own" else None,
        now=call.now,
        before=_before(service, body),
        kinds=kinds,
        services=services,
        prompt=body.get("prompt"),
        match=cast(Match, profile["find-prompt-match"]),
        folders=folders,
        favourite=body.get("favourite"),
        hash=_hash(service, body),
        limit=_limit(service, body),
        oldest_first=profile["find-order"] == "oldest-first",
        total_before=profile["find-total-scope"] == "filters-with-cursor",
    )


def _listed(service: FakeService, body: dict[str, Any], key: str) -> tuple[str, ...] | None:
    """A filter that is a list; an empty one is a question of its own."""
    given = body.get(key)
    if given is None or (not given and service.profile["find-empty-array"] == "no-restriction"):
        return None
    return tuple(given)


def _kinds(service: FakeService, names: tuple[str, ...] | None) -> tuple[Kind, ...] | None:
    """The kinds of job that are called by these names."""
    if names is None:
        return None
    return tuple(kind for kind, name in service.profile.job_types.items() if name in names)


def _before(service: FakeService, body: dict[str, Any]) -> int | None:
    """The cursor in ms; its unit is a question (the page's example value fits neither well)."""
    before: int | None = body.get("timestamp_smaller_than")
    if before is not None and service.profile["find-timestamp-unit"] == "s":
        return max(min(before * 1000, 2**63 - 1), -(2**63))
    return before


def _limit(service: FakeService, body: dict[str, Any]) -> int | None:
    """How many records at the most, ``None`` for no limit; more than the maximum is the maximum."""
    limit: int | None = body.get("limit", service.profile.default_limit)
    most = service.profile.max_limit
    if limit is None or most is None:
        return limit if most is None else most
    return min(limit, most)


def _hash(service: FakeService, body: dict[str, Any]) -> str | None:
    """The page says a job is looked up by its hash and shows no such filter."""
    if service.profile["find-hash-filter"] == "ignored" or "hash" not in body:
        return None
    hash = body["hash"]
    if not isinstance(hash, str):
        raise ApiError("invalid-parameter", "hash: the value is not a string")
    return hash
