"""What holds for every answer to a well-formed request (page, table of errors; GEN-1 to 3 and 6).

These checks judge the log of the whole run. A few requests are sent first where the run had none
like them (``--only GEN-1``).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping

from ..checking import Context, Finding, Observation, Phase, check, probe
from ..http.exchange import Exchange
from ..json_access import brief, text

#: The table of errors, which is complete by its heading.
ERRNOS = (0, 301, 410, 411, 420, 421, 430, 501)
#: Answers of what stands before a server rather than of the server, if they hold no envelope.
_GATEWAY = (429, 502, 503, 504)

#: The fault of an answer and what was expected; ``None`` if it is right.
Complaint = tuple[str, str] | None


@check("GEN-1", phase=Phase.LAST)
def every_answer_is_an_envelope(ctx: Context) -> Iterator[Finding]:
    return _judged(ctx, not_an_envelope, "JSON objects with an integer errno")


@check("GEN-2", phase=Phase.LAST)
def every_errno_is_in_the_table(ctx: Context) -> Iterator[Finding]:
    return _judged(ctx, unknown_errno, "errnos of the table")


@check("GEN-3", phase=Phase.LAST)
def a_failure_has_a_text_and_no_result(ctx: Context) -> Iterator[Finding]:
    return _judged(ctx, bad_failure, "failures with a message and without a result, or successes")


@check("GEN-6", phase=Phase.LAST)
def json_says_so_and_a_success_has_no_error_status(ctx: Context) -> Iterator[Finding]:
    return _judged(ctx, bad_http, "labelled as JSON, and no success with a 4xx or 5xx")


def not_an_envelope(one: Exchange) -> Complaint:
    """GEN-1."""
    if one.outline is None:
        return f"HTTP {one.status}, {one.problem}", "a JSON object"
    if one.errno is None:
        shown = brief(one.outline["errno"]) if "errno" in one.outline else "missing"
        return f"errno is {shown}", "an integer"
    if one.errno == 0 and one.outline.get("errmsg") not in ("OK", "SUCCESS"):
        return f"errno 0 with errmsg {brief(one.outline.get('errmsg'))}", "OK or SUCCESS"
    return None


def unknown_errno(one: Exchange) -> Complaint:
    """GEN-2."""
    if one.errno is None or one.errno in ERRNOS:
        return None
    return f"errno {one.errno}", f"one of {', '.join(map(str, ERRNOS))}"


def bad_failure(one: Exchange) -> Complaint:
    """GEN-3. ``error`` instead of ``errmsg`` is on the page for 430 (Job Create)."""
    if not one.errno or one.outline is None:
        return None
    keys = ("errmsg", "error") if one.errno == 430 else ("errmsg",)
    if not any(text(one.outline, key) for key in keys):
        return f"errno {one.errno} without a message", f"a message under {' or '.join(keys)}"
    if one.outline.get("data"):
        return f"errno {one.errno} with data {brief(one.outline['data'])}", "no data"
    return None


def bad_http(one: Exchange) -> Complaint:
    """GEN-6."""
    label = one.header("content-type").partition(";")[0].strip().lower()
    if "json" in label and one.outline is None and one.problem.startswith("not JSON"):
        return f"content type {label}, and {one.problem}", "JSON that parses"
    if one.outline is not None and "json" not in label:
        return f"JSON with content type {brief(label)}", "application/json"
    if one.errno == 0 and one.status >= 400:
        return f"errno 0 with HTTP status {one.status}", "no 4xx or 5xx"
    return None


def _judged(
    ctx: Context, complain: Callable[[Exchange], Complaint], right: str
) -> Iterator[Finding]:
    """One finding for each operation and complaint."""
    _talk(ctx)
    plain = [one for one in ctx.exchanges() if one.plain and one.operation and not one.failure]
    answers = [exchange for exchange in plain if not _elsewhere(exchange)]
    told: set[tuple[str, str]] = set()
    for answer in answers:
        complaint = complain(answer)
        if complaint is None or (answer.operation, complaint[0]) in told:
            continue
        told.add((answer.operation, complaint[0]))
        actual, expected = complaint
        yield ctx.fail(f"{answer.operation}: {actual}", answer, expected=expected, actual=actual)
    if answers and all(one.outline is None for one in answers):
        yield ctx.untestable("no answer was a JSON object (GEN-1)")
    elif answers:
        yield ctx.ok(f"{len(answers)} answers: {right}")
    else:
        yield ctx.inconclusive("no operation gave a whole answer")


def _elsewhere(one: Exchange) -> bool:
    """Whether the answer is not the API's: a redirect, or a gateway that is too busy."""
    return one.errno is None and (300 <= one.status < 400 or one.status in _GATEWAY)


def _talk(ctx: Context) -> None:
    """Successes and failures of every operation that can be had for nothing, each once a run."""
    seen = {_key(exchange) for exchange in ctx.exchanges() if exchange.plain}
    name = f"{ctx.evidence.mark}-nobody"
    nobody = {"username": name, "password": name}
    for body in ({}, nobody):
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
        {"prompt": 5},
        {"prompt": nothing},
    )
    for filters in finds:
        if ("findJobs", _sent(filters), True) not in seen:
            ctx.try_call("findJobs", filters)
    if ("findJobs", _sent({}), True) not in seen:
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
    seen = [exchange for exchange in ctx.exchanges() if exchange.plain and exchange.errno == 501]
    texts: dict[bool, set[str]] = {True: set(), False: set()}
    for one in seen:
        operation = ctx.contract.operations[one.operation]
        texts[operation.submits].add(text(one.outline, "errmsg") or "no text")
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


@probe("unknown-field")
def what_a_field_that_no_one_knows_does(ctx: Context) -> Observation:
    without = ctx.find(limit=1)
    answer = ctx.call("findJobs", {"limit": 1, f"{ctx.evidence.mark}_field": "x"})
    if not without.ok:
        return ctx.unobserved(f"find does not work without it: {without.summary()}", without)
    if answer.ok:
        return ctx.answer("ignored", answer)
    if answer.errno == 301:
        return ctx.answer("301", without, answer)
    return ctx.unknown(answer.summary(), without, answer)
