"""The matrix: each wrong server against the kit, and whether its own requirement's check saw it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial

from sampan.conformance.verdict import Verdict
from tests.support.tampering.exchange import Go, Reply, Request
from tests.support.tampering.history import history
from tests.support.tampering.server import TamperedFake, running, settings
from tests.support.tampering.trial import JOB_SECONDS, Trial, quiet, side_by_side, trial
from tests.wrong_servers import WRONG_SERVERS
from tests.wrong_servers.wrong_server import WrongServer


@dataclass(frozen=True, slots=True)
class Outcome:
    """The result of one wrong server. ``others``: the other requirements that failed with it."""

    server: WrongServer
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
        return tuple(id for id in self.others if id not in self.server.touches)


def outcomes(
    servers: Sequence[WrongServer], *, alone: bool = False, workers: int | None = None
) -> Iterator[Outcome]:
    """Try each wrong server in processes; ``alone``: with the check of its own requirement only."""
    work = partial(_tried, alone=alone)
    found = side_by_side(work, [one.id for one in servers], workers)
    for wrong_server, result in zip(servers, found, strict=True):
        yield judged(wrong_server, result)


def tried(wrong_server: WrongServer, *, alone: bool = False) -> Trial:
    """Run the kit on a wrong server; ``alone``: only the check of its requirement, if it can."""
    only = (wrong_server.requirement,) if alone and not wrong_server.whole else ()
    return trial(wrong_server.build(settings(JOB_SECONDS)), only=only, around=wrong_server.around)


def tried_within(wrong_server: WrongServer, budget: int) -> Trial:
    """Run the whole kit with a budget of jobs, on an account that has some from earlier days."""
    around = earlier_jobs if wrong_server.around is quiet else wrong_server.around
    return trial(wrong_server.build(settings(JOB_SECONDS)), around=around, budget=budget)


@contextmanager
def earlier_jobs(app: TamperedFake, url: str) -> Iterator[None]:
    """The account's jobs of earlier days, made before the server had its mistake."""
    with running(TamperedFake(app.service, untampered)) as right, history(app, right):
        yield


async def untampered(request: Request, go: Go) -> Reply:
    """The fake as it is."""
    return await go(request)


def chosen(only: Sequence[str]) -> list[WrongServer]:
    """The wrong servers of these ids, requirements or sections (``FIND``); of none: all."""
    if not only:
        return list(WRONG_SERVERS)
    wanted = {one.casefold() for one in only}
    return [
        one
        for one in WRONG_SERVERS
        if wanted & {one.id, one.requirement.casefold(), one.requirement.casefold().split("-")[0]}
    ]


def _tried(id: str, alone: bool) -> Trial:
    return tried(next(one for one in WRONG_SERVERS if one.id == id), alone=alone)


def judged(wrong_server: WrongServer, found: Trial) -> Outcome:
    """The outcome of a trial of the wrong server."""
    own = wrong_server.requirement
    return Outcome(
        wrong_server,
        found.verdicts[own],
        found.messages[own],
        tuple(id for id in found.having(Verdict.FAIL) if id != own),
        tuple(found.having(Verdict.ERROR)),
        found.seconds,
        found.broken,
    )
