"""Accounts without the plan that is needed (page, table of errors: 411)."""

from __future__ import annotations

from collections.abc import Iterator

from ..checking import Answer, Context, Finding, check
from ..json_access import object_at
from ..rules.plans import plan_in

#: Best known first: the content of a create leaves nothing else to refuse it for.
_ORDER = ("createJob", "blendImages", "describeImage", "upscaleJob", "varyJob")


@check("PLAN-1", refusals=True)
def an_account_without_a_plan_gets_411(ctx: Context) -> Iterator[Finding]:
    ctx.account("limited")
    unsure: list[str] = []
    shown = False
    for operation in _ORDER:
        if not ctx.affords(operation):
            unsure.append(f"{operation} (no budget)")
            continue
        answer = ctx.call(operation, ctx.contract.example(operation), account="limited")
        if answer.errno == 411:
            shown = True
            yield ctx.ok(f"{operation}: {answer.summary()}", answer)
        elif answer.ok or operation == "createJob":
            yield _broken(ctx, operation, answer)
        else:
            # The example's links and parent do not exist, and a server may complain of that first.
            unsure.append(f"{operation} ({answer.summary()})")
    if not shown:
        yield ctx.untestable(f"no request returned 411: {', '.join(unsure) or 'see above'}")
        return
    not_covered = f"not tested: {', '.join(unsure)}" if unsure else ""
    yield ctx.ok("an account without a plan gets 411", not_covered=not_covered)


def _plan(ctx: Context) -> str:
    """What the login tells of a plan that the account has all the same."""
    given = ctx.account("limited")
    login = ctx.call("login", {"username": given.username, "password": given.password})
    return plan_in(object_at(login.envelope, "data"))


def _broken(ctx: Context, operation: str, answer: Answer) -> Finding:
    if answer.ok and (plan := _plan(ctx)):
        why = f"{operation}: accepted, and the limited account may have a plan: its login has"
        return ctx.inconclusive(f"{why} {plan}", answer)
    what = "is accepted" if answer.ok else f"gets {answer.summary()}"
    return ctx.fail(
        f"{operation} of an account without a plan {what}", answer, expected="errno 411"
    )
