"""The generated requests of one run: drawn by the seed, within the shares, judged at once."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from random import Random

from ..checking.context import Context
from ..findings import Finding
from ..http.exchange import Answer
from ..http.request_kinds import Kind
from ..http.session import TokenSource
from ..report import repeating
from ..rules.job_model import FindResult, JobModel
from ..rules.laws import Laws
from ..rules.refusals import Breach, SentRequest
from ..verdict import Verdict
from .foreign import send_foreign
from .job_steps import create, wait_for_jobs
from .player import Player
from .reducing import Body, smallest
from .shares import Quota, shares
from .steps import STEPS, Needs, Step, Subset

#: So many steps in a row that send nothing end a walk: what is left can't be used.
_IDLE = 80
#: Failures that are told of one requirement.
_ENOUGH = 3
#: How often one of the values of a subset is there.
_PRESENT = 0.4
#: Values that are too many to try them all.
_MANY = 200
#: The answer to a request, and the requirements that it breaks.
_Tried = tuple[Answer, set[str]]


class GeneratedRequests:
    """What ``--generate`` sends in one run. ``ctx`` is that of no requirement. ``chosen``: whether
    it sends single requests (True) and walks (False)."""

    def __init__(self, ctx: Context, chosen: Collection[bool] = (True, False)) -> None:
        self._ctx = ctx
        self._chosen = chosen
        self._options = ctx.options
        self._random = Random(f"{self._options.seed}:generated")
        self._quota = Quota(shares(self._options))
        laws = Laws(ctx.contract, self._options.accounts, ctx.evidence.mark)
        self._player = Player(ctx, self._quota, self._report, JobModel(), laws)
        self._told: dict[str, list[str]] = {}
        self._tried: dict[tuple[str, str, bytes], _Tried] = {}  # by operation, account and body
        self._decks: dict[int, list[object]] = {}  # by the values that they are of

    def before_jobs(self) -> None:
        """What must be refused, where the budget may be spent by the planned jobs: a refusal gives
        its job back."""
        if self._options.jobs:
            self._walk(lambda step: step.needs is Needs.REFUSAL, self._some_left)

    def after_jobs(self) -> None:
        """Everything else, from what the plain checks leave of the budget."""
        for account in ("first", "second"):
            if self._ctx.has(account):
                self._player.step(Player.know, account=account)
        if self._possible(STEPS["create"]):
            # The parents of everything else.
            for words in ("old boats", "a lantern"):
                self._player.step(create, account="first", words=words)
            self._player.step(wait_for_jobs)
        if not self._options.sampled and True in self._chosen:
            self._player.step(send_foreign)
        self._walk(self._possible, lambda: not self._quota.empty)
        if any(job.mine for job in self._player.model.jobs.values()):
            self._player.step(wait_for_jobs)

    def remarks(self) -> list[str]:
        """What was sent, in a sentence; none of the few that are part of every run."""
        sent = self._quota.sent
        if self._options.sampled or not sent:
            return []
        kinds = ", ".join(kind.counted(sent[kind]) for kind in Kind if sent[kind])
        return [f"{sent.total()} generated requests: {kinds}"]

    def _some_left(self) -> bool:
        return self._quota.left(Kind.SUBMISSION) > self._quota.jobs

    def _possible(self, step: Step) -> bool:
        if step.alone not in self._chosen:
            return False
        if step.needs is Needs.NOTHING:
            return True
        if step.needs is Needs.REFUSAL:
            return self._player.affords("createJob")
        return self._quota.jobs > 0 and self._ctx.affords_job()

    def _walk(self, allowed: Callable[[Step], bool], going: Callable[[], bool]) -> None:
        idle = 0
        while going() and self._player.problem is None and idle < _IDLE:
            steps = [one for one in STEPS.values() if allowed(one)]
            (step,) = self._random.choices(steps, [one.weight for one in steps])
            drawn = {name: self._drawn(values) for name, values in step.draws.items()}
            sent = self._quota.sent.total()
            self._player.step(step.run, **drawn)
            idle = idle + 1 if self._quota.sent.total() == sent else 0

    def _drawn(self, values: Sequence[object] | Subset) -> object:
        if isinstance(values, Subset):
            return [one for one in values.values if self._random.random() < _PRESENT]
        if len(values) > _MANY:
            return self._random.choice(values)
        # Of a few values each is drawn once before one is drawn again.
        deck = self._decks.setdefault(id(values), [])
        if not deck:
            deck += self._random.sample(values, len(values))
        return deck.pop()

    def _report(self, breach: Breach, answer: Answer, sent: SentRequest) -> None:
        """Keep a failure, with the smallest request that shows it."""
        id, what, expected = breach
        told = self._told.setdefault(id, [])
        if what in told or len(told) >= _ENOUGH:
            return
        told.append(what)
        shown, note = answer, ""
        if sent.body and sent.operation in ("login", "findJobs"):
            shown, note = self._reduced(id, sent, answer)
        if breach in self._ctx.watch.latest and not note:
            return  # the watch has it
        options = self._options
        repeated_by = repeating(options.seed, options.asked_for, options.jobs)
        message = f"{what} (generated by {repeated_by}{note})"
        evidence = shown.exhibits()
        found = Finding(id, Verdict.FAIL, message, expected, shown.summary(), evidence)
        self._ctx.watch.put_first(found, what)

    def _reduced(self, id: str, sent: SentRequest, answer: Answer) -> tuple[Answer, str]:
        """The answer to the smallest request that breaks the same requirement, and what to say of
        it. Half of the requests that are left are kept for other failures."""
        smallest_answer, note = answer, ", the smallest of the requests that show it"
        stop_at = self._quota.reductions // 2

        def fails(body: Body) -> bool | None:
            nonlocal smallest_answer, note
            again = self._again(sent, body, stop_at)
            if again is None:
                note = ", a smaller one of the requests that show it"
                return None
            if id not in again[1]:
                return False
            smallest_answer = again[0]
            return True

        smallest(sent.fields, fails, keep=self._ctx.evidence.mark)
        return smallest_answer, note if smallest_answer is not answer else ""

    def _again(self, sent: SentRequest, body: Body, stop_at: int) -> _Tried | None:
        """Another body in its place: the answer, and what it breaks; ``None``: no more requests.
        A request that was tried for another failure is not sent again."""
        account = sent.sender or "first"
        if account not in self._options.accounts:
            return None
        one = self._player.request(sent.operation, body, account, TokenSource.ACCOUNT)
        key = (sent.operation, account, one.content)
        if key not in self._tried:
            if not self._quota.reduce(stop_at):
                return None
            answer = self._ctx.try_call(sent.operation, body, account=account)
            self._tried[key] = answer, self._broken(one, answer)
        return self._tried[key]

    def _broken(self, one: SentRequest, answer: Answer) -> set[str]:
        """The requirements that an answer breaks."""
        broken = {id for id, _, _ in self._ctx.watch.latest}
        broken |= {id for id, _, _ in self._player.laws.breaches(one, answer)}
        if answer.ok and one.operation == "findJobs":
            found = FindResult(answer.records, answer.total)
            model = self._player.model
            broken |= {id for id, _, _ in model.found(one.sender or "first", one.fields, found)}
        return broken
