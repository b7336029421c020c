"""The middleware around every operation, picture and page: journal and faults.

It reads the body, lets an armed fault act, and records the exchange before its response is sent:
a client that has its answer finds it in the journal.
"""

from __future__ import annotations

from contextlib import suppress
from functools import partial

from starlette.types import ASGIApp

from ..api import respond
from ..api.authenticate import guess_account
from ..armed.fault import FaultHit
from ..contract.document import Operation
from ..contract.errors import ApiError
from ..http import exchange as exchanges
from ..http.exchange import TRANSPORT, Disconnected, Exchange
from ..http.responses import Response, ResponseCapture
from ..http.target import authorization_problem, coding_problem, host_problem
from ..http.types import Message, Receive, RequestHeaders, Scope, Send
from ..service import FakeService
from .control import is_control
from .dashboard import is_dashboard

#: Where the routes find the exchange in the scope.
EXCHANGE = "sampan.exchange"


class Recorder:
    """Plain ASGI middleware. The control API and the dashboard pass unrecorded."""

    def __init__(
        self, app: ASGIApp, service: FakeService, operations: dict[str, Operation]
    ) -> None:
        self._app = app
        self._service = service
        self._operations = operations

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        exchange = exchanges.of_scope(scope)
        refusal = _not_for_us(scope)
        if is_control(scope) or is_dashboard(scope):
            app = self._app
            if refusal is not None:
                app = respond.refuse(self._service, exchange, refusal)
            if self._service.log is not None and self._service.log.control:
                send = self._service.log.listen(exchange, send)
            with suppress(Disconnected):
                await app(scope, receive, send)
            return
        headers = dict(exchange.headers)
        if exchange.method == "POST":
            exchange.operation = self._operations.get(exchange.path)
        try:
            if refusal is None:
                await exchanges.receive(exchange, headers, receive)
        except ApiError as error:
            refusal = error
            # A client that is not told to continue sends the next request instead of a body.
            refusal.closes |= headers.get(b"expect") == b"100-continue"
        except Disconnected:
            return
        answering = partial(self._answer, scope, exchange, refusal)
        hit = response = None
        try:
            self._service.store.follow()
            if self._service.faults.live:
                hit = self._hit(exchange, headers)
        except Exception:  # such as the counts of faults, or a database that can't be reached
            response = respond.report_unforeseen(self._service, exchange)
        if hit is not None:
            from . import fault_injection  # most fakes have no fault

            connection = fault_injection.Connection(scope, receive, send)
            await fault_injection.inject(self._service, hit, exchange, answering, connection)
            return
        if response is None:
            response = await answering()
            self._service.troubles.look()
        self._service.journal.record(exchange, response)
        self._service.journal.flush()
        await response(scope, receive, send)

    def _hit(self, exchange: Exchange, headers: RequestHeaders) -> FaultHit | None:
        """The fault that acts on a request, if any does."""
        account = guess_account(self._service, exchange, headers)
        if account is not None:
            exchange.account = account.id
        return self._service.faults.hit(
            None if account is None else account.username,
            None if exchange.operation is None else exchange.operation.id,
            exchange.path,
            exchange.body,
            exchange.headers,
        )

    async def _answer(self, scope: Scope, exchange: Exchange, refusal: ApiError | None) -> Response:
        """The response of the routes; never raises."""
        if refusal is not None:
            return respond.refuse(self._service, exchange, refusal)
        # HEAD is answered as GET, and its body left out when it is sent (RFC 9110, 9.3.2).
        method = "GET" if scope["method"] == "HEAD" else scope["method"]
        capture = ResponseCapture()
        try:
            await self._app({**scope, "method": method, EXCHANGE: exchange}, _received, capture)
        except Exception:
            return respond.report_unforeseen(self._service, exchange)
        return capture.response


def _not_for_us(scope: Scope) -> ApiError | None:
    """Why a request is not one for an HTTP/1.1 server, if it is not."""
    if scope["method"] == "CONNECT":
        reason: str | None = "CONNECT is not supported"
    elif TRANSPORT not in (scope.get("state") or {}):
        return None  # another server's, or no connection at all
    elif scope["http_version"] not in ("1.0", "1.1"):
        reason = "the request is not valid HTTP/1.1"
    else:
        reason = host_problem(scope) or coding_problem(scope) or authorization_problem(scope)
    if reason is None:
        return None
    return ApiError("invalid-parameter", reason, http_status=400, closes=True)


async def _received() -> Message:
    """The body has been read; the routes find it in the exchange."""
    return {"type": "http.disconnect"}
