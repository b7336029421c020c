"""Generated requests for every operation, judged by errno (``--exhaustive``).

All of them are sent once a run, when the first of these checks asks; each check then tells what
was found about its own requirement. Nothing is shrunk: of several requests that show the same
fault the shortest is told.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from weakref import WeakKeyDictionary

from ..checking.context import Context
from ..checking.registry import CheckFunction, Phase, check
from ..contract import Contract
from ..findings import Finding
from ..http.connection import Failure
from ..http.exchange import Answer
from ..rules.generated_bodies import Generator
from ..shared_jobs.evidence import Evidence
from ..verdict import UnavailableError
from . import envelope, model
from .robustness import misbehaviour

#: So many bodies of each kind for each operation.
_COUNT = 60

_Body = Mapping[str, object]

#: What each field may hold before it counts as wrong: the type shown, and what the questions
#: allow beside it (find-bad-limit, find-scalar-for-array, grid-num-string). ``None``: anything.
#: A sender_id need not be looked at where there is a token, nor a content beyond its type.
_TYPES: Mapping[str, tuple[type, ...] | None] = {
    "username": (str,),
    "password": (str,),
    "content": (str,),
    "parent_id": (str,),
    "parent_hash": (str,),
    "grid_num": None,
    "sender_id": None,
    "limit": None,
    "timestamp_smaller_than": (int, float),
    "service": (str, list),
    "job_type": (str, list),
    "folders": (str, list),
    "prompt": (str,),
    "favourite": (bool,),
}


@dataclass(slots=True)
class _Found:
    """Findings by requirement and kind; of one kind the one with the shortest request."""

    kinds: dict[tuple[str, str], tuple[int, Finding]] = field(default_factory=dict)
    sent: int = 0
    problem: UnavailableError | None = None

    def add(self, kind: str, finding: Finding, size: int) -> None:
        known = self.kinds.get((finding.id, kind))
        if known is None or size < known[0]:
            self.kinds[finding.id, kind] = (size, finding)

    def about(self, id: str) -> list[Finding]:
        return [finding for (of, _), (_, finding) in self.kinds.items() if of == id]


_RUNS: WeakKeyDictionary[Evidence, _Found] = WeakKeyDictionary()


def _judge_log(id: str, plain: CheckFunction) -> None:
    """Register the check that judges the log again when the generated requests are in it."""

    @check(id, phase=Phase.LAST, exhaustive=True)
    def judged(ctx: Context) -> Finding | Iterable[Finding]:
        _send_all(ctx)
        return plain(ctx)


_judge_log("GEN-1", envelope.every_answer_is_an_envelope)
_judge_log("GEN-2", envelope.every_errno_is_in_the_table)
_judge_log("GEN-3", envelope.a_failure_has_a_text_and_no_result)
_judge_log("GEN-6", envelope.json_says_so_and_a_success_has_no_error_status)


def _tell(id: str, what: str) -> None:
    """Register the check that tells what the generated requests found about ``id``."""

    @check(id, phase=Phase.LAST, exhaustive=True)
    def told(ctx: Context) -> Iterator[Finding]:
        found = _send_all(ctx)
        yield from found.about(id)
        if found.problem is not None:
            raise found.problem
        yield ctx.ok(f"{found.sent} generated requests: {what}")


_tell("GEN-4", "each wrong parameter got 301")
_tell("GEN-5", "none broke the server")
_tell("FIND-1", "every sensible set of filters was taken")
_tell("FIND-11", "every record found has the types shown")
_tell("LOGIN-4", "no made-up credentials logged in")


def _send_all(ctx: Context) -> _Found:
    if ctx.evidence not in _RUNS:
        found = _RUNS[ctx.evidence] = _Found()
        _generate(ctx, found)
        if found.problem is None:
            model.play(ctx)
    return _RUNS[ctx.evidence]


def _generate(ctx: Context, found: _Found) -> None:
    generator = Generator(ctx.contract, ctx.options.seed)
    for operation in ctx.contract.operations:
        for good in (True, False):
            trial = _Trial(ctx, found, generator, operation)
            try:
                ctx.account()
                generator.bodies(operation, _COUNT, trial.unless_over, good=good)
            except UnavailableError as problem:
                trial.problem = problem
            found.problem = found.problem or trial.problem
            if found.problem is not None:
                return


@dataclass(slots=True)
class _Trial:
    """One operation under generated bodies."""

    ctx: Context
    found: _Found
    generator: Generator
    operation: str
    problem: UnavailableError | None = None

    def unless_over(self, body: object) -> None:
        """Send one body, unless the time or the budget is over: then the rest is left out.

        What is raised in here would be taken for a failing example and sent again.
        """
        if self.problem is not None:
            return
        try:
            self._send(body)
        except UnavailableError as problem:
            self.problem = problem

    def _send(self, body: object) -> None:
        if not isinstance(body, dict):
            self._judge_other(body)
            return
        body = self._tamed(body)
        size = len(json.dumps(body))
        answer = self.ctx.try_call(self.operation, body)
        self.found.sent += 1
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
        """A body that is no object (GEN-5)."""
        content = body if isinstance(body, bytes) else json.dumps(body, default=str).encode()
        answer = self.ctx.raw(self.operation, content)
        self.found.sent += 1
        if answer.failure is not None:
            self._lost(body, answer, len(content))
        elif complaint := misbehaviour(answer):
            self._fail(
                "GEN-5", complaint, answer, len(content), "a 4xx or an envelope", answer.says()
            )

    def _judge_wrong(self, wrong: str, answer: Answer, size: int) -> None:
        # A parent that does not exist may be noticed before the rest is looked at.
        allowed = (301, 410, 420) if self.operation in ("varyJob", "upscaleJob") else (301,)
        if answer.errno not in allowed:
            self._fail("GEN-4", wrong, answer, size, "errno 301", answer.says())

    def _judge_right(self, body: _Body, answer: Answer, size: int) -> None:
        if complaint := misbehaviour(answer):
            if answer.errno is None:
                # With an envelope it may be the status of an errno (question error-http-status).
                self._fail("GEN-5", complaint, answer, size, "an envelope", answer.says())
        elif self.operation == "login" and answer.ok:
            self._fail(
                "LOGIN-4", "made-up credentials", answer, size, "another errno", answer.says()
            )
        elif self.operation == "findJobs" and not answer.ok and sensible(body):
            shown = ", ".join(sorted(body)) or "nothing"
            self._fail("FIND-1", f"find by {shown}", answer, size, "errno 0", answer.says())

    def _judge_records(self, answer: Answer, size: int) -> None:
        for line in self.generator.complaints(self.operation, answer):
            # Which of the records it was is no news: the same fault in each is one.
            what = re.sub(r"\.res\.\d+\.", ".res.", line.strip().splitlines()[0])
            self._fail("FIND-11", what, answer, size, "as in openapi.yaml", what)

    def _lost(self, body: object, answer: Answer, size: int) -> None:
        """No whole answer. It counts if other requests are answered, and this one is not, twice."""
        if answer.failure is Failure.CONNECT:
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
        told = self.ctx.fail(
            f"{self.operation}: {kind}: {actual}", answer, expected=expected, actual=actual
        )
        finding = Finding(id, told.verdict, told.message, told.expected, told.actual, told.evidence)
        self.found.add(f"{self.operation} {kind}", finding, size)


def wrong_parameter(contract: Contract, operation: str, body: _Body) -> str:
    """What is wrong with ``body`` beyond any question; empty if nothing is."""
    schema = contract.document["components"]["schemas"][_SCHEMAS[operation]]
    for key in schema.get("required", ()):
        if body.get(key) is None:
            return f"no {key}"
    for key, value in body.items():
        types = _TYPES.get(key) if key in schema["properties"] else None
        if types is None or value is None:
            continue
        if not isinstance(value, types) or (isinstance(value, bool) and bool not in types):
            if key == "timestamp_smaller_than" and re.fullmatch(r"-?[\d.]+", str(value)):
                continue  # a record's own timestamp is a string
            return f"{key} is {_kind(value)}"
        if isinstance(value, list) and any(isinstance(one, dict | list) for one in value):
            return (
                f"{key} holds {_kind(next(one for one in value if isinstance(one, dict | list)))}"
            )
    return ""


_SCHEMAS = {
    "login": "LoginRequest",
    "createJob": "CreateJobRequest",
    "findJobs": "FindJobsRequest",
    "varyJob": "VaryJobRequest",
    "upscaleJob": "UpscaleJobRequest",
    "blendImages": "BlendImagesRequest",
    "describeImage": "DescribeImageRequest",
}


def _kind(value: object) -> str:
    names: dict[type, str] = {
        dict: "an object",
        list: "an array",
        str: "a string",
        bool: "a boolean",
    }
    return names.get(type(value), "a number")


def sensible(filters: _Body) -> bool:
    """Whether a server has no ground to refuse these filters.

    What is generated may be strange: a year before 1970, a type that nobody heard of, control
    characters. The page allows none of it and forbids none.
    """
    tests: Mapping[str, Callable[[object], bool]] = {
        "limit": lambda value: _among(value, 1, 100),
        "timestamp_smaller_than": lambda value: _among(value, 1, 10**13),
        "service": lambda value: _items(value, ("main", "niji")),
        "job_type": lambda value: _items(value, ("main", "upscale")),
        "prompt": lambda value: (
            isinstance(value, str) and value.isprintable() and value.strip() != ""
        ),
        "folders": lambda value: value == [],
        "favourite": lambda value: isinstance(value, bool),
    }
    return all(key in tests and tests[key](value) for key, value in filters.items())


def _among(value: object, least: int, most: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and least <= value <= most


def _items(value: object, known: tuple[str, ...]) -> bool:
    return isinstance(value, list) and all(one in known for one in value)
