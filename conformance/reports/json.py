"""The report as JSON: ``sampan-report/1``, the form that ``sampan compare`` reads."""

from __future__ import annotations

import json
from typing import Any

from ..contract import Contract
from ..findings import EvidenceItem, Exhibit, Finding, Observation, Seen
from ..http.curl import curl
from ..report import SCHEMA, Report


def render(report: Report, contract: Contract) -> str:
    """The text of the file, without pictures; the HTML report has them."""
    return json.dumps(as_tree(report, contract), ensure_ascii=False, indent=1) + "\n"


def as_tree(report: Report, contract: Contract) -> dict[str, Any]:
    return {
        "schema": SCHEMA,
        "target": report.target,
        "started_at": report.started_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "verdict": report.verdict.word,
        **({"watched": True} if report.watched else {}),
        "requirements": [
            {
                "id": finding.id,
                "level": contract.requirements[finding.id].level,
                "verdict": finding.verdict.word,
                "message": full_message(finding),
                **({"held": finding.held} if report.watched else {}),
                "evidence": [_exhibit(shown) for shown in finding.evidence],
            }
            for finding in report.findings
        ],
        "questions": [
            {
                "id": one.id,
                "answer": one.answer if one.seen is Seen.ANSWERED else one.seen.value,
                "evidence": _seen(one) + [_exhibit(shown) for shown in one.evidence],
            }
            for one in report.observations
        ],
        "budget": {
            "jobs_allowed": report.jobs_allowed,
            "jobs_spent": report.jobs_spent,
            "requests": report.requests,
            "remarks": list(report.remarks),
        },
        "seed": report.seed,
        "generate": report.generate,
        "jobs": [
            {
                "name": job.name,
                "operation": job.operation,
                "account": job.account,
                "prompt": job.body,
                "hash": job.hash,
                "outcome": job.outcome,
                "finished": job.finished,
                "reused": job.reused,
                "for": list(job.serves),
                "submission": _exhibit(job.submission),
            }
            for job in report.jobs
        ],
    }


def full_message(finding: Finding) -> str:
    """The message, with the expected and the actual result, and what was not covered."""
    message = finding.message
    if finding.expected or finding.actual:
        message += f" (expected {finding.expected}; got {finding.actual})"
    return message + (f" (not tried: {finding.not_covered})" if finding.not_covered else "")


def _seen(observation: Observation) -> list[dict[str, Any]]:
    """A description for ``unknown``, the reason for ``unobserved``."""
    if observation.seen is Seen.UNKNOWN:
        return [{"saw": observation.answer}]
    return [{"reason": observation.reason}] if observation.reason else []


def _exhibit(shown: EvidenceItem) -> dict[str, Any]:
    if isinstance(shown, Exhibit):
        return {"title": shown.title, "text": shown.text}
    return {
        "curl": curl(shown),
        "request": {
            "method": shown.method,
            "url": shown.url,
            "headers": dict(shown.request_headers),
            "body": shown.request_body,
        },
        "answer": {
            "status": shown.status,
            "headers": dict(shown.response_headers),
            "body": shown.response_body,
            "problem": shown.problem,
            "seconds": round(shown.elapsed, 3),
        },
    }
