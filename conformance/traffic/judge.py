"""The judge of traffic that was only seen: it sends nothing, and nothing unseen passes.

Exchanges come in the order in which they ended; they may overlap. What is judged is what no unseen
client, no lost answer and no clock could explain.
"""

from __future__ import annotations

import hashlib
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from itertools import chain
from typing import Protocol

from ..checking.watch import Watch
from ..contract import Contract, shipped
from ..findings import Finding
from ..http.connection import Request
from ..http.exchange import Answer
from ..http.redaction import Secrets
from ..report import Report, merge
from ..verdict import Verdict
from . import in_passing
from .aliases import Aliases
from .bodies import Bodies
from .facts import Fact
from .form import unlike_the_page
from .kinds import Kinds
from .labels import Labels
from .look import CONTROL, Look, Shown, Target, answer_of, secrets_in
from .memory import SETTLED, Memory
from .odd_requests import OddRequests
from .pictures import Pictures
from .repeats import Repeats
from .rules.answers import Answers
from .rules.ending import Ending
from .rules.failures import Failures
from .rules.finds import Finds
from .rules.jobs import Jobs
from .rules.logins import Logins
from .rules.records import Records
from .rules.refusals import Refusals
from .rules.submissions import Submissions
from .rules.tokens import Tokens
from .seen import Seen
from .senders import SeenAccounts
from .strange import Strange


class Rule(Protocol):
    """Looks at every well-formed exchange with an operation, and remembers what it needs."""

    def shown(self, memory: Memory, look: Look) -> Iterator[Shown | Fact]: ...


#: Made anew for each judge, and asked in this order.
_RULES: tuple[Callable[[], Rule], ...] = (
    *(Logins, Tokens, Refusals, Answers, Records, Submissions, Finds, Jobs),
)
#: Secrets that are masked wherever they stand; then the last third is, and what was kept is masked.
_SECRETS = 3_000
#: Findings that are told of one requirement.
_ENOUGH = 3


class TrafficJudge:
    """Feed it with ``observe``; ask for the ``report`` at any time. Safe to use from threads.

    ``target``: the URL of the API. Requests to other places are passed over, but for the pictures
    that records link to. ``without_tokens``: the Authorization headers were cut out of what was
    seen. ``secrets``: what is masked in findings; it learns from what passes.
    """

    def __init__(
        self,
        target: str,
        *,
        contract: Contract | None = None,
        without_tokens: bool = False,
        secrets: Secrets | None = None,
    ) -> None:
        self.contract = contract or shipped()
        self.target = Target(target.rstrip("/"), self.contract)
        self.secrets = secrets or Secrets()
        #: Exchanges with the target, and requests that went elsewhere.
        self.exchanges = self.passed_over = 0
        self._lock = threading.Lock()
        self._accounts = SeenAccounts(without_tokens)
        self._memory = Memory(self.contract, self._accounts)
        mark = hashlib.sha256(b"traffic").hexdigest()
        self._watch = Watch(self.contract, {}, mark, self._accounts, self._tell, SETTLED)
        self._ending = Ending()
        self._failures = Failures()
        self._rules: list[Rule] = [self._ending, self._failures, *(make() for make in _RULES)]
        self._odd = OddRequests(self.contract)
        self._labels = Labels()
        self._aliases = Aliases(self.target.url)
        self._pictures = Pictures(self._aliases.home)
        self._held: Counter[str] = Counter()
        self._repeats = Repeats()
        #: So many exchanges the one that is being judged stands for.
        self._weight = 1
        self._found = False  # whether it is a find that was answered
        self._news: list[Finding] = []
        self._jobs = 0
        self._bodies = Bodies()
        self._strange = Strange()
        self._unjudged = Kinds()
        self._unlike = Kinds()
        self._nowhere = self._control = 0
        self._learnt: dict[str, None] = {}
        self._span = (float("inf"), 0.0)

    def observe(self, seen: Seen) -> list[Finding]:
        """Judge one exchange. Returns the failures that it has shown and that were not shown
        before; those of a find that repeats others may be found with a later exchange."""
        with self._lock:
            if self._repeats.holds_back(seen):
                return []
            self._news = []
            self._judge_repeated()
            self._take(seen)
            return [self._redacted(one) for one in self._news]

    def report(
        self, started_at: datetime | None = None, *, remarks: tuple[str, ...] = ()
    ) -> Report:
        """What was seen so far. A requirement that nothing has shown is ``unseen``."""
        with self._lock:
            self._judge_repeated()
            began, ended = self._span if self.exchanges else (0.0, 0.0)
            facts = self._memory.facts.copy()
            last = self._odd.facts(), self._labels.facts(), self._ending.facts(self._memory)
            for fact in chain.from_iterable(last):
                facts.add(self._masked(fact))
            return Report(
                self.target.url,
                started_at or datetime.fromtimestamp(began, UTC),
                ended - began,
                tuple(map(self._finding, self.contract.requirements)),
                tuple(facts.observation(self.contract, id) for id in self.contract.questions),
                None,
                self._jobs,
                self.exchanges,
                remarks=(*remarks, *self._remarks()),
                watched=True,
            )

    def sizes(self) -> dict[str, int]:
        """How much is remembered, by what it is."""
        return {**self._memory.sizes(), "secrets": len(self._learnt)}

    def _judge_repeated(self) -> None:
        """What was held back: the last for all."""
        seen, number = self._repeats.taken()
        if seen is not None:
            self.exchanges += number - 1
            self._weight = number
            self._take(seen)
            self._weight = 1

    def _take(self, seen: Seen) -> None:
        self._found = False
        path = self.target.path(seen.request.target)
        if path is not None and self._aliases.learn(seen.request):
            self._memory.forget_links()
        if seen.request.method == "GET" and self._pictures.is_link(seen.request.target):
            self._fetched(seen)
        elif path is None:
            self.passed_over += self._weight
        else:
            self._observe(seen, path)
        self._repeats.was_judged(seen, is_find=self._found)

    def _answer(self, seen: Seen, operation: str, plain: bool) -> Answer:
        """The answer, once everything secret in the exchange is known."""
        if len(self._learnt) > _SECRETS:
            self._watch.change(self._redacted)
            latest = list(self._learnt)[-_SECRETS // 3 :]
            self._learnt, self.secrets = {}, Secrets()
            self._learn(latest)
        self._learn(secrets_in(seen, operation))
        body = self._bodies.read(seen.reply)
        return answer_of(seen, body, self.exchanges, operation, plain, self.secrets)

    def _learn(self, secrets: Iterable[str]) -> None:
        for secret in secrets:
            if secret not in self._learnt:
                self._learnt[secret] = None
                self.secrets.add_token(secret)

    def _observe(self, seen: Seen, path: str) -> None:
        self.exchanges += 1
        began, ended = seen.at, seen.at + seen.reply.elapsed
        self._span = min(self._span[0], began), max(self._span[1], ended)
        operation = self.target.operation(path, seen.request.method)
        if not operation:
            self._called_no_operation(seen, path)
            return
        unlike = unlike_the_page(seen.request)
        answer = self._answer(seen, operation, not unlike)
        if self._is_elsewhere(seen.request, answer):
            return
        if unlike:
            self._unlike.add(unlike)
        sent = self._watch.sent(seen.request, operation)
        look = Look(seen.request, sent, answer, not unlike, began, ended)
        self._found = look.plain and answer.ok and operation == "findJobs"
        self._jobs += answer.hash is not None and operation in self._submissions
        self._judge(look, unlike)

    def _called_no_operation(self, seen: Seen, path: str) -> None:
        answer = self._answer(seen, "", False)
        # Of a server that has none, it is a path like any other: an envelope is the answer.
        control = path.startswith(CONTROL) and answer.errno is None
        self._control += control
        self._nowhere += not control
        if seen.request.method != "OPTIONS" and not control:
            for fact in self._odd.elsewhere(seen.request, path, answer):
                self._memory.facts.add(self._masked(fact))

    def _fetched(self, seen: Seen) -> None:
        """A picture by a link of a record, wherever it lies."""
        self.exchanges += 1
        answer = self._answer(seen, "", False)
        broken: set[str] = set()
        for one in self._pictures.seen(seen, answer.exchange):
            self._show(one, answer, broken)

    @property
    def _submissions(self) -> list[str]:
        return [one.id for one in self.contract.operations.values() if one.submits]

    def _judge(self, look: Look, unlike: str) -> None:
        self._odd.seen(look)
        self._labels.seen(look)
        broken: set[str] = set()
        if unlike:
            for failure in self._failures.odd(look, unlike):
                self._show(failure, look.answer, broken)
            if look.answer.errno == 501:
                return  # it comes and goes, and tells nothing by itself
        span = look.began, look.ended
        self._watch.observe(look.request, look.operation, look.plain, look.answer, span)
        broken |= {id for id, _, _ in self._watch.latest}
        for combined in in_passing.combined(look, self._watch.latest):
            self._show(combined, look.answer, broken)
        if look.plain:
            for rule in self._rules:
                for one in rule.shown(self._memory, look):
                    self._show(one, look.answer, broken)
        self._pictures.learn(self._memory)
        for id in in_passing.concerned(look):
            self._held[id] += self._weight * (id not in broken)
        if look.plain and look.answer.ok:
            self._memory.was_accepted(look)

    def _show(self, one: Shown | Fact, answer: Answer, broken: set[str]) -> None:
        if isinstance(one, Fact):
            self._memory.facts.add(self._masked(one))
        elif not one.fault:
            self._held[one.id] += self._weight * (one.id not in broken)
        else:
            broken.add(one.id)
            self._fail(one, answer)

    def _fail(self, shown: Shown, answer: Answer) -> None:
        id, actual, expected, _ = shown
        kept = self._watch.findings(id)
        if len(kept) < _ENOUGH and all(actual != one.message for one in kept):
            evidence = tuple(dict.fromkeys((*shown.evidence, answer.exchange)))
            found = Finding(id, Verdict.FAIL, actual, expected, answer.summary(), evidence)
            self._watch.add(found)
            self._tell(found)

    def _tell(self, finding: Finding) -> None:
        self._news.append(finding)

    def _is_elsewhere(self, request: Request, answer: Answer) -> bool:
        """Whether no whole answer of the API came, as far as anybody can tell."""
        if self._strange.is_own(request, answer):
            return False
        problem = answer.problem or "without an errno"
        what = answer.failure.value if answer.failure else f"HTTP {answer.status}, {problem}"
        self._unjudged.add(what)
        return True

    def _remarks(self) -> Iterator[str]:
        if self.passed_over:
            yield passed_over(self.passed_over)
        if self._unjudged.total:
            kinds = self.secrets.redact(str(self._unjudged))
            yield f"not answered by the API, and not judged: {kinds}"
        if number := self._unlike.total:
            yield (
                f"{number} {'request is' if number == 1 else 'requests are'} not in the page's"
                " form, which leaves little to judge (GEN-5, and what an acceptance breaks):"
                f" {self.secrets.redact(str(self._unlike))}"
            )
        if number := self._control:
            yield f"{number} call{'s' * (number != 1)} of the fake's control API, not judged"
        if number := self._nowhere:
            yield (
                f"{number} request{'s' * (number != 1)} called no operation, but another path or"
                " method, which answers nothing but unknown-route and other-method"
            )

    def _finding(self, id: str) -> Finding:
        held = self._held[id]
        failures = [self._redacted(one) for one in self._watch.findings(id)]
        if failures:
            return replace(merge(id, failures), held=held)
        if held:
            often = "once" if held == 1 else f"{held} times"
            return Finding(id, Verdict.PASS, f"seen to hold {often}", held=held)
        return Finding(id, Verdict.UNSEEN, "not seen in this traffic")

    def _masked(self, fact: Fact) -> Fact:
        """An answer that questions.yaml lists is no secret, even if a password reads the same."""
        if self.contract.questions[fact.id].variant(fact.answer) is not None:
            return fact
        return fact._replace(answer=self.secrets.excerpt(fact.answer))

    def _redacted(self, finding: Finding) -> Finding:
        excerpt = self.secrets.excerpt
        return replace(
            finding,
            message=excerpt(finding.message),
            expected=excerpt(finding.expected),
            actual=excerpt(finding.actual),
        )


def passed_over(number: int) -> str:
    """What a report says of requests to other places."""
    went = "request to another place was" if number == 1 else "requests to other places were"
    return f"{number} {went} passed over"
