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
from ..faults.faults import Strike
from ..http import exchange as request
from ..http.exchange import Disconnected, Exchange, Headers, Receive, Scope, Send
from ..http.responses import HTML, JSON, TEXT, Answer, told
from ..service import World
from ..settings import Settings
from . import fault_injection as misfortune
from . import pages
from .fault_injection import Line

if TYPE_CHECKING:
    from ..admin.routing import Control

#: Where the control API is.
CONTROL = "/__admin/"

log = logging.getLogger("sampan")


class BreachError(Exception):
    """``--strict``: the fake was about to answer what its own contract forbids."""


def create_app(settings: Settings | None = None) -> App:
    """A fake as an ASGI application. Raises ``SpecError``, ``ProfileError``, ``StoreError``."""
    return App(World(Settings() if settings is None else settings))


class App:
    """The ASGI application of one ``World``."""

    def __init__(self, world: World) -> None:
        """Raises ``SpecError`` on an operation that has no handler."""
        self.world = world
        self._routes = {operation.path: _route(operation) for operation in world.spec.operations}
        #: The operations' paths as they stand in a request, without a query.
        self.targets = {path.encode(): path for path in self._routes}
        self._strict: dict[str, jsonschema_rs.Draft202012Validator] = {}
        if world.settings.strict:
            self._strict = {o.id: world.spec.response_validator(o) for o in world.spec.operations}
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

            self._control = Control(self.world)
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
        if self.world.faults.live:
            strike = self._strike(exchange, headers)
            if strike is not None:
                answering = partial(self._answer, exchange, headers, refusal)
                line = Line(scope, receive, send)
                await misfortune.befall(self.world, strike, exchange, answering, line)
                return
        answer = self._answer(exchange, headers, refusal)
        self.world.journal.record(exchange, answer)
        await request.send(send, answer, exchange.method == "HEAD")

    def at_once(self, exchange: Exchange, headers: Headers) -> Answer | None:
        """The answer to a whole POST to one of :attr:`targets`, without an ASGI call.

        ``None`` where a fault may befall it, which takes the connection and time.
        """
        if self.world.faults.live:
            return None
        exchange.operation = self._routes[exchange.path][0]
        refusal = None
        try:
            request.refuse_large(exchange, headers)
        except ApiError as error:
            refusal = error
        answer = self._answer(exchange, headers, refusal)
        self.world.journal.record(exchange, answer)
        return answer

    def _strike(self, exchange: Exchange, headers: Headers) -> Strike | None:
        """The fault that befalls a request, if one does."""
        account = caller.guess(self.world, exchange, headers)
        if account is not None:
            exchange.account = account.id
        return self.world.faults.strike(
            None if account is None else account.username,
            None if exchange.operation is None else exchange.operation.id,
            exchange.path,
        )

    def _answer(self, exchange: Exchange, headers: Headers, refusal: ApiError | None) -> Answer:
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
            return Answer(500, f"sampan --strict: {breach}\n".encode(), TEXT)
        except Exception:
            # The client gets the contract's own words, the log gets the trace.
            log.exception("%s %s", exchange.method, exchange.path)
            name = self.world.envelopes.service_error(
                submission=operation is not None and operation.submits
            )
            return self._refusal(ApiError(name, "the fake itself failed: see its log"), exchange)

    def _operate(self, exchange: Exchange, headers: Headers, operation: Operation) -> Answer:
        world, raw, account = self.world, exchange.body, None
        if operation.secured:
            account, now = caller.authenticate(world, headers, raw)
            exchange.account = account.id
            world = world.seen_by(account.id)
            if operation.id == "findJobs" and world.clocks.state(account.id).auto:
                pacing.poll(world, account)
                now = world.clocks.now(account.id)
        else:
            now = world.clocks.now()
        body = validation.parse(raw, world.profile)
        validation.check(operation, body, world.profile, world.settings.markers)
        if not operation.secured:
            named = world.store.account(body["username"])
            if named is not None:
                exchange.account = named.id
                world = world.seen_by(named.id)
        exchange.now = now
        origin = partial(request.base, world.settings.external_url, exchange, headers)
        call = Call(operation, body, account, now, origin)
        data = self._routes[operation.path][1](world, call)
        text = b'{"errno":0,"errmsg":"%b","data":%b}' % (_message(world, operation), data)
        if self._strict:
            self._check(operation, text)
        status = 201 if world.profile["success-http-status"] == "201" else 200
        return Answer(status, text, _INVENTED if call.invented else JSON)

    def _refusal(self, error: ApiError, exchange: Exchange) -> Answer:
        envelope = self.world.seen_by(exchange.account).envelopes.of(error)
        if exchange.operation is not None and self._strict:
            try:
                self._check(exchange.operation, envelope.body)
            except BreachError as breach:
                log.error("%s", breach)
                return Answer(500, f"sampan --strict: {breach}\n".encode(), TEXT)
        return Answer(envelope.status, envelope.body, (*JSON, told(b"x-fake-reason", error.reason)))

    def _check(self, operation: Operation, text: bytes) -> None:
        for error in self._strict[operation.id].iter_errors(orjson.loads(text)):
            where = "/".join(str(step) for step in error.instance_path)
            raise BreachError(f"{operation.id} was to answer {where or 'a body'}: {error.message}")

    def _elsewhere(self, exchange: Exchange, headers: Headers) -> Answer:
        """Pictures, pages, and what is nowhere."""
        method, path = exchange.method, exchange.path
        if method in ("GET", "HEAD"):
            if gallery.is_address(path):
                return self._picture(exchange, headers)
            base = request.base(self.world.settings.external_url, exchange, headers)
            page = pages.get(self.world, path, base)
            if page is not None:
                return page
        exchange.found = False
        if path in self._routes:
            reason = f"{path} takes POST, not {method}"
        else:
            reason = f"there is nothing at {path}; operations: {', '.join(self._routes)}"
        if self.world.profile["unknown-route"] == "http-404-html":
            return Answer(404, b"<h1>Not Found</h1>", (*HTML, told(b"x-fake-reason", reason)))
        raise ApiError("not-found", reason, http_status=404)

    def _picture(self, exchange: Exchange, headers: Headers) -> Answer:
        world = self.world
        facts = gallery.job_at(world, exchange.path)
        if facts is not None:
            exchange.account = facts.account
            world = world.seen_by(facts.account)
        try:
            return gallery.get(world, exchange.method, exchange.path, headers)
        except gallery.NoPicture as problem:
            account = None if facts is None else world.store.account_by_id(facts.account)
            if account is not None and problem.until is not None:
                pacing.wait_for(world, account, problem.until)
            raise ApiError("not-found", problem.reason, http_status=problem.status) from problem

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                await send({"type": "lifespan.startup.complete"})
            elif message["type"] == "lifespan.shutdown":
                self.world.close()
                await send({"type": "lifespan.shutdown.complete"})
                return


_INVENTED = (*JSON, told(b"x-fake-invented", "a status other than 2000: the page shows no other"))


def _message(world: World, operation: Operation) -> bytes:
    """The page shows OK for submissions, SUCCESS for login and find."""
    if operation.submits and world.profile["submission-message"] == "ok":
        return b"OK"
    return b"SUCCESS"


def _route(operation: Operation) -> tuple[Operation, Handler]:
    handler = HANDLERS.get(operation.id)
    if handler is None or operation.method != "POST":
        raise SpecError(
            f"the contract's {operation.id} ({operation.method} {operation.path}) has no handler"
        )
    return operation, handler
