"""The jobs that checks share, and how many of them a budget allows. Pure.

Two batches: parents first, then everything that is made from them, in parallel. If the budget
is short, the last ones in the list are omitted.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Mapping
from dataclasses import dataclass, replace

from .bodies import (
    Body,
    Material,
    ascii_prompt,
    blend,
    blend_apart,
    create,
    describe,
    field_prompt,
    grid_prompt,
    niji_prompt,
    plain_prompt,
    remix_prompt,
    upscale,
    vary,
    with_field,
    with_sender,
)

#: How a body is made.
Making = Callable[[Material], Body]


@dataclass(frozen=True, slots=True)
class SharedJob:
    """One job: ``after`` names the jobs it is made from, ``beside`` those that only have to be
    submitted before it.

    ``early``: it is submitted while those still run. ``deferrable``: a refusal while other jobs
    run may be for their number, so it is tried again when they are done. ``extra``: only without
    a limit of jobs.
    """

    name: str
    operation: str
    body: Making
    after: tuple[str, ...] = ()
    account: str = "first"
    beside: tuple[str, ...] = ()
    early: bool = False
    deferrable: bool = True
    extra: bool = False

    @property
    def batch(self) -> int:
        return 2 if self.after and not self.early else 1


#: The most valuable first. The first ten serve requirements, the next six questions.
SHARED_JOBS: tuple[SharedJob, ...] = (
    SharedJob("grid", "createJob", create(grid_prompt)),
    # After the early ones: those can't be tried again where the server takes only a few at once.
    SharedJob("niji", "createJob", create(niji_prompt), beside=("grid",)),
    SharedJob("upscale", "upscaleJob", upscale(2), ("grid",)),
    SharedJob("variation", "varyJob", vary(3), ("grid",)),
    SharedJob("describe", "describeImage", describe, ("grid",)),
    SharedJob("blend", "blendImages", blend(2), ("grid", "niji")),
    SharedJob("upscale_4", "upscaleJob", upscale(4, sender=True), ("grid",)),
    SharedJob("remix", "varyJob", vary(4, sender=True, content=remix_prompt), ("grid",)),
    SharedJob("blend_5", "blendImages", with_sender(blend(5)), ("grid", "niji")),
    SharedJob("blend_words", "blendImages", lambda _: {"content": "paper lantern"}, ("grid",)),
    SharedJob("upscale_again", "upscaleJob", upscale(2), ("grid",), beside=("upscale",)),
    SharedJob("early", "upscaleJob", upscale(1), ("grid",), early=True, deferrable=False),
    SharedJob("early_variation", "varyJob", vary(1), ("grid",), early=True, deferrable=False),
    SharedJob("foreign", "upscaleJob", upscale(1), ("grid",), "second", deferrable=False),
    SharedJob("foreign_variation", "varyJob", vary(1), ("grid",), "second", deferrable=False),
    SharedJob("neighbour", "createJob", create(lambda mark: f"neighbour {mark}"), (), "second"),
    SharedJob("describe_sender", "describeImage", with_sender(describe), ("grid",), extra=True),
    SharedJob("create_field", "createJob", with_field(create(field_prompt)), extra=True),
    # A prompt that was submitted before: its hash may be made of it (CREATE-4).
    SharedJob("create_again", "createJob", create(grid_prompt), ("grid",), extra=True),
    SharedJob("blend_field", "blendImages", with_field(blend(2)), ("grid", "niji"), extra=True),
    SharedJob("describe_field", "describeImage", with_field(describe), ("grid",), extra=True),
    SharedJob("blend_3", "blendImages", blend(3), ("grid", "niji"), extra=True),
    SharedJob("blend_4", "blendImages", blend(4), ("grid", "niji"), extra=True),
    SharedJob("upscale_1", "upscaleJob", upscale(1), ("grid",), extra=True),
    SharedJob("upscale_3", "upscaleJob", upscale(3), ("grid",), extra=True),
    SharedJob("variation_1", "varyJob", vary(1), ("grid",), extra=True),
    SharedJob("variation_2", "varyJob", vary(2), ("grid",), extra=True),
    SharedJob("variation_4", "varyJob", vary(4), ("grid",), extra=True),
)

BY_NAME: Mapping[str, SharedJob] = {plan.name: plan for plan in SHARED_JOBS}


@dataclass(frozen=True, slots=True)
class StandIn:
    """A second, different request, for a job that was refused.

    If it is accepted, what it ``lacks`` is the cause of the refusal, and it takes the job's place.
    If it lacks nothing, it is the same request again, or one like it, for a job that was accepted
    and failed: one may fail by chance.
    """

    lacks: str
    job: SharedJob


BEYOND_ASCII = "text outside ASCII"
SENDER_ID = "sender_id"
#: The stand-in has a sender_id, and the job had none.
NO_SENDER = "a missing sender_id"
CONTENT = "content"
#: A server may refuse to blend them: the page does not say which pictures it takes.
THUMBS = "thumbs, and two links to a picture of one job"
TWO_SERVICES = "pictures of two services and two shapes"


def _again(job: SharedJob) -> StandIn:
    return StandIn("", replace(job, name=f"{job.name}_again"))


def apart(name: str) -> tuple[str, str]:
    """What a blend's stand-ins of other pictures are called: of one service, and of grids."""
    return f"{name}_apart", f"{name}_grids"


def _blends_apart(
    name: str, count: int, lacks: str, change: Callable[[Making], Making] = lambda body: body
) -> tuple[StandIn, ...]:
    """Made when the other jobs of the batch have ended, so that there are enough pictures."""
    bodies = (change(blend_apart(count, grids=grids)) for grids in (False, True))
    pairs = zip(apart(name), bodies, strict=True)
    jobs = [SharedJob(stand_in, "blendImages", body) for stand_in, body in pairs]
    return (*(StandIn(lacks, job) for job in jobs), *map(_again, jobs))


#: By the name of the job: what is tried instead, one after the other, until one is accepted.
STAND_INS: Mapping[str, tuple[StandIn, ...]] = {
    "grid": (
        StandIn(BEYOND_ASCII, SharedJob("grid_ascii", "createJob", create(ascii_prompt))),
        StandIn(
            "its punctuation and its length",
            SharedJob("grid_plain", "createJob", create(plain_prompt)),
        ),
    ),
    "niji": (
        StandIn(
            "--niji",
            SharedJob("niji_plain", "createJob", create(lambda mark: f"a paper lantern {mark}")),
        ),
    ),
    "upscale": (
        StandIn("grid_num 2", SharedJob("upscale_other", "upscaleJob", upscale(3), ("grid",))),
        # Not cell 2, which is submitted once more (question repeat-upscale).
        StandIn(
            NO_SENDER,
            SharedJob("upscale_sent", "upscaleJob", upscale(3, sender=True), ("grid",)),
        ),
    ),
    "variation": (
        StandIn("grid_num 3", SharedJob("variation_other", "varyJob", vary(1), ("grid",))),
        StandIn(NO_SENDER, SharedJob("variation_sent", "varyJob", vary(1, sender=True), ("grid",))),
    ),
    "upscale_4": (
        StandIn(SENDER_ID, SharedJob("upscale_4_bare", "upscaleJob", upscale(4), ("grid",))),
        StandIn(
            "grid_num 4",
            SharedJob("upscale_3_sent", "upscaleJob", upscale(3, sender=True), ("grid",)),
        ),
    ),
    "remix": (
        StandIn(
            SENDER_ID,
            SharedJob("remix_bare", "varyJob", vary(4, content=remix_prompt), ("grid",)),
        ),
        StandIn(
            "grid_num 4",
            SharedJob("remix_2", "varyJob", vary(2, sender=True, content=remix_prompt), ("grid",)),
        ),
        StandIn(CONTENT, SharedJob("vary_4", "varyJob", vary(4, sender=True), ("grid",))),
    ),
    "blend": (
        StandIn(
            NO_SENDER,
            SharedJob("blend_sent", "blendImages", with_sender(blend(2)), ("grid", "niji")),
        ),
        *_blends_apart("blend", 2, TWO_SERVICES),
    ),
    "blend_3": _blends_apart("blend_3", 3, THUMBS),
    "blend_4": _blends_apart("blend_4", 4, THUMBS),
    "blend_5": (
        StandIn(SENDER_ID, SharedJob("blend_5_bare", "blendImages", blend(5), ("grid", "niji"))),
        *_blends_apart("blend_5", 5, THUMBS, with_sender),
        StandIn(THUMBS, SharedJob("blend_5_apart_bare", "blendImages", blend_apart(5))),
    ),
    "describe": (
        StandIn(
            NO_SENDER,
            SharedJob("describe_sent", "describeImage", with_sender(describe), ("grid",)),
        ),
        _again(BY_NAME["describe"]),
    ),
    "describe_sender": (
        StandIn(SENDER_ID, SharedJob("describe_bare", "describeImage", describe, ("grid",))),
    ),
}


def stand_ins(name: str, *, accepted: bool) -> list[StandIn]:
    """What may be tried instead of a job that was refused, or was ``accepted`` and failed."""
    both = name == "grid"  # all hangs from it
    return [one for one in STAND_INS.get(name, ()) if both or bool(one.lacks) is not accepted]


#: The order in which jobs are listed.
ORDER: tuple[str, ...] = (
    *BY_NAME,
    *(one.job.name for stand_ins in STAND_INS.values() for one in stand_ins),
)


@dataclass(frozen=True, slots=True)
class JobSelection:
    """The jobs, most valuable first, and why the others are missing. ``reused`` names those that an
    earlier run has submitted."""

    jobs: tuple[SharedJob, ...]
    missing: Mapping[str, str]
    reused: frozenset[str] = frozenset()

    @property
    def cost(self) -> int:
        """How many are submitted, if all that are reused are still there."""
        return len(self.jobs) - len(self.reused)


def select_jobs(
    wanted: Iterable[str],
    *,
    jobs: int | None,
    spare: bool,
    accounts: Iterable[str],
    earlier: Container[str] = (),
) -> JobSelection:
    """Choose among ``wanted`` what ``jobs`` allow (``None``: any number). Those in ``earlier`` cost
    nothing if the jobs they are made from are too.

    ``spare``: keep one job back, which requests that must be refused put at risk.
    """
    needed = _with_parents(wanted)
    there = set(accounts)
    limit = jobs if jobs is None else jobs - (1 if spare and jobs > 1 else 0)
    chosen: list[SharedJob] = []
    reused: set[str] = set()
    missing: dict[str, str] = {}
    for one in SHARED_JOBS:
        if one.name not in needed:
            continue
        parents = one.after + one.beside
        lost = [parent for parent in parents if parent in missing]
        old = reusable(one, reused) and one.name in earlier
        paid = len(chosen) - len(reused)
        if one.account not in there:
            missing[one.name] = f"needs a {one.account} account"
        elif lost:
            missing[one.name] = missing[lost[0]]
        elif one.early and set(one.after) & reused:
            missing[one.name] = "is made from a running job, which --reuse does not have"
        elif not old and limit is not None and (one.extra or paid >= limit):
            short = f"does not fit into a budget of {jobs} job{'s' if jobs != 1 else ''}"
            missing[one.name] = short if jobs else "needs a job budget (--budget-jobs)"
        else:
            chosen.append(one)
            reused |= {one.name} if old else set()
    return JobSelection(tuple(chosen), missing, frozenset(reused))


def reusable(job: SharedJob, reused: Container[str]) -> bool:
    """Whether a finished job can serve again: with all it relies on, and not if its parent ran."""
    return not job.early and all(parent in reused for parent in job.after + job.beside)


def _with_parents(names: Iterable[str]) -> set[str]:
    found: set[str] = set()
    queue = list(names)
    while queue:
        name = queue.pop()
        if name not in found:
            found.add(name)
            queue += BY_NAME[name].after + BY_NAME[name].beside
    return found
