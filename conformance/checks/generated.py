"""Checks with generated requests and random walks (``--exhaustive``).

Each runs once, when the first of these checks needs it; the checks report its findings.
"""

from __future__ import annotations

from collections.abc import Iterable

from ..checking import Context, Finding, Phase, check
from ..checking.registry import CheckFunction
from ..checking.sweep import Sweep, once, report
from ..shared_jobs.catalogue import STARTING_JOBS
from . import envelope

#: The requirements that the job model knows.
_WALKED = (
    *("LOGIN-7", "AUTH-5", "CREATE-2", "CREATE-4", "CREATE-5", "LIFE-2", "LIFE-3", "LIFE-4"),
    *("FIND-2", "FIND-3", "FIND-4", "FIND-5", "FIND-6", "FIND-7", "FIND-10", "FIND-12"),
    *("FIND-13", "FIND-14", "VAR-1", "UP-1", "UP-6", "UP-7", "GRID-2", "PAR-1"),
)


def _generate(ctx: Context, sweep: Sweep) -> None:
    from ..checking.generated_requests import generate

    generate(ctx, sweep)


def _walk(ctx: Context, sweep: Sweep) -> None:
    from ..checking.random_walks import walk

    walk(ctx, sweep)


def _generated(ctx: Context) -> Sweep:
    """The generated requests. The walks follow, so that checks of the log judge both."""
    sweep = once(ctx, _generate)
    if sweep.problem is None:
        once(ctx, _walk)
    return sweep


def _judge_log_again(id: str, plain: CheckFunction) -> None:
    """Register the check that judges the log once more, with the generated requests in it."""

    @check(id, phase=Phase.LAST, exhaustive=True)
    def judged(ctx: Context) -> Finding | Iterable[Finding]:
        _generated(ctx)
        return plain(ctx)


_judge_log_again("GEN-1", envelope.every_answer_is_an_envelope)
_judge_log_again("GEN-2", envelope.every_errno_is_in_the_table)
_judge_log_again("GEN-3", envelope.a_failure_has_a_text_and_no_result)
_judge_log_again("GEN-6", envelope.json_says_so_and_a_success_has_no_error_status)

report(
    _generated,
    {
        "GEN-4": "generated requests: each wrong parameter got 301",
        "GEN-5": "generated requests: none broke the server",
        "FIND-1": "generated requests: every sensible set of filters was accepted",
        "FIND-11": "generated requests: every record has the types of the page",
        "LOGIN-4": "generated requests: no made-up credentials logged in",
    },
)
report(
    lambda ctx: once(ctx, _walk),
    dict.fromkeys(_WALKED, "steps of random walks agree with the job model"),
    wants=STARTING_JOBS,
)
