"""A submission: a job's facts are drawn, once, and stored.

Every id, hash and colour comes from the fake's seed, the account's name and how many jobs it has
submitted, so that a seeded fake repeats itself and parallel accounts don't disturb each other.
"""

from __future__ import annotations

import hashlib
from functools import lru_cache, partial
from typing import NamedTuple

from .. import pictures
from ..armed.scenarios import ArmedScenario
from ..contract.errors import ApiError
from ..jobs import prompt, scenarios
from ..jobs.lifecycle import Job, Kind, Plan, delay
from ..jobs.scenarios import Scenario, ScenarioError
from ..records.record import colours_of
from ..service import FakeService
from ..store.account import Account, AccountGoneError
from ..store.ids import as_uuid
from .call import Call

#: How many unfinished jobs an account may have where ``concurrency-limit`` is ``refused``.
CONCURRENT = 3
_QUEUE_PERCENT = 15


class NewJob(NamedTuple):
    """What a submission asks for. ``lean`` is the colour that its picture's colours lean on.

    ``broken`` says why the job can only fail; ``after`` (ms) is when it may begin.
    """

    kind: Kind
    prompt: str
    parent: Job | None = None
    grid_num: int | None = None
    lean: str | None = None
    broken: str | None = None
    after: int | None = 0


def submit(service: FakeService, call: Call, new_job: NewJob) -> Job:
    """Store the job that ``new_job`` asks for. Raises :class:`ApiError` where it is refused."""
    require_plan(call.caller)
    try:
        # What is armed, and how many jobs are unfinished, another process may change meanwhile.
        if service.scenarios.all or call.profile["concurrency-limit"] == "refused":
            with service.store.turn():
                return _submit(service, call, new_job)
        return _submit(service, call, new_job)
    except AccountGoneError:
        raise ApiError("invalid-login", "the token's account does not exist") from None


def _submit(service: FakeService, call: Call, new_job: NewJob) -> Job:
    account = call.caller
    chosen = _chosen(service, call, new_job)
    scenario, number = (None, 0) if chosen is None else (chosen.scenario, chosen.number)
    try:
        _refuse(service, call, scenario)
    except ApiError:
        if chosen is not None:
            service.scenarios.count(chosen)
        raise
    plan = _plan(service.settings.job_ms, call.now, new_job, scenario, number)

    visible = call.now + number if scenario is not None and scenario.lag else None
    store, make = service.store, partial(_job, service, call, new_job, plan, visible)
    if chosen is None or not (chosen.position or chosen.scenario.expires_token):
        return store.submit(account, call.now, make)
    with store.transaction():
        service.scenarios.count(chosen)
        job = store.submit(account, call.now, make)
        if chosen.scenario.expires_token:
            store.revoke_tokens(account, job.created + (plan.queue_ms + plan.run_ms) // 2)
    return job


def require_plan(account: Account) -> None:
    """Raises :class:`ApiError` for an account without a plan."""
    if account.plan == "none":
        raise ApiError("requires-plan", f"account {account.username} has no plan")


def _chosen(service: FakeService, call: Call, new_job: NewJob) -> ArmedScenario | None:
    """The scenario that the prompt names, else one that is armed; it is not counted yet."""
    marker = prompt.marker(new_job.prompt) if service.settings.markers else None
    if marker is not None and new_job.kind not in ("variation", "upscale"):
        try:
            return ArmedScenario(*scenarios.chosen(marker))
        except ScenarioError as problem:
            raise ApiError("invalid-parameter", str(problem)) from problem
    return service.scenarios.next(call.caller.id)


def _refuse(service: FakeService, call: Call, scenario: Scenario | None) -> None:
    if scenario is not None and scenario.refuses is not None:
        name = scenario.refuses
        if name in ("service-error", "queue-full"):
            name = call.rules.envelopes.service_error(submission=True)
        raise ApiError(name, f"rejected by scenario {scenario.name}")
    if call.profile["concurrency-limit"] == "refused":
        running = len(service.store.unfinished(call.caller.id, call.now))
        if running >= CONCURRENT:
            name = call.rules.envelopes.service_error(submission=True)
            raise ApiError(name, f"{running} jobs are unfinished; at most {CONCURRENT} may be")


def _plan(job_ms: int, now: int, new_job: NewJob, scenario: Scenario | None, number: int) -> Plan:
    plan = _usual(job_ms)
    if scenario is not None and scenario.change is not None:
        plan = scenario.change(plan, number)
    if scenario is not None and scenario.alters_prompt:
        plan = plan._replace(content=f"{prompt.normalised(new_job.prompt)}, tasteful")
    if new_job.broken is not None:
        plan = plan._replace(fail_percent=0, error=new_job.broken)
    if new_job.after is None:  # behind a job that never ends
        return plan._replace(pauses=((0, None),))
    return delay(plan, max(new_job.after - now, 0))


@lru_cache(maxsize=16)
def _usual(job_ms: int) -> Plan:
    """The plan of a job that nothing was asked for but a picture."""
    queue = job_ms * _QUEUE_PERCENT // 100
    return Plan(queue_ms=queue, run_ms=job_ms - queue)


def _job(
    service: FakeService,
    call: Call,
    new_job: NewJob,
    plan: Plan,
    visible: int | None,
    ordinal: int,
    id: int,
    late: int,
) -> Job:
    drawn = hashlib.blake2b(
        f"{service.seed}\0{call.caller.username}\0{ordinal}".encode()
    ).hexdigest()
    hash = drawn[:64]
    parent = new_job.parent
    niji = prompt.niji(new_job.prompt) and call.profile["niji-selection"] == "flag"
    return Job(
        id=id,
        account=call.caller.id,
        hash=hash,
        job_id=as_uuid(drawn[64:96]),
        id_uuid=as_uuid(drawn[96:]),
        kind=new_job.kind,
        prompt=new_job.prompt,
        service="niji" if niji else "main",
        created=call.now,
        plan=plan,
        colours=_colours(hash, new_job),
        ratio=_ratio(call, new_job),
        parent_hash=parent.hash if parent is not None else None,
        parent_id=parent.job_id if parent is not None else None,
        grid_num=new_job.grid_num,
        visible=visible,
        late=late,
    )


def _colours(hash: str, new_job: NewJob) -> pictures.Colours | None:
    """An upscale shows a cell of its parent, what leans on a colour keeps near it.

    ``None``: colours of its own, which follow from the hash whenever they are needed.
    """
    given = () if new_job.parent is None else colours_of(new_job.parent)
    if new_job.kind == "upscale":
        return given or None
    return None if new_job.lean is None else pictures.palette(hash, new_job.lean, given)


def _ratio(call: Call, new_job: NewJob) -> tuple[int, int]:
    """As the prompt asks, else as the parent's; square if neither says."""
    inherited = (1, 1) if new_job.parent is None else new_job.parent.ratio
    asked = prompt.ratio(new_job.prompt)
    if asked is None or call.profile["aspect-flag"] == "ignored":
        return inherited
    return asked
