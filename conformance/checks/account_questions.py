"""Open questions about an account: its tokens, and what it is refused for first."""

from __future__ import annotations

from collections.abc import Mapping

from ..checking import Answer, Context, Observation, UnavailableError, Verdict, probe
from ..checking.child_jobs import nobody
from ..json_access import object_at, text

_NOT_FOUND = (410, 420)


@probe("second-login")
def whether_a_login_ends_an_earlier_token(ctx: Context) -> Observation:
    first, login = _login(ctx)
    # The first token works, or nothing can be said of its end.
    before = ctx.call("findJobs", {"limit": 1}, token=first)
    second, again = _login(ctx)
    if first == second:
        return ctx.unobserved("both logins gave the same token", login, again)
    if not (before.ok or before.errno in _NOT_FOUND):
        return ctx.unobserved(f"find with the first token: {before.summary()}", before)
    after = ctx.call("findJobs", {"limit": 1}, token=first)
    if after.ok or after.errno in _NOT_FOUND:
        return ctx.answer("keeps", login, again, after)
    if after.errno == 430:
        return ctx.answer("ends", login, again, after)
    return ctx.unknown(after.summary(), login, again, after)


def _login(ctx: Context) -> tuple[str, Answer]:
    account = ctx.account()
    answer = ctx.call("login", {"username": account.username, "password": account.password})
    token = text(object_at(answer.envelope, "data"), "token")
    if token is None:
        raise UnavailableError(
            Verdict.UNTESTABLE, f"no token (LOGIN-1): {answer.summary()}", answer
        )
    return token, answer


# check-order

#: Two kinds of refusal, and what an operation says that meets with both.
_Order = Mapping[tuple[str, str], str]


@probe("check-order", refusals=True)
def what_is_refused_first(ctx: Context) -> Observation:
    ctx.account("limited")
    keys = {"varyJob": "parent_id", "upscaleJob": "parent_hash"}
    if not all(map(ctx.affords, ctx.contract.questions[ctx.id].operations)):
        return ctx.unobserved("no job budget for requests that must be refused")
    # Without a plan and without parameters; with neither a plan nor a parent; without a parent or
    # a cell. The first of the two that an errno stands for was looked at first.
    seen: dict[tuple[str, str], dict[str, Answer]] = {
        ("parameters", "plan"): {
            one: ctx.call(one, {}, account="limited")
            for one in ctx.contract.questions[ctx.id].operations
        },
        ("parent", "plan"): {
            one: ctx.call(one, {key: nobody(ctx), "grid_num": 1}, account="limited")
            for one, key in keys.items()
        },
        ("parameters", "parent"): {
            one: ctx.call(one, {key: nobody(ctx), "grid_num": 9}) for one, key in keys.items()
        },
    }
    evidence = [answer for answers in seen.values() for answer in answers.values()]
    firsts: dict[tuple[str, str], str] = {}
    for pair, answers in seen.items():
        said = {one: _first_of(pair, answer) for one, answer in answers.items()}
        if len(set(said.values())) > 1 or not set(said.values()) <= set(pair):
            shown = ", ".join(f"{one}: {what}" for one, what in said.items())
            return ctx.unknown(f"of {pair[0]} and {pair[1]}, {shown}", *evidence)
        firsts[pair] = next(iter(said.values()))
    return ctx.answer(ordered(firsts), *evidence)


def _first_of(pair: tuple[str, str], answer: Answer) -> str:
    errnos = {"parameters": (301,), "plan": (411,), "parent": _NOT_FOUND}
    found = [name for name in pair if answer.errno in errnos[name]]
    return found[0] if found else answer.summary()


def ordered(firsts: _Order) -> str:
    """The three in the order that all pairs agree with; where none does, the pairs."""
    wins = dict.fromkeys(("parameters", "parent", "plan"), 0)
    for first in firsts.values():
        wins[first] += 1
    if sorted(wins.values()) == [0, 1, 2]:
        return "-".join(sorted(wins, key=lambda name: -wins[name]))
    return ", ".join(f"{first} of {' and '.join(pair)}" for pair, first in firsts.items())
