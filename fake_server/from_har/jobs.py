"""The jobs in the calls of a HAR file, as facts: submitted there, found there, or both.

A job that had ended has ended. One that was under way when it was last seen stands still there.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ..contract.profile import Profile
from ..jobs import prompt
from ..jobs.lifecycle import LATEST, Job, Kind, Plan, State
from ..records.record import OWN_FIELDS, colours_of
from ..store.ids import as_uuid
from .accounts import Accounts, SeenAccount
from .calls import Call, objects

_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_KINDS: Mapping[str, Kind] = {
    "/jobs/create": "main",
    "/jobs/variation": "variation",
    "/jobs/upscale": "upscale",
    "/jobs/blend": "blend",
    "/jobs/describe": "describe",
}
_DIGITS = re.compile(r"-?\d{1,3}%?")
_MAX_TEXT = 200


@dataclass(slots=True)
class SeenJob:
    """What was seen of a job. ``record`` is the last one that a find returned, at ``at`` (ms)."""

    hash: str
    account: SeenAccount
    at: int
    kind: Kind | None = None
    sent: Mapping[str, Any] = field(default_factory=dict)
    record: Mapping[str, Any] = field(default_factory=dict)


def seen_jobs(calls: Iterable[Call], accounts: Accounts) -> dict[str, SeenJob]:
    """The jobs by their hashes, in the order in which they were first seen."""
    found: dict[str, SeenJob] = {}
    for call in calls:
        account = accounts.of(call)
        data = None if call.data is None else call.data.get("data")
        if account is None or call.errno != 0:
            continue
        if call.path in _KINDS and _is_name(data):
            job = found.setdefault(str(data), SeenJob(str(data), account, call.begin))
            remix = call.path == "/jobs/variation" and call.sent.get("content")
            job.kind, job.sent = "remix" if remix else _KINDS[call.path], call.sent
            job.account = account
        if call.path == "/jobs/find" and isinstance(data, dict):
            for record in objects(data.get("res")):
                hash = record.get("hash")
                if _is_name(hash):
                    job = found.setdefault(str(hash), SeenJob(str(hash), account, call.begin))
                    job.record = record
    return found


def _is_name(value: object) -> bool:
    return isinstance(value, str) and 0 < len(value) <= _MAX_TEXT


def facts(
    jobs: Mapping[str, SeenJob], ids: Mapping[str, int], profile: Profile, job_ms: int, now: int
) -> list[Job]:
    """Their facts, for accounts with these ids; those of one account in the order of time.

    ``job_ms`` is how long a job takes of which that is not known; ``now`` is when all of them have
    been submitted.
    """
    made: list[Job] = []
    by_job_id = {_text(seen.record, "job_id"): hash for hash, seen in jobs.items()}
    taken: dict[int, set[int]] = {}
    uuids: set[str] = set()
    for seen in sorted(jobs.values(), key=_created):
        account = ids[seen.account.username]
        job = _facts(seen, account, profile, job_ms, now, taken.setdefault(account, set()))
        job_id, id_uuid = _drawn(seen.hash)  # no two jobs have the same
        if job.job_id in uuids:
            job = job._replace(job_id=job_id)
        if job.id_uuid in uuids:
            job = job._replace(id_uuid=id_uuid)
        uuids |= {job.job_id, job.id_uuid}
        sources = (seen.sent, seen.record)
        parents = [_text(one, "parent_hash") for one in sources]
        parents += [by_job_id.get(name) for one in sources if (name := _text(one, "parent_id"))]
        made.append(job._replace(parent_hash=next(filter(None, parents), None)))
    by_hash = {job.hash: job for job in made}
    for number, job in enumerate(made):  # a parent comes before its children
        made[number] = by_hash[job.hash] = _with_parent(job, by_hash, profile)
    return made


def _with_parent(job: Job, by_hash: Mapping[str, Job], profile: Profile) -> Job:
    """The job as its parent's child: an upscale shows a cell of it."""
    parent = by_hash.get(job.parent_hash or "")
    if parent is None or parent is job:
        return job._replace(parent_hash=None)
    return job._replace(
        parent_id=parent.job_id,
        ratio=_ratio(job.prompt, profile) or parent.ratio,
        colours=colours_of(parent) if job.kind == "upscale" else None,
    )


def _ratio(words: str, profile: Profile) -> tuple[int, int] | None:
    return None if profile["aspect-flag"] == "ignored" else prompt.ratio(words)


def _facts(
    seen: SeenJob, account: int, profile: Profile, job_ms: int, now: int, taken: set[int]
) -> Job:
    record, drawn = seen.record, _drawn(seen.hash)
    timestamp = min(_created(seen), now)
    while timestamp in taken:  # no two of an account have the same
        timestamp += 1
    taken.add(timestamp)
    words = _text(record, "msg_display") or _text(seen.sent, "content") or ""
    words = words or _text(record, "msg_content") or ""
    job_id = _text(record, "job_id") or ""
    state = _state(record, profile)
    grid_num = record.get("grid_num") or seen.sent.get("grid_num")
    return Job(
        id=0,
        account=account,
        hash=seen.hash,
        job_id=job_id if _UUID.fullmatch(job_id) else drawn[0],
        id_uuid=(_text(record, "id_uuid") or drawn[1])[:_MAX_TEXT],
        kind=seen.kind or _kind(record, profile),
        prompt=words,
        service="niji" if record.get("service") == "niji" else "main",
        created=timestamp,
        plan=_plan(record, state, job_ms),
        ratio=_ratio(words, profile) or (1, 1),
        grid_num=next((cell for cell in (1, 2, 3, 4) if cell == grid_num), None),
        favourite=record.get("is_favourite") is True,
        folders=tuple(_folders(record)),
        recorded=_recorded(record, state),
    )


def _drawn(hash: str) -> tuple[str, str]:
    """A job_id and an id_uuid for a job of which the file has none."""
    drawn = hashlib.blake2b(hash.encode()).hexdigest()
    return as_uuid(drawn[:32]), as_uuid(drawn[32:64])


def _folders(record: Mapping[str, Any]) -> Iterable[str]:
    folders = record.get("folders")
    listed = folders if isinstance(folders, list) else []
    return dict.fromkeys(one for one in listed if isinstance(one, str))


def _created(seen: SeenJob) -> int:
    """When it was created: as its record says, else when it was first seen."""
    text = str(seen.record.get("timestamp") or "")
    known = text.isascii() and text.isdigit() and len(text) < 16
    return min(max(int(text) if known else seen.at, 0), LATEST - 86_400_000)


def _kind(record: Mapping[str, Any], profile: Profile) -> Kind:
    named = (kind for kind, name in profile.job_types.items() if name == record.get("job_type"))
    return next(named, "main")


def _state(record: Mapping[str, Any], profile: Profile) -> State:
    """Where it stood. Only 2000, finished, is on the page (Job Find); the other numbers are those
    of the profile, and an error is a failure whatever the number."""
    status = record.get("status")
    if status == 2000:
        return State.FINISHED
    if record.get("error") or (status == profile.statuses[State.FAILED] and record):
        return State.FAILED
    running = status == profile.statuses[State.RUNNING] or record.get("pct_prog") is not None
    return State.RUNNING if running else State.QUEUED


def _plan(record: Mapping[str, Any], state: State, job_ms: int) -> Plan:
    if state is State.FINISHED:
        return Plan(0, 0)
    if state is State.FAILED:
        return Plan(0, 0, fail_percent=0, error=_text(record, "error") or "job failed")
    # It stands still; once it is resumed it takes as long as any other.
    still = ((0, None),)
    if state is State.QUEUED:
        return Plan(1, max(job_ms, 1), pauses=still)
    percent = _percent(record.get("pct_prog"))
    return Plan(0, max(job_ms, 1), progress=(percent,), pauses=still)


def _percent(value: object) -> int:
    text = str(value)
    return min(max(int(text.rstrip("%")), 0), 100) if _DIGITS.fullmatch(text) else 0


def _recorded(record: Mapping[str, Any], state: State) -> dict[str, Any] | None:
    """What its record showed, for as long as the job stands where it stood then."""
    shown = {key: value for key, value in record.items() if key not in OWN_FIELDS}
    return {"state": state.value, "fields": shown} if shown else None


def _text(source: Mapping[str, Any], key: str) -> str | None:
    value = source.get(key)
    return value if isinstance(value, str) and value else None
