"""What holds for every answer to a well-formed request (page, table of errors; GEN-1 to 3 and 6).

The standing checks judge every exchange of the run (``checking/watch.py``). A few requests are sent
here where the run had none like them (``--only GEN-1``).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping

from ..checking import Context, Finding, Observation, Phase, check, probe
from ..http.connection import Failure
from ..http.exchange import Exchange
from ..http.patience import GATEWAY_STATUSES, SERVER_FAULT
from ..http.repeats import AGAIN

#: So many submissions with an answer of another shape, and none accepted: that is no gateway's.
_STEADY = 3


@check("GEN-1", phase=Phase.LAST)
def every_answer_is_an_envelope(ctx: Context) -> Iterator[Finding]:
    yield from _judged(ctx, "JSON objects with an integer errno")
    yield from _now_and_then(ctx)


@check("GEN-2", phase=Phase.LAST)
def every_errno_is_in_the_table(ctx: Context) -> Iterator[Finding]:
    return _judged(ctx, "errnos of the table")


@check("GEN-3", phase=Phase.LAST)
def a_failure_has_a_text_and_no_result(ctx: Context) -> Iterator[Finding]:
    return _judged(ctx, "failures with a message and without a result, or successes")


@check("GEN-6", phase=Phase.LAST)
def json_says_so_and_a_success_has_no_error_status(ctx: Context) -> Iterator[Finding]:
    return _judged(ctx, "labelled as JSON, and no success with a 4xx or 5xx")


def _judged(ctx: Context, right: str) -> Iterator[Finding]:
    """What the standing checks found, once every operation that costs nothing has answered."""
    yield from ctx.watch.findings(ctx.id)
    _talk(ctx)
    yield from ctx.watch.findings(ctx.id)
    if ctx.watch.objects:
        yield ctx.ok(f"{ctx.watch.answers} answers: {right}")
    elif ctx.watch.answers:
        yield ctx.untestable("no answer was a JSON object (GEN-1)")
    else:
        yield ctx.inconclusive("no operation gave a whole answer")


def _now_and_then(ctx: Context) -> Iterator[Finding]:
    """Answers of another shape that did not come every time: a gateway's, or a server's that is not
    sure of itself. A submission is not sent again, so there several like it have to do."""
    seen = [one for one in ctx.exchanges() if one.plain and one.failure is Failure.GATEWAY]
    strange = [one for one in seen if one.status not in GATEWAY_STATUSES]
    accepted = {one.operation for one in ctx.exchanges() if one.errno == 0}
    for operation in dict.fromkeys(one.operation for one in strange):
        alike = [one for one in strange if one.operation == operation]
        steady = [one for one in alike if not one.problem.endswith(AGAIN)]
        submits = ctx.contract.operations[operation].submits
        if submits and len(steady) >= _STEADY and operation not in accepted:
            yield ctx.fail(f"{operation}: {alike[0].problem}", *alike[:2], expected="an envelope")
        else:
            several = len(alike) > 1
            what = "answers were not envelopes" if several else "answer was not an envelope"
            yield ctx.inconclusive(
                f"{operation}: {len(alike)} {what}, although others were: {alike[0].problem}",
                *alike[:2],
            )


def _talk(ctx: Context) -> None:
    """Successes and failures of every operation that can be had for nothing, each once a run."""
    seen = {_key(exchange) for exchange in ctx.exchanges() if exchange.plain}
    name = f"{ctx.evidence.mark}-nobody"
    nobody = {"username": name, "password": name}
    for body in () if ctx.options.gentle else ({}, nobody):
        if ("login", _sent(body), False) not in seen:
            ctx.try_call("login", body)
    if not ctx.has("first"):
        return
    nothing = f"{ctx.evidence.mark} nothing like it"
    finds: tuple[Mapping[str, object], ...] = (
        {},
        {"limit": 1},
        {"limit": 0},
        {"favourite": True},
        {"timestamp_smaller_than": "yesterday"},
        {"prompt": nothing},
    )
    for filters in finds:
        if ("findJobs", _sent(filters), True) not in seen:
            ctx.try_call("findJobs", filters)
    if not ctx.options.gentle and ("findJobs", _sent({}), True) not in seen:
        ctx.try_call("findJobs", {}, token=f"{name}-token")
    for operation in ctx.affordable():
        if operation != "findJobs" and (operation, _sent({}), True) not in seen:
            ctx.try_call(operation, {})
        if (operation, _sent({}), False) not in seen:
            ctx.try_call(operation, {}, token=None)


def _key(one: Exchange) -> tuple[str, str, bool]:
    authorized = any(name == "authorization" for name, _ in one.request_headers)
    return one.operation, one.request_body, authorized


def _sent(body: Mapping[str, object]) -> str:
    return json.dumps(body, ensure_ascii=False)


@probe("service-error-message", phase=Phase.LAST)
def text_of_a_501(ctx: Context) -> Observation:
    """No client can bring a 501 about; if one came by, its text is read."""
    # Also those that were followed by another answer when the request was repeated.
    seen = [one for one in ctx.exchanges() if one.plain and one.errno == SERVER_FAULT]
    texts: dict[bool, set[str]] = {True: set(), False: set()}
    for one in seen:
        texts[ctx.contract.operations[one.operation].submits].add(one.said or "no text")
    if not seen:
        return ctx.unobserved("no request can make a healthy server fail, and no request failed")
    said = {"SERVICE_ERROR": "service-error", "GENERAL_ERROR": "general-error"}
    every = texts[True] | texts[False]
    if not every <= set(said) or max(map(len, texts.values())) > 1:
        return ctx.unknown(", ".join(sorted(every)), seen[0])
    if texts == {True: {"SERVICE_ERROR"}, False: {"GENERAL_ERROR"}}:
        return ctx.answer("by-operation", *seen[:3])
    if texts == {True: {"GENERAL_ERROR"}, False: {"SERVICE_ERROR"}}:
        return ctx.unknown("GENERAL_ERROR on submissions and SERVICE_ERROR elsewhere", *seen[:3])
    # One of the two everywhere shows only where by-operation would have the other.
    if texts[True] == {"SERVICE_ERROR"} and not texts[False]:
        return ctx.unobserved("SERVICE_ERROR was returned for submissions only", *seen[:3])
    if texts[False] == {"GENERAL_ERROR"} and not texts[True]:
        return ctx.unobserved("GENERAL_ERROR was returned for other requests only", *seen[:3])
    return ctx.answer(said[next(iter(every))], *seen[:3])
