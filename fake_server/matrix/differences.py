"""Whether a response would be another one under another answer to an open question.

A find changes nothing, so it is answered again, with the other answer. So are the checks of a
submission, for check-order. For what changes something, a rule says when answers differ.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ..api import check_order, validation
from ..api.authenticate import token_of
from ..api.call import Call
from ..api.submit import CONCURRENT
from ..api.table import OPERATIONS
from ..contract.errors import ApiError, Envelopes
from ..contract.profile import Profile
from ..http.exchange import Exchange
from ..http.types import RequestHeaders
from ..journal.render import errno
from ..service import FakeService, Rules
from ..store.tokens import TokenError
from .answered import document

#: What is asked beside a find, of its token or of its failure; another answer shows in each.
_BESIDE = frozenset({"bearer-prefix", "service-error-message"})


class Differences:
    """Tells for each request which answers would have made its response another one."""

    def __init__(self, service: FakeService) -> None:
        self._service = service
        #: The other answers to look for, by question.
        self.wanted: Mapping[str, tuple[str, ...]] = {}
        #: Those that made a difference, each as ``question=answer``.
        self.found: set[str] = set()
        self._actual: Profile | None = None
        self._rules: dict[tuple[str, str], Rules] = {}
        self._logins = _Logins()
        self._upscaled: dict[tuple[object, ...], Exchange] = {}

    def look(self, exchange: Exchange, asked: frozenset[str]) -> None:
        """Note what a request, which has looked up ``asked``, makes a difference of."""
        if "second-login" in self.wanted and self._logins.meets(self._service, exchange):
            self.found |= {f"second-login={each}" for each in self.wanted["second-login"]}
        for question in sorted(asked & self.wanted.keys()):
            left = [a for a in self.wanted[question] if f"{question}={a}" not in self.found]
            self.found |= {
                f"{question}={answer}"
                for answer in left
                if self._differs(exchange, question, answer)
            }

    def _differs(self, exchange: Exchange, question: str, answer: str) -> bool:
        if question == "second-login":
            return False  # by itself it changes no response
        if exchange.account is None or exchange.operation is None or exchange.cut:
            return True
        if exchange.operation.id == "findJobs" and question not in _BESIDE:
            answered = not exchange.lost and errno(exchange) not in (None, 501)
            return answered and self._finds_other(exchange, question, answer)
        rule = _RULES.get(question)
        return rule is None or rule(self, exchange, answer)

    def _finds_other(self, exchange: Exchange, question: str, answer: str) -> bool:
        return self._find(exchange, "", "") != self._find(exchange, question, answer)

    def _find(self, exchange: Exchange, question: str, answer: str) -> tuple[int, bytes]:
        """The HTTP status and the data of a find, or its error, with another answer."""
        rules = self._with(exchange, question, answer)
        operation = exchange.operation
        assert operation is not None
        try:
            call = self._call(exchange, rules)
            check_order.check(self._service, call, OPERATIONS[operation.id])
            data = OPERATIONS[operation.id].handler(self._service, call)
        except ApiError as error:
            return rules.envelopes.of(error, operation.id)
        return int(rules.profile.of_operation("success-http-status", operation.id)), data

    def _call(self, exchange: Exchange, rules: Rules) -> Call:
        """The request again. Raises ``ApiError``."""
        operation = exchange.operation
        assert operation is not None
        assert exchange.account is not None
        body = validation.parse(operation, exchange.body, rules.profile, dict(exchange.headers))
        account = self._service.store.account_by_id(exchange.account)
        return Call(operation, body, account, self._time(exchange), rules, lambda: "")

    def _time(self, exchange: Exchange) -> int:
        """That of its account (ms); the exchange itself has it where the checks were passed."""
        return exchange.now or self._service.clocks.now(exchange.account)

    def _with(self, exchange: Exchange, question: str, answer: str) -> Rules:
        """Rules that are watched by nobody; without a question, those of the request."""
        actual = self._service.rules_for(exchange.account).profile
        if actual is not self._actual:
            self._actual, self._rules = actual, {}
        known = self._rules.get((question, answer))
        if known is None:
            answers = dict(actual.answers.items())
            if question:
                answers[question] = answer
            profile = Profile("another", answers)
            known = Rules(profile, Envelopes(self._service.spec.errors, profile))
            self._rules[question, answer] = known
        return known

    def _breaks_several_rules(self, exchange: Exchange, answer: str) -> bool:
        """check-order: whether the first rule that is broken is another one in another order."""
        actual = self._with(exchange, "", "")
        orders = actual.profile["check-order"], answer
        first, other = (self._refusal(exchange, actual, order.split("-")) for order in orders)
        return first != other

    def _refusal(self, exchange: Exchange, rules: Rules, steps: list[str]) -> str | None:
        operation = exchange.operation
        assert operation is not None
        try:
            call = self._call(exchange, rules)
            check_order.check_in_order(self._service, call, OPERATIONS[operation.id], steps)
        except ApiError as error:
            return error.name
        return None

    def _is_repeated(self, exchange: Exchange, _: str) -> bool:
        """repeat-upscale: whether this cell has been upscaled before."""
        body = document(exchange.body)
        cell = exchange.account, str(body.get("parent_hash")), str(body.get("grid_num"))
        first = self._upscaled.get(cell)
        if first is None and errno(exchange) == 0:
            self._upscaled[cell] = exchange
        return first not in (None, exchange)

    def _is_one_too_many(self, exchange: Exchange, _: str) -> bool:
        """concurrency-limit: whether as many others as may be are unfinished."""
        assert exchange.account is not None
        made = b"" if exchange.answer is None else exchange.answer.body
        unfinished = self._service.store.unfinished(exchange.account, self._time(exchange))
        return sum(job.hash.encode() not in made for job in unfinished) >= CONCURRENT


_RULES: Mapping[str, Callable[[Differences, Exchange, str], bool]] = {
    "check-order": Differences._breaks_several_rules,
    "repeat-upscale": Differences._is_repeated,
    "concurrency-limit": Differences._is_one_too_many,
}


class _Logins:
    """second-login: the last token of each account that has logged in again."""

    def __init__(self) -> None:
        self._last: dict[int, str] = {}
        self._again: set[int] = set()

    def meets(self, service: FakeService, exchange: Exchange) -> bool:
        """Whether a request comes with a token from before the account's last login."""
        if exchange.operation is None:
            return False
        if exchange.operation.id == "login":
            self._note(service, exchange)
            return False
        headers: RequestHeaders = dict(exchange.headers)
        token = token_of(headers)
        try:
            claims = service.tokens.verify(token)
        except TokenError:
            return False
        account = claims.account
        if claims.expires <= service.clocks.now(account):
            return False
        return account in self._again and token != self._last[account]

    def _note(self, service: FakeService, exchange: Exchange) -> None:
        data = None if exchange.answer is None else document(exchange.answer.body).get("data")
        if not isinstance(data, dict):
            return
        token = str(data["token"])
        account = service.tokens.verify(token).account
        before = self._last.get(account)
        if before is not None:
            self._again.add(account)
        # Two logins of one millisecond have one token, which is then the earlier one as well.
        self._last[account] = token if token != before else ""
