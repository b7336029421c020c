"""The parent of an upscale or a variation, and its cells (page, Job Upscale and Job Variation)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from ..checking import (
    Answer,
    Context,
    Finding,
    JobTrace,
    Observation,
    UnavailableError,
    check,
    probe,
)
from ..checking.child_jobs import accepted, nobody
from ..checking.each_operation import answered, refused_by_each
from ..json_access import Record, brief, text

#: What names no cell of a grid. Digits in a string are the question grid-num-string. Some languages
#: count true as 1, read an array of one number as that number, or cut a number to 8 or 32 bits.
_NO_CELLS: tuple[object, ...] = (0, 5, -1, None, 1.5, "1x", True, [2], 2**8 + 1, 2**32 + 1)


@check(
    "GRID-1",
    needs=("upscale", "upscale_4"),
    wants=("variation", "remix", "upscale_1", "upscale_3", "variation_1", "variation_2"),
)
def every_cell_is_taken(ctx: Context) -> Iterator[Finding]:
    ctx.evidence.trace("upscale_4")
    names = ("upscale", "upscale_4", "variation", "remix", "upscale_1", "upscale_3")
    tried = ctx.evidence.sent(*names, "variation_1", "variation_2")
    for job in tried:
        what = f"{job.operation} of cell {job.body['grid_num']}"
        if not job.accepted and _was_taken(ctx, job.operation, job.body):
            # A second child of a cell may be refused (question repeat-upscale).
            yield ctx.ok(f"{what}: accepted before", job)
            continue
        # A remix that is refused whatever it lacks is refused for two of its parts at least.
        refusals = () if job.name == "remix" else (301, 410, 420, 421)
        yield accepted(ctx, job, what, *refusals)
    cells = {job.body["grid_num"] for job in tried if job.accepted}
    for name in ("upscale", "variation", "upscale_4", "remix"):
        cause = ctx.evidence.cause(name)
        if cause.startswith("grid_num"):
            job = ctx.evidence.original(name)
            yield ctx.fail(
                f"{job.operation} with {cause} is refused, and accepted with another",
                job,
                ctx.evidence.trace(name),
                expected="errno 0",
                actual=job.submission.summary(),
            )
    rest = {1, 2, 3, 4} - cells
    if rest:
        yield ctx.ok(f"not tried with this budget: {', '.join(map(str, sorted(rest)))}")


def _was_taken(ctx: Context, operation: str, body: Mapping[str, object]) -> bool:
    """Whether the operation has accepted a child of that cell of that parent."""
    origin = (_KEYS[operation], "grid_num")
    children = (one for one in ctx.evidence.traces() if one.operation == operation and one.accepted)
    return any(all(one.body.get(key) == body.get(key) for key in origin) for one in children)


@check("GRID-2", needs=("grid",), refusals=True)
def any_other_cell_is_refused(ctx: Context) -> Iterator[Finding]:
    parent = ctx.evidence.finished("grid")
    job_id = text(parent.last, "job_id")
    for cell in _NO_CELLS:
        body = {"parent_hash": parent.hash, "grid_num": cell}
        answer = ctx.call("upscaleJob", body)
        yield ctx.expect_errno(answer, 301, when=f"upscaleJob of cell {brief(cell)}")
    if job_id is not None:
        for cell in _NO_CELLS:
            answer = ctx.call("varyJob", {"parent_id": job_id, "grid_num": cell})
            yield ctx.expect_errno(answer, 301, when=f"varyJob of cell {brief(cell)}")


@check("PAR-1", needs=("upscale", "describe"), refusals=True)
def a_parent_of_the_wrong_kind_is_421(ctx: Context) -> Iterator[Finding]:
    large = ctx.evidence.finished("upscale")
    answer = ctx.call("upscaleJob", {"parent_hash": large.hash, "grid_num": 1})
    yield ctx.expect_errno(answer, 421, when="an upscale of an upscale")
    described = text(ctx.evidence.record("describe"), "job_id")
    body = {"parent_hash": ctx.evidence.finished("describe").hash, "grid_num": 1}
    yield ctx.expect_errno(ctx.call("upscaleJob", body), 421, when="an upscale of a describe")
    if described is None:
        yield ctx.untestable("the describe has no job_id to vary")
        return
    answer = ctx.call("varyJob", {"parent_id": described, "grid_num": 1})
    yield ctx.expect_errno(answer, 421, when="a variation of a describe")


# Open questions

_KEYS = {"varyJob": "parent_id", "upscaleJob": "parent_hash"}
_NOT_FOUND = (410, 420)


def _child(ctx: Context, operation: str, cell: object = 1) -> Answer:
    """The answer to a child of a parent that does not exist."""
    return ctx.call(operation, {_KEYS[operation]: nobody(ctx), "grid_num": cell})


@probe("unknown-parent", refusals=True)
def the_errno_of_an_unknown_parent(ctx: Context) -> Observation:
    answers = refused_by_each(ctx, lambda one: _child(ctx, one))
    seen = {
        one: answer.summary() if answer.errno is None else str(answer.errno)
        for one, answer in answers.items()
    }
    return answered(ctx, seen, *answers.values())


# grid-num-string


@probe("grid-num-string", wants=("grid",), refusals=True)
def whether_a_string_counts_as_a_cell(ctx: Context) -> Observation:
    seen: dict[str, str] = {}
    missing: dict[str, str] = {}
    evidence: list[Answer] = []
    for operation in _KEYS:
        if ctx.affords(operation):
            answers = [_child(ctx, operation, cell) for cell in ("2", 9, "2x")]
            told, why_not = _cell_read(ctx, operation, *answers)
            (seen if told else missing)[operation] = told or why_not
            evidence += answers
    return answered(ctx, seen, *evidence, missing=missing)


def _cell_read(
    ctx: Context, operation: str, digits: Answer, beyond: Answer, word: Answer
) -> tuple[str, str]:
    """How the cells "2", 9 and "2x" of a nonexistent parent were read, or why it can't be told.

    A server that looks for the parent first does not come to the cell.
    """
    if digits.errno == 301:
        number = _child(ctx, operation, 2)
        if number.errno != 301:
            return "301", ""
        return "", "301 for a number too"
    if digits.errno not in _NOT_FOUND:
        return digits.summary(), ""
    if beyond.errno == 301:
        return ("coerced", "") if word.errno == 301 else ("“2x” is read as a number", "")
    return _cell_of_a_grid(ctx, operation)


def _cell_of_a_grid(ctx: Context, operation: str) -> tuple[str, str]:
    """The same with a parent that exists, which starts a job where a string is taken."""
    key = {"varyJob": "job_id", "upscaleJob": "hash"}[operation]
    grids = [one for one in ctx.evidence.sent("grid", "niji") if one.finished]
    parents = [parent for one in grids if (parent := text(one.last, key)) is not None]
    if not parents or not ctx.affords(operation):
        return "", "the parent is looked up before the cell"
    bodies = [{_KEYS[operation]: one, "grid_num": cell} for one in parents for cell in (2, 3)]
    fresh = [one for one in bodies if not _was_taken(ctx, operation, one)]
    if not fresh:
        # Refused for that, perhaps, and not for the string (question repeat-upscale).
        return "", "the parent's cells have children already"
    answer = ctx.call(operation, fresh[0] | {"grid_num": str(fresh[0]["grid_num"])})
    if answer.ok:
        return "coerced", ""
    return ("301" if answer.errno == 301 else answer.summary()), ""


# Parents that are not finished, or not the account's own


@probe("unfinished-parent", wants=("early", "early_variation", "grid", "upscale", "variation"))
def what_an_unfinished_parent_gives(ctx: Context) -> Observation:
    return _of_jobs(
        ctx, {"varyJob": "early_variation", "upscaleJob": "early"}, "queued", _why_not_unfinished
    )


def _why_not_unfinished(ctx: Context, child: JobTrace) -> str:
    """Why the answer may have another reason than that the parent was unfinished; empty if not."""
    parent = ctx.evidence.accepted("grid")
    looks = [(parent.submitted_at + one.at, one.record) for one in parent.sightings]
    if not any(record is not None and at < child.submitted_at for at, record in looks):
        return "the parent had not been found yet"
    if child.submission.errno == 501:
        return f"{child.submission.summary()}, which may be for the number of jobs"
    if parent.seems_failed:
        return "the parent failed"
    if not child.accepted:
        later = ctx.evidence.sent("variation" if child.operation == "varyJob" else "upscale")
        return "" if any(one.accepted for one in later) else "a finished parent was refused too"
    if parent.unfinished_after(child.answered_at):
        return ""
    return "the parent may have finished before the child was taken"


@probe("foreign-parent", wants=("foreign", "foreign_variation"))
def what_another_accounts_parent_gives(ctx: Context) -> Observation:
    ctx.account("second")
    jobs = {"varyJob": "foreign_variation", "upscaleJob": "foreign"}
    return _of_jobs(ctx, jobs, "allowed", lambda *_: "")


def _of_jobs(
    ctx: Context,
    jobs: Mapping[str, str],
    taken: str,
    why_not: Callable[[Context, JobTrace], str],
) -> Observation:
    """What each operation answered to its job; ``why_not``: why that tells nothing, if so."""
    seen: dict[str, str] = {}
    missing: dict[str, str] = {}
    evidence: list[JobTrace] = []
    for operation, name in jobs.items():
        try:
            job = ctx.evidence.trace(name)
            reason = why_not(ctx, job)
        except UnavailableError as problem:
            missing[operation] = problem.reason
            continue
        evidence.append(job)
        answer = job.submission
        if reason:
            missing[operation] = reason
        elif job.accepted:
            seen[operation] = taken
        else:
            seen[operation] = answer.summary() if answer.errno is None else str(answer.errno)
    return answered(ctx, seen, *evidence, missing=missing)


# What a child's record says of its origin

_CHILDREN = {"varyJob": ("variation", "remix"), "upscaleJob": ("upscale", "upscale_4")}


@probe("child-grid-num", wants=("variation", "remix", "upscale", "upscale_4"))
def whether_a_child_bears_its_cell(ctx: Context) -> Observation:
    def read(job: JobTrace, record: Record) -> str:
        cell = record.get("grid_num")
        if cell is None:
            return "null"
        return "set" if cell == job.body["grid_num"] else f"grid_num {brief(cell)}"

    return _of_records(ctx, read)


@probe("child-parent", wants=("variation", "remix", "upscale", "upscale_4", "grid"))
def how_a_child_names_its_parent(ctx: Context) -> Observation:
    parent = ctx.evidence.record("grid")
    wanted = {"parent_id": parent.get("job_id"), "parent_hash": parent.get("hash")}

    def read(_: JobTrace, record: Record) -> str:
        named = {key: record.get(key) for key in wanted if record.get(key) is not None}
        strange = [key for key, value in named.items() if value != wanted[key]]
        if strange:
            return f"another {' and '.join(strange)}"
        known = {(): "neither", ("parent_id",): "id", ("parent_hash",): "hash"}
        return known.get(tuple(named), "both")

    return _of_records(ctx, read)


@probe("upscale-variation", needs=("upscale",), refusals=True)
def whether_an_upscale_can_be_varied(ctx: Context) -> Observation:
    parent = ctx.evidence.finished("upscale")
    job_id = text(parent.last, "job_id")
    if job_id is None:
        return ctx.unobserved("the upscale has no job_id to vary", parent)
    answer = ctx.call("varyJob", {"parent_id": job_id, "grid_num": 1})
    if answer.ok:
        return ctx.answer("allowed", parent, answer)
    return (
        ctx.unknown(answer.summary(), answer)
        if answer.errno is None
        else ctx.answer(answer.errno, parent, answer)
    )


def _of_records(ctx: Context, read: Callable[[JobTrace, Record], str]) -> Observation:
    """What the records of finished children of each operation read."""
    seen: dict[str, str] = {}
    missing: dict[str, str] = {}
    evidence: list[JobTrace] = []
    for operation, names in _CHILDREN.items():
        jobs = [job for job in ctx.evidence.sent(*names) if job.finished]
        texts = dict.fromkeys(read(job, job.last or {}) for job in jobs)
        evidence += jobs[:1]
        if texts:
            seen[operation] = " and ".join(texts)
        else:
            missing[operation] = "no job finished"
    return answered(ctx, seen, *evidence, missing=missing)
