"""Requests passed on to a server, and its answers passed back, as an ASGI application."""

from __future__ import annotations

import time
from collections.abc import Callable

import h11
from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send

from ..traffic.kinds import Kinds
from .client_side import ClientSide
from .exchange import Exchange
from .fields import Fields, Via, end_to_end, values, with_host
from .record import Copy, Record, Store
from .routes import RefusedError, Route, Routes


def steady_clock() -> Callable[[], float]:
    """Seconds since the epoch as of now, which go on evenly when somebody sets the clock."""
    start = time.time() - time.monotonic()
    return lambda: start + time.monotonic()


class Proxy:
    """``observe`` is given the record of each exchange with the target, on the event loop, and of
    pictures wherever they came from: a record may link to them.

    ``timeout``: how long (s) nothing may move in either direction before a request is given up.
    Nobody observes the others: ``elsewhere`` counts them by their host, and ``pathless`` those for
    the whole target (``OPTIONS *``).
    """

    def __init__(
        self, routes: Routes, store: Store, observe: Callable[[Record], None], timeout: float
    ) -> None:
        self._routes = routes
        self._store = store
        self._observe = observe
        self._timeout = timeout
        self._via = Via()
        self._now = steady_clock()
        self.elsewhere = Kinds()
        self.pathless = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        client: ClientSide = scope["state"]["client"]
        client.leave_continue_to_server()
        try:
            await self._pass_on(client, receive, send)
        except RefusedError as refused:
            if client.has_left():
                client.drop()
            else:
                await _refusal(refused)(scope, receive, send)

    async def _pass_on(self, client: ClientSide, receive: Receive, send: Send) -> None:
        request = client.conn.request
        assert request is not None  # an application is called for one
        fields = request.headers.raw_items()
        if self._via.is_in(fields):
            raise RefusedError(508, "proxy_loop_detected", "the target leads back to this proxy")
        route = self._routes.route(request.method, request.target)
        head = self._head(request, fields, route)
        record = Record(
            request.method.decode("ascii"),
            route.url,
            fields,
            self._now(),
            Copy(self._store),
            Copy(self._store),
        )
        exchange = Exchange(client, record, self._via, receive, send)
        try:
            await exchange.run(route.origin, head, self._timeout)
        finally:
            if route.url and (route.own or record.is_picture()):
                self._observe(record)
            else:
                self._count(route)
                record.discard()

    def _count(self, route: Route) -> None:
        """A request that nobody observes."""
        if route.own:
            self.pathless += 1
        else:
            self.elsewhere.add(str(route.origin))

    def _head(self, request: h11.Request, fields: Fields, route: Route) -> h11.Request:
        """The head of the request as it is sent."""
        sent = _one_hop_less(request.method, end_to_end(fields))
        host = route.host
        if host is None and not values(fields, b"host"):
            host = route.origin.authority.encode()  # HTTP/1.0 has none
        if host is not None:
            sent = with_host(sent, host)
        if values(fields, b"transfer-encoding"):
            sent = [*sent, (b"Transfer-Encoding", b"chunked")]
        return h11.Request(
            method=request.method,
            target=route.path,
            headers=self._via.added(sent, request.http_version),
        )


def _one_hop_less(method: bytes, fields: Fields) -> Fields:
    """``Max-Forwards`` counted down (RFC 9110, 7.6.2). Raises :class:`RefusedError` at 0."""
    if method not in (b"OPTIONS", b"TRACE"):
        return fields
    found = values(fields, b"max-forwards")
    if not found or not found[0].isdigit():
        return fields
    left = int(found[0][:9]) - 1
    if left < 0:
        reason = "Max-Forwards is 0, and this proxy has no resources of its own"
        raise RefusedError(501, "http_request_denied", reason)
    return [
        (name, b"%d" % left if name.lower() == b"max-forwards" else value) for name, value in fields
    ]


def _refusal(refused: RefusedError) -> PlainTextResponse:
    """An answer of our own; ``Proxy-Status`` tells it from one of the server's (RFC 9209)."""
    return PlainTextResponse(
        f"sampan proxy: {refused.reason}\n",
        refused.status,
        {"Proxy-Status": f"sampan; error={refused.error}"},
    )
