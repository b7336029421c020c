"""Standing checks: every exchange of a run is judged as it comes in, whoever sent it and for what.

A breach that was seen is a failure, also where the check that it belongs to had no budget or no
time; an acceptance of what had to be refused is one even where it was not selected. Nothing is sent
from here, and nothing that depends on the moment is judged.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from ..contract import Contract
from ..findings import Finding
from ..http.connection import Request
from ..http.exchange import Answer, Exchange
from ..json_access import Record, text
from ..rules.answer_schemas import AnswerSchemas
from ..rules.envelopes import ENVELOPE_RULES, elsewhere, is_object
from ..rules.find_rules import hashes
from ..rules.job_model import FIXED, Job, course
from ..rules.labels import is_labelled_json
from ..rules.misbehaviour import misbehaviour
from ..rules.refusals import (
    Breach,
    SentRequest,
    excused,
    same_upscale,
    without_hash,
    wrongly_accepted,
    wrongly_refused,
)
from ..rules.successes import find_faults, login_faults, unfit_type
from ..settings import Credentials
from ..verdict import Verdict
from .senders import OwnAccounts, Senders

#: Larger requests and answers than any honest one are left to the checks that ask for them.
_LARGE_REQUEST = 64 << 10
_LARGE_ANSWER = 2 << 20
#: Findings kept of one requirement: enough to see it.
_ENOUGH = 3
#: What is remembered of a record, and of how many jobs and kinds of record.
_KEPT = (*FIXED, "status", "created_at", "updated_at")
_MANY = 5_000


@dataclass(slots=True)
class Watch:
    """What the exchanges of one run have shown. Safe to use from several threads.

    ``senders``: whose requests they are, by default those of the kit's ``accounts``.
    ``on_finding`` is given each failure as it is found. ``settling``: for how long (s) a find may
    lack a job that another one showed.
    """

    contract: Contract
    accounts: Mapping[str, Credentials]
    mark: str
    senders: Senders | None = None
    on_finding: Callable[[Finding], None] = lambda _: None
    settling: float = 0.0
    #: Whole answers to well-formed requests, and those of them that are JSON objects.
    answers: int = 0
    objects: int = 0
    #: Requirements that an acceptance broke: told whatever was selected.
    accepted: set[str] = field(default_factory=set)
    schemas: AnswerSchemas = field(init=False)
    #: The first find that returned a job of another account than asked, by what it was.
    strangers: dict[str, Exchange] = field(default_factory=dict)
    #: The breaches in the last exchange, also where they were told before.
    latest: list[Breach] = field(default_factory=list)
    _senders: Senders = field(init=False)
    _findings: dict[str, list[Finding]] = field(default_factory=dict)
    _replaced: set[tuple[str, str]] = field(default_factory=set)  # requirement and message
    _submitted: dict[str, tuple[str, SentRequest]] = field(default_factory=dict)  # by hash
    #: By role and hash, with when every listing has to have it.
    _leaked: dict[tuple[str, str], tuple[float, Exchange]] = field(default_factory=dict)
    _jobs: dict[tuple[str, str], Job] = field(default_factory=dict)  # by role and hash
    _valid: set[int] = field(default_factory=set)  # answers that the schemas allow, by hash
    _types: set[str] = field(default_factory=set)
    #: By role, the exchanges with errno 411 since its last submission that needed no plan.
    _no_plan: dict[str, set[int]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self.schemas = AnswerSchemas(self.contract)
        self._senders = self.senders or OwnAccounts(self.accounts)

    def findings(self, id: str) -> list[Finding]:
        """The failures of the requirement."""
        return list(self._findings.get(id, ()))

    def add(self, finding: Finding) -> None:
        """A breach that shows in several exchanges together."""
        self._findings.setdefault(finding.id, []).append(finding)

    def put_first(self, finding: Finding, message: str) -> None:
        """A breach with the best evidence there is, in place of those with ``message``."""
        self._replaced.add((finding.id, message))
        kept = self._findings.setdefault(finding.id, [])
        kept[:] = [finding, *(one for one in kept if one.message != message)]

    def change(self, how: Callable[[Finding], Finding]) -> None:
        """Have ``how`` make each failure that is kept anew."""
        for kept in self._findings.values():
            kept[:] = map(how, kept)

    def without_plan(self, finding: Finding) -> Finding:
        """The same, but inconclusive if it rests on an errno 411 that the account had to get: it
        has no plan, or no longer one. Some servers look at the plan before anything else (question
        check-order)."""
        numbers = set().union(*self._no_plan.values())
        rests = any(isinstance(one, Exchange) and one.number in numbers for one in finding.evidence)
        if finding.verdict is not Verdict.FAIL or finding.id in ENVELOPE_RULES or not rests:
            return finding
        message = f"the account's plan may be why (errno 411): {finding.message}"
        return replace(finding, verdict=Verdict.INCONCLUSIVE, message=message)

    def _plan(self, sent: SentRequest, answer: Answer) -> None:
        if self.contract.operations[sent.operation].submits and sent.sender in self.accounts:
            if answer.errno == 411:
                self._no_plan.setdefault(sent.sender, set()).add(answer.exchange.number)
            elif answer.errno in (0, 301):
                self._no_plan.pop(sent.sender, None)

    @property
    def failed(self) -> frozenset[str]:
        """The requirements that failed."""
        return frozenset(self._findings)

    def observe(
        self,
        request: Request,
        operation: str,
        plain: bool,
        answer: Answer,
        span: tuple[float, float] = (0.0, 0.0),
    ) -> None:
        """Judge one exchange. ``plain``: a well-formed request of ``operation``. ``span``: when it
        began and ended (s), where exchanges may overlap: what was looked at side by side is not
        compared."""
        self.latest = []
        if answer.failure is not None:
            return
        named = operation if plain else self._operation(request)
        if not named:
            return
        sent = self.sent(request, named)
        if named == "findJobs" and not is_labelled_json(request):
            # Its conditions may count as none (question other-content-type).
            sent = replace(sent, body=None)
        with self._lock:
            self._plan(sent, answer)
            if plain:
                self._envelope(named, answer)
            elif (complaint := misbehaviour(answer)) and not elsewhere(answer):
                self._add(("GEN-5", f"{named}: {complaint}", "a 4xx or an envelope"), answer)
            if plain or answer.ok:
                # How a body that is no object is refused is left open (question malformed-json).
                self._schema(named, answer)
            for breach in self._breaches(sent, answer, span):
                self._add(breach, answer)

    def has_upscaled(self, sent: SentRequest) -> bool:
        """Whether an upscale of that cell has been accepted."""
        with self._lock:
            return any(same_upscale(before, sent) for _, before in self._submitted.values())

    def _operation(self, request: Request) -> str:
        for one in self.contract.operations.values():
            if one.method == request.method and request.target.endswith(one.path):
                return one.id
        return ""

    def sent(self, request: Request, operation: str) -> SentRequest:
        """The request as the rules see it."""
        body: object = None
        if len(request.body) <= _LARGE_REQUEST:
            try:
                body = json.loads(request.body)
            except (ValueError, RecursionError):
                body = None
        fields = body if isinstance(body, Mapping) else None
        return SentRequest(operation, self._senders.sender(request), fields, request.body)

    def _envelope(self, operation: str, answer: Answer) -> None:
        if elsewhere(answer):
            return
        self.answers += 1
        self.objects += is_object(answer)
        for id, rule in ENVELOPE_RULES.items():
            if complaint := rule(answer):
                actual, expected = complaint
                self._add((id, f"{operation}: {actual}", expected), answer)

    def _schema(self, operation: str, answer: Answer) -> None:
        """The answer against openapi.yaml. Polls often get the same answer as before."""
        if answer.errno is None or len(answer.reply.body) > _LARGE_ANSWER:
            return
        same = hash((operation, answer.reply.body))
        if same in self._valid:
            return
        found = list(self.schemas.faults(operation, answer.errno, answer.envelope))
        for breach in found:
            self._add(breach, answer)
        if not found and len(self._valid) < _MANY:
            self._valid.add(same)

    def _breaches(
        self, sent: SentRequest, answer: Answer, span: tuple[float, float]
    ) -> Iterator[Breach]:
        if not answer.ok:
            breach = wrongly_refused(sent, answer.errno) if answer.errno else None
            yield from [breach] if breach else []
            return
        if sent.operation == "login":
            self._senders.logged_in(sent, answer)
        breach = wrongly_accepted(self.contract, self.accounts, self.mark, sent)
        if breach is not None and excused(self.contract, sent, breach, answer):
            breach = None
        if breach is not None:
            self.accepted.add(breach[0])
            yield breach
        elif sent.operation == "login":
            yield from login_faults(answer)
        elif sent.operation != "findJobs":
            yield from self._accepted(sent, answer)
        if sent.operation == "findJobs" and len(answer.reply.body) <= _LARGE_ANSWER:
            yield from self._found(sent, answer, span)

    def _accepted(self, sent: SentRequest, answer: Answer) -> Iterator[Breach]:
        lacking = without_hash(sent, answer)
        hash = answer.hash
        if lacking is not None:
            yield lacking
        if hash is None or len(self._submitted) >= _MANY:
            return
        _, before = self._submitted.setdefault(hash, (sent.sender, sent))
        if before is not sent and not same_upscale(before, sent):
            yield "CREATE-4", f"{sent.operation} returns the hash of an earlier job", "a new hash"

    def _found(
        self, sent: SentRequest, answer: Answer, span: tuple[float, float]
    ) -> Iterator[Breach]:
        yield from find_faults(sent.fields, answer)
        known = frozenset(self._types)
        by_type = "job_type" in sent.fields
        for record in answer.records:
            if by_type and (breach := unfit_type(sent.fields, record, known)):
                yield breach
            self._learn_type(record)
            yield from self._course(sent.sender, record, span)
        yield from self._leaks(sent, answer, span)

    def _learn_type(self, record: Record) -> None:
        if (kind := text(record, "job_type")) is not None and len(self._types) < _MANY:
            self._types.add(kind)

    def _course(self, role: str, record: Record, span: tuple[float, float]) -> Iterator[Breach]:
        hash = text(record, "hash")
        if hash is None or ((role, hash) not in self._jobs and len(self._jobs) >= _MANY):
            return
        now = {key: record[key] for key in _KEPT if key in record}
        job = self._jobs.setdefault((role, hash), Job(hash, role, ""))
        began, ended = span
        if began < job.looked:
            return
        job.looked = ended
        if now != job.last:
            yield from course(job, now)
            job.seen = [now]

    def _leaks(
        self, sent: SentRequest, answer: Answer, span: tuple[float, float]
    ) -> Iterator[Breach]:
        """A find may return the jobs of all accounts (question find-scope). If it does, the
        whole listing has them too: one that has not shows that the earlier find was wrong, unless
        it began before a job of that moment had to be in all of them."""
        role, (began, ended) = sent.sender, span
        found = hashes(answer.records)
        for hash in found & self._submitted.keys():
            owner = self._submitted[hash][0]
            if self._senders.apart(owner, role):
                self._leaked.setdefault((role, hash), (ended + self.settling, answer.exchange))
                what = f"a find of the {role} account (exchange {answer.exchange.number})"
                self.strangers = self.strangers or {what: answer.exchange}
        unfiltered = sent.body is not None and sent.body.keys() <= {"limit"}
        whole = answer.total == len(answer.records) and unfiltered
        for (to, hash), (settled, exchange) in list(self._leaked.items()) if whole else []:
            if to == role and hash not in found and settled <= began:
                del self._leaked[to, hash]
                what = f"exchange {exchange.number}: a find of the {role} account returned a job of"
                what += " another account, which is not in its listing"
                yield "AUTH-5", what, "the account's own jobs"

    def _add(self, breach: Breach, answer: Answer) -> None:
        self.latest.append(breach)
        id, actual, expected = breach
        if (id, actual) in self._replaced:
            return
        kept = self._findings.setdefault(id, [])
        if len(kept) < _ENOUGH and all(actual != one.message for one in kept):
            evidence = (answer.exchange,)
            found = Finding(id, Verdict.FAIL, actual, expected, answer.summary(), evidence)
            kept.append(found)
            self.on_finding(found)
