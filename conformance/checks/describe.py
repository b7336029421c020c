"""Describe (page, Job Describe): the prompts of one linked picture."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator

from ..checking import Answer, Context, Finding, JobTrace, Observation, check, probe
from ..checking.child_jobs import accepted, accepted_both_ways, failed, not_taken, sender_decides
from ..json_access import Record, brief, integer, text
from ..rules.records import described
from ..shared_jobs.catalogue import NO_SENDER
from ..shared_jobs.trace import FINISHED

_JOB = "describeImage"
#: A number before a prompt: "1." "1)" or the digit in a key cap.
_NUMBER = re.compile(r"(?:^|\s)([1-4])(?:[.)]\s|\ufe0f?\u20e3)")


@check("DESC-1", needs=("describe",), wants=("describe_sender", "describe_field"))
def one_link_gives_its_prompts(ctx: Context) -> Iterator[Finding]:
    job = ctx.evidence.trace("describe")
    if not job.accepted:
        yield not_taken(ctx, job, "a describe of one link")
        return
    if job.seems_failed and not job.gave_up:
        yield failed(ctx, "describe", "a describe of one link", "its prompts")
        return
    job = ctx.evidence.finished("describe")
    others = ctx.evidence.sent("describe_sender", "describe_field")
    for one in (job, *(other for other in others if other.finished)):
        yield _has_prompts(ctx, one)


def _has_prompts(ctx: Context, job: JobTrace) -> Finding:
    found = _prompts(job)
    if found:
        return ctx.ok(f"prompts under {' and '.join(found)}", job)
    return ctx.fail(
        "the finished record contains no prompts",
        job,
        expected="a text besides the link",
        actual=brief({key: (job.last or {}).get(key) for key in ("description", "msg_content")}),
    )


@check("DESC-2", refusals=True)
def no_link_or_two_are_refused(ctx: Context) -> Iterator[Finding]:
    link = str(ctx.contract.example(_JOB)["content"])
    cases = {
        "without content": {},
        "with an empty content": {"content": ""},
        "with a word instead of a link": {"content": "lantern"},
        "with two links": {"content": f"{link} {link}"},
    }
    for what, body in cases.items():
        answer, when = ctx.call(_JOB, dict(body)), f"a describe {what}"
        if answer.hash is not None and body.get("content") == "lantern":
            yield _described(ctx, answer, when)
        else:
            yield ctx.expect_errno(answer, 301, when=when)


def _described(ctx: Context, answer: Answer, when: str) -> Finding:
    """A word that is taken for a link at first: the job must fail, as that of a blend of words may
    (question blend-bad-link)."""
    end = time.monotonic() + ctx.options.job_timeout
    pause, said = 0.1, f"{when}: {answer.summary()}"
    while time.monotonic() < end:
        found = ctx.find(limit=10)
        record = next((one for one in found.records if one.get("hash") == answer.hash), None)
        if integer(record, "status") == FINISHED:
            break
        if text(record, "error"):
            return ctx.ok(f"{said}, and the job failed", answer, found)
        before = time.monotonic()
        ctx.pause(pause)
        if time.monotonic() - before < pause / 2:
            return ctx.inconclusive(f"{said}; no time to see its job's end", answer)
        pause = min(2 * pause, 2.0)
    else:
        return ctx.inconclusive(f"{said}; its job has not ended", answer)
    if record is not None and described(record, "lantern"):
        return ctx.fail(
            f"{said}, and the job finished with prompts",
            answer,
            found,
            expected="errno 301, or a job that fails",
        )
    return ctx.ok(f"{said}, and the job finished without prompts", answer, found)


@check("DESC-3", needs=("describe",), wants=("describe_sender",))
def a_describe_takes_a_sender_or_none(ctx: Context) -> Iterator[Finding]:
    if ctx.evidence.sent("describe_sender"):
        yield from accepted_both_ways(ctx, without="describe", given="describe_sender")
        return
    if ctx.evidence.cause("describe") == NO_SENDER:
        yield sender_decides(ctx, "describe")
        return
    # Whatever it is refused for need not be the missing sender_id: none was sent one.
    yield accepted(ctx, ctx.evidence.trace("describe"), "without sender_id")
    yield ctx.ok("without sender_id: accepted", not_covered="a describe with sender_id (no budget)")


@probe("describe-result", needs=("describe",))
def where_the_prompts_stand(ctx: Context) -> Observation:
    job = ctx.evidence.finished("describe")
    return ctx.answer(where_the_prompts_are(job.last or {}, str(job.body.get("content", ""))), job)


def where_the_prompts_are(record: Record, content: str) -> str:
    """The variant of a finished describe of ``content``, or what it has that none describes."""
    found = described(record, content)
    if "description" in found:
        numbers = set(_NUMBER.findall(found["description"]))
        if numbers and numbers != {"1", "2", "3", "4"}:
            return f"prompts numbered {', '.join(sorted(numbers))}"
        return "description-four" if numbers else "description-one"
    return (
        "msg-content" if "msg_content" in found else f"texts under {', '.join(found) or 'no key'}"
    )


def _prompts(job: JobTrace) -> dict[str, str]:
    return described(job.last or {}, str(job.body.get("content", "")))
