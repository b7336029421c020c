"""How many of the wrong servers each budget of jobs finds (``--budgets``)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from sampan.conformance.verdict import Verdict
from tests.support.tampering.trial import Trial, side_by_side
from tests.wrong_servers import WRONG_SERVERS
from tests.wrong_servers.trying.matrix import tried_within
from tests.wrong_servers.wrong_server import WrongServer

#: 0 and 1 job, one and a spare, all requirements, and one more.
BUDGETS = (0, 1, 2, 11, 12)


@dataclass(frozen=True, slots=True)
class Row:
    """The wrong servers at one budget: how many there are, how many are failed, by the requirement
    that they break or by any, and those that are not though that requirement could be tested."""

    budget: int
    servers: int
    failed: int
    by_own: int
    missed: tuple[str, ...]
    overspent: tuple[str, ...]


def rows(
    servers: Sequence[WrongServer], budgets: Sequence[int] = BUDGETS, workers: int | None = None
) -> Iterator[Row]:
    """One row a budget."""
    for budget in budgets:
        work = partial(_tried, budget=budget)
        trials = list(side_by_side(work, [one.id for one in servers], workers))
        yield row(budget, servers, trials)


def row(budget: int, servers: Sequence[WrongServer], trials: Sequence[Trial]) -> Row:
    """What the trials of the servers at one budget come to."""
    pairs = list(zip(servers, trials, strict=True))
    verdicts = [(one, found.verdicts[one.requirement], found) for one, found in pairs]
    return Row(
        budget,
        len(servers),
        sum(found.exit_code == 1 for _, _, found in verdicts),
        sum(own is Verdict.FAIL for _, own, _ in verdicts),
        tuple(
            one.id
            for one, own, found in verdicts
            if found.exit_code != 1 and own is not Verdict.UNTESTABLE
        ),
        tuple(one.id for one, _, found in verdicts if found.jobs > budget),
    )


def table(found: Sequence[Row]) -> str:
    """In Markdown, as in docs/check.md."""
    lines = ["| `--budget-jobs` | wrong servers failed | by the requirement that they break |"]
    lines.append("|---|---|---|")
    lines += [f"| {one.budget} | {one.failed} of {one.servers} | {one.by_own} |" for one in found]
    return "\n".join(lines)


def _tried(id: str, budget: int) -> Trial:
    return tried_within(next(one for one in WRONG_SERVERS if one.id == id), budget)
