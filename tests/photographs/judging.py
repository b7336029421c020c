"""The kit's own checks on the pictures of one service: as in a run, without HTTP and waiting."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Mapping
from dataclasses import dataclass, replace

from sampan.conformance.checking import Context, JobTrace
from sampan.conformance.checking.registry import REGISTRY
from sampan.conformance.checking.watch import Watch
from sampan.conformance.checks import load
from sampan.conformance.contract import Contract
from sampan.conformance.findings import Finding
from sampan.conformance.http.budget import Budget
from sampan.conformance.http.connection import Reply
from sampan.conformance.http.exchange import Answer, Exchange
from sampan.conformance.http.gate import Gate
from sampan.conformance.http.redaction import Secrets
from sampan.conformance.http.session import Session
from sampan.conformance.pictures.picture import Picture
from sampan.conformance.report import merge
from sampan.conformance.settings import RunOptions
from sampan.conformance.shared_jobs.catalogue import JobSelection
from sampan.conformance.shared_jobs.evidence import Evidence
from sampan.conformance.shared_jobs.trace import FINISHED, Sighting
from sampan.conformance.verdict import UnavailableError, Verdict
from tests.photographs.mistakes import MISTAKES
from tests.photographs.service import JOBS, Files, Pictures, drawn_look, files_of

#: The requirements that look at pictures.
REQUIREMENTS = ("IMG-1", "IMG-2", "IMG-3", "IMG-4", "IMG-5", "UP-1", "UP-4", "VAR-1", "VAR-4")
_URL = "http://127.0.0.1:9"


@dataclass(frozen=True, slots=True)
class Verdicts:
    """The findings of one run, by requirement; ``service`` describes the pictures."""

    service: str
    findings: Mapping[str, Finding]

    def having(self, verdict: Verdict) -> list[str]:
        return [id for id, one in self.findings.items() if one.verdict is verdict]

    def messages(self, verdict: Verdict) -> list[str]:
        return [f"{id}: {self.findings[id].message}" for id in self.having(verdict)]


class _Gate(Gate):
    """Answers for pictures from memory; nothing is sent."""

    def __init__(self, files: Files, contract: Contract) -> None:
        super().__init__(_URL, contract, budget=Budget(0), secrets=Secrets(), timeout=1.0)
        self._bodies = {_link(data): data for data in files.data.values()}

    def picture(self, url: str, token: str | None) -> tuple[Reply, list[Exchange]]:
        return Reply(200, (), self._bodies[url]), []


def _link(data: bytes) -> str:
    return f"{_URL}/{hashlib.sha256(data).hexdigest()}"


def judged(files: Files, inspected: dict[str, Picture]) -> Verdicts:
    """Run the checks; ``inspected`` keeps pictures that an earlier run has looked at."""
    load()
    contract = Contract()
    session = Session(RunOptions(_URL), contract, _Gate(files, contract))
    evidence = Evidence(session, JobSelection((), {}), "sampan000001")
    evidence._traces = {name: _trace(name, files) for name in JOBS}
    evidence._pictures = inspected
    # Without their exhibits, which can't be sent from one process to another.
    findings = {id: replace(_finding(id, session, evidence), evidence=()) for id in REQUIREMENTS}
    return Verdicts(files.look.summary(), findings)


def _finding(id: str, session: Session, evidence: Evidence) -> Finding:
    try:
        watch = Watch(session.contract, {}, evidence.mark)
        found = REGISTRY.checks[id].function(Context(id, session, evidence, watch))
        return merge(id, [found] if isinstance(found, Finding) else list(found))
    except UnavailableError as problem:
        return Finding(id, problem.verdict, problem.reason)


def _trace(name: str, files: Files) -> JobTrace:
    operation, cell = JOBS[name]
    hash = hashlib.sha256(name.encode()).hexdigest()
    link, thumb = _link(files.data[name]), _link(files.data[f"{name}/thumb"])
    record: dict[str, object] = {
        "hash": hash,
        "job_id": f"{name}-id",
        "status": FINISHED,
        "parent_id": None if cell is None else "grid-id",
        "grid_num": cell,
        "img_buffer": link,
        "original_url": link,
        "img_thumb": thumb,
        "img_format": files.look.kind.lower(),
        **files.measured(name),
    }
    taken = _answer({"errno": 0, "errmsg": "OK", "data": hash})
    seen = _answer({"errno": 0, "errmsg": "OK", "data": {"res": [record], "total": 1}})
    trace = JobTrace(name, operation, "first", {} if cell is None else {"grid_num": cell})
    trace.attempts.append(taken)
    trace.sightings.append(Sighting(0.1, (record,), True, seen))
    return trace


def _answer(json: object) -> Answer:
    exchange = Exchange(1, "", True, "POST", _URL, (), "", 200, (), "", None, "", 0.0, None)
    return Answer(exchange, Reply(200), json, "")


@dataclass(frozen=True, slots=True)
class Trial:
    """The verdicts on a right service, and on the same one with each mistake, by its id.

    ``unshown``: the mistakes that these pictures can't show (``shown.py``).
    """

    right: Verdicts
    wrong: Mapping[str, Verdicts]
    unshown: frozenset[str]


def trial(source: str, seed: int, *, wrong: bool = True) -> Trial:
    """Make the pictures of one service and judge them."""
    drawn = random.Random(f"{source}:{seed}")
    pictures = Pictures(drawn, drawn_look(drawn, source))
    files = files_of(pictures)
    inspected: dict[str, Picture] = {}
    right = judged(files, inspected)
    found, unshown = {}, set()
    for mistake in MISTAKES.values() if wrong else ():
        tampered = files.copy()
        ids = random.Random(f"{mistake.id}:{source}:{seed}")
        if mistake.change(ids, pictures, tampered) is False:
            unshown.add(mistake.id)
        found[mistake.id] = judged(tampered, inspected)
    return Trial(right, found, frozenset(unshown))
