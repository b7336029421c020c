"""Jobs, plans and scenarios as hypothesis draws them, for the tests that hold laws over them."""

from __future__ import annotations

import hashlib
from typing import Any

from hypothesis import strategies as st

from sampan.fake_server.jobs.lifecycle import Job, Kind, Plan
from sampan.fake_server.jobs.scenarios import SCENARIOS, Scenario
from sampan.fake_server.store.account import Account
from sampan.fake_server.store.store import Store

NOW = 1_712_040_515_164

spans = st.integers(0, 100_000)
kinds: st.SearchStrategy[Kind] = st.sampled_from(
    ("main", "variation", "remix", "upscale", "blend", "describe")
)


#: Scenarios that act on the picture.
PICTURES = (
    "image-denied", "image-missing", "image-late", "image-expired", "image-truncated",
    "image-corrupt", "thumb-missing", "webp",
)  # fmt: skip
#: Scenarios that change a plan. One that acts on the picture stands for all of them.
_CHANGING = [
    scenario
    for scenario in SCENARIOS.values()
    if scenario.change is not None and scenario.name not in PICTURES[1:]
]


def arguments(scenario: Scenario) -> st.SearchStrategy[int]:
    """Numbers that the scenario takes."""
    return st.just(0) if scenario.argument is None else st.integers(0, scenario.most)


@st.composite
def plans(draw: st.DrawFn, scenarios: bool = True) -> Plan:
    """A plan, plain or as a scenario changed it."""
    plan = Plan(queue_ms=draw(spans), run_ms=draw(spans))
    scenario = draw(st.sampled_from([None, *_CHANGING])) if scenarios else None
    if scenario is None or scenario.change is None:
        return plan
    return scenario.change(plan, draw(arguments(scenario)))


def facts(plan: Plan, **given: Any) -> Job:
    """A job with this plan, created at ``NOW``; ``given`` replaces other facts."""
    job = Job(
        id=1,
        account=1,
        hash="89ee3ce8bb4d2a056e38d6bd4a0ab5f2bf5ef258cda6aa49cb2928c99b33349d",
        job_id="f052f826-0568-45a1-8797-0a120c92aa42",
        id_uuid="a4fc49fd-c303-4157-819c-be14d2098173",
        kind="main",
        prompt="Shanghai at dawn",
        service="main",
        created=NOW,
        plan=plan,
        colours=("#102030", "#405060", "#708090", "#a0b0c0"),
    )
    return job._replace(**given)


def names(number: int) -> tuple[str, str, str]:
    """The hash, job id and uuid of the so many'th job."""
    digest = hashlib.sha512(b"%d" % number).hexdigest()
    return digest[:64], digest[64:96], digest[96:]


def submitted(store: Store, account: Account, number: int, **given: Any) -> Job:
    """The so many'th job, submitted to a store."""
    hash, job_id, id_uuid = names(number)

    def make(_: int, id: int, late: int) -> Job:
        job = facts(Plan(300, 1700), id=id, account=account.id, late=late)
        return job._replace(hash=hash, job_id=job_id, id_uuid=id_uuid, **given)

    return store.submit(account, given.get("created", NOW), make)


jobs = plans().map(facts)
plain_jobs = plans(scenarios=False).map(facts)
#: Instants about the life of a job, and some before its birth.
instants = st.integers(-1_000, 300_000).map(lambda after: NOW + after)
