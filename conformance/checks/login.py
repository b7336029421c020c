"""Login (page, Login), and the questions that a login or a free request answers."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from email.utils import parsedate_to_datetime
from itertools import chain

from ..checking import (
    Answer,
    Context,
    Finding,
    Observation,
    UnavailableError,
    Verdict,
    check,
    probe,
)
from ..json_access import Record, brief, object_at, text, whole
from ..rules.find_rules import NOTHING
from ..rules.successes import login_faults
from ..rules.tokens import claims, lifetime, lifetime_at

#: Seconds by which the clocks of an answer's Date and of this machine may differ.
_CLOCKS_APART = 10


def _login(ctx: Context, role: str = "first") -> Answer:
    """A login that worked; that it does is LOGIN-1."""
    account = ctx.account(role)
    answer = ctx.call("login", {"username": account.username, "password": account.password})
    if not answer.ok:
        reason = f"the {role} account can't log in again (LOGIN-1): {answer.summary()}"
        raise UnavailableError(Verdict.UNTESTABLE, reason, answer)
    return answer


def _data(answer: Answer) -> Record:
    return object_at(answer.envelope, "data") or {}


@check("LOGIN-1")
def right_credentials_give_a_token(ctx: Context) -> Finding:
    given = ctx.options.accounts.get("first")
    if given is None:
        return ctx.untestable("needs an account (--username)")
    answer = ctx.call("login", {"username": given.username, "password": given.password})
    token = text(_data(answer), "token")
    if answer.ok and token is not None:
        return ctx.ok("errno 0 and a token", answer)
    instead = f"data.token {brief(_data(answer).get('token'))}"
    return ctx.fail(
        "the username and password given are not accepted",
        answer,
        expected="errno 0 and data.token",
        actual=instead if answer.ok else answer.summary(),
    )


@check("LOGIN-2")
def data_has_the_keys_shown(ctx: Context) -> Iterator[Finding]:
    answer = _login(ctx)
    data = _data(answer)
    for id, fault, expected in login_faults(answer):
        if id == ctx.id:
            yield ctx.fail(fault, answer, expected=expected, actual=data)
    if text(data, "username") not in (None, ctx.account().username):
        yield ctx.fail(
            "data.username is not the one sent",
            answer,
            expected=ctx.account().username,
            actual=data.get("username"),
        )
    yield ctx.ok("twelve keys, and the username sent", answer)


@check("LOGIN-3")
def missing_credentials_are_301(ctx: Context) -> Iterator[Finding]:
    account = ctx.account()
    bodies: tuple[tuple[str, Mapping[str, object]], ...] = (
        ("no password", {"username": account.username}),
        ("no username", {"password": account.password}),
        ("neither", {}),
    )
    for when, body in bodies:
        answer = ctx.call("login", body)
        yield ctx.expect_errno(answer, 301, when=when)
        texts = [text(answer.envelope, key) or "" for key in ("errmsg", "error")]
        if answer.errno == 301 and not any("missing" in one.casefold() for one in texts):
            yield ctx.fail(
                f"{when}: the message does not mention anything missing",
                answer,
                expected="missing username or password, or MISSING PARAMETER",
                actual=answer.message or "no text",
            )
    yield ctx.ok("no password, no username, neither: 301 each time")


@check("LOGIN-4")
def wrong_credentials_are_no_success(ctx: Context) -> Iterator[Finding]:
    for when, answer in chain(_wrong_logins(ctx), _odd_logins(ctx)):
        if answer.ok or text(_data(answer), "token") is not None:
            yield ctx.fail(f"{when}: logged in", answer, expected="another errno than 0")
        elif answer.errno is None:
            yield ctx.fail(f"{when}: no errno", answer, expected="an errno")
        else:
            yield ctx.ok(f"{when}: {answer.summary()}", answer)
    yield ctx.ok("wrong passwords and an unknown username are refused")


def _wrong_logins(ctx: Context) -> Iterator[tuple[str, Answer]]:
    account = ctx.account()
    # Made of the right password, so that a comparison of a part of it shows.
    wrong = [f"{account.password}x", f"x{account.password}", account.password[:-1] or "x"]
    wrong.append(account.password.swapcase())
    if ctx.has("second"):  # where it is only looked for among all of them
        wrong.append(ctx.account("second").password)
    for password in dict.fromkeys(wrong):
        if password != account.password:
            body = {"username": account.username, "password": password}
            yield "a wrong password", ctx.call("login", body)
    nobody = f"{ctx.evidence.mark}-{ctx.random.randrange(10**9)}"
    yield (
        "an unknown username",
        ctx.call("login", {"username": nobody, "password": account.password}),
    )


def _odd_logins(ctx: Context) -> Iterator[tuple[str, Answer]]:
    """Of the account's own: what a database that is asked with them, a comparison that converts
    them, or a check that is left out without a password, takes for right."""
    account = ctx.account()
    bodies: tuple[tuple[str, object, object], ...] = (
        ("an object for a password", account.username, {"$ne": ""}),
        ("true for a password", account.username, True),
        ("an array with the password", account.username, [account.password]),
        ("null for a password", account.username, None),
        ("an empty password", account.username, ""),
        ("an object for a username", {"$ne": ""}, account.password),
    )
    for when, username, password in bodies:
        yield when, ctx.call("login", {"username": username, "password": password})


@check("LOGIN-5")
def an_id_belongs_to_one_data(ctx: Context) -> Finding:
    return _two_logins(ctx, ("first", "second"), "id", same=False)


@check("LOGIN-7")
def the_id_is_the_same_at_every_login(ctx: Context) -> Finding:
    return _two_logins(ctx, ("first", "first"), "id", same=True)


@check("LOGIN-8")
def no_two_accounts_share_a_token(ctx: Context) -> Finding:
    return _two_logins(ctx, ("first", "second"), "token", same=False)


def _two_logins(ctx: Context, roles: tuple[str, str], key: str, *, same: bool) -> Finding:
    """Whether ``data.id`` or ``data.token`` is the same in two logins, as it must (not) be."""
    answers = [_login(ctx, role) for role in roles]
    first, second = (text(_data(answer), key) for answer in answers)
    if first is None or second is None:
        return ctx.untestable(f"data.{key} is missing (LOGIN-1, LOGIN-2)", *answers)
    if (first == second) is same:
        alike = "the same" if same else "different"
        return ctx.ok(f"two logins, {alike} {key}{'' if same else 's'}", *answers)
    if same:
        message = f"the {key} changed from one login to the next"
        return ctx.fail(message, *answers, expected=first, actual=second)
    message = f"two accounts have one {key}"
    actual = first if key == "id" else "the same twice"
    return ctx.fail(message, *answers, expected=f"different {key}s", actual=actual)


@check("LOGIN-6")
def the_token_is_accepted(ctx: Context) -> Finding:
    answer = _login(ctx)
    token = text(_data(answer), "token")
    if token is None:
        return ctx.untestable("the login has no token (LOGIN-1)", answer)
    found = ctx.call("findJobs", {}, token=token)
    if found.ok or found.errno in NOTHING:
        return ctx.ok("find accepts the token of the login", answer, found)
    if found.errno not in (None, 430) and found.status not in (401, 403):
        why = "find refuses an empty object, which says nothing of the token"
        return ctx.inconclusive(f"{why}: {found.summary()}", answer, found)
    return ctx.fail(
        "find does not accept the token of the login",
        answer,
        found,
        expected="errno 0",
        actual=found.summary(),
    )


@probe("wrong-credentials")
def errno_of_wrong_credentials(ctx: Context) -> Observation:
    seen = [answer for _, answer in _wrong_logins(ctx)]
    errnos = sorted({str(answer.errno) for answer in seen})
    if len(errnos) > 1:
        return ctx.unknown(
            f"errno depends on which credential is wrong: {', '.join(errnos)}", *seen
        )
    return ctx.answer(errnos[0], seen[0], seen[-1])


@probe("token-lifetime")
def lifetime_of_the_token(ctx: Context) -> Observation:
    answer = _login(ctx)
    token = text(_data(answer), "token") or ""
    expires = whole(claims(token).get("exp"))
    if expires is None:
        return ctx.unobserved("the token is not a readable JWT with exp", answer)
    said = lifetime(token)
    if said is not None:
        return ctx.answer(said, answer)
    sent, now = _sent_at(answer), time.time()
    if sent is None:
        return ctx.unobserved("the token has no iat and the answer no Date", answer)
    # What stands before the server may write the Date by a clock of its own.
    if abs(now - sent) > _CLOCKS_APART:
        apart = f"{abs(now - sent):.0f} s from this machine's clock"
        return ctx.unobserved(f"the token has no iat, and the answer's Date is {apart}", answer)
    said = lifetime_at(token, sent)
    if said is None:
        after = f"{expires - sent} s after the answer's Date"
        return ctx.unobserved(f"the token has no iat, and expires {after}", answer)
    return ctx.answer(said, answer)


def _sent_at(answer: Answer) -> int | None:
    try:
        return int(parsedate_to_datetime(answer.header("date")).timestamp())
    except (TypeError, ValueError):
        return None
