"""Measures ``conformance/runner/requests.yaml``: run ``python -m tests.support.measured_requests``.

Each check and each probe runs alone, and all run together with every small budget; a row is the
most that was sent for it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from sampan.conformance.checking.registry import Check, Probe
from sampan.conformance.checks import load
from sampan.conformance.contract import shipped
from sampan.conformance.http.redaction import Secrets
from sampan.conformance.http.request_kinds import Kind
from sampan.conformance.report import Report
from sampan.conformance.runner.requests import FILE
from sampan.conformance.runner.run import Run
from sampan.conformance.settings import run_options
from sampan.conformance.verdict import Verdict
from sampan.fake_server.server.threaded import FakeServer

ACCOUNTS = {
    f"{stem}{key}": value
    for stem, name in (("", "abc"), ("second_", "second"), ("limited_", "limited"))
    for key, value in (("username", name), ("password", f"{name}-secret"))
}
BUDGETS = (*range(21), None)


def right_fake() -> FakeServer:
    """Has the accounts above, and quick jobs."""
    accounts = ["abc:abc-secret", "second:second-secret", "limited:limited-secret:none"]
    return FakeServer(accounts=accounts, job_seconds=0.03)


class Measured(Run):
    """A run that counts by check what it sends."""

    def __init__(self, url: str, **request: Any) -> None:
        options = run_options(url, ACCOUNTS | {"seed": 7} | request)
        load()
        self.rows: dict[str, Counter[str]] = {}
        super().__init__(options, shipped(), lambda _: None, Secrets())

    @property
    def sent(self) -> Counter[Kind]:
        return self._gate.traffic.sent

    def _judge(self, check: Check) -> None:
        before = self._counts()
        super()._judge(check)
        self.rows[check.id] = self._counts() - before

    def _observe(self, probe: Probe) -> None:
        before = self._counts()
        super()._observe(probe)
        self.rows[probe.id] = self._counts() - before

    def _counts(self) -> Counter[str]:
        traffic = self._gate.traffic
        counts = Counter({kind.name.lower(): count for kind, count in traffic.sent.items()})
        return counts + Counter(risks=traffic.risks)


def untestable(report: Report) -> set[str]:
    return {one.id for one in report.findings if one.verdict is Verdict.UNTESTABLE}


def _runs() -> Iterator[tuple[Measured, Report]]:
    contract = shipped()
    for budget in BUDGETS:
        with right_fake() as fake:
            run = Measured(fake.url, budget_jobs="unlimited" if budget is None else budget)
            yield run, run.report()
    with right_fake() as fake:
        for id in (*contract.requirements, *contract.questions):
            run = Measured(fake.url, only=(id,))
            yield run, run.report()


def main() -> None:
    rows: dict[str, Counter[str]] = {}
    for run, report in _runs():
        for id, row in run.rows.items():
            rows[id] = rows.get(id, Counter()) | row
        if not run.plan.jobs:
            for id in untestable(report) - set(run.plan.untestable):
                rows[id] |= Counter(history=1)
    contract = shipped()
    text = "# Written by `python -m tests.support.measured_requests`; see requests.py.\n"
    for id in (*contract.requirements, *contract.questions):
        text += f"{id}: {{{', '.join(f'{key}: {row}' for key, row in sorted(rows[id].items()))}}}\n"
    FILE.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
