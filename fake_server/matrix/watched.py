"""A fake that notes which open questions the requests of a client reach, and what they show it.

A question is reached where a handler asks the profile for its answer while it works on a request
of the API or for a picture, and touched where another answer would make a difference. Calls of the
control API are no requests of a client's. A fake that nobody watches pays nothing: here its
profiles and its journal are others, and nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from ..armed.fault import Fault
from ..armed.scenarios import ArmedScenario
from ..contract.profile import Profile
from ..http.exchange import Exchange
from ..http.responses import Response
from ..http.target import with_origin_form
from ..http.types import Receive, RequestHeaders, Scope, Send
from ..journal.journal import Journal
from ..server.threaded import FakeServer
from ..service import FakeService, Rules
from ..settings import Settings
from ..store.account import Account
from ..web.app import App
from ..web.control import is_control
from ..web.dashboard import is_dashboard
from .differences import Differences
from .mishaps import Mishap

#: What the request of the client has asked that is worked on now; ``None``: it is none.
_ASKED: ContextVar[set[str] | None] = ContextVar("sampan.asked", default=None)
#: What a profile derives from an answer and would keep; derived anew, it asks anew.
_DERIVED = ("token_seconds", "default_limit", "max_limit", "statuses", "job_types")


class _Answers(dict[str, str]):
    """The answers of a profile, which notes each one that is looked up for a client."""

    def __init__(self, answers: Mapping[str, str], asked: set[str]) -> None:
        super().__init__(answers)
        self._asked = asked

    def __getitem__(self, question: str) -> str:
        by_request = _ASKED.get()
        if by_request is not None:
            by_request.add(question)
            self._asked.add(question)
        return super().__getitem__(question)


class _WatchedProfile(Profile):
    """A profile that keeps nothing that it derives."""

    def __getattribute__(self, name: str) -> Any:
        if name in _DERIVED:
            vars(self).pop(name, None)
        return super().__getattribute__(name)

    def of_operation(self, question: str, operation: str | None) -> str:
        self[question]  # asked, also where operations have answers of their own
        return super().of_operation(question, operation)


class _WatchedJournal(Journal):
    """A journal whose exchanges are looked at before they are kept, whole as they are then."""

    look: Callable[[Exchange], None]

    def record(self, exchange: Exchange, answer: Response) -> None:
        exchange.answer = answer
        self.look(exchange)
        super().record(exchange, answer)

    def answered(self, exchange: Exchange, answer: Response | None) -> None:
        exchange.answer = answer
        self.look(exchange)
        super().answered(exchange, answer)


class WatchedService(FakeService):
    """A fake whose rules note what is asked of them, and its journal what a client is shown."""

    def __init__(self, settings: Settings) -> None:
        self.asked: set[str] = set()
        self.differences = Differences(self)
        #: What is to be noticed, whether it was, and what it is armed as.
        self.mishap: Mishap | None = None
        self.noticed = False
        self.armed: tuple[Fault | ArmedScenario, ...] = ()
        self.requests = 0
        #: The operations that were called, by their operationId.
        self.called: set[str] = set()
        #: Whether somebody has set a profile by the control API.
        self.replaced = False
        super().__init__(settings)

    def _journal(self) -> Journal:
        journal = _WatchedJournal(self.spec.operations, self.secrets, self.settings.journal_bytes)
        journal.look = self._look
        return journal

    def _look(self, exchange: Exchange) -> None:
        """Note what an exchange that has ended shows to its client."""
        asked = frozenset(_ASKED.get() or ())
        before = _ASKED.set(None)
        try:
            self.differences.look(exchange, asked)
            if self.mishap is not None and self.mishap.noticed is not None and not self.noticed:
                self.noticed = self.mishap.noticed(self, exchange)
                if self.noticed and self.mishap.once:
                    still = [each for each in self.scenarios.all if each in self.armed]
                    self.scenarios.replace(still, [])
        finally:
            _ASKED.reset(before)

    def _rules(self, profile: Profile) -> Rules:
        return super()._rules(_WatchedProfile(profile.name, _Answers(profile.answers, self.asked)))

    def use_profile(self, profile: Profile, account: Account | None = None) -> None:
        self.replaced = True
        super().use_profile(profile, account)


class WatchedApp(App):
    """The application of a watched fake, which tells clients' requests from others."""

    def __init__(self, service: WatchedService) -> None:
        super().__init__(service)
        self._watched = service

    def respond_now(self, exchange: Exchange, headers: RequestHeaders) -> Response | None:
        with self._of_client():
            response = super().respond_now(exchange, headers)
        if response is not None:  # else it comes again, by ASGI
            self._count(exchange.method, exchange.path)
        return response

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            scope = with_origin_form(scope)
        if scope["type"] != "http" or is_control(scope) or is_dashboard(scope):
            await super().__call__(scope, receive, send)
            return
        self._count(scope["method"], scope["path"])
        with self._of_client():
            await super().__call__(scope, receive, send)

    def _count(self, method: str, path: str) -> None:
        self._watched.requests += 1
        operation = self._operations.get(path)
        if operation is not None and operation.method == method:
            self._watched.called.add(operation.id)

    @contextmanager
    def _of_client(self) -> Iterator[None]:
        before = _ASKED.set(set())
        try:
            yield
        finally:
            _ASKED.reset(before)


class WatchedServer(FakeServer):
    """A ``FakeServer`` that can say what the requests to it have reached."""

    _service: WatchedService

    def _application(self) -> App:
        self._service = WatchedService(self._settings)
        return WatchedApp(self._service)

    @property
    def asked(self) -> frozenset[str]:
        """The open questions that requests have reached so far."""
        return frozenset(self._service.asked)

    @property
    def called(self) -> frozenset[str]:
        """The operationIds of the operations that were called so far."""
        return frozenset(self._service.called)

    @property
    def requests(self) -> int:
        """How many requests came that were not for the control API or the dashboard."""
        return self._service.requests

    def look_for(self, answers: Mapping[str, tuple[str, ...]]) -> None:
        """Note from now on where one of these answers, by question, would make a difference."""
        self._service.differences.wanted = answers

    @property
    def touched(self) -> frozenset[str]:
        """The answers looked for that would have changed a response: ``question=answer``."""
        return frozenset(self._service.differences.found)

    def arm(self, mishap: Mishap, operation: str) -> None:
        """Have a mishap happen, to an operation if it is about one."""
        mishap.arm(self.admin, operation)
        service = self._service
        # Kept, since COMMAND may disarm them when they have been applied, or reset the fake.
        service.armed = (*service.faults.all, *service.scenarios.all)
        service.mishap = mishap

    @property
    def has_applied(self) -> bool:
        """Whether what was armed has been applied, noticed or not."""
        return any(each.applied for each in self._service.armed)

    @property
    def has_met(self) -> bool:
        """Whether what was armed has been applied, and a request has shown it to the client."""
        mishap = self._service.mishap
        shows = mishap is None or mishap.noticed is None or self._service.noticed
        return self.has_applied and shows

    @property
    def profile_replaced(self) -> bool:
        """Whether another profile was set while it ran."""
        return self._service.replaced

    def redact(self, text: str) -> str:
        """``text`` without tokens and the passwords of accounts."""
        return self._service.journal.redact(text)
