"""Open questions about the values of a condition: false, null, strings and unknown names."""

from __future__ import annotations

from ...checking import Answer, Context, Observation, Phase, probe
from ...checking.find_calls import ask, known
from ...rules.find_rules import CURSOR, NOTHING, hashes, is_favourite

#: All seven conditions of the page.
_CONDITIONS = ("limit", CURSOR, "service", "job_type", "prompt", "folders", "favourite")


def _is_nothing(answer: Answer) -> bool:
    return answer.errno in NOTHING or (answer.ok and not answer.records)


def _without_match(ctx: Context, answer: Answer, nothing: str, all_of_them: str) -> Observation:
    """A condition that no record meets: refused, nothing found, or not restricting."""
    if answer.errno == 301:
        return ctx.answer("301", answer)
    if _is_nothing(answer):
        return ctx.answer(nothing, answer)
    if not answer.ok:
        return ctx.unknown(answer.summary(), answer)
    return ctx.answer(all_of_them, answer)


@probe("find-unknown-service", wants=("grid",), phase=Phase.QUIET)
def what_an_unknown_service_finds(ctx: Context) -> Observation:
    known(ctx)
    answer = ask(ctx, service=[f"{ctx.evidence.mark}-service"])
    return _without_match(ctx, answer, "nothing", "no-restriction")


@probe("find-unknown-type", wants=("grid",), phase=Phase.QUIET)
def what_an_unknown_type_finds(ctx: Context) -> Observation:
    known(ctx)
    answer = ask(ctx, job_type=[f"{ctx.evidence.mark}-type"])
    if answer.ok and answer.records:
        return ctx.unknown("records of other types are found (FIND-6)", answer)
    return _without_match(ctx, answer, "nothing", "")


@probe("find-cursor-string", wants=("grid",), phase=Phase.QUIET)
def whether_digits_count_as_a_cursor(ctx: Context) -> Observation:
    known(ctx)
    # Before the first millisecond of 1970, and before its first second, there is no record.
    answer = ask(ctx, **{CURSOR: "1"})
    return _without_match(ctx, answer, "coerced", "ignored")


@probe("find-empty-prompt", wants=("grid",), phase=Phase.QUIET)
def what_an_empty_prompt_restricts(ctx: Context) -> Observation:
    known(ctx)
    return _without_match(ctx, ask(ctx, prompt=""), "nothing", "no-restriction")


@probe("favourite-false", wants=("grid",), phase=Phase.QUIET)
def what_false_asks_for(ctx: Context) -> Observation:
    records = known(ctx)
    answer = ask(ctx, favourite=False)
    if answer.errno == 301:
        return ctx.answer("301", answer)
    if not answer.ok:
        return ctx.unknown(answer.summary(), answer)
    if any(map(is_favourite, answer.records)):
        others = [one for one in records if not is_favourite(one)]
        if others and not hashes(answer.records) & hashes(others):
            return ctx.unknown("only favourites are found", answer)
        return ctx.answer("no-restriction", answer)
    favourites = [one for one in records if is_favourite(one)]
    if not favourites:
        return ctx.unobserved("the account has no favourite, and no request makes one", answer)
    if answer.total is None or len(answer.records) < answer.total:
        return ctx.unobserved("the favourites may be on a further page", answer)
    return ctx.answer("others", answer)


@probe("null-parameter")
def whether_null_counts_as_omitted(ctx: Context) -> Observation:
    control = ctx.find(limit=1)
    if not _taken(control):
        return ctx.unobserved(f"find does not work without it: {control.summary()}", control)
    answers = {key: ctx.call("findJobs", {key: None}) for key in _CONDITIONS}
    seen = {key: _null_read(answer) for key, answer in answers.items()}
    if seen["limit"] == "omitted" != seen["prompt"] and _taken(ctx.find(limit="ten")):
        del seen["limit"]  # it is taken like any bad limit (question find-bad-limit)
    if len(set(seen.values())) == 1:
        return ctx.answer(seen["prompt"], *answers.values())
    return ctx.unknown(", ".join(f"{key}: {said}" for key, said in seen.items()), *answers.values())


def _taken(answer: Answer) -> bool:
    return answer.ok or answer.errno in NOTHING


def _null_read(answer: Answer) -> str:
    if answer.errno == 301:
        return "301"
    return "omitted" if _taken(answer) else answer.summary()
