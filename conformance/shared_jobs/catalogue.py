"""The jobs that checks share, and how many of them a budget allows. Pure.

Two batches: parents first, then everything that is made from them, in parallel. If the budget
is short, the last ones in the list are omitted.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Mapping
from dataclasses import dataclass, replace
from itertools import zip_longest
from typing import Protocol

from ..json_access import Record, text
from ..verdict import UnavailableError, Verdict
from .trace import JobTrace


class Material(Protocol):
    """What a job's body is made from."""

    mark: str  # a word of this run, in every prompt

    def record(self, name: str) -> Record:
        """The newest record of an earlier job."""
        ...

    def sender(self, account: str) -> str:
        """The account's sender_id."""
        ...

    def sent(self, *names: str) -> list[JobTrace]:
        """Those of the jobs that were sent."""
        ...


Body = dict[str, object]


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
    body: Callable[[Material], Body]
    after: tuple[str, ...] = ()
    account: str = "first"
    beside: tuple[str, ...] = ()
    early: bool = False
    deferrable: bool = True
    extra: bool = False

    @property
    def batch(self) -> int:
        return 2 if self.after and not self.early else 1


def grid_prompt(mark: str) -> str:
    """Several scripts, quotes, and a capital letter first (question error-on-success)."""
    return f'Harbour {mark} at dawn, "old" boats, 上海的早晨 🚣'


def ascii_prompt(mark: str) -> str:
    """``grid_prompt`` in English alone."""
    return f'Harbour {mark} at dawn, "old" boats'


def plain_prompt(mark: str) -> str:
    """As little as a prompt can be."""
    return f"Boat {mark}"


def niji_prompt(mark: str) -> str:
    """With two flags, whose effects don't meet (questions niji-selection and aspect-flag)."""
    return f"a paper lantern {mark} on the river --ar 3:2 --niji"


def field_prompt(mark: str) -> str:
    return f"a kite {mark} over the harbour"


def remix_prompt(mark: str) -> str:
    return f"the same harbour {mark} in winter light"


def links(record: Record) -> list[str]:
    """The distinct links of a finished record, best first."""
    found = [text(record, key) for key in ("original_url", "img_buffer", "img_thumb")]
    return list(dict.fromkeys(link for link in found if link is not None))


def _create(prompt: Callable[[str], str]) -> Callable[[Material], Body]:
    return lambda material: {"content": prompt(material.mark)}


def _upscale(cell: int, *, sender: bool = False) -> Callable[[Material], Body]:
    def body(material: Material) -> Body:
        parent: Body = {"parent_hash": _key(material, "hash"), "grid_num": cell}
        return parent | ({"sender_id": material.sender("first")} if sender else {})

    return body


def _vary(
    cell: int, *, sender: bool = False, content: Callable[[str], str] | None = None
) -> Callable[[Material], Body]:
    def body(material: Material) -> Body:
        parent: Body = {"parent_id": _key(material, "job_id"), "grid_num": cell}
        if content is not None:
            parent["content"] = content(material.mark)
        return parent | ({"sender_id": material.sender("first")} if sender else {})

    return body


def _with_sender(make: Callable[[Material], Body]) -> Callable[[Material], Body]:
    return lambda material: make(material) | {"sender_id": material.sender("first")}


def _with_field(make: Callable[[Material], Body]) -> Callable[[Material], Body]:
    """With a field that the page does not list (question unknown-field)."""
    return lambda material: make(material) | {f"{material.mark}_field": "x"}


def _blend(count: int) -> Callable[[Material], Body]:
    """Of ``count`` links, or of as many as there are: a server need not have so many pictures."""

    def body(material: Material) -> Body:
        both = [links(material.record(name)) for name in ("grid", "niji")]
        # One of each first, so that two links are two pictures.
        mixed = [link for pair in zip_longest(*both) for link in pair if link is not None]
        if len(mixed) < 2:
            raise UnavailableError(
                Verdict.UNTESTABLE,
                f"needs two links, and the two finished records have {len(mixed)}",
            )
        return {"content": " ".join(mixed[:count])}

    return body


#: Jobs of which each makes another picture.
_MAKERS = ("grid", "niji", "upscale", "variation", "upscale_4", "remix")
_BLENDS = ("blend", "blend_3", "blend_4", "blend_5")


def whole_picture(record: Record) -> str | None:
    """The link to the picture of a finished record, which is no thumb."""
    return text(record, "original_url") or text(record, "img_buffer")


def _apart(count: int) -> Callable[[Material], Body]:
    """Of the whole pictures of ``count`` jobs."""

    def body(material: Material) -> Body:
        jobs = [job for job in material.sent(*_MAKERS, *_BLENDS) if job.finished]
        found = [link for job in jobs if (link := whole_picture(job.last or {})) is not None]
        if len(set(found)) < count:
            raise UnavailableError(
                Verdict.UNTESTABLE,
                f"needs the pictures of {count} jobs, and there are {len(set(found))}",
            )
        return {"content": " ".join(list(dict.fromkeys(found))[:count])}

    return body


def _describe(material: Material) -> Body:
    found = links(material.record("grid"))
    if not found:
        raise UnavailableError(Verdict.UNTESTABLE, "the finished record has no link to a picture")
    return {"content": found[0]}


def _key(material: Material, key: str) -> str:
    found = text(material.record("grid"), key)
    if found is None:
        raise UnavailableError(Verdict.UNTESTABLE, f"the record of the parent has no {key}")
    return found


#: The most valuable first. The first ten serve requirements, the next six questions.
SHARED_JOBS: tuple[SharedJob, ...] = (
    SharedJob("grid", "createJob", _create(grid_prompt)),
    # After the early ones: those can't be tried again where the server takes only a few at once.
    SharedJob("niji", "createJob", _create(niji_prompt), beside=("grid",)),
    SharedJob("upscale", "upscaleJob", _upscale(2), ("grid",)),
    SharedJob("variation", "varyJob", _vary(3), ("grid",)),
    SharedJob("describe", "describeImage", _describe, ("grid",)),
    SharedJob("blend", "blendImages", _blend(2), ("grid", "niji")),
    SharedJob("upscale_4", "upscaleJob", _upscale(4, sender=True), ("grid",)),
    SharedJob("remix", "varyJob", _vary(4, sender=True, content=remix_prompt), ("grid",)),
    SharedJob("blend_5", "blendImages", _with_sender(_blend(5)), ("grid", "niji")),
    SharedJob("blend_words", "blendImages", lambda _: {"content": "paper lantern"}, ("grid",)),
    SharedJob("upscale_again", "upscaleJob", _upscale(2), ("grid",), beside=("upscale",)),
    SharedJob("early", "upscaleJob", _upscale(1), ("grid",), early=True, deferrable=False),
    SharedJob("early_variation", "varyJob", _vary(1), ("grid",), early=True, deferrable=False),
    SharedJob("foreign", "upscaleJob", _upscale(1), ("grid",), "second", deferrable=False),
    SharedJob("foreign_variation", "varyJob", _vary(1), ("grid",), "second", deferrable=False),
    SharedJob("neighbour", "createJob", _create(lambda mark: f"neighbour {mark}"), (), "second"),
    SharedJob("describe_sender", "describeImage", _with_sender(_describe), ("grid",), extra=True),
    SharedJob("create_field", "createJob", _with_field(_create(field_prompt)), extra=True),
    # A prompt that was submitted before: its hash may be made of it (CREATE-4).
    SharedJob("create_again", "createJob", _create(grid_prompt), ("grid",), extra=True),
    SharedJob("blend_field", "blendImages", _with_field(_blend(2)), ("grid", "niji"), extra=True),
    SharedJob("describe_field", "describeImage", _with_field(_describe), ("grid",), extra=True),
    SharedJob("blend_3", "blendImages", _blend(3), ("grid", "niji"), extra=True),
    SharedJob("blend_4", "blendImages", _blend(4), ("grid", "niji"), extra=True),
    SharedJob("upscale_1", "upscaleJob", _upscale(1), ("grid",), extra=True),
    SharedJob("upscale_3", "upscaleJob", _upscale(3), ("grid",), extra=True),
    SharedJob("variation_1", "varyJob", _vary(1), ("grid",), extra=True),
    SharedJob("variation_2", "varyJob", _vary(2), ("grid",), extra=True),
    SharedJob("variation_4", "varyJob", _vary(4), ("grid",), extra=True),
)

BY_NAME: Mapping[str, SharedJob] = {plan.name: plan for plan in SHARED_JOBS}


@dataclass(frozen=True, slots=True)
class StandIn:
    """A second, different request, for a job that was refused.

    If it is accepted, what it ``lacks`` is the cause of the refusal, and it takes the job's place.
    If it lacks nothing, it is the same request again, for a job that was accepted and failed: one
    may fail by chance.
    """

    lacks: str
    job: SharedJob


BEYOND_ASCII = "text outside ASCII"
SENDER_ID = "sender_id"
CONTENT = "content"
#: A server may refuse to blend them: the page does not say which pictures it takes.
THUMBS = "thumbs, and two links to a picture of one job"


def _again(job: SharedJob) -> StandIn:
    return StandIn("", replace(job, name=f"{job.name}_again"))


def _blend_apart(count: int) -> tuple[StandIn, ...]:
    """Made when the other jobs of the batch have ended, so that there are enough pictures."""
    job = SharedJob(f"blend_{count}_apart", "blendImages", _apart(count))
    return StandIn(THUMBS, job), _again(job)


#: By the name of the job: what is tried instead, one after the other, until one is accepted.
STAND_INS: Mapping[str, tuple[StandIn, ...]] = {
    "grid": (
        StandIn(BEYOND_ASCII, SharedJob("grid_ascii", "createJob", _create(ascii_prompt))),
        StandIn(
            "its punctuation and its length",
            SharedJob("grid_plain", "createJob", _create(plain_prompt)),
        ),
    ),
    "niji": (
        StandIn(
            "--niji",
            SharedJob("niji_plain", "createJob", _create(lambda mark: f"a paper lantern {mark}")),
        ),
    ),
    "upscale": (
        StandIn("grid_num 2", SharedJob("upscale_other", "upscaleJob", _upscale(3), ("grid",))),
    ),
    "variation": (
        StandIn("grid_num 3", SharedJob("variation_other", "varyJob", _vary(1), ("grid",))),
    ),
    "upscale_4": (
        StandIn(SENDER_ID, SharedJob("upscale_4_bare", "upscaleJob", _upscale(4), ("grid",))),
        StandIn(
            "grid_num 4",
            SharedJob("upscale_3_sent", "upscaleJob", _upscale(3, sender=True), ("grid",)),
        ),
    ),
    "remix": (
        StandIn(
            SENDER_ID,
            SharedJob("remix_bare", "varyJob", _vary(4, content=remix_prompt), ("grid",)),
        ),
        StandIn(
            "grid_num 4",
            SharedJob("remix_2", "varyJob", _vary(2, sender=True, content=remix_prompt), ("grid",)),
        ),
        StandIn(CONTENT, SharedJob("vary_4", "varyJob", _vary(4, sender=True), ("grid",))),
    ),
    "blend": (_again(BY_NAME["blend"]),),
    "blend_3": _blend_apart(3),
    "blend_4": _blend_apart(4),
    "blend_5": (
        StandIn(SENDER_ID, SharedJob("blend_5_bare", "blendImages", _blend(5), ("grid", "niji"))),
        *_blend_apart(5),
    ),
    "describe": (_again(BY_NAME["describe"]),),
    "describe_sender": (
        StandIn(SENDER_ID, SharedJob("describe_bare", "describeImage", _describe, ("grid",))),
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
