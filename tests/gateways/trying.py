"""The kit behind one gateway, and what it did wrong there."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass

from sampan.conformance.report import Report
from sampan.conformance.runner.run import run
from sampan.conformance.settings import RunOptions
from sampan.conformance.verdict import Verdict
from tests.gateways.gateway import Gateway
from tests.gateways.table import CASES
from tests.support.judged import CREDENTIALS, honest
from tests.support.network.scripted import Scripted
from tests.support.tampering.server import running, settings, tampered

#: Minutes that a run may take, and how many seconds it may end late.
MINUTES, LATE = 3.0, 2.0
#: The same cell of one picture, and one prompt, are asked for twice on purpose (catalogue.py).
_AGAIN = {"/jobs/upscale": 2, "/jobs/variation": 2, "/jobs/create": 2}


@dataclass(frozen=True, slots=True)
class Outcome:
    """``breaches``: what a run must not do; ``undecided``: requirements without a verdict."""

    name: str
    seconds: float
    passed: int
    undecided: int
    requests: int
    hit: int
    jobs: int
    remarks: tuple[str, ...]
    breaches: tuple[str, ...]


def tried(
    name: str, seed: int = 1, only: tuple[str, ...] = (), minutes: float = MINUTES
) -> Outcome:
    """Run the kit behind the gateway of that name."""
    make, rate = CASES[name]
    with running(tampered(honest, settings(0.2))) as server:
        gateway = Gateway(server, make(), rate, seed)
        with Scripted(gateway) as scripted:
            started = time.monotonic()
            options = RunOptions(
                scripted.url,
                CREDENTIALS,
                jobs=None,
                only=only,
                seed=seed,
                timeout=5.0,
                job_timeout=20.0,
                max_minutes=minutes,
            )
            report = run(options)
            seconds = time.monotonic() - started
    breaches = [*_misjudged(report), *_overspent(report, gateway)]
    if seconds > 60 * minutes + LATE:
        breaches.append(f"ended after {seconds:.1f} s")
    return Outcome(
        name,
        seconds,
        report.count(Verdict.PASS),
        report.count(Verdict.INCONCLUSIVE) + report.count(Verdict.UNTESTABLE),
        report.requests,
        gateway.hit,
        report.jobs_spent,
        report.remarks,
        tuple(breaches),
    )


def _misjudged(report: Report) -> Iterator[str]:
    for one in report.findings:
        if one.verdict in (Verdict.FAIL, Verdict.ERROR):
            yield f"{one.id}: {one.verdict.word}: {one.message[:300]}"
        if one.verdict in (Verdict.INCONCLUSIVE, Verdict.UNTESTABLE) and not one.message:
            yield f"{one.id}: {one.verdict.word} without a reason"


def _overspent(report: Report, gateway: Gateway) -> Iterator[str]:
    started = sum(gateway.accepted.values())
    if started > report.jobs_spent:
        yield f"{started} jobs were started and {report.jobs_spent} counted"
    for (path, _, body), times in gateway.accepted.items():
        if times > _AGAIN.get(path, 1):
            yield f"{path} {body[:80]!r} was accepted {times} times"
