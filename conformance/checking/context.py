"""What a check works with: calls to the server, the shared evidence, and its findings."""

from __future__ import annotations

import random
import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Unpack

from ..contract import Contract
from ..findings import EvidenceItem, EvidenceSource, Finding, Observation, Seen
from ..http.exchange import Answer, Exchange
from ..http.session import (
    Account,
    CallOptions,
    HeaderOptions,
    Session,
    TokenSource,
    request_headers,
)
from ..json_access import brief
from ..settings import RunOptions
from ..shared_jobs.evidence import Evidence
from ..verdict import UnavailableError, Verdict
from .watch import Watch


class Context:
    """One check's view of a run. ``id`` is the requirement or the question it answers for."""

    def __init__(self, id: str, session: Session, evidence: Evidence, watch: Watch) -> None:
        self.id = id
        self.evidence = evidence
        self.watch = watch
        self.contract: Contract = session.contract
        self.options: RunOptions = session.options
        self.random = random.Random(f"{session.options.seed}:{id}")
        self._session = session

    # Calls

    def call(
        self, operation: str, body: Mapping[str, object], **options: Unpack[CallOptions]
    ) -> Answer:
        """Send a JSON object to an operation, as the account.

        Raises ``UnavailableError``: inconclusive if no complete answer came, untestable if the
        account or the budget is missing. A check need not catch it.
        """
        answer = self.try_call(operation, body, **options)
        if answer.failure is not None:
            raise UnavailableError(
                Verdict.INCONCLUSIVE,
                f"no answer of the API to {operation}: {answer.problem}",
                answer,
            )
        return answer

    def try_call(
        self, operation: str, body: Mapping[str, object], **options: Unpack[CallOptions]
    ) -> Answer:
        """As ``call``, but a network failure does not raise; it is in ``answer.failure``."""
        return self._session.call(operation, body, **options)

    def find(self, account: str = "first", **filters: object) -> Answer:
        """``call("findJobs", filters)``."""
        return self.call("findJobs", filters, account=account)

    def raw(self, operation: str, content: bytes, **options: Unpack[HeaderOptions]) -> Answer:
        """Send any bytes to an operation. Does not raise for network failures; see ``try_call``.

        GEN-1 to GEN-3 and GEN-6 ignore it: they are about well-formed requests.
        """
        item = self.contract.operations[operation]
        return self.route(item.method, item.path, content, **options)

    def route(
        self,
        method: str,
        path: str,
        content: bytes = b"",
        *,
        token: str | TokenSource | None = TokenSource.ACCOUNT,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Send anything to any path of the target; otherwise as ``raw``."""
        used = self.account().token if isinstance(token, TokenSource) else token
        sent = request_headers(used, headers)
        return self._session.gate.send(method, path, content, sent, plain=False)

    def account(self, role: str = "first") -> Account:
        """``first``, ``second`` or ``limited``; ``UnavailableError`` if it is missing."""
        return self._session.account(role)

    def has(self, role: str) -> bool:
        return self._session.has(role)

    def affords(self, operation: str) -> bool:
        """Whether the budget allows a request to the operation that the server must refuse."""
        submits = self.contract.operations[operation].submits
        return not submits or self._session.gate.budget.affords()

    def affords_job(self) -> bool:
        """Whether the budget allows a submission that is meant to be accepted."""
        return self._session.gate.budget.affords(planned=True)

    def pause(self, seconds: float) -> None:
        """Wait, though not past the end of the run."""
        left = self._session.gate.time_left()
        time.sleep(seconds if left is None else min(seconds, left))

    def affordable(self) -> list[str]:
        """The operations that need a token and that ``affords`` allows; find is always one."""
        return [operation for operation in self.contract.job_operations if self.affords(operation)]

    def exchanges(self) -> list[Exchange]:
        """Every exchange of the run so far, redacted. For checks of the LAST phase."""
        return self._session.gate.log.exchanges

    # Findings of a check

    def ok(self, message: str = "", *evidence: EvidenceSource, not_covered: str = "") -> Finding:
        """``not_covered``: which part of the requirement could not be tried, and why."""
        passed = self._finding(Verdict.PASS, message, "", "", evidence)
        return replace(passed, not_covered=not_covered)

    def fail(
        self, message: str, *evidence: EvidenceSource, expected: object, actual: object = ...
    ) -> Finding:
        """``expected`` and ``actual``: texts, or values to be printed; by default ``actual`` is
        the summary of the first evidence."""
        actual = evidence[0].summary() if actual is ... else actual
        return self._finding(Verdict.FAIL, message, _text(expected), _text(actual), evidence)

    def inconclusive(self, reason: str, *evidence: EvidenceSource) -> Finding:
        return self._finding(Verdict.INCONCLUSIVE, reason, "", "", evidence)

    def untestable(self, reason: str, *evidence: EvidenceSource) -> Finding:
        return self._finding(Verdict.UNTESTABLE, reason, "", "", evidence)

    def expect_errno(self, answer: Answer, *errnos: int, when: str) -> Finding:
        """Pass if the answer has one of the errnos; ``when`` describes the request."""
        if answer.errno in errnos:
            return self.ok(f"{when}: {answer.summary()}", answer)
        wanted = " or ".join(str(errno) for errno in errnos)
        return self.fail(f"{when}: {answer.summary()}", answer, expected=f"errno {wanted}")

    # Observations of a probe

    def answer(self, answer: str | int, *evidence: EvidenceSource) -> Observation:
        """The variant observed. A variant that is not in questions.yaml is reported as unknown."""
        question = self.contract.questions[self.id]
        seen = Seen.ANSWERED if question.variant(str(answer)) else Seen.UNKNOWN
        return Observation(self.id, seen, str(answer), "", _exhibits(evidence))

    def unknown(self, what: str, *evidence: EvidenceSource) -> Observation:
        """Behaviour that no variant describes; ``what`` describes it."""
        return Observation(self.id, Seen.UNKNOWN, what, "", _exhibits(evidence))

    def unobserved(self, reason: str, *evidence: EvidenceSource) -> Observation:
        return Observation(self.id, Seen.UNOBSERVED, None, reason, _exhibits(evidence))

    def _finding(
        self,
        verdict: Verdict,
        message: str,
        expected: str,
        actual: str,
        evidence: tuple[EvidenceSource, ...],
    ) -> Finding:
        return Finding(self.id, verdict, message, expected, actual, _exhibits(evidence))


def _exhibits(evidence: tuple[EvidenceSource, ...]) -> tuple[EvidenceItem, ...]:
    shown: list[EvidenceItem] = []
    for source in evidence:
        shown += [one for one in source.exhibits() if one not in shown]
    return tuple(shown)


def _text(value: object) -> str:
    return value if isinstance(value, str) else brief(value)
