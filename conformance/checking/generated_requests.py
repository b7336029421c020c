"""Generated requests for every operation, judged by errno.

Nothing is shrunk: of several requests with the same fault the shortest is reported.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from ..http.connection import Failure
from ..http.exchange import Answer
from ..rules.generated_bodies import Generator
from ..rules.misbehaviour import misbehaviour
from ..rules.parameters import sensible, wrong_parameter
from ..verdict import UnavailableError
from .context import Context
from .sweep import Sweep

#: Bodies of each kind for each operation.
_COUNT = 60

_Body = Mapping[str, object]


def generate(ctx: Context, sweep: Sweep) -> None:
    """Send the requests, and leave the findings in ``sweep``."""
    generator = Generator(ctx.contract, ctx.options.seed)
    for operation in ctx.contract.operations:
        trial = _Trial(ctx, sweep, generator, operation)
        for good in (True, False):
            generator.bodies(operation, _COUNT, trial.unless_over, good=good)
            if sweep.problem is not None:
                return


@dataclass(slots=True)
class _Trial:
    """One operation and its generated bodies."""

    ctx: Context
    sweep: Sweep
    generator: Generator
    operation: str

    def unless_over(self, body: object) -> None:
        """Send one body, unless the time or the budget is used up.

        Hypothesis would take an exception for a failing example and send it again.
        """
        if self.sweep.problem is not None:
            return
        try:
            self._send(body)
        except UnavailableError as problem:
            self.sweep.problem = problem

    def _send(self, body: object) -> None:
        if not isinstance(body, dict):
            self._judge_other(body)
            return
        body = self._tamed(body)
        size = len(json.dumps(body))
        answer = self.ctx.try_call(self.operation, body)
        self.sweep.sent += 1
        if answer.failure is not None:
            self._lost(body, answer, size)
            return
        wrong = wrong_parameter(self.ctx.contract, self.operation, body)
        if wrong:
            self._judge_wrong(wrong, answer, size)
        else:
            self._judge_right(body, answer, size)
        if answer.records:
            self._judge_records(answer, size)

    def _tamed(self, body: dict[str, object]) -> dict[str, object]:
        """No login is tried on a name that may exist: some servers lock after a few."""
        if self.operation != "login":
            return body
        mark = f"{self.ctx.evidence.mark}-"
        return {
            key: mark + value if isinstance(value, str) and value else value
            for key, value in body.items()
        }

    def _judge_other(self, body: object) -> None:
        """A body that is not an object (GEN-5)."""
        content = body if isinstance(body, bytes) else json.dumps(body, default=str).encode()
        answer = self.ctx.raw(self.operation, content)
        self.sweep.sent += 1
        if answer.failure is not None:
            self._lost(body, answer, len(content))
        elif complaint := misbehaviour(answer):
            self._fail(
                "GEN-5", complaint, answer, len(content), "a 4xx or an envelope", answer.summary()
            )

    def _judge_wrong(self, wrong: str, answer: Answer, size: int) -> None:
        # A parent that does not exist may be noticed before the rest is looked at.
        allowed = (301, 410, 420) if self.operation in ("varyJob", "upscaleJob") else (301,)
        if answer.errno not in allowed:
            self._fail("GEN-4", wrong, answer, size, "errno 301", answer.summary())

    def _judge_right(self, body: _Body, answer: Answer, size: int) -> None:
        if complaint := misbehaviour(answer):
            if answer.errno is None:
                # With an envelope it may be the status of an errno (question error-http-status).
                self._fail("GEN-5", complaint, answer, size, "an envelope", answer.summary())
        elif self.operation == "login" and answer.ok:
            self._fail(
                "LOGIN-4", "made-up credentials", answer, size, "another errno", answer.summary()
            )
        elif self.operation == "findJobs" and not answer.ok and sensible(body):
            shown = ", ".join(sorted(body)) or "nothing"
            self._fail("FIND-1", f"find by {shown}", answer, size, "errno 0", answer.summary())

    def _judge_records(self, answer: Answer, size: int) -> None:
        for line in self.generator.complaints(self.operation, answer):
            # The same fault in several records is reported once.
            what = re.sub(r"\.res\.\d+\.", ".res.", line.strip().splitlines()[0])
            self._fail("FIND-11", what, answer, size, "as in openapi.yaml", what)

    def _lost(self, body: object, answer: Answer, size: int) -> None:
        """No whole answer. It counts if other requests are answered, and this one is not, twice."""
        if answer.failure is Failure.CONNECT or answer.status == 429:
            return
        control = self.ctx.find(limit=1)
        if self.ctx.contract.operations[self.operation].submits or not control.ok:
            return
        content = body if isinstance(body, bytes) else json.dumps(body, default=str).encode()
        second = self.ctx.raw(self.operation, content)
        if second.failure is not None and second.failure is not Failure.CONNECT:
            self._fail("GEN-5", answer.problem, second, size, "an answer", answer.problem)

    def _fail(
        self, id: str, kind: str, answer: Answer, size: int, expected: str, actual: str
    ) -> None:
        message = f"{self.operation}: {kind}: {actual}"
        finding = self.ctx.fail(message, answer, expected=expected, actual=actual)
        self.sweep.add(f"{self.operation} {kind}", replace(finding, id=id), size)
