"""The model of the API as a Hypothesis state machine, for tests of one's own: ``ApiMachine``."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from ..checking.context import Context
from ..checking.watch import Watch
from ..contract import shipped
from ..http.budget import Budget
from ..http.curl import curl
from ..http.exchange import Answer
from ..http.gate import Gate
from ..http.redaction import Secrets
from ..http.request_kinds import Kind, Traffic
from ..http.session import Session
from ..rules.job_model import JobModel
from ..rules.laws import Laws
from ..rules.refusals import Breach, SentRequest
from ..settings import run_options
from ..shared_jobs.catalogue import JobSelection
from ..shared_jobs.evidence import Evidence
from ..verdict import UnavailableError, Verdict
from . import job_steps
from .player import Player
from .shares import Quota, Shares, UsedUpError
from .steps import STEPS, Needs, Step, Subset

#: More than any test sends.
_ENOUGH = 10**9


class ApiMachine(RuleBasedStateMachine):
    """Logs in, finds, pages, submits and derives as a client may, and fails at the first answer
    that breaks a requirement of the contract, with a curl command.

    Subclass it, name the server and an account, and add rules. ``budget_jobs`` holds for all
    examples of the class together: ``None`` is any number, 0 sends nothing that could start a job.
    The other attributes are those of ``sampan check``; ``None`` is its default.
    """

    base_url: ClassVar[str] = ""
    username: ClassVar[str] = ""
    password: ClassVar[str] = ""
    second_username: ClassVar[str | None] = None
    second_password: ClassVar[str | None] = None
    budget_jobs: ClassVar[int | None] = 0
    rate: ClassVar[float | None] = None
    timeout: ClassVar[float | None] = None
    job_timeout: ClassVar[float | None] = None
    allow_plain_http: ClassVar[bool] = False

    _context: ClassVar[Context | None] = None

    def __init__(self) -> None:
        super().__init__()
        kind = type(self)
        if "_context" not in vars(kind):
            kind._context = _connected(kind)
        assert kind._context is not None
        self._ctx = kind._context
        jobs = _ENOUGH if self.budget_jobs is None else self.budget_jobs
        quota = Quota(Shares(Counter(dict.fromkeys(Kind, _ENOUGH)), jobs, 0))
        quota.waits = _ENOUGH
        laws = Laws(self._ctx.contract, self._ctx.options.accounts, self._ctx.evidence.mark)
        self.player = Player(self._ctx, quota, _fail, JobModel(), laws)

    @initialize()
    def know_the_account(self) -> None:
        """What is there before the first step."""
        self.player.know("first")

    def call(self, operation: str, body: Mapping[str, object]) -> Answer:
        """Send a request of one's own, by operationId. The answer is judged like any other."""
        return self.player.send(operation, body, planned=operation not in ("login", "findJobs"))

    def act(self, step: Step, given: Mapping[str, object]) -> None:
        """Take a step, if the budget allows it."""
        if step.needs is Needs.JOB and not self._ctx.affords_job():
            return
        if step.needs is Needs.REFUSAL and not self._ctx.affords("createJob"):
            return
        try:
            step.run(self.player, **given)
        except UsedUpError:
            return
        except UnavailableError as problem:
            if problem.verdict is not Verdict.UNTESTABLE:
                raise


def _connected(kind: type[ApiMachine]) -> Context:
    """One connection for all examples of a class."""
    given = {
        name: getattr(kind, name)
        for name in (
            *("username", "password", "second_username", "second_password", "rate"),
            *("timeout", "job_timeout", "allow_plain_http"),
        )
    }
    budget = "unlimited" if kind.budget_jobs is None else kind.budget_jobs
    request = given | {"budget_jobs": budget, "seed": 0}
    options = run_options(kind.base_url, request, spelling=str)
    contract, mark = shipped(), "sampan-machine"
    watch = Watch(contract, options.accounts, mark)
    gate = Gate(
        options.target,
        contract,
        budget=Budget(options.jobs),
        secrets=Secrets(),
        rate=options.rate,
        timeout=options.timeout,
        allow_plain_http=options.allow_plain_http,
        on_answer=watch.observe,
        traffic=Traffic(contract, options.accounts),
    )
    session = Session(options, contract, gate)
    session.login_all()
    evidence = Evidence(session, JobSelection((), {}), mark)
    return Context("machine", session, evidence, watch)


def _fail(breach: Breach, answer: Answer, _: SentRequest) -> None:
    id, what, expected = breach
    sentence = shipped().requirements[id].sentence
    raise AssertionError(
        f"{id}: {what}\n  {sentence}\n  expected {expected}\n  {curl(answer.exchange)}"
    )


def _action_of(step: Step) -> Callable[..., None]:
    def act(self: ApiMachine, **given: Any) -> None:
        self.act(step, given)

    act.__doc__ = step.run.__doc__
    return act


def _strategy(values: Any) -> st.SearchStrategy[Any]:
    if isinstance(values, Subset):
        return st.lists(st.sampled_from(values.values), unique=True)
    return st.sampled_from(values)


assert job_steps.create.__name__ in STEPS  # they register when they are imported
_rule: Any = rule  # its overloads know no rules that are made from a table
for _name, _step in STEPS.items():
    _action = _action_of(_step)
    _action.__name__ = _name
    _draws = {name: _strategy(values) for name, values in _step.draws.items()}
    setattr(ApiMachine, f"step_{_name}", _rule(**_draws)(_action))
