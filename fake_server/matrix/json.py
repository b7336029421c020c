"""The report as JSON: ``docs/matrix.md`` says what each key means."""

from __future__ import annotations

from importlib.metadata import version
from typing import Any

import orjson

from .results import Report, Result, Run
from .table import conclusion, sentence


def render(report: Report) -> str:
    """The text of the file."""
    return orjson.dumps(document(report), option=orjson.OPT_INDENT_2).decode() + "\n"


def document(report: Report) -> dict[str, Any]:
    """The report as JSON values."""
    return {
        "sampan": version("sampan"),
        "command": report.command,
        "exit_code": report.exit_code,
        "conclusion": report.problem or conclusion(report),
        "stopped_by_signal": report.signal,
        "seconds": round(report.seconds, 3),
        "time_limit": report.time_limit,
        "remarks": report.remarks,
        "documented": [_run(run) for run in report.documented],
        "questions": [
            {
                "id": question.id,
                "section": question.section,
                "why": question.why,
                "documented": question.default,
                "result": word.value,
                "answers": [_result(each) for each in _of(report, "question", question.id)],
            }
            for question in report.questions
            if (word := report.question_word(question.id)) is not None
        ],
        "mixed": [_result(each) for each in _of(report, "mixed")],
        "mishaps": [_result(each) for each in _of(report, "mishap")],
    }


def _of(report: Report, kind: str, subject: str | None = None) -> list[Result]:
    return [
        each
        for each in report.results
        if each.trial.kind == kind and subject in (None, each.trial.subject)
    ]


def _result(result: Result) -> dict[str, Any]:
    return {
        "name": result.trial.name,
        "subject": result.trial.subject,
        "value": result.trial.value,
        "says": result.trial.says,
        "sentence": None if result.failed is None else sentence(result),
        "result": result.word.value,
        "reached": result.reached,
        "touched": result.touched,
        "runs": [_run(run) for run in result.runs],
    }


def _run(run: Run) -> dict[str, Any]:
    return {
        "passed": run.passed,
        "exit_code": run.code,
        "seconds": round(run.seconds, 3),
        "requests": run.requests,
        "output": list(run.lines),
        "lint": list(run.lint),
    }
