"""The fake as a Starlette application.

    server → Recorder (journal, faults) → routes → api/respond.py: token → JSON → schema → handler

A refusal is an ``ApiError``, which an exception handler makes an envelope of, as it does of
Starlette's own 404 and 405.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request

from ..api import picture_files, respond, table
from ..contract.errors import ApiError
from ..http.exchange import Exchange
from ..http.responses import HTML, Response, text_header
from ..http.target import with_origin_form, with_plain_mount
from ..http.types import Receive, RequestHeaders, Scope, Send
from ..service import FakeService
from ..settings import Settings
from ..store.transactions import NotStoredError
from ..suggestions import nearest
from .control import PREFIX
from .cors import Cors
from .pages import PAGES
from .recorder import EXCHANGE, Recorder
from .routes import Routes


class App(Starlette):
    """The application of one :class:`FakeService`.

    A data file is closed when its lifespan ends, and opened again when another one begins: test
    clients have one for each block in which they are used.
    """

    def __init__(self, service: FakeService) -> None:
        """Raises ``SpecError`` on an operation without a handler."""
        self._serve(service)

    def _serve(self, service: FakeService) -> None:
        self.service = service
        self._operations = table.by_path(service.spec)
        cors = service.settings.cors
        #: The operations' paths as they stand in a request line, without a query. None of them can
        #: do without the middleware where that has headers to add.
        self.targets = {} if cors else {path.encode(): path for path in self._operations}
        # They return responses of ours, which are called as Starlette's are.
        handlers: dict[Any, Any] = {
            ApiError: self._refuse,
            respond.BreachError: self._report_breach,
            HTTPException: self._refuse_nowhere,
        }
        super().__init__(
            routes=Routes(service).all(),
            middleware=[
                *([Middleware(Cors, cors, service)] if cors else ()),
                Middleware(Recorder, service, self._operations),
            ],
            exception_handlers=handlers,
            lifespan=_lifespan,
        )
        self.router.redirect_slashes = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            if self.service.store.is_parents:
                raise RuntimeError(
                    "this process was forked from one that has opened the fake's data, and both"
                    " would use its one connection. Make another asgi_app in the child (over a"
                    " file with shared=True in both), or use a FakeServer: children reach it by"
                    " HTTP"
                )
            scope = with_plain_mount(scope)
            if not scope["path"].startswith("/"):
                scope = with_origin_form(scope)
        await super().__call__(scope, receive, send)

    def open(self) -> None:
        """Open the data again that a lifespan before this one has closed. Raises ``StoreError``."""
        if not self.service.store.close.alive:
            # What began with recorded traffic has it in its data by now.
            self._serve(FakeService(replace(self.service.settings, from_har=None)))

    def close(self) -> None:
        """Close the data. What is in memory alone is kept for as long as the application is."""
        if self.service.settings.data is not None:
            self.service.close()

    def respond_now(self, exchange: Exchange, headers: RequestHeaders) -> Response | None:
        """The response to a whole POST to one of :attr:`targets`, without an ASGI call.

        ``None`` where a fault may act on it, which takes the connection and time.
        """
        exchange.operation = self._operations[exchange.path]
        try:
            self.service.store.follow()
        except NotStoredError:
            response = respond.report_unforeseen(self.service, exchange)
            self.service.journal.record(exchange, response)
            return response
        if self.service.faults.live:
            return None
        try:
            if not exchange.size:  # else a head that was measured before
                exchange.check_size(headers)
        except ApiError as error:
            response = respond.refuse(self.service, exchange, error)
        else:
            response = respond.respond(self.service, exchange, headers)
        self.service.troubles.look()
        self.service.journal.record(exchange, response)
        return response

    async def _refuse(self, request: Request, error: ApiError) -> Response:
        return respond.refuse(self.service, request.scope[EXCHANGE], error)

    async def _report_breach(self, _: Request, error: respond.BreachError) -> Response:
        return respond.report_breach(error)

    def _why_nowhere(self, exchange: Exchange) -> str:
        """Why nothing is at an address, or not for this method."""
        path, method = exchange.path, exchange.method
        if path in self._operations:
            asks = any(name == b"access-control-request-method" for name, _ in exchange.headers)
            hint = "; start the fake with --cors to let web pages use it" if asks else ""
            return f"{path} takes POST, not {method}{hint}"
        if method != "GET" and (path == "/" or path in PAGES or picture_files.is_address(path)):
            return f"{path} takes GET, not {method}"
        if path == PREFIX.rstrip("/"):
            return f"the control API is below {PREFIX}; see {PREFIX}openapi.json"
        near, known = nearest(path, self._operations), ", ".join(self._operations)
        hint = "operations" if near is None else f"did you mean {near}? Operations"
        return f"no operation, picture or page at {path}; {hint}: {known}"

    async def _refuse_nowhere(self, request: Request, _: HTTPException) -> Response:
        """Errno 410 where there is nothing, or not for this method: question unknown-route."""
        exchange: Exchange = request.scope[EXCHANGE]
        exchange.found = False
        reason = self._why_nowhere(exchange)
        profile = self.service.rules.profile
        answer, status = "as-unknown-route", 405
        if exchange.path in self._operations:
            answer = profile.of_operation("other-method", self._operations[exchange.path].id)
        if answer == "as-unknown-route":
            answer, status = profile["unknown-route"], 404
        if answer.endswith("html"):
            page = b"<h1>Not Found</h1>" if status == 404 else b"<h1>Method Not Allowed</h1>"
            return Response(status, page, (*HTML, text_header(b"x-fake-reason", reason)))
        refusal = ApiError("not-found", reason, http_status=status)
        return respond.refuse(self.service, exchange, refusal)


def application(settings: Settings) -> App:
    """The application of a new fake. Raises ``SpecError``, ``ProfileError`` or ``StoreError``, and
    ``ValueError`` on a HAR file that it can't begin with."""
    if settings.from_har is None:
        return App(FakeService(settings))
    from ..from_har.begin import begin  # few start so

    return App(begin(settings))


@asynccontextmanager
async def _lifespan(app: App) -> AsyncIterator[None]:
    app.open()
    yield
    app.close()
