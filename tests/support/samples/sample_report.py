"""A report with one of everything, and nasty texts in it."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import UTC, datetime

from rich.console import Console

from sampan.conformance.contract import Contract
from sampan.conformance.findings import Exhibit, Finding, Observation, Seen
from sampan.conformance.http.exchange import Exchange
from sampan.conformance.http.redaction import MASK
from sampan.conformance.report import Report
from sampan.conformance.reports.terminal import show
from sampan.conformance.verdict import Verdict

CONTRACT = Contract()
NASTY = "<script>alert('x')</script> & \"quotes\" ]]> \x00\x0b 上海 🚣"
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c63f8cf"
    "c0f01f0005000201a5f6458b0000000049454e44ae426082"
)

EXCHANGE = Exchange(
    number=1,
    operation="createJob",
    plain=True,
    method="POST",
    url="http://127.0.0.1:8091/jobs/create",
    request_headers=(("content-type", "application/json"), ("authorization", f"Bearer {MASK}")),
    request_body='{"content": "it\'s ' + NASTY.replace('"', '\\"').replace("\x00\x0b", "") + '"}',
    status=200,
    response_headers=(("content-type", "text/html"),),
    response_body=f"<html>{NASTY}",
    failure=None,
    problem="HTML",
    elapsed=0.0123,
    errno=None,
)
LOGIN = replace(
    EXCHANGE,
    operation="login",
    url="http://127.0.0.1:8091/auth/login",
    request_headers=(("content-type", "application/json"),),
    request_body=f'{{"username": "abc", "password": "{MASK}"}}',
)

_FINDINGS = {
    "GEN-1": Finding(
        "GEN-1", Verdict.FAIL, f"no errno: {NASTY}", NASTY, "y" * 300, (EXCHANGE, LOGIN)
    ),
    "GEN-2": Finding("GEN-2", Verdict.PASS, "fine " * 40, evidence=(EXCHANGE,)),
    "GEN-5": Finding("GEN-5", Verdict.FAIL, "HTTP 500", "4xx", "500"),
    "LOGIN-5": Finding("LOGIN-5", Verdict.UNTESTABLE, "needs a second account"),
    "LIFE-1": Finding("LIFE-1", Verdict.INCONCLUSIVE, "still running", evidence=(LOGIN,)),
    "UP-4": Finding(
        "UP-4",
        Verdict.ERROR,
        "the check broke",
        evidence=(
            Exhibit("what broke", "Trace"),
            Exhibit("a picture", "http://x/a.png", lambda: PNG),
        ),
    ),
}
_OBSERVATIONS = {
    "find-order": Observation("find-order", Seen.ANSWERED, "newest-first", evidence=(EXCHANGE,)),
    "token-lifetime": Observation("token-lifetime", Seen.ANSWERED, "90m"),
    "find-scope": Observation("find-scope", Seen.UNKNOWN, NASTY),
}


def a_report(**changes: object) -> Report:
    """Requirements that are not named above are skipped, questions unobserved."""
    skipped = {id: Finding(id, Verdict.SKIPPED, "not selected") for id in CONTRACT.requirements}
    open_ = {
        id: Observation(id, Seen.UNOBSERVED, None, f"no budget\nfor {NASTY}")
        for id in CONTRACT.questions
    }
    report = Report(
        "http://127.0.0.1:8091",
        datetime(2024, 4, 2, 6, 48, 35, 164_000, tzinfo=UTC),
        12.5,
        tuple((skipped | _FINDINGS).values()),
        tuple((open_ | _OBSERVATIONS).values()),
        11,
        3,
        57,
    )
    return replace(report, **changes)


def shown(report: Report, width: int = 80, *, colour: bool = False) -> str:
    file = io.StringIO()
    show(report, CONTRACT, Console(file=file, width=width, highlight=False, force_terminal=colour))
    return file.getvalue()


def with_verdicts(*verdicts: Verdict) -> Report:
    ids = list(CONTRACT.requirements)
    findings = [Finding(id, one, "m") for id, one in zip(ids, verdicts, strict=False)]
    rest = [Finding(id, Verdict.SKIPPED, "m") for id in ids[len(verdicts) :]]
    return a_report(findings=tuple(findings + rest))
