"""One run against one server: what schemathesis asks for goes through the kit's gate, and comes
back judged and without secrets."""

from __future__ import annotations

import json
import os
import re
import threading
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace

from ..checking.watch import Watch
from ..contract import shipped
from ..findings import Finding
from ..http.budget import Budget
from ..http.connection import Failure
from ..http.curl import curl
from ..http.exchange import Answer
from ..http.gate import Gate
from ..http.redaction import Secrets
from ..http.request_kinds import Traffic
from ..http.session import Session, request_headers
from ..json_access import printable
from ..rules.bad_tokens import bad_tokens
from ..rules.envelopes import elsewhere
from ..rules.refusals import FORGED, NOBODY, Breach, SentRequest, unknown_parent
from ..settings import ROLES, RunOptions, run_options
from ..verdict import UnavailableError, Verdict
from .made_jobs import MadeJobs
from .placeholders import filled, password
from .single_answers import faults
from .telling_cases import Telling, telling_cases

#: What a reason calls by the option of `sampan check` is a variable here.
_OPTION = re.compile(r"--(budget-jobs|(?:second|limited)-(?:username|password))\b")


def _by_variables(reason: str) -> str:
    return _OPTION.sub(lambda found: f"SAMPAN_{found[1].upper().replace('-', '_')}", reason)


def _counted(count: int, what: str) -> str:
    return f"{count} {what}{'s' * (count != 1)}"


@dataclass(frozen=True, slots=True)
class Wish:
    """A request that schemathesis asks for. ``account``: whose token it carries, ``nobody``, or
    what is wrong with the token; ``case``: the name of an example of ours, or empty."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes
    account: str = "first"
    case: str = ""


@dataclass(frozen=True, slots=True)
class Judged:
    """The answer, the breaches that it shows by itself, and a curl line that repeats it."""

    answer: Answer
    breaches: tuple[Breach, ...]
    again: str

    @property
    def elsewhere(self) -> bool:
        """Whether the answer is not the API's."""
        return elsewhere(self.answer)


class Run:
    """``target``: the URL of the server. Safe to use from several threads.

    Raises ``SettingsError`` without an account in ``environment``, and ``TargetError`` if nobody
    can log in.
    """

    def __init__(self, target: str, environment: Mapping[str, str]) -> None:
        self.contract = shipped()
        self.options = _options(target, environment)
        self.mark = f"sampan-{self.options.seed:08x}"
        self._watch = Watch(self.contract, self.options.accounts, self.mark)
        self.secrets = Secrets()
        self._gate = Gate(
            self.options.target,
            self.contract,
            budget=Budget(self.options.jobs),
            secrets=self.secrets,
            rate=self.options.rate,
            timeout=self.options.timeout,
            allow_plain_http=self.options.allow_plain_http,
            on_answer=self._watch.observe,
            traffic=Traffic(self.contract, self.options.accounts),
        )
        self._session = Session(self.options, self.contract, self._gate)
        self._jobs = MadeJobs(self._session, self.mark)
        self._not_sent: Counter[str] = Counter()
        self._shown: set[str] = set()
        self._lock = threading.Lock()
        self._validating = threading.Lock()
        self._session.login_all()

    def send(self, wish: Wish) -> Judged:
        """Send it and judge the answer. Raises ``UnavailableError`` if it may not be sent."""
        try:
            return self._judged(wish)
        except UnavailableError as problem:
            with self._lock:
                self._not_sent[problem.reason] += 1
            raise

    def later_findings(self) -> list[Finding]:
        """The failures that several answers show together, or that no case has reported."""
        all_of = (self._watch.findings(id) for id in self.contract.requirements)
        return [one for found in all_of for one in found if one.id not in self._shown]

    def remarks(self) -> list[str]:
        """What the run cost, and what it left out; a sentence each."""
        allowed = "any number" if self.options.jobs is None else str(self.options.jobs)
        spent = _counted(self._gate.budget.spent, "job")
        said = [f"sampan: {spent} spent at {self.options.target} ({allowed} allowed)."]
        for reason, count in self._not_sent.most_common():
            were = f"{_counted(count, 'request')} {'was' if count == 1 else 'were'}"
            said.append(f"sampan: {were} not sent: {_by_variables(reason)}.")
        said += [f"sampan: {one}." for one in self._gate.remarks()]
        return [printable(self.secrets.redact(one)) for one in said]

    def _judged(self, wish: Wish) -> Judged:
        operation = self._operation(wish)
        telling = self._telling(operation, wish.case)
        body = filled(wish.body, self._value) if wish.case else wish.body
        role, token = self._token(operation, wish.account)
        headers = dict(wish.headers) | request_headers(token, None)
        headers |= {k: v for k, v in wish.headers.items() if k.lower() == "content-type"}
        sent = SentRequest(operation, role, _fields(body), body)
        if wish.method != "POST" or (sent.body is not None and not _is_json(wish)):
            # What the server makes of it is left open, so that no requirement is about it.
            sent = replace(sent, operation="")
        answer = self._answered(wish, sent, headers, planned=_planned(telling))
        if answer.errno == 301 and self._watch.has_upscaled(sent):
            telling = None  # once more may be refused (question repeat-upscale)
        breaches = self._faults(sent, answer, telling)
        if answer.failure is not None:
            answer, breaches = self._once_more(wish, sent, headers, answer)
        with self._lock:
            self._shown |= {id for id, _, _ in breaches}
        return Judged(answer, tuple(breaches), curl(answer.exchange))

    def _answered(
        self, wish: Wish, sent: SentRequest, headers: dict[str, str], *, planned: bool
    ) -> Answer:
        def send() -> Answer:
            return self._gate.send(
                wish.method,
                wish.path,
                sent.content,
                headers,
                operation=sent.operation,
                plain=sent.body is not None,
                planned=planned,
            )

        answer = send()
        if answer.errno != 430 or sent.sender not in ROLES or sent.operation == "login":
            return answer
        account = self._session.account(sent.sender)
        used = headers["Authorization"].removeprefix("Bearer ")
        if not self._session.renewed(account, used):
            return answer
        # Some servers let a later login end an earlier one. A refusal started no job.
        headers["Authorization"] = f"Bearer {account.token}"
        return send()

    def _once_more(
        self, wish: Wish, sent: SentRequest, headers: dict[str, str], lost: Answer
    ) -> tuple[Answer, list[Breach]]:
        """No whole answer. It counts if other requests are answered, and this one is not, twice."""
        free = sent.operation and not self._gate.could_submit(wish.path)
        if not free or lost.failure is Failure.CONNECT or not self._alive():
            return lost, []
        again = self._answered(wish, sent, headers, planned=False)
        if again.failure is None or again.failure is Failure.CONNECT:
            return again, self._faults(sent, again, None)
        return again, [("GEN-5", f"{sent.operation}: {again.problem}", "an answer")]

    def _alive(self) -> bool:
        return self._session.call("findJobs", {"limit": 1}).ok

    def _faults(self, sent: SentRequest, answer: Answer, telling: Telling | None) -> list[Breach]:
        if not sent.operation:
            return []
        given = (self.contract, self._watch.schemas, self.options.accounts, self.mark)
        with self._validating:
            return list(dict.fromkeys(faults(*given, sent, answer, telling)))

    def _operation(self, wish: Wish) -> str:
        every = self.contract.operations.values()
        return next((one.id for one in every if one.path == wish.path), "")

    def _telling(self, operation: str, case: str) -> Telling | None:
        cases = telling_cases(self.contract).get(operation, ())
        return next((one for one in cases if one.name == case), None)

    def _token(self, operation: str, account: str) -> tuple[str, str | None]:
        """The sender, as the rules name it, and the token to send."""
        if operation == "login" or account == "nobody":
            return NOBODY, None
        if account in ROLES:
            return account, self._session.account(account).token
        made = dict(bad_tokens(self._session.account().token))
        if account not in made:
            reason = f"{account} can be made of a JWT only"
            raise UnavailableError(Verdict.UNTESTABLE, reason)
        return FORGED, made[account]

    def _value(self, placeholder: str) -> str:
        """What a placeholder stands for. Raises ``UnavailableError``."""
        name, _, key = placeholder.partition(".")
        if name == "unknown":
            return unknown_parent(self.mark)
        if name not in ROLES:
            return self._jobs.value(name, key)
        # Not by the login that the run has made: that one may have failed.
        account = self.options.accounts.get(name)
        if account is None:
            raise UnavailableError(Verdict.UNTESTABLE, f"needs the {name} account")
        if key == "username":
            return account.username
        try:
            made = password(account.password, key.partition(".")[2])
        except ValueError as problem:
            raise UnavailableError(Verdict.UNTESTABLE, str(problem)) from None
        self.secrets.add_if_akin(made)
        return made


def _options(target: str, environment: Mapping[str, str]) -> RunOptions:
    given = {
        name: environment.get(f"SAMPAN_{name.upper()}")
        for name in ("budget_jobs", "rate", "timeout")
    }
    if environment.get("PYTEST_XDIST_WORKER", "gw0") != "gw0":
        # Processes don't share a budget: the first worker has it.
        given["budget_jobs"] = "0" if given["budget_jobs"] != "unlimited" else "unlimited"
    plain = environment.get("SAMPAN_ALLOW_PLAIN_HTTP") == "1"
    return run_options(
        target,
        {**given, "allow_plain_http": plain},
        environment,
        lambda name: f"SAMPAN_{name.upper()}",
    )


def _planned(telling: Telling | None) -> bool:
    """Whether it is meant to be accepted: success is none of the answers that would be wrong."""
    return telling is not None and bool(telling.wrong) and 0 not in telling.wrong


def _is_json(wish: Wish) -> bool:
    """Whether the body is called JSON."""
    found = (value for name, value in wish.headers.items() if name.lower() == "content-type")
    return next(found, "") == "application/json"


def _fields(body: bytes) -> Mapping[str, object] | None:
    """The body if it is a JSON object."""
    try:
        value = json.loads(body.decode())
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


_RUNS: dict[str, Run] = {}
_LOCK = threading.Lock()


def run_at(target: str) -> Run:
    """The run of this process against ``target``; the environment has its options."""
    with _LOCK:
        if target not in _RUNS:
            _RUNS[target] = Run(target, os.environ)
        return _RUNS[target]


def runs() -> list[Run]:
    """Every run of this process."""
    return list(_RUNS.values())
