"""A request's way, as one ASGI application.

    socket → route → body → auth → JSON → schema → handler → envelope

The routes are a table made from the contract. There is no framework between the server and the
handlers: on this path one costs more than all the rest.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from typing import Any

import jsonschema_rs
import orjson

from . import gallery, pages, validation
from .answer import HTML, JSON, TEXT, Answer, told
from .auth import TokenError
from .errors import ApiError
from .handlers import HANDLERS, Handler
from .spec import Operation, SpecError
from .store import Account
from .world import Call, Settings, World

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

#: What a client may send, in bytes.
MOST_BODY = 1 << 20
MOST_HEADERS = 64 << 10

log = logging.getLogger("sampan")


class Disconnected(Exception):
    """The client left before it had sent its request."""


class BreachError(Exception):
    """``--strict``: the fake was about to answer what its own contract forbids."""


def create_app(settings: Settings | None = None) -> App:
    """A fake as an ASGI application. Raises ``SpecError``, ``ProfileError``, ``StoreError``."""
    return App(World(Settings() if settings is None else settings))


class App:
    """The ASGI application of one :class:`~fake_server.world.World`."""

    def __init__(self, world: World) -> None:
        """Raises :class:`~fake_server.spec.SpecError` on an operation that has no handler."""
        self.world = world
        self._routes = {operation.path: _route(operation) for operation in world.spec.operations}
        self._strict: dict[str, jsonschema_rs.Draft202012Validator] = {}
        if world.settings.strict:
            self._strict = {o.id: world.spec.response_validator(o) for o in world.spec.operations}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            try:
                answer = await self.answer(scope, receive)
            except Disconnected:
                return
            await _send(send, answer, scope["method"] == "HEAD")
        elif scope["type"] == "lifespan":
            await self._lifespan(receive, send)
        else:
            await send({"type": "websocket.close"})

    async def answer(self, scope: Scope, receive: Receive) -> Answer:
        """The answer to one request; never raises but when the client has gone."""
        headers = dict(scope["headers"])
        route = self._routes.get(scope["path"])
        operation = None if route is None else route[0]
        try:
            _refuse_large(scope, headers)
            body = await _read(receive, headers)
            if route is None or scope["method"] != "POST":
                return self._elsewhere(scope, headers)
            return await self._operate(scope, headers, body, *route)
        except ApiError as error:
            return self._refusal(error, operation)
        except BreachError as breach:
            log.error("%s", breach)
            return Answer(500, f"sampan --strict: {breach}\n".encode(), TEXT)
        except Disconnected:
            raise
        except Exception:
            # The client gets the contract's own words, the log gets the trace.
            log.exception("%s %s", scope["method"], scope["path"])
            name = self.world.envelopes.service_error(
                submission=bool(operation and operation.submits)
            )
            return self._refusal(ApiError(name, "the fake itself failed: see its log"), operation)

    async def _operate(
        self,
        scope: Scope,
        headers: Mapping[bytes, bytes],
        raw: bytes,
        operation: Operation,
        handler: Handler,
    ) -> Answer:
        world = self.world
        account = self._authenticate(headers, raw) if operation.secured else None
        now = world.clocks.now(None if account is None else account.id)
        body = validation.parse(raw, world.profile)
        validation.check(operation, body, world.profile, world.settings.markers)
        base = _base(world.settings, scope, headers)
        data = await handler(world, Call(operation, body, account, now, base))
        text = b'{"errno":0,"errmsg":"%b","data":%b}' % (self._message(operation), data)
        if self._strict:
            self._check(operation, text)
        return Answer(201 if world.profile["success-http-status"] == "201" else 200, text)

    def _message(self, operation: Operation) -> bytes:
        """The page shows OK for submissions, SUCCESS for login and find."""
        if operation.submits and self.world.profile["submission-message"] == "ok":
            return b"OK"
        return b"SUCCESS"

    def _authenticate(self, headers: Mapping[bytes, bytes], raw: bytes) -> Account:
        """The account whose token the call bears (page, Login). Raises :class:`ApiError`."""
        header = headers.get(b"authorization")
        if header is None:
            return self._identify(raw)
        scheme, _, token = header.decode("latin-1").partition(" ")
        if scheme.lower() != "bearer":
            if token or self.world.profile["bearer-prefix"] == "required":
                raise ApiError("invalid-login", "the Authorization header is not 'Bearer <token>'")
            token = scheme
        try:
            claims = self.world.tokens.verify(token.strip())
        except TokenError as problem:
            raise ApiError("invalid-login", f"the token does not verify: {problem}") from problem
        account = self.world.store.account_by_id(claims.account)
        if account is None:
            raise ApiError("invalid-login", "the token's account is gone")
        now = self.world.clocks.now(account.id)
        revoked = account.revoked
        if now >= claims.expires or (revoked is not None and claims.issued < revoked <= now):
            raise ApiError("invalid-login", "the token has expired")
        return account

    def _identify(self, raw: bytes) -> Account:
        """A call without a token: question sender-id-without-token."""
        if self.world.profile["sender-id-without-token"] == "identity":
            sender = validation.parse(raw, self.world.profile).get("sender_id")
            for account in self.world.store.accounts():
                if sender in self.world.ids(account):
                    return account
        raise ApiError("invalid-login", "there is no Authorization header")

    def _refusal(self, error: ApiError, operation: Operation | None) -> Answer:
        envelope = self.world.envelopes.of(error)
        if operation is not None and self._strict:
            try:
                self._check(operation, envelope.body)
            except BreachError as breach:
                log.error("%s", breach)
                return Answer(500, f"sampan --strict: {breach}\n".encode(), TEXT)
        return Answer(envelope.status, envelope.body, (*JSON, told(b"x-fake-reason", error.reason)))

    def _check(self, operation: Operation, text: bytes) -> None:
        for error in self._strict[operation.id].iter_errors(orjson.loads(text)):
            where = "/".join(str(step) for step in error.instance_path)
            raise BreachError(f"{operation.id} was to answer {where or 'a body'}: {error.message}")

    def _elsewhere(self, scope: Scope, headers: Mapping[bytes, bytes]) -> Answer:
        """Pictures, pages, and what is nowhere."""
        method, path = scope["method"], scope["path"]
        if method in ("GET", "HEAD"):
            if gallery.is_address(path):
                try:
                    return gallery.get(self.world, path, headers)
                except gallery.NoPicture as problem:
                    raise ApiError(
                        "not-found", problem.reason, http_status=problem.status
                    ) from problem
            page = pages.get(self.world, path, _base(self.world.settings, scope, headers))
            if page is not None:
                return page
        if path in self._routes:
            reason = f"{path} takes POST, not {method}"
        else:
            reason = f"there is nothing at {path}; operations: {', '.join(self._routes)}"
        if self.world.profile["unknown-route"] == "http-404-html":
            return Answer(404, b"<h1>Not Found</h1>", (*HTML, told(b"x-fake-reason", reason)))
        raise ApiError("not-found", reason, http_status=404)

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                await send({"type": "lifespan.startup.complete"})
            elif message["type"] == "lifespan.shutdown":
                self.world.close()
                await send({"type": "lifespan.shutdown.complete"})
                return


def _route(operation: Operation) -> tuple[Operation, Handler]:
    handler = HANDLERS.get(operation.id)
    if handler is None or operation.method != "POST":
        raise SpecError(
            f"the contract's {operation.id} ({operation.method} {operation.path}) has no handler"
        )
    return operation, handler


def _refuse_large(scope: Scope, headers: Mapping[bytes, bytes]) -> None:
    size = sum(len(name) + len(value) for name, value in scope["headers"])
    if size + len(scope.get("raw_path", b"")) + len(scope["query_string"]) > MOST_HEADERS:
        raise ApiError("invalid-parameter", f"the headers are larger than {MOST_HEADERS} bytes")
    declared = headers.get(b"content-length", b"0")
    if declared.isdigit() and (len(declared) > 18 or int(declared) > MOST_BODY):
        raise ApiError("invalid-parameter", f"the body is larger than {MOST_BODY} bytes")


async def _read(receive: Receive, headers: Mapping[bytes, bytes]) -> bytes:
    """The whole body. Raises :class:`Disconnected`, and :class:`ApiError` on one too large."""
    message = await receive()
    body: bytes = message.get("body", b"")
    while message.get("more_body", False):
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Disconnected
        body += message.get("body", b"")
        if len(body) > MOST_BODY:
            raise ApiError("invalid-parameter", f"the body is larger than {MOST_BODY} bytes")
    return body


def _base(settings: Settings, scope: Scope, headers: Mapping[bytes, bytes]) -> str:
    """Where this fake is, as its client sees it: picture links start there."""
    if settings.external_url is not None:
        return settings.external_url
    scheme = headers.get(b"x-forwarded-proto")
    host = headers.get(b"x-forwarded-host") or headers.get(b"host")
    prefix = headers.get(b"x-forwarded-prefix", b"").decode("latin-1").rstrip("/")
    if not host:
        address = scope.get("server") or ("127.0.0.1", None)
        host = (f"{address[0]}:{address[1]}" if address[1] else str(address[0])).encode()
    first = host.split(b",")[0].strip().decode("latin-1")
    port = headers.get(b"x-forwarded-port")
    if port is not None and port.isdigit() and ":" not in first:
        first = f"{first}:{port.decode()}"
    proto = scope["scheme"] if scheme is None else scheme.split(b",")[0].strip().decode("latin-1")
    return f"{proto}://{first}{prefix}"


async def _send(send: Send, answer: Answer, head: bool) -> None:
    headers = [*answer.headers]
    if answer.status != 304:  # which has no body to measure (RFC 9110, 8.6)
        headers.append((b"content-length", b"%d" % len(answer.body)))
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": b"" if head else answer.body})
