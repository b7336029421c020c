"""An answer to a question that several operations may answer differently.

Each operation is tried by itself. Where they agree, their answer is the question's; where they
differ, it names each of them. What was tried on some of them only is not an answer.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ..findings import EvidenceSource, Observation, grouped
from ..http.exchange import Answer
from .context import Context

#: Why an operation was not tried that must refuse the request.
NO_BUDGET = "no job budget"


def answered(
    ctx: Context,
    seen: Mapping[str, str],
    *evidence: EvidenceSource,
    missing: Mapping[str, str] | None = None,
) -> Observation:
    """The observation. ``seen``: an operation's answer, a variant or a description of what none
    describes; ``missing``: why an operation has no answer, by default the budget."""
    operations = ctx.contract.questions[ctx.id].operations
    without = {one: (missing or {}).get(one, NO_BUDGET) for one in operations if one not in seen}
    answers = list(dict.fromkeys(seen.values()))
    if without and not answers:
        return ctx.unobserved(grouped(without), *evidence)
    if without:
        shown = f"{grouped(seen)}; not tried: {grouped(without)}"
        return ctx.unknown(shown, *evidence)
    if len(answers) == 1:
        return ctx.answer(answers[0], *evidence)
    return ctx.answer(", ".join(f"{one}: {seen[one]}" for one in operations), *evidence)


def refused_by_each(
    ctx: Context, send: Callable[[str], Answer], *, among: tuple[str, ...] = ()
) -> dict[str, Answer]:
    """The answers to a request that submits nothing, from each operation that the budget allows.

    ``among``: the operations to try, by default those of the question.
    """
    operations = among or ctx.contract.questions[ctx.id].operations
    return {one: send(one) for one in operations if ctx.affords(one)}
