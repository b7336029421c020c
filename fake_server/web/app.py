"""A request's way, as one ASGI application.

    socket → journal → faults → route → body → auth → JSON → schema → handler → envelope

The routes are a table made from the contract. There is no framework between the server and the
handlers: on this path one costs more than all the rest. Only faults and the control API ever wait
for something; an operation's answer is a plain function of the request and the world, which is
why ``protocol.py`` can ask for it without an ASGI call.
"""

from __future__ import annotations

import logging
from functools import partial
from typing import TYPE_CHECKING

import jsonschema_rs
import orjson

from ..api import authenticate as caller
from ..api import auto_advance as pacing
from ..api import picture_files as gallery
from ..api import validation
from ..api.call import Call
from ..api.operations import HANDLERS, Handler
from ..contract.document import Operation, SpecError
from ..contract.errors import ApiError
from ..faults.faults import FaultHit
from ..http import exchange as request
from ..http.exchange import Disconnected, Exchange, Headers, Receive, Scope, Send
from ..http.responses import HTML, JSON, TEXT, Response, told
from ..service import FakeService
from ..settings import Settings
from . import fault_injection as misfortune
from . import pages
from .fault_injection import Connection

if TYPE_CHECKING:
    from ..admin.routing import Control

#: Where the control API is.
CONTROL = "/__admin/"

log = logging.getLogger("sampan")


class BreachError(Exception):
    """``--strict``: the fake was about to answer what its own contract forbids."""


def create_app(settings: Settings | None = None) -> App:
    """A fake as an ASGI application. Raises ``SpecError``, ``ProfileError``, ``StoreError``."""
    return App(FakeService(Settings() if settings is None else settings))


class App:
    """The ASGI application of one ``FakeService``."""

    def __init__(self, service: FakeService) -> None:
        """Raises ``SpecError`` on an operation that has no handler."""
        self.service = service
        self._routes = {operation.path: _route(operation) for operation in service.spec.operations}
        #: The operations' paths as they stand in a request, without a query.
        self.targets = {path.encode(): path for path in self._routes}
        self._strict: dict[str, jsonschema_rs.Draft202012Validator] = {}
        if service.settings.strict:
            self._strict = {
                o.id: service.spec.response_validator(o) for o in service.spec.operations
            }
        self._control: Control | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            try:
                if scope["path"].startswith(CONTROL):
                    answer = await self.control.answer(scope, receive)
                    await request.send(send, answer, scope["method"] == "HEAD")
                else:
                    await self._serve(scope, receive, send)
            except Disconnected:
                return
        elif scope["type"] == "lifespan":
            await self._lifespan(receive, send)
        else:
            await send({"type": "websocket.close"})

    @property
    def control(self) -> Control:
        """The control API, loaded when it is first asked for."""
        if self._control is None:
            from ..admin.routing import Control

            self._control = Control(self.service)
        return self._control

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request. Raises ``Disconnected``, and ``ConnectionFault`` in-process."""
        exchange = request.of_scope(scope)
        headers = dict(exchange.headers)
        route = self._routes.get(exchange.path)
        if route is not None and exchange.method == "POST":
            exchange.operation = route[0]
        refusal = None
        try:
            await request.receive(exchange, headers, receive)
        except ApiError as error:
            refusal = error
        if self.service.faults.live:
            hit = self._hit(exchange, headers)
            if hit is not None:
                answering = partial(self._answer, exchange, headers, refusal)
                connection = Connection(scope, receive, send)
                await misfortune.inject(self.service, hit, exchange, answering, connection)
                return
        answer = self._answer(exchange, headers, refusal)
        self.service.journal.record(exchange, answer)
        await request.send(send, answer, exchange.method == "HEAD")

    def at_once(self, exchange: Exchange, headers: Headers) -> Response | None:
        """The answer to a whole POST to one of :attr:`targets`, without an ASGI call.

        ``None`` where a fault may befall it, which takes the connection and time.
        """
        if self.service.faults.live:
            return None
        exchange.operation = self._routes[exchange.path][0]
        refusal = None
        try:
            request.refuse_large(exchange, headers)
        except ApiError as error:
            refusal = error
        answer = self._answer(exchange, headers, refusal)
        self.service.journal.record(exchange, answer)
        return answer

    def _hit(self, exchange: Exchange, headers: Headers) -> FaultHit | None:
        """The fault that befalls a request, if one does."""
        account = caller.guess_account(self.service, exchange, headers)
        if account is not None:
            exchange.account = account.id
        return self.service.faults.hit(
            None if account is None else account.username,
            None if exchange.operation is None else exchange.operation.id,
            exchange.path,
        )

    def _answer(self, exchange: Exchange, headers: Headers, refusal: ApiError | None) -> Response:
        """The answer to one request; never raises."""
        operation = exchange.operation
        try:
            if refusal is not None:
                return self._refusal(refusal, exchange)
            if operation is None:
                return self._elsewhere(exchange, headers)
            return self._operate(exchange, headers, operation)
        except ApiError as error:
            return self._refusal(error, exchange)
        except BreachError as breach:
            log.error("%s", breach)
            return Response(500, f"sampan --strict: {breach}\n".encode(), TEXT)
        except Exception:
            # The client gets the contract's own words, the log gets the trace.
            log.exception("%s %s", exchange.method, exchange.path)
            name = self.service.envelopes.service_error(
                submission=operation is not None and operation.submits
            )
            return self._refusal(ApiError(name, "the fake itself failed: see its log"), exchange)

    def _operate(self, exchange: Exchange, headers: Headers, operation: Operation) -> Response:
        service, raw, account = self.service, exchange.body, None
        if operation.secured:
            account, now = caller.authenticate(service, headers, raw)
            exchange.account = account.id
            service = service.for_account(account.id)
            if operation.id == "findJobs" and service.clocks.state(account.id).auto:
                pacing.poll(service, account)
                now = service.clocks.now(account.id)
        else:
            now = service.clocks.now()
        body = validation.parse(raw, service.profile)
        validation.check(operation, body, service.profile, service.settings.markers)
        if not operation.secured:
            named = service.store.account(body["username"])
            if named is not None:
                exchange.account = named.id
                service = service.for_account(named.id)
        exchange.now = now
        origin = partial(request.base, service.settings.external_url, exchange, headers)
        call = Call(operation, body, account, now, origin)
        data = self._routes[operation.path][1](service, call)
        text = b'{"errno":0,"errmsg":"%b","data":%b}' % (_message(service, operation), data)
        if self._strict:
            self._check(operation, text)
        status = 201 if service.profile["success-http-status"] == "201" else 200
        return Response(status, text, _INVENTED if call.invented else JSON)

    def _refusal(self, error: ApiError, exchange: Exchange) -> Response:
        envelope = self.service.for_account(exchange.account).envelopes.of(error)
        if exchange.operation is not None and self._strict:
            try:
                self._check(exchange.operation, envelope.body)
            except BreachError as breach:
                log.error("%s", breach)
                return Response(500, f"sampan --strict: {breach}\n".encode(), TEXT)
        return Response(
            envelope.status, envelope.body, (*JSON, told(b"x-fake-reason", error.reason))
        )

    def _check(self, operation: Operation, text: bytes) -> None:
        for error in self._strict[operation.id].iter_errors(orjson.loads(text)):
            where = "/".join(str(step) for step in error.instance_path)
            raise BreachError(f"{operation.id} was to answer {where or 'a body'}: {error.message}")

    def _elsewhere(self, exchange: Exchange, headers: Headers) -> Response:
        """Pictures, pages, and what is nowhere."""
        method, path = exchange.method, exchange.path
        if method in ("GET", "HEAD"):
            if gallery.is_address(path):
                return self._picture(exchange, headers)
            base = request.base(self.service.settings.external_url, exchange, headers)
            page = pages.get(self.service, path, base)
            if page is not None:
                return page
        exchange.found = False
        if path in self._routes:
            reason = f"{path} takes POST, not {method}"
        else:
            reason = f"there is nothing at {path}; operations: {', '.join(self._routes)}"
        if self.service.profile["unknown-route"] == "http-404-html":
            return Response(404, b"<h1>Not Found</h1>", (*HTML, told(b"x-fake-reason", reason)))
        raise ApiError("not-found", reason, http_status=404)

    def _picture(self, exchange: Exchange, headers: Headers) -> Response:
        service = self.service
        job = gallery.job_at(service, exchange.path)
        if job is not None:
            exchange.account = job.account
            service = service.for_account(job.account)
        try:
            return gallery.get(service, exchange.method, exchange.path, headers)
        except gallery.PictureNotFound as problem:
            account = None if job is None else service.store.account_by_id(job.account)
            if account is not None and problem.until is not None:
                pacing.wait_for(service, account, problem.until)
            raise ApiError("not-found", problem.reason, http_status=problem.status) from problem

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                await send({"type": "lifespan.startup.complete"})
            elif message["type"] == "lifespan.shutdown":
                self.service.close()
                await send({"type": "lifespan.shutdown.complete"})
                return


_INVENTED = (*JSON, told(b"x-fake-invented", "a status other than 2000: the page shows no other"))


def _message(service: FakeService, operation: Operation) -> bytes:
    """The page shows OK for submissions, SUCCESS for login and find."""
    if operation.submits and service.profile["submission-message"] == "ok":
        return b"OK"
    return b"SUCCESS"


def _route(operation: Operation) -> tuple[Operation, Handler]:
    handler = HANDLERS.get(operation.id)
    if handler is None or operation.method != "POST":
        raise SpecError(
            f"the contract's {operation.id} ({operation.method} {operation.path}) has no handler"
        )
    return operation, handler
