"""Open questions about limit: its default, its maximum, and invalid values."""

from __future__ import annotations

from ...checking import Answer, Context, Observation, Phase, probe
from ...checking.find_calls import JOBS

#: More records than this without a limit count as all records.
_NO_DEFAULT = 100
#: More than any usual maximum.
_HIGH = 1001


@probe("find-default-limit", wants=JOBS, phase=Phase.QUIET)
def how_many_come_without_a_limit(ctx: Context) -> Observation:
    answer = ctx.find()
    if answer.total is None:
        return ctx.unobserved(f"no total: {answer.summary()}", answer)
    if len(answer.records) == answer.total > _NO_DEFAULT:
        return ctx.answer("none", answer)
    return _restricted(ctx, answer, "default")


@probe("find-max-limit", wants=JOBS, phase=Phase.QUIET)
def how_many_come_at_most(ctx: Context) -> Observation:
    answer = ctx.find(limit=_HIGH)
    if answer.total is None:
        return ctx.unknown(f"limit {_HIGH}: {answer.summary()}", answer)
    if len(answer.records) >= _HIGH:
        return ctx.answer("none", answer)
    # A limit beyond the maximum may count as omitted: then a lower one shows more.
    few = len(answer.records)
    more = ctx.find(limit=few + 1)
    if 0 < few < answer.total and len(more.records) != few:
        shown = f"{few} records for limit {_HIGH}, {len(more.records)} for limit {few + 1}"
        return ctx.unknown(shown, answer, more)
    return _restricted(ctx, answer, "maximum")


def _restricted(ctx: Context, answer: Answer, limit: str) -> Observation:
    """The number of records, if the answer holds some of those it counts."""
    returned, total = len(answer.records), answer.total or 0
    if 0 < returned < total:
        return ctx.answer(returned, answer)
    if returned > total or (total and not returned):
        return ctx.unknown(f"{returned} records, total {total}", answer)
    return ctx.unobserved(
        f"all {total} records were returned: the {limit} may be that or more", answer
    )


@probe("find-bad-limit", wants=("grid", "niji"), phase=Phase.QUIET)
def what_a_bad_limit_gives(ctx: Context) -> Observation:
    zero, negative, word = ctx.find(limit=0), ctx.find(limit=-1), ctx.find(limit="10")
    answers = (zero, negative, word)
    if all(one.errno == 301 for one in answers):
        return ctx.answer("301", *answers)
    if not all(one.ok for one in answers):
        return ctx.unknown(_outcomes(answers), *answers)
    default = ctx.find()
    counts = [len(one.records) for one in answers]
    usual = len(default.records)
    if (default.total or 0) < 2 or usual < 2:
        return ctx.unobserved("clamped and ignored look alike with less than two records", default)
    if counts == [1, 1, usual]:
        return ctx.answer("clamped", *answers)
    if counts == [usual] * 3:
        return ctx.answer("ignored", *answers)
    return ctx.unknown(_outcomes(answers), *answers)


def _outcomes(answers: tuple[Answer, ...]) -> str:
    shown = zip(("0", "-1", '"10"'), answers, strict=True)
    return ", ".join(
        f"{limit}: {f'{len(one.records)} records' if one.ok else one.summary()}"
        for limit, one in shown
    )
