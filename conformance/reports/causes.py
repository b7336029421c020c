"""Findings that have one cause, so that a report tells it once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ..findings import Finding
from ..http.exchange import Exchange
from ..verdict import Verdict


@dataclass(frozen=True, slots=True)
class Cause:
    """``text`` is empty for a finding that stands alone."""

    verdict: Verdict
    text: str
    findings: tuple[Finding, ...]

    @property
    def ids(self) -> str:
        return ", ".join(finding.id for finding in self.findings)


def causes(findings: Iterable[Finding]) -> list[Cause]:
    """Grouped, the worst verdict first, and otherwise in their order."""
    groups: dict[tuple[Verdict, str], list[Finding]] = {}
    for finding in findings:
        groups.setdefault((finding.verdict, _cause(finding)), []).append(finding)
    found = [
        Cause(verdict, text if len(group) > 1 else "", tuple(group))
        for (verdict, text), group in groups.items()
    ]
    return sorted(found, key=lambda one: -one.verdict)


def _cause(finding: Finding) -> str:
    """An operation that fails whatever is asked, or else what the finding says."""
    first = next((item for item in finding.evidence if isinstance(item, Exchange)), None)
    if finding.verdict is Verdict.FAIL and first is not None and first.operation:
        if first.errno == 501:
            return f"{first.operation} answers errno 501"
        if first.status >= 500:
            return f"{first.operation} answers HTTP status {first.status}"
        if first.failure is not None:
            return f"{first.operation}: {first.failure.value}"
    return finding.message
