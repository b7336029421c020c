"""What a check is given: the calls, the shared evidence, and the words for what it found."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import replace
from typing import Unpack

from ..contract import Contract
from ..findings import Evident, Finding, Observation, Seen, Shown
from ..http.exchange import Answer, Exchange
from ..http.session import Account, Bearing, How, Options, Own, Session, bearer
from ..json_access import brief
from ..shared_jobs.evidence import Evidence
from ..verdict import UnavailableError, Verdict


class Context:
    """One check's view of a run. ``id`` is the requirement or the question it answers for."""

    def __init__(self, id: str, session: Session, evidence: Evidence) -> None:
        self.id = id
        self.evidence = evidence
        self.contract: Contract = session.contract
        self.options: Options = session.options
        self.random = random.Random(f"{session.options.seed}:{id}")
        self._session = session

    # Calls

    def call(self, operation: str, body: Mapping[str, object], **how: Unpack[How]) -> Answer:
        """Send a JSON object to an operation, as the account.

        Raises ``UnavailableError`` (inconclusive) if the network gave no whole answer,
        (untestable) if the account or the budget is missing: a check need not catch it.
        """
        answer = self.try_call(operation, body, **how)
        if answer.failure is not None:
            raise UnavailableError(
                Verdict.INCONCLUSIVE, f"no answer to {operation}: {answer.problem}", answer
            )
        return answer

    def try_call(self, operation: str, body: Mapping[str, object], **how: Unpack[How]) -> Answer:
        """As ``call``, but a failure of the network is in ``answer.failure`` for you to judge."""
        return self._session.call(operation, body, **how)

    def find(self, account: str = "first", **filters: object) -> Answer:
        """``call("findJobs", filters)``."""
        return self.call("findJobs", filters, account=account)

    def raw(self, operation: str, content: bytes, **bearing: Unpack[Bearing]) -> Answer:
        """Send any bytes to an operation. Never raises for the network; see ``try_call``.

        It is kept out of what GEN-1 to GEN-3 and GEN-6 judge: those are about plain requests.
        """
        item = self.contract.operations[operation]
        return self.route(item.method, item.path, content, **bearing)

    def route(
        self,
        method: str,
        path: str,
        content: bytes = b"",
        *,
        token: str | Own | None = Own.TOKEN,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Send anything to any path of the target; otherwise as ``raw``."""
        used = self.account().token if isinstance(token, Own) else token
        sent = {"Content-Type": "application/json"}
        if used is not None:
            sent["Authorization"] = bearer(used)
        merged = sent | dict(headers or {})
        return self._session.gate.send(method, path, content, merged, plain=False)

    def account(self, role: str = "first") -> Account:
        """``first``, ``second`` or ``limited``; ``UnavailableError`` if there is none."""
        return self._session.account(role)

    def has(self, role: str) -> bool:
        return self._session.has(role)

    def affords(self, operation: str) -> bool:
        """Whether a request that ought to be refused could be sent to the operation now."""
        submits = self.contract.operations[operation].submits
        return not submits or self._session.gate.budget.affords()

    def affordable(self) -> list[str]:
        """The job operations (all that need a token) that ``affords`` allows; find always."""
        return [one for one in self.contract.job_operations if self.affords(one)]

    def exchanges(self) -> list[Exchange]:
        """Every exchange of the run so far, redacted. For checks of the LAST phase."""
        return self._session.gate.log.exchanges

    # What a check found

    def ok(self, message: str = "", *evidence: Evident, untried: str = "") -> Finding:
        """``untried``: what of the requirement could not be tried, and why; a reader is told."""
        passed = self._finding(Verdict.PASS, message, "", "", evidence)
        return replace(passed, untried=untried)

    def fail(self, message: str, *evidence: Evident, expected: object, actual: object) -> Finding:
        """``expected`` and ``actual``: texts, or values that are shown as they are."""
        return self._finding(Verdict.FAIL, message, _shown(expected), _shown(actual), evidence)

    def inconclusive(self, reason: str, *evidence: Evident) -> Finding:
        return self._finding(Verdict.INCONCLUSIVE, reason, "", "", evidence)

    def untestable(self, reason: str, *evidence: Evident) -> Finding:
        return self._finding(Verdict.UNTESTABLE, reason, "", "", evidence)

    def expect_errno(self, answer: Answer, *errnos: int, when: str) -> Finding:
        """Pass if the answer has one of the errnos; ``when`` says what was sent."""
        if answer.errno in errnos:
            return self.ok(f"{when}: {answer.says()}", answer)
        wanted = " or ".join(str(one) for one in errnos)
        return self.fail(
            f"{when}: {answer.says()}", answer, expected=f"errno {wanted}", actual=answer.says()
        )

    # What an observer saw

    def answer(self, answer: str | int, *evidence: Evident) -> Observation:
        """The variant seen. What is none of questions.yaml's is reported as unknown."""
        question = self.contract.questions[self.id]
        seen = Seen.ANSWERED if question.variant(str(answer)) else Seen.UNKNOWN
        return Observation(self.id, seen, str(answer), "", _exhibits(evidence))

    def unknown(self, what: str, *evidence: Evident) -> Observation:
        """Something that no variant describes; say what was seen."""
        return Observation(self.id, Seen.UNKNOWN, what, "", _exhibits(evidence))

    def unobserved(self, reason: str, *evidence: Evident) -> Observation:
        return Observation(self.id, Seen.UNOBSERVED, None, reason, _exhibits(evidence))

    def _finding(
        self,
        verdict: Verdict,
        message: str,
        expected: str,
        actual: str,
        evidence: tuple[Evident, ...],
    ) -> Finding:
        return Finding(self.id, verdict, message, expected, actual, _exhibits(evidence))


def _exhibits(evidence: tuple[Evident, ...]) -> tuple[Exchange | Shown, ...]:
    shown: list[Exchange | Shown] = []
    for evident in evidence:
        shown += [one for one in evident.exhibits() if one not in shown]
    return tuple(shown)


def _shown(value: object) -> str:
    return value if isinstance(value, str) else brief(value)
