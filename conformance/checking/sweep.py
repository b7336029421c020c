"""Requests that are sent once a run and serve many requirements (``--exhaustive``)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from weakref import WeakKeyDictionary

from ..findings import Finding
from ..shared_jobs.evidence import Evidence
from ..verdict import UnavailableError
from .context import Context
from .registry import Phase, check


@dataclass(slots=True)
class Sweep:
    """Its findings by requirement and kind; of one kind the one with the shortest request."""

    sent: int = 0
    problem: UnavailableError | None = None
    _findings: dict[tuple[str, str], tuple[int, Finding]] = field(default_factory=dict)

    def add(self, kind: str, finding: Finding, size: int = 0) -> None:
        known = self._findings.get((finding.id, kind))
        if known is None or size < known[0]:
            self._findings[finding.id, kind] = (size, finding)

    def about(self, id: str) -> list[Finding]:
        return [finding for (of, _), (_, finding) in self._findings.items() if of == id]


Work = Callable[[Context, Sweep], None]

_SWEEPS: WeakKeyDictionary[Evidence, dict[Work, Sweep]] = WeakKeyDictionary()


def once(ctx: Context, work: Work) -> Sweep:
    """The sweep of this run; the first call does the work."""
    sweeps = _SWEEPS.setdefault(ctx.evidence, {})
    if work not in sweeps:
        sweep = sweeps[work] = Sweep()
        try:
            ctx.account()
            work(ctx, sweep)
        except UnavailableError as problem:
            sweep.problem = problem
    return sweeps[work]


def report(
    sweep: Callable[[Context], Sweep], summaries: Mapping[str, str], wants: tuple[str, ...] = ()
) -> None:
    """Register an exhaustive check for each requirement that reports what a sweep found about it.

    ``summaries``: by requirement, the message of a pass, which follows the number of requests.
    """

    def findings(ctx: Context) -> Iterator[Finding]:
        done = sweep(ctx)
        yield from done.about(ctx.id)
        if done.problem is not None:
            raise done.problem
        yield ctx.ok(f"{done.sent} {summaries[ctx.id]}")

    for id in summaries:
        check(id, phase=Phase.LAST, wants=wants, exhaustive=True)(findings)
