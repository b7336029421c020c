"""A fake's state as one JSON document, and back: exporting what was imported gives the same.

In it are seeds, the key of the tokens, accounts, jobs, clocks, armed faults and scenarios with
their counts, and profiles; the journal is not. All of these are in the data file as well.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

from ..armed.fault import Fault, make, to_json
from ..armed.scenarios import ArmedScenario
from ..armed.scenarios import to_json as armed_json
from ..clock.clock import ClockState
from ..contract.profile import Profile
from ..jobs.lifecycle import Job, Plan
from ..jobs.scenarios import SCENARIOS
from ..records.record import OWN_FIELDS
from ..service import FakeService
from ..store.account import Account, JobCounts
from ..store.ids import STRIDE, owns
from ..suggestions import shown

SCHEMA = "sampan-state/1"


_T = TypeVar("_T")


class StateError(ValueError):
    """A document that can't be taken: says why."""


def export(service: FakeService, account: Account | None = None) -> dict[str, Any]:
    """``StateDocument`` of ``admin.yaml``: of everything, or of one account."""
    accounts = service.store.accounts() if account is None else [account]
    names = {each.id: each.username for each in accounts}
    mine = None if account is None else account.id
    shared: list[int | None] = [None] if account is None else []
    return {
        "schema": SCHEMA,
        "account": None if account is None else account.username,
        "seed": service.seed,
        "token_key": service.key.hex(),
        "accounts": [_account(service, each) for each in accounts],
        "jobs": [
            {**job._asdict(), "plan": job.plan._asdict(), "account": names[job.account]}
            for job in service.store.jobs(mine)
        ],
        "clocks": [
            {"account": None if id is None else names[id], **state._asdict()}
            for id in (*shared, *names)
            if (state := service.clocks.own(id)) is not None
        ],
        "faults": [
            to_json(fault)
            for fault in service.faults.all
            if account is None or fault.match.account == account.username
        ],
        "scenarios": [
            armed_json(armed, None if armed.account is None else names[armed.account])
            for armed in service.scenarios.of(mine)
        ],
        "profiles": [
            service.rules_for(id).profile.to_json(None if id is None else names[id])
            for id in (*shared, *(id for id in names if service.rules_for(id) is not service.rules))
        ],
    }


def _account(service: FakeService, account: Account) -> dict[str, Any]:
    kept = ("id", "username", "password", "plan", "name")
    return {
        **{name: getattr(account, name) for name in kept},
        "revoked": [*account.revoked],
        # On PostgreSQL a submission for which no id is left takes a number all the same.
        "last_number": min(service.store.counts(account.id).ordinal, STRIDE),
    }


def _as_account(given: Mapping[str, Any]) -> Account:
    rest = dict(given)
    # Documents had no number once.
    counts = JobCounts(ordinal=rest.pop("last_number", 0))
    return Account(**rest, counts=counts)


@dataclass(frozen=True, slots=True)
class _Contents:
    """A document's contents as values; account ids are those of the fake that takes them."""

    accounts: list[Account]
    jobs: list[Job]
    clocks: dict[int | None, ClockState]
    faults: list[Fault]
    armed: list[ArmedScenario]
    profiles: dict[int | None, Profile]


def restore(service: FakeService, document: Mapping[str, Any]) -> tuple[int, int]:
    """Replace everything, or the document's one account; how many accounts and jobs it holds.

    All or nothing. Raises :class:`StateError` on a document that contradicts itself.
    """
    only = document.get("account")
    if only is not None and (document["seed"], document["token_key"]) != (
        service.seed,
        service.key.hex(),
    ):
        raise StateError(
            "a document of one account can only be imported into a fake with the same seed and"
            " token key: export and import everything, or start both fakes with the same --seed"
        )
    try:
        contents = _contents(service, document, only)
    except StateError:
        raise
    except (KeyError, TypeError, ValueError, AttributeError) as problem:
        raise StateError(f"not a state document in this sampan's format: {problem!r}") from problem
    settings = (
        {"seed": document["seed"], "token-key": document["token_key"]} if only is None else None
    )
    try:
        with service.store.transaction():
            service.store.restore(contents.accounts, contents.jobs, contents.clocks, settings)
            _take(service, contents, only)
    except (service.store.conflict, OverflowError) as problem:
        raise StateError(f"the document conflicts with the fake's state: {problem}") from problem
    return len(contents.accounts), len(contents.jobs)


def _take(service: FakeService, contents: _Contents, only: str | None) -> None:
    """Replace the rest, and let memory follow once everything is stored."""
    then = service.store.transaction.then
    if only is None:
        then(service.reload)
        then(service.journal.clear)
        service.drop_profile(None)
        mine = None
    else:
        (account,) = contents.accounts
        mine = account.id
        then(service.reload_clocks)
        then(partial(service.journal.clear, mine))
        service.drop_profile(account)
    service.faults.replace(only, contents.faults)
    service.scenarios.replace(service.scenarios.of(mine), contents.armed)
    by_id = {account.id: account for account in contents.accounts}
    for id, profile in contents.profiles.items():
        service.use_profile(profile, None if id is None else by_id[id])


def _contents(service: FakeService, document: Mapping[str, Any], only: str | None) -> _Contents:
    accounts = _each(document, "accounts", _as_account)
    if only is not None:
        _only(service, accounts, only)
    _unique("accounts", "name", [account.username for account in accounts])
    _unique("accounts", "id", [account.id for account in accounts])
    ids: dict[str | None, int | None] = {each.username: each.id for each in accounts}
    if only is None:
        ids[None] = None
    elif any(account != only for account in _accounts(document)):
        raise StateError("a document of one account contains another account's or shared data")
    jobs = _each(document, "jobs", lambda given: _as_job(given, ids))
    for name in ("id", "hash", "job_id", "id_uuid"):
        _unique("jobs", name, [getattr(job, name) for job in jobs])
    # Find pages by it (page, Job Find: ``timestamp_smaller_than``).
    names = {id: name for name, id in ids.items()}
    times = [f"{job.timestamp} of {names[job.account]}" for job in jobs]
    _unique("jobs", "timestamp", times)
    faults = _each(document, "faults", lambda given: _as_fault(given, ids))
    _unique("faults", "id", [fault.id for fault in faults])
    for part in ("clocks", "profiles"):
        _unique(part, "account", [given["account"] for given in document[part]])
    return _Contents(
        accounts,
        jobs,
        dict(_each(document, "clocks", lambda given: _as_clock(given, ids))),
        faults,
        _each(document, "scenarios", lambda given: _as_armed(given, ids)),
        dict(_each(document, "profiles", lambda given: _as_profile(service, given, ids))),
    )


def _each(
    document: Mapping[str, Any], part: str, make: Callable[[Mapping[str, Any]], _T]
) -> list[_T]:
    """What a list of the document holds. Raises :class:`StateError` with the place."""
    made = []
    for place, given in enumerate(document[part]):
        try:
            made.append(make(given))
        except ValueError as problem:  # StateError among them
            raise StateError(f"{part}.{place}: {problem}") from problem
        except (KeyError, TypeError, AttributeError) as problem:
            raise StateError(
                f"{part}.{place}: not in this sampan's format: {problem!r}"
            ) from problem
    return made


def _unique(part: str, name: str, values: Sequence[Any]) -> None:
    seen: dict[Any, int] = {}
    for place, value in enumerate(values):
        if value in seen:
            raise StateError(
                f"{part}.{place}: its {name} is that of {part}.{seen[value]}: {shown(value)}"
            )
        seen[value] = place


#: The ids of the document's accounts; ``None`` stands for what all share.
_Ids = Mapping[str | None, int | None]


def _id(username: str | None, ids: _Ids) -> int | None:
    if username not in ids:
        raise StateError(f"the document has no account {shown(username)}")
    return ids[username]


def _as_fault(given: Mapping[str, Any], ids: _Ids) -> Fault:
    fault = make(given["id"], given)
    if fault.match.account is not None:
        _id(fault.match.account, ids)
    return fault


def _as_clock(given: Mapping[str, Any], ids: _Ids) -> tuple[int | None, ClockState]:
    state = ClockState(given["offset"], given["frozen"], given["auto"])
    return _id(given["account"], ids), state


def _as_profile(
    service: FakeService, given: Mapping[str, Any], ids: _Ids
) -> tuple[int | None, Profile]:
    profile = Profile.of(service.questions, given["answers"], given["name"])
    return _id(given["account"], ids), profile


def _accounts(document: Mapping[str, Any]) -> Iterator[str | None]:
    """Whose the things are that an account may have or all may share."""
    for part in ("clocks", "profiles", "scenarios"):
        yield from (each["account"] for each in document[part])
    yield from (each["match"].get("account") for each in document["faults"])


def _only(service: FakeService, accounts: list[Account], username: str) -> None:
    """Raise unless the document's one account is here under its id, which its jobs' ids bear."""
    if [each.username for each in accounts] != [username]:
        raise StateError(f"a document of account {username!r} must contain only that account")
    known = service.store.account(username)
    if known is None or known.id != accounts[0].id:
        raise StateError(
            f"account {username!r} with the id {accounts[0].id} does not exist in this fake: import"
            " a document of everything"
        )


def _as_job(given: Mapping[str, Any], ids: _Ids) -> Job:
    plan = Plan(
        **{
            **given["plan"],
            "progress": tuple(given["plan"]["progress"]),
            "pauses": tuple(map(tuple, given["plan"]["pauses"])),
        }
    )
    account = _id(given["account"], ids)
    tuples = {key: given[key] and tuple(given[key]) for key in ("colours", "ratio")}
    folders = tuple(given["folders"])
    job = Job(**{**given, "account": account, "plan": plan, "folders": folders, **tuples})
    if not owns(job.account, job.id):
        raise StateError(f"job id {job.id} is not in the range of account {given['account']!r}")
    _check_pauses(job.plan.pauses)
    for name in OWN_FIELDS.intersection((job.recorded or {}).get("fields", ())):
        raise StateError(f"recorded.fields.{name}: the fake shows its own; leave it out")
    return job


def _check_pauses(pauses: Sequence[tuple[int | None, int | None]]) -> None:
    """Raise unless they come one after the other, of which only the last may have no end."""
    before: int | None = 0
    for place, (begin, end) in enumerate(pauses):
        where = f"plan.pauses.{place}"
        if before is None:
            raise StateError(f"{where}: only the last pause may have no end")
        if begin is None or begin < before:
            raise StateError(f"{where}: it begins at {begin}; expected a time of {before} or later")
        if end is not None and end < begin:
            raise StateError(f"{where}: it ends at {end}, before it begins at {begin}")
        before = end


def _as_armed(given: Mapping[str, Any], ids: _Ids) -> ArmedScenario:
    scenario, argument, account = SCENARIOS[given["scenario"]], given["argument"], given["account"]
    number = scenario.number(None if argument is None else str(argument))
    return ArmedScenario(
        scenario,
        number,
        None if account is None else _id(account, ids),
        given["times"],
        given.get("applied", 0),
        given.get("optional", False),
    )
