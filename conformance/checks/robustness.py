"""Wrong parameters, and malformed bodies (GEN-4, GEN-5)."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping

from ..checking import Answer, Context, Finding, Phase, check
from ..http.connection import Failure
from ..json_access import shortened
from ..rules.find_rules import NOTHING
from ..rules.malformed_bodies import SCRIPTS, Sample, few, samples
from ..rules.misbehaviour import misbehaviour
from ..rules.parameters import tolerated

_Body = Mapping[str, object]

#: An object that a database takes for a condition, which all records satisfy.
_OPERATOR = {"$ne": ""}
#: Parameters whose type is not the one shown, and which no question allows: a limit is left to
#: find-bad-limit, a string for an array to find-scalar-for-array, digits in a string to nobody.
_FREE: tuple[tuple[str, _Body], ...] = (
    ("findJobs", {"prompt": 5}),
    ("findJobs", {"favourite": "perhaps"}),
    ("findJobs", {"timestamp_smaller_than": "yesterday"}),
    ("findJobs", {"job_type": [5]}),
    ("findJobs", {"prompt": _OPERATOR}),
    ("findJobs", {"service": {"name": "main"}}),
    ("findJobs", {"folders": {"id": "some_folder_id"}}),
    ("findJobs", {"timestamp_smaller_than": {"ms": 1}}),
    ("findJobs", {"prompt": ["boat"], "limit": 1}),
)
#: For each operation that submits; what the others ask for is well-formed. The first of each is
#: told before a server that accepts them has used up what may be risked.
_COSTLY: tuple[tuple[str, str, object], ...] = (
    ("createJob", "content", 5),
    ("blendImages", "content", 5),
    ("describeImage", "content", _OPERATOR),
    ("upscaleJob", "parent_hash", _OPERATOR),
    ("varyJob", "parent_id", _OPERATOR),
    ("createJob", "content", ["a boat"]),
    ("createJob", "content", {"text": "a boat"}),
    ("createJob", "content", True),
    ("blendImages", "content", {"links": []}),
    ("describeImage", "content", 5),
)


# After the shared jobs: where nothing can be found, a wrong filter that is left out does not show.
@check("GEN-4", phase=Phase.AFTER)
def wrong_parameters_get_301(ctx: Context) -> Iterator[Finding]:
    tried: set[str] = set()
    not_covered: list[str] = []
    for operation, body in _wrong(ctx):
        if not ctx.affords(operation):
            not_covered.append(operation)
            continue
        tried.add(operation)
        yield _refused(ctx, operation, body)
    rest = f"{', '.join(dict.fromkeys(not_covered))} (no budget)" if not_covered else ""
    yield ctx.ok(f"wrong types get 301 from {', '.join(sorted(tried))}", not_covered=rest)


def _wrong(ctx: Context) -> Iterator[tuple[str, _Body]]:
    nobody = f"{ctx.evidence.mark}-nobody"
    yield "login", {"username": nobody, "password": {"text": nobody}}
    yield "login", {"username": {"name": nobody}, "password": nobody}
    yield from _FREE
    for operation, key, value in _COSTLY:
        yield operation, {**ctx.contract.example(operation), key: value}


def _refused(ctx: Context, operation: str, body: _Body) -> Finding:
    when = f"{operation} with {_shown(body)}"
    answer = ctx.try_call(operation, body)
    if answer.failure is not None:
        return _judged_failure(ctx, operation, when, answer, lambda: ctx.try_call(operation, body))
    reason = tolerated(ctx.contract, operation, body, answer.errno, answer.records)
    if not reason:
        return ctx.expect_errno(answer, 301, when=when)
    if answer.ok and "prompt" in body:
        return ctx.inconclusive(f"{when}: {answer.summary()}, {reason}", answer)
    return ctx.ok(f"{when}: {answer.summary()}, {reason}", answer)


def _shown(body: _Body) -> str:
    return shortened(json.dumps(body, ensure_ascii=False), 90)


@check("GEN-5")
def any_body_is_answered(ctx: Context) -> Iterator[Finding]:
    """Every sample to find and to login; the telling few to what submits, as the budget allows."""
    tried = 0
    failed: set[str] = set()
    plan = [("login", one) for one in samples()]
    plan += [("findJobs", one) for one in samples()] if ctx.has("first") else []
    plan += [(operation, one) for operation in _submitting(ctx) for one in few()]
    for operation, sample in plan:
        # What breaks one operation breaks the next: a hang need not be waited for seven times.
        if sample.name in failed or not ctx.affords(operation):
            continue
        tried += 1
        finding = _survived(ctx, operation, sample)
        if finding is not None:
            failed.add(sample.name)
            yield finding
    yield from _any_script(ctx)
    rest = "" if _submitting(ctx) else "operations that submit (no budget)"
    yield ctx.ok(f"{tried} malformed bodies, each answered", not_covered=rest)


def _submitting(ctx: Context) -> list[str]:
    if not ctx.has("first"):
        return []
    return [one for one in ctx.affordable() if ctx.contract.operations[one].submits]


def _survived(ctx: Context, operation: str, sample: Sample) -> Finding | None:
    """A failure if the answer is wrong twice although other requests are answered."""

    def send() -> Answer:
        token = {"token": None} if operation == "login" else {}
        return ctx.raw(operation, sample.body, headers=dict(sample.headers), **token)

    when = f"{operation} with {sample.name}"
    answer = send()
    if answer.failure is not None:
        return _judged_failure(ctx, operation, when, answer, send)
    wrong = misbehaviour(answer)
    if not wrong:
        return None
    return ctx.fail(
        f"{when}: {wrong}",
        answer,
        expected="HTTP status 4xx or an envelope, without a stack trace",
        actual=answer.in_full(),
    )


def _judged_failure(
    ctx: Context, operation: str, when: str, answer: Answer, again: Callable[[], Answer]
) -> Finding:
    """No answer, or a gateway's: the server's fault if it happens twice, and only with this.

    A submission is never sent twice; one that was lost proves nothing. Neither does a limit on the
    number of requests.
    """
    said = answer.problem
    limited = answer.failure is Failure.CONNECT or answer.status == 429
    if limited or ctx.contract.operations[operation].submits:
        return ctx.inconclusive(f"{when}: {said}", answer)
    control = _control(ctx, operation)
    second = again() if _well(control) else control
    if not _well(control) or (second.failure is None and not misbehaviour(second)):
        return ctx.inconclusive(f"{when}: {said}, but not every time", answer, control, second)
    return ctx.fail(
        f"{when}: {said}, twice, although other requests are answered",
        answer,
        control,
        second,
        expected="an answer",
        actual=said,
    )


def _control(ctx: Context, operation: str) -> Answer:
    return ctx.try_call(operation, {} if operation == "login" else {"limit": 1})


def _well(answer: Answer) -> bool:
    return answer.failure is None and not misbehaviour(answer)


def _any_script(ctx: Context) -> Iterator[Finding]:
    """Text of any script, where it costs nothing: in the prompt of a find."""
    control = ctx.find(prompt=f"{ctx.evidence.mark} boat")
    if not (control.ok or control.errno in NOTHING):
        yield ctx.inconclusive(f"find by prompt does not work: {control.summary()}", control)
        return
    for script, words in SCRIPTS.items():
        answers = [ctx.try_call("findJobs", {"prompt": words})]
        answers.append(ctx.raw("findJobs", json.dumps({"prompt": words}).encode()))
        for way, answer in zip(("as UTF-8", "escaped"), answers, strict=True):
            if answer.failure is not None:
                yield ctx.inconclusive(f"find by {script} {way}: {answer.problem}", answer)
            elif not (answer.ok or answer.errno in NOTHING):
                yield ctx.fail(
                    f"find by {script} {way} is refused, although plain English is not",
                    answer,
                    control,
                    expected="errno 0",
                )
