"""How many wrong servers each part of the kit finds by itself (``--generated``)."""

from __future__ import annotations

import copy
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any
from unittest.mock import patch

from sampan.conformance.checking.context import Context
from sampan.conformance.checks import load
from sampan.conformance.contract import Contract, shipped
from sampan.conformance.generated import foreign
from sampan.conformance.generated.walks import GeneratedRequests
from sampan.conformance.http.redaction import Secrets
from sampan.conformance.rules.generated_bodies import Generator
from sampan.conformance.runner.run import Run
from sampan.conformance.settings import RunOptions, run_options
from sampan.conformance.target import TargetError
from sampan.conformance.verdict import Verdict
from tests.support.measured_requests import ACCOUNTS
from tests.support.tampering.server import running, settings
from tests.support.tampering.trial import JOB_SECONDS, JOB_TIMEOUT, TIMEOUT, quiet, side_by_side
from tests.wrong_servers import WRONG_SERVERS
from tests.wrong_servers.trying.matrix import earlier_jobs
from tests.wrong_servers.wrong_server import WrongServer

#: Generated requests of one run.
COUNT = 600


#: Bodies by seed, operation, number and kind: the same every time, and slow to make.
_MADE: dict[tuple[int, str, int, bool], list[object]] = {}


class Remembering(Generator):
    """Makes the bodies once for all servers that they are sent to."""

    def __init__(self, contract: Contract, seed: int) -> None:
        self._given = (contract, seed)

    def bodies(
        self, operation: str, count: int, each: Callable[[object], None], *, good: bool
    ) -> None:
        key = (self._given[1], operation, count, good)
        if key not in _MADE:
            super().__init__(*self._given)
            made: list[object] = []
            super().bodies(operation, count, made.append, good=good)
            _MADE[key] = made
        for body in copy.deepcopy(_MADE[key]):
            each(body)


@dataclass(frozen=True, slots=True)
class Part:
    """``checks``: the plain ones. ``kinds``: single requests (True), walks (False)."""

    name: str
    budget: str
    checks: bool
    kinds: tuple[bool, ...]


PARTS = (
    Part("plain checks alone", "unlimited", True, ()),
    Part("generated requests and walks at budget 0", "0", False, (True, False)),
    Part("generated requests alone", "unlimited", False, (True,)),
    Part("walks alone", "unlimited", False, (False,)),
    Part("generated requests and walks", "unlimited", False, (True, False)),
)


@dataclass(frozen=True, slots=True)
class Found:
    """What one part found of one wrong server: the requirements that it failed for."""

    part: Part
    server: str
    requirement: str
    failed: tuple[str, ...]
    errors: tuple[str, ...]


class PartOfARun(Run):
    """A run of the plain checks without generated requests, or of these without any check."""

    def __init__(self, options: RunOptions, part: Part) -> None:
        load()
        self.part = part
        super().__init__(options, shipped(), lambda _: None, Secrets())
        if not part.checks:
            self.plan = self.plan.without_checks()
        context = Context("generated", self._session, self._evidence, self._watch)
        self._generated = GeneratedRequests(context, part.kinds)


def found(id: str, part: Part) -> Found:
    """Let one part loose on a wrong server, on an account that has jobs of earlier days if no job
    may be spent."""
    server = next(one for one in WRONG_SERVERS if one.id == id)
    early = part.budget == "0" and server.around is quiet
    around = earlier_jobs if early else server.around
    app = server.build(settings(JOB_SECONDS))
    request: dict[str, Any] = {
        **ACCOUNTS,
        "seed": 1,
        "timeout": TIMEOUT,
        "job_timeout": JOB_TIMEOUT,
        "budget_jobs": part.budget,
        "generate": 0 if part.checks else COUNT,
    }
    remembered = patch.object(foreign, "Generator", Remembering)
    with remembered, running(app) as url, around(app, url):
        try:
            report = PartOfARun(run_options(url, request), part).report()
        except TargetError as problem:
            return Found(part, id, server.requirement, (), (str(problem),))
    by_verdict: dict[Verdict, list[str]] = {verdict: [] for verdict in Verdict}
    for one in report.findings:
        by_verdict[one.verdict].append(one.id)
    return Found(
        part, id, server.requirement, (*by_verdict[Verdict.FAIL],), (*by_verdict[Verdict.ERROR],)
    )


def rows(
    servers: Sequence[WrongServer], parts: Collection[Part], workers: int | None = None
) -> Iterator[Found]:
    """For each part what it found of each server."""
    for part in parts:
        ids = [one.id for one in servers]
        yield from side_by_side(partial(found, part=part), ids, workers)


def table(results: Sequence[Found]) -> str:
    """In Markdown: how many were failed, and how many by the requirement that they break."""
    lines = ["| | jobs | failed | by the requirement that they break |", "|---|---|--:|--:|"]
    for part in dict.fromkeys(one.part for one in results):
        row = [one for one in results if one.part == part]
        failed = sum(bool(one.failed) for one in row)
        own = sum(one.requirement in one.failed for one in row)
        lines.append(f"| {part.name} | {part.budget} | {failed} of {len(row)} | {own} |")
    return "\n".join(lines)
