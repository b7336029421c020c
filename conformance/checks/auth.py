"""The token (page, Login and Job Create), and open questions about it."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator

from ..checking import (
    Answer,
    Context,
    Finding,
    Observation,
    Phase,
    UnavailableError,
    Verdict,
    check,
    probe,
)
from ..json_access import Record, text
from ..rules.bad_tokens import BASIC, bad_tokens, rare_tokens
from ..rules.envelopes import without_envelope

#: A body without the required keys: an operation that accepts the token answers 301, at no cost.
_INCOMPLETE: dict[str, object] = {}
#: How often the token is used again: nothing on the page limits its use.
_USES = 12
#: Seconds that are not waited to find out whether a token expires.
_LONG_WAIT = 5.0


def _rest(ctx: Context, tried: list[str]) -> str:
    """Those of the six operations that were not tried."""
    rest = [operation for operation in ctx.contract.job_operations if operation not in tried]
    return f"{', '.join(rest)} (no job budget)" if rest else ""


@check("AUTH-1")
def the_token_is_accepted_everywhere(ctx: Context) -> Iterator[Finding]:
    # A fresh one, and no login in between: some servers let a later login end an earlier one.
    token, since = _fresh_token(ctx, "first"), time.monotonic()
    tried = ctx.affordable()
    for operation in tried + ["findJobs"] * _USES:
        answer = ctx.call(operation, _INCOMPLETE, token=token)
        if answer.errno is None:
            yield ctx.fail(f"{operation}: no errno", answer, expected="errno")
        elif answer.errno == 430:
            yield _turned_down(ctx, operation, answer, time.monotonic() - since)
            return
    yield ctx.ok(f"accepted by {len(tried)} operations", answer, not_covered=_rest(ctx, tried))


def _turned_down(ctx: Context, operation: str, answer: Answer, age: float) -> Finding:
    """A 430 for a token of that age (s): a failure, unless the token may have expired.

    How long one is valid is left open (question token-lifetime), how often it may be used is not.
    """
    token = _fresh_token(ctx, "first")
    again = ctx.call(operation, _INCOMPLETE, token=token)
    if again.errno == 430:
        what = f"{operation} does not accept the token"
        return ctx.fail(what, answer, again, expected="any errno but 430")
    if age < _LONG_WAIT:
        time.sleep(age)
        aged = ctx.call("findJobs", _INCOMPLETE, token=token)
        if aged.errno != 430:
            what = f"{operation} does not accept the token any more, though another as old is"
            return ctx.fail(what, answer, aged, expected="any errno but 430")
    return ctx.inconclusive(
        f"a token is not accepted after {age:.0f} s: it may have expired", answer
    )


def _fresh_token(ctx: Context, role: str) -> str:
    account = ctx.account(role)
    login = ctx.call("login", {"username": account.username, "password": account.password})
    token = text(login.data, "token")
    if token is None:
        reason = f"the {role} account gets no token (LOGIN-1): {login.summary()}"
        raise UnavailableError(Verdict.UNTESTABLE, reason, login)
    return token


@check("AUTH-2")
def no_token_is_430(ctx: Context) -> Iterator[Finding]:
    yield from _all_refused(ctx, {"no token": None})


@check("AUTH-3")
def a_bad_token_is_430(ctx: Context) -> Iterator[Finding]:
    # On find alone, which costs nothing: who reads tokens so reads them so everywhere.
    for what, token in rare_tokens(ctx.account().token):
        answer = ctx.call("findJobs", {"limit": 1}, token=token)
        yield ctx.expect_errno(answer, 430, when=f"findJobs with {what}")
    answer = ctx.call("findJobs", {"limit": 1}, token=None, headers={"Authorization": BASIC})
    yield ctx.expect_errno(answer, 430, when="findJobs with credentials of another scheme")
    yield from _all_refused(ctx, dict(bad_tokens(ctx.account().token)))


def _all_refused(ctx: Context, tokens: dict[str, str | None]) -> Iterator[Finding]:
    """Each operation with each token. The body is the page's example, whole: a server that
    looks at the body first has nothing to complain of."""
    tried = []
    for operation in ctx.contract.job_operations:
        for what, token in tokens.items():
            if not ctx.affords(operation):
                break
            answer = ctx.call(operation, _body(ctx, operation), token=token)
            yield ctx.expect_errno(answer, 430, when=f"{operation} with {what}")
        else:
            tried.append(operation)
    yield ctx.ok(f"430 from {', '.join(tried)}", not_covered=_rest(ctx, tried))


def _body(ctx: Context, operation: str) -> dict[str, object]:
    return {"limit": 1} if operation == "findJobs" else ctx.contract.example(operation)


@check("AUTH-4")
def the_answer_without_a_token_has_the_shape_shown(ctx: Context) -> Iterator[Finding]:
    tried = ctx.affordable()
    for operation in tried:
        answer = ctx.call(operation, _body(ctx, operation), token=None)
        if answer.errno != 430:
            yield ctx.untestable(f"{operation}: {answer.summary()} (AUTH-2)", answer)
            continue
        # Other keys are no breach; data that a client could take for a result breaks GEN-3.
        texts = [found for key in ("error", "errmsg") if (found := text(answer.envelope, key))]
        if not texts:
            yield ctx.fail(
                f"{operation}: no message",
                answer,
                expected="errno and error",
                actual=answer.envelope,
            )
        elif all(found.casefold().replace("_", " ") != "invalid login" for found in texts):
            yield ctx.fail(
                f"{operation}: another message",
                answer,
                expected="invalid login or INVALID_LOGIN",
                actual=" / ".join(texts),
            )
        else:
            yield ctx.ok(f"{operation}: {answer.summary()}", answer)
    yield ctx.ok(f"as on the page, from {', '.join(tried)}", not_covered=_rest(ctx, tried))


@check("AUTH-5", wants=("grid", "neighbour"), phase=Phase.QUIET)
def a_call_acts_for_the_account_of_its_token(ctx: Context) -> Iterator[Finding]:
    """Neither finds nor submissions may depend on which account logged in last."""
    yield from _finds_of_each(ctx, "first", "second")
    yield from _finds_of_each(ctx, "second", "first")
    yield from _owner_finds_it(ctx, "grid", "first", "second")
    yield from _owner_finds_it(ctx, "neighbour", "second", "first")


def _finds_of_each(ctx: Context, role: str, other: str) -> Iterator[Finding]:
    """Find with one token, log the other account in, find again, log the first in, find again.

    Others may use the accounts meanwhile, so records may come and old ones leave the first page;
    but no page may have nothing in common with the one before, and then again.
    """
    token = _fresh_token(ctx, role)
    before = ctx.call("findJobs", {}, token=token)
    _fresh_token(ctx, other)
    between = ctx.call("findJobs", {}, token=token)
    _fresh_token(ctx, role)
    after = ctx.call("findJobs", {}, token=token)
    if before.ok and between.errno == 430:
        yield ctx.fail(
            "a login of another account ends this one's",
            before,
            between,
            expected="the records found before",
            actual=between.summary(),
        )
    elif _strange(before, between) or _strange(between, after):
        yield ctx.fail(
            f"the records that the {role} account finds depend on which account logged in last",
            before,
            between,
            after,
            expected=f"the {len(before.records)} records found before",
            actual=f"{len(between.records)} records, none of them among those",
        )
    else:
        yield ctx.ok(f"the {role} account finds the same before and after", before, between)


def _strange(one: Answer, other: Answer) -> bool:
    """Whether there were records, and all of them are gone."""
    return other.ok and bool(_hashes(one)) and not _hashes(one) & _hashes(other)


def _owner_finds_it(ctx: Context, name: str, owner: str, other: str) -> Iterator[Finding]:
    """A job belongs to the account whose token submitted it."""
    jobs = ctx.evidence.sent(name)
    if not jobs or jobs[0].hash is None:
        return
    job, hash = jobs[0], jobs[0].hash
    own, foreign = ctx.evidence.history(owner), ctx.evidence.history(other)
    if own.with_hash(hash):
        yield ctx.ok(f"the {owner} account finds its job", job)
    elif foreign.with_hash(hash):
        yield ctx.fail(
            f"a job submitted with the token of the {owner} account went to the {other} one",
            job,
            expected=f"a record that the {owner} account finds",
            actual=f"a record that the {other} account finds",
        )
    elif own.records and own.complete and not _senders(own.records) - _senders(foreign.records):
        yield ctx.fail(
            f"the {owner} account does not find its job, and finds those of the {other} one",
            job,
            *own.answers,
            expected="its own records",
            actual=f"{len(own.records)} records of the {other} account",
        )


def _senders(records: Iterable[Record]) -> set[str | None]:
    return {text(record, "sender_id") for record in records}


def _hashes(answer: Answer) -> set[str | None]:
    return {text(record, "hash") for record in answer.records}


@probe("unknown-route")
def what_an_unknown_path_gives(ctx: Context) -> Observation:
    answer = ctx.route("POST", "/no/such/path", b"{}")
    if answer.failure is not None:
        return ctx.unobserved(answer.problem, answer)
    if answer.status == 404 and answer.errno == 410:
        return ctx.answer("http-404-410", answer)
    if answer.status == 404 and without_envelope(answer):
        return ctx.answer("http-404-html", answer)
    return ctx.unknown(answer.in_full(), answer)
