"""The matrix: each wrong server against the kit, and whether its own requirement's check saw it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from sampan.conformance.verdict import Verdict
from tests.support.tampering.server import settings
from tests.support.tampering.trial import JOB_SECONDS, Trial, side_by_side, trial
from tests.wrong_servers import MUTANTS
from tests.wrong_servers.wrong_server import Mutant


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one mutant. ``others`` are the other requirements that failed with it."""

    mutant: Mutant
    verdict: Verdict
    message: str
    others: tuple[str, ...]
    errors: tuple[str, ...]
    seconds: float
    broken: str | None

    @property
    def killed(self) -> bool:
        """The check of its own requirement failed it, and nothing broke on the way."""
        return self.verdict is Verdict.FAIL and not self.broken

    @property
    def beside(self) -> tuple[str, ...]:
        """The others that failed and were not foreseen."""
        return tuple(id for id in self.others if id not in self.mutant.touches)


def outcomes(
    mutants: Sequence[Mutant], *, alone: bool = False, workers: int | None = None
) -> Iterator[Outcome]:
    """Try each mutant in processes; ``alone``: with the check of its own requirement only."""
    work = partial(_tried, alone=alone)
    found = side_by_side(work, [one.id for one in mutants], workers)
    for mutant, result in zip(mutants, found, strict=True):
        yield judged(mutant, result)


def tried(mutant: Mutant, *, alone: bool = False) -> Trial:
    """Let the kit loose on a mutant; ``alone``: the check of its own requirement, if it can."""
    only = (mutant.requirement,) if alone and not mutant.whole else ()
    return trial(mutant.build(settings(JOB_SECONDS)), only=only, around=mutant.around)


def chosen(only: Sequence[str]) -> list[Mutant]:
    """The mutants of these ids, requirements or sections (``FIND``); of none: all."""
    if not only:
        return list(MUTANTS)
    wanted = {one.casefold() for one in only}
    return [
        one
        for one in MUTANTS
        if wanted & {one.id, one.requirement.casefold(), one.requirement.casefold().split("-")[0]}
    ]


def _tried(id: str, alone: bool) -> Trial:
    return tried(next(one for one in MUTANTS if one.id == id), alone=alone)


def judged(mutant: Mutant, found: Trial) -> Outcome:
    """What a trial says of the mutant."""
    own = mutant.requirement
    return Outcome(
        mutant,
        found.verdicts[own],
        found.messages[own],
        tuple(id for id in found.having(Verdict.FAIL) if id != own),
        tuple(found.having(Verdict.ERROR)),
        found.seconds,
        found.broken,
    )
