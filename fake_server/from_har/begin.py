"""``sampan serve --from-har``: a fake whose state is what a HAR file has seen.

Everything goes in as a state document, the way that an export comes back; only the tokens, which
another key has signed, are known to this process beside it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from ..admin import state_document
from ..armed.fault import make, to_json
from ..jobs.lifecycle import LATEST, Job
from ..service import FakeService
from ..settings import DEFAULT_ACCOUNTS, Settings
from ..store.database_url import DatabaseUrl
from ..store.ids import first_id, owns
from ..store.tokens import Claims
from .accounts import Accounts, SeenAccount
from .calls import Calls, read
from .document import HarError
from .failures import MAX_FAULTS, failures
from .jobs import facts, seen_jobs

#: So many accounts are named when the fake is ready.
_NAMED = 20


def begin(settings: Settings) -> FakeService:
    """A fake that begins with ``settings.from_har``. Raises :class:`HarError`, and what
    ``FakeService`` does."""
    path = settings.from_har
    assert path is not None
    data = settings.data
    if isinstance(data, DatabaseUrl) or settings.shared:
        raise HarError(
            "--from-har begins one fake, in memory or in a data file of its own; to have its"
            " beginning in a shared one, export the state of such a fake and import it there"
        )
    if data is not None and data.exists():
        raise HarError(
            f"--from-har needs a new data file, and {data} exists: start from it without"
            " --from-har, or name another"
        )
    asked = settings.accounts if settings.accounts is not DEFAULT_ACCOUNTS else ()
    service = FakeService(replace(settings, accounts=asked))
    try:
        paths = {each.path: each.id for each in service.spec.operations}
        calls = read(path, paths)
        if not calls.calls:
            raise HarError(f"{path} has no request of this API that can be read")
        _take(service, calls, paths)
    except BaseException:
        service.close()
        if data is not None:
            data.unlink(missing_ok=True)
        raise
    return service


def _take(service: FakeService, calls: Calls, operations: dict[str, str]) -> None:
    """Have in ``service`` what was seen, and nothing else but the accounts that were asked for."""
    accounts = Accounts(calls.calls)
    document = _accounts(service, accounts)
    ids = {each["username"]: each["id"] for each in document["accounts"]}
    latest = max(call.end for call in calls.calls)
    ahead = max(0, latest - service.clocks.now(None))
    jobs = facts(
        seen_jobs(calls.calls, accounts),
        ids,
        service.rules.profile,
        service.settings.job_ms,
        max(latest, service.clocks.now(None)),
    )
    armed = failures(calls.calls, accounts, operations)
    names = {id: name for name, id in ids.items()}
    document |= {
        "jobs": [_job(job, names) for job in _numbered(jobs)],
        "faults": [
            to_json(make(f"f{number}", terms)) for number, terms in enumerate(armed[:MAX_FAULTS], 1)
        ],
    }
    if ahead:  # what was recorded has happened already
        auto = service.clocks.state().auto
        document["clocks"] = [{"account": None, "offset": ahead, "frozen": None, "auto": auto}]
    state_document.restore(service, document)
    for account in accounts.by_name.values():
        for token, since in account.tokens.items():
            service.secrets.remember(token)
            service.accept_token(token, Claims(ids[account.username], since, LATEST))
    service.begun_with = tuple(_told(service, calls, accounts, len(jobs), len(armed)))


def _accounts(service: FakeService, accounts: Accounts) -> dict[str, Any]:
    """The state without jobs: the accounts of the file, and those that were asked for."""
    document = state_document.export(service)
    kept = document["accounts"]
    known = {each["username"] for each in kept}
    taken = {each["id"] for each in kept}
    free = (id for id in range(1, len(taken) + len(accounts.by_name) + 2) if id not in taken)
    kept += [
        {
            "id": next(free),
            "username": seen.username,
            "password": service.digest(seen.username, password_of(seen)),
            "plan": seen.plan,
            "name": seen.name,
            "revoked": [],
        }
        for seen in accounts.by_name.values()
        if seen.username not in known
    ]
    return document | {"accounts": kept}


def password_of(account: SeenAccount) -> str:
    """The password in the file; without one, one that follows from the name."""
    return f"{account.username}-secret" if account.password is None else account.password


def _numbered(jobs: Iterable[Job]) -> Iterable[Job]:
    """The jobs with the next ids of their accounts, in the order of time."""
    last: dict[int, int] = {}
    for job in jobs:
        id = last[job.account] = last.get(job.account, first_id(job.account) - 1) + 1
        assert owns(job.account, id)
        yield job._replace(id=id)


def _job(job: Job, names: dict[int, str]) -> dict[str, Any]:
    return {**job._asdict(), "plan": job.plan._asdict(), "account": names[job.account]}


def _told(
    service: FakeService, calls: Calls, accounts: Accounts, jobs: int, armed: int
) -> Iterable[str]:
    """What whoever starts the fake is told, in lines. No password of the file is among it, but for
    pseudonyms, which nobody could know."""
    counts = {"account": len(accounts.by_name), "job": jobs, "fault": min(armed, MAX_FAULTS)}
    told = (f"{number} {what}{'s' * (number != 1)}" for what, number in counts.items())
    yield f"begins with {', '.join(told)} from {service.settings.from_har}"
    asked = {each.username for each in service.settings.accounts}
    for account in list(accounts.by_name.values())[:_NAMED]:
        where = "as --account says" if account.username in asked else _where(account)
        yield _printable(f"account {account.username}: password {where}")
    if len(accounts.by_name) > _NAMED:
        yield f"and {len(accounts.by_name) - _NAMED} more accounts"
    if calls.unread:
        entries = "1 entry was" if calls.unread == 1 else f"{calls.unread} entries were"
        yield f"{entries} passed over: broken, or without a whole request and answer"
    if armed > MAX_FAULTS:
        yield f"{armed - MAX_FAULTS} failures more are not armed: at most {MAX_FAULTS} are"


def _where(account: SeenAccount) -> str:
    """The password to log in with, or where to find it."""
    if account.password is not None and not account.is_pseudonym:
        return "as in the file"
    return password_of(account)


def _printable(line: str) -> str:
    """A name from a file, which may hold anything, changes nothing where it is shown."""
    spelt = (one if one.isprintable() else one.encode("unicode_escape").decode() for one in line)
    return "".join(spelt)
