"""A server whose every answer is this API's, and can't be read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from sampan.conformance.verdict import Verdict
from tests.support.judged import finding, judged
from tests.support.tampering.exchange import Reply, Request
from tests.support.tampering.making import telling

BREAKS: dict[str, Callable[[bytes], bytes]] = {
    "a comment after the JSON": lambda body: body + b"<!-- 0.02 s -->",
    "a comma before the last brace": lambda body: body[:-1] + b",}",
    "a raw line feed in a text": lambda body: body.replace(b'"errmsg"', b'"a":"\n","errmsg"'),
    "JSONP": lambda body: b"callback(" + body + b");",
}


@pytest.mark.parametrize("kind", BREAKS)
def test_every_answer_is_unreadable_and_the_server_fails(kind: str) -> None:
    def change(_: Request, reply: Reply) -> Reply:
        return replace(reply, body=BREAKS[kind](reply.body))

    report = judged(telling(change), "GEN-6", "LOGIN-1", jobs=11)
    assert report.exit_code == 1
    assert finding(report, "GEN-6").verdict is Verdict.FAIL
    assert finding(report, "LOGIN-1").verdict is Verdict.FAIL
    assert report.jobs_spent == 0
