"""Generated requests and walks by themselves, let loose on a fake in this process."""

from __future__ import annotations

from typing import Any

import pytest

from sampan.conformance.generated import walks
from sampan.conformance.report import Report
from sampan.conformance.runner import run as runner
from sampan.conformance.runner.plan import make_plan
from sampan.conformance.verdict import Verdict
from tests.support.judged import judged
from tests.support.tampering.exchange import Tampering


def generated(tampering: Tampering, count: int = 120, jobs: int | None = 0, **more: Any) -> Report:
    """Generated requests without a check; those of schemathesis's have a test of their own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(walks, "send_foreign", lambda player: None)
        patch.setattr(runner, "make_plan", lambda *given: make_plan(*given).without_checks())
        return judged(tampering, generate=count, jobs=jobs, job_seconds=0.05, **more)


def failed(report: Report) -> list[str]:
    bad = (Verdict.FAIL, Verdict.ERROR)
    return [f"{one.id}: {one.message}" for one in report.findings if one.verdict in bad]
