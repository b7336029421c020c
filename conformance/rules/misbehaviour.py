"""Answers that no request may get, well-formed or not (GEN-5). Pure."""

from __future__ import annotations

import re

from ..http.exchange import Answer

_TRACES = re.compile(
    rb"Traceback \(most recent call last\)"
    rb"|\n\s+at [\w.$<>/ ]+ ?\([^)\n]*:\d+(:\d+)?\)"  # JavaScript, Java
    rb"|\n\s*at .+ in .+:line \d+"  # .NET
    rb"|\ngoroutine \d+ \["
    rb"|Stack trace:\s*\n?#0 "  # PHP
    rb"|\.rb:\d+:in [`']"
)


def misbehaviour(answer: Answer) -> str:
    """How a whole answer breaks GEN-5; empty if it does not."""
    if _TRACES.search(answer.reply.body):
        return "a stack trace"
    if answer.status >= 500:
        return f"HTTP status {answer.status}"
    if answer.errno is None and not 400 <= answer.status < 500:
        return f"HTTP status {answer.status}, {answer.problem or 'no errno'}"
    return ""
