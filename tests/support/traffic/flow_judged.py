"""The flow of ``traffic_flow`` at a server in this process, and what the judge of traffic says."""

from __future__ import annotations

from dataclasses import dataclass

from sampan.conformance.findings import Finding, Seen
from sampan.conformance.report import Report
from sampan.conformance.traffic import seen
from sampan.conformance.traffic.judge import TrafficJudge
from sampan.conformance.verdict import Verdict
from tests.support.fakes import ADDRESS
from tests.support.tampering.server import TamperedFake
from tests.support.traffic.flow import flow
from tests.support.traffic.observed import Clock, Observed


@dataclass(frozen=True, slots=True)
class Traffic:
    """What passed, the report on it, and what the tampering itself did wrong, if anything."""

    seen: list[seen.Seen]
    report: Report
    broken: str | None

    def having(self, verdict: Verdict) -> list[Finding]:
        return [one for one in self.report.findings if one.verdict is verdict]

    @property
    def failed(self) -> dict[str, str]:
        """The requirements that failed, with the message."""
        return {one.id: one.message for one in self.having(Verdict.FAIL)}

    @property
    def answers(self) -> dict[str, str]:
        """The questions that were answered."""
        found = (one for one in self.report.observations if one.seen is Seen.ANSWERED)
        return {one.id: one.answer or "" for one in found}


def traffic(app: TamperedFake, clock: Clock, *, pictures: bool = False) -> Traffic:
    """Run the flow against ``app``, whose wall clock is ``clock``, and judge it."""
    wire, judge = Observed(app, clock), TrafficJudge(ADDRESS)
    wire.observer = judge.observe
    try:
        flow(wire, pictures=pictures)
    finally:
        wire.close()
    broken = None if app.broken is None else repr(app.broken)
    return Traffic(wire.seen, judge.report(), broken)


def contradicts(answer: str, right: str) -> bool:
    """Whether an answer is another than the right one. ``?`` stands for a status not seen."""
    parts = list(zip(answer.split("-"), right.split("-"), strict=False))
    if "?" in answer and len(answer.split("-")) == len(right.split("-")):
        return any(one not in ("?", other) for one, other in parts)
    return answer != right
