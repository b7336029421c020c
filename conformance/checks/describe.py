"""Describe (page, Job Describe): the prompts of one linked picture."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ..checking import Context, Finding, JobTrace, Observation, check, probe
from ..checking.child_jobs import accepted, accepted_both_ways, not_taken
from ..json_access import brief
from ..rules.records import described

_JOB = "describeImage"
#: A number before a prompt: "1." "1)" or the digit in a key cap.
_NUMBER = re.compile(r"(?:^|\s)([1-4])(?:[.)]\s|\ufe0f?\u20e3)")


@check("DESC-1", needs=("describe",))
def one_link_gives_its_prompts(ctx: Context) -> Finding:
    job = ctx.evidence.trace("describe")
    if not job.accepted:
        return not_taken(ctx, job, "a describe of one link")
    if job.seems_failed and not job.gave_up:
        return ctx.fail("the job failed", job, expected="its prompts")
    job = ctx.evidence.finished("describe")
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
        yield ctx.expect_errno(ctx.call(_JOB, dict(body)), 301, when=f"a describe {what}")


@check("DESC-3", needs=("describe",), wants=("describe_sender",))
def a_describe_takes_a_sender_or_none(ctx: Context) -> Iterator[Finding]:
    if ctx.evidence.sent("describe_sender"):
        yield from accepted_both_ways(ctx, without="describe", given="describe_sender")
        return
    # Whatever it is refused for need not be the missing sender_id: none was sent one.
    yield accepted(ctx, ctx.evidence.trace("describe"), "without sender_id")
    yield ctx.ok("without sender_id: accepted", not_covered="a describe with sender_id (no budget)")


@probe("describe-result", needs=("describe",))
def where_the_prompts_stand(ctx: Context) -> Observation:
    job = ctx.evidence.finished("describe")
    found = _prompts(job)
    if "description" in found:
        numbers = set(_NUMBER.findall(found["description"]))
        if numbers == {"1", "2", "3", "4"}:
            return ctx.answer("description-four", job)
        if not numbers:
            return ctx.answer("description-one", job)
        return ctx.unknown(f"prompts numbered {', '.join(sorted(numbers))}", job)
    if "msg_content" in found:
        return ctx.answer("msg-content", job)
    return ctx.unknown(f"texts under {', '.join(found) or 'no key'}", job)


def _prompts(job: JobTrace) -> dict[str, str]:
    return described(job.last or {}, str(job.body.get("content", "")))
