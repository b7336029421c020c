"""The result of a run, as values; ``reports/`` renders it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields, replace
from datetime import datetime
from operator import is_
from typing import Any, TypeVar

from .findings import EvidenceItem, Exhibit, Finding, Observation
from .http.exchange import Exchange
from .json_access import printable
from .verdict import Verdict

#: What a JSON report says of its form; ``compare`` and ``--reuse`` read no other.
SCHEMA = "sampan-report/1"

#: Headings for requirements, by the part of the id before the number.
TITLES = {
    "GEN": "Every answer",
    "LOGIN": "Login",
    "AUTH": "The token",
    "CREATE": "Job Create",
    "FIND": "Job Find",
    "LIFE": "The course of a job",
    "IMG": "Pictures",
    "VAR": "Job Variation",
    "GRID": "The four cells",
    "UP": "Job Upscale",
    "PAR": "Parents",
    "REMIX": "Job Remix",
    "BLEND": "Job Blend",
    "DESC": "Job Describe",
    "PLAN": "Plans",
}


def title(id: str) -> str:
    """The heading for a requirement: its kind in words, or the first part of its id."""
    kind = id.partition("-")[0]
    return TITLES.get(kind, kind)


@dataclass(frozen=True, slots=True)
class Job:
    """A job that was spent, or may have been, so that a bill can be checked.

    ``name`` is that of a shared job, or empty for a submission that the server had to refuse.
    ``body`` is the request's; ``hash`` is empty if no answer brought one. ``serves``: the
    requirements and questions it was for. ``submission`` is its exchange.
    """

    name: str
    operation: str
    account: str
    body: str
    hash: str
    outcome: str
    serves: tuple[str, ...]
    submission: Exchange
    finished: bool = False
    reused: bool = False


@dataclass(frozen=True, slots=True)
class Report:
    """One finding a requirement, one observation a question, in the order of the contract.

    Every text in it is printable, whatever a server sent: this is the one door to all reports.
    ``jobs_allowed`` is ``None`` where there was no limit; ``stopped`` says why the run ended
    before its time, if it did; ``remarks`` what happened on the way to the API: gateways, a slower
    rate, a server that stopped answering. ``seed`` and ``generate`` repeat the run's random choices
    (``repeated_by``); ``generate`` is 0 where no number of generated requests was asked for.
    ``known``: requirements whose failure is accepted; ``fail_on``: verdicts that count as one.
    ``watched``: somebody else sent the requests, and the kit has only seen them: then ``requests``
    and ``jobs_spent`` are theirs.
    """

    target: str
    started_at: datetime
    seconds: float
    findings: tuple[Finding, ...]
    observations: tuple[Observation, ...]
    jobs_allowed: int | None
    jobs_spent: int
    requests: int
    stopped: str = ""
    jobs: tuple[Job, ...] = ()
    seed: int = 0
    generate: int = 0
    known: frozenset[str] = frozenset()
    fail_on: frozenset[Verdict] = frozenset()
    remarks: tuple[str, ...] = ()
    watched: bool = False

    def __post_init__(self) -> None:
        for name in ("findings", "observations", "jobs"):
            object.__setattr__(self, name, tuple(map(_printable, getattr(self, name))))
        for name in ("target", "stopped", "remarks"):
            object.__setattr__(self, name, _seen(getattr(self, name), lines=False))

    @property
    def verdict(self) -> Verdict:
        """The worst of what was tried. Without a single pass or failure it is inconclusive. Where
        questions alone were asked, it is a pass if one was answered."""
        if self._asked_alone:
            return Verdict.PASS if self._answered else Verdict.INCONCLUSIVE
        tried = {self._counted(finding) for finding in self.findings}
        if Verdict.FAIL in tried:
            return Verdict.FAIL
        for verdict in (Verdict.ERROR, Verdict.INCONCLUSIVE):
            if verdict in tried:
                return verdict
        return Verdict.PASS if Verdict.PASS in tried else Verdict.INCONCLUSIVE

    def _counted(self, finding: Finding) -> Verdict:
        if finding.verdict is Verdict.FAIL and finding.id in self.known:
            return Verdict.PASS
        return Verdict.FAIL if finding.verdict in self.fail_on else finding.verdict

    @property
    def repeated_by(self) -> str:
        """The options that repeat the run's random choices."""
        return repeating(self.seed, self.generate, self.jobs_allowed)

    @property
    def tested(self) -> str:
        """How many of the selected requirements passed or failed; of questions alone, how many
        were answered."""
        if self._asked_alone:
            return f"no requirement selected, questions answered: {self._answered}"
        tested = self.count(Verdict.PASS) + self.count(Verdict.FAIL)
        return f"{tested} of {len(self.findings) - self.count(Verdict.SKIPPED)} tested"

    @property
    def exit_code(self) -> int:
        """0 nothing failed and something passed, 1 a requirement failed, 3 inconclusive or an
        error of the kit, without a failure."""
        return {Verdict.PASS: 0, Verdict.FAIL: 1}.get(self.verdict, 3)

    @property
    def _asked_alone(self) -> bool:
        return all(finding.verdict is Verdict.SKIPPED for finding in self.findings)

    @property
    def _answered(self) -> int:
        return sum(one.answer is not None for one in self.observations)

    def count(self, verdict: Verdict) -> int:
        return sum(finding.verdict is verdict for finding in self.findings)


_Printed = TypeVar("_Printed", Finding, Observation, Exchange, Exhibit, Job)

#: Texts of several lines.
_LINES = ("text", "body", "request_body", "response_body")


_NAMES = {
    kind: tuple(field.name for field in fields(kind))
    for kind in (Finding, Observation, Exchange, Exhibit, Job)
}


def _printable(item: _Printed) -> _Printed:
    """The same with printable texts."""
    changed: dict[str, Any] = {}
    for name in _NAMES[type(item)]:
        value = getattr(item, name)
        seen = _seen(value, lines=name in _LINES)
        if seen is not value:
            changed[name] = seen
    return replace(item, **changed) if changed else item


def _seen(value: Any, *, lines: bool) -> Any:
    """The value itself where nothing in it has to change, as nearly always."""
    if isinstance(value, str):
        return printable(value, lines=lines)
    if isinstance(value, tuple):
        seen = [_seen(one, lines=lines) for one in value]
        same = all(map(is_, seen, value))
        return value if same else tuple(seen)
    if isinstance(value, Exchange):
        return _printable(value)
    return _printable(value) if isinstance(value, Exhibit) else value


def repeating(seed: int, generate: int, jobs: int | None) -> str:
    """The options that repeat random choices; ``generate`` is 0 where it was not asked for.

    What is generated depends on the ``jobs`` allowed (``None`` for any number), and so does what
    repeating it may cost.
    """
    if not generate:
        return f"--seed {seed}"
    budget = "unlimited" if jobs is None else str(jobs)
    return f"--generate {generate} --seed {seed} --budget-jobs {budget}"


def merge(id: str, findings: Iterable[Finding]) -> Finding:
    """The findings of one check as one: the worst verdict, and what led to it."""
    found = list(findings)
    worst = max(one.verdict for one in found)
    telling = [one for one in found if one.verdict is worst]
    if worst is Verdict.PASS:
        # Many passes need no list: the last one sums up.
        messages = [telling[-1].message]
    else:
        messages = list(dict.fromkeys(one.message for one in telling if one.message))
    more = f" (and {len(messages) - 3} more)" if len(messages) > 3 else ""
    first = telling[0]
    evidence: list[EvidenceItem] = []
    # The evidence of the first few is enough to see it; a hundred exchanges hide it.
    for finding in telling[:3]:
        evidence += [item for item in finding.evidence if item not in evidence]
    not_covered = dict.fromkeys(one.not_covered for one in telling if one.not_covered)
    return Finding(
        id,
        worst,
        "; ".join(messages[:3]) + more,
        first.expected,
        first.actual,
        tuple(evidence),
        "; ".join(not_covered),
        sum(one.held for one in found),
    )
