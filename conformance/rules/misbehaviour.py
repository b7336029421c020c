"""Answers that no request may get, well-formed or not (GEN-5). Pure."""

from __future__ import annotations

import re

from ..http.exchange import Answer

#: Bounded, so that no body takes long to look through.
_TRACES = re.compile(
    rb"Traceback \(most recent call last\)"
    rb"|\n[ \t]{1,40}at [\w.$<>/ ]{1,200} ?\([^)\n]{0,200}:\d{1,9}(:\d{1,9})?\)"  # JavaScript, Java
    rb"|\n[ \t]{0,40}at [^\n]{1,200} in [^\n]{1,200}:line \d"  # .NET
    rb"|\ngoroutine \d{1,9} \["
    rb"|Stack trace:\s{0,9}#0 "  # PHP
    rb"|\.rb:\d{1,9}:in [`']"
)
#: A stack trace begins before so many bytes.
_LOOKED_AT = 65_536


def has_trace(answer: Answer) -> bool:
    """Whether the answer shows the server's own code."""
    return _TRACES.search(answer.reply.body[:_LOOKED_AT]) is not None


def misbehaviour(answer: Answer) -> str:
    """How a whole answer breaks GEN-5; empty if it does not."""
    if has_trace(answer):
        return "a stack trace"
    if answer.status >= 500:
        return f"HTTP status {answer.status}"
    if answer.errno is None and not 400 <= answer.status < 500:
        return f"HTTP status {answer.status}, {answer.problem or 'no errno'}"
    return ""
