"""What a fault does to a request, down to the connection: one row of :data:`EFFECTS` for a type.

``server/`` puts the transport into the scope's state. Without one (the application is called
in-process), a fault of the connection is raised to the caller as ``ConnectionFault``.
"""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from ..armed.fault import WITHOUT_BODY, ConnectionFault, FaultHit, FaultType
from ..clock import real_time
from ..http.exchange import TRANSPORT, Disconnected, Exchange, left, unless_left
from ..http.responses import HTML, JSON, Response, text_header
from ..http.types import Receive, Scope, Send
from ..service import FakeService

_PIECES = 8
_GATEWAY = b"<html><head><title>%d</title></head><body><h1>%d</h1></body></html>\n"
_MALFORMED = (
    b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n"
    b'zz\r\n{"errno":\r\n'
)


class Connection(NamedTuple):
    """The connection that a request came on, and the two ends of its ASGI call."""

    scope: Scope
    receive: Receive
    send: Send

    @property
    def transport(self) -> asyncio.Transport | None:
        """The transport; ``None`` in-process."""
        found: asyncio.Transport | None = (self.scope.get("state") or {}).get(TRANSPORT)
        return found

    def to_break(self, hit: FaultHit) -> asyncio.Transport:
        """The transport. Raises ``ConnectionFault`` in-process."""
        if self.transport is None:
            raise ConnectionFault(
                f"{hit.fault.type}: the connection would break here, but in-process there is none;"
                " FakeServer and `sampan serve` have connections"
            )
        return self.transport

    async def closed(self) -> None:
        """Wait until the server has seen that the connection has ended."""
        await left(self.receive)


@dataclass(slots=True)
class Injection:
    """A fault that acts on a request. ``began`` is the account's time then (ms), ``began_real``
    the machine's (s)."""

    service: FakeService
    hit: FaultHit
    exchange: Exchange
    connection: Connection
    began: int
    wait_ms: int
    began_real: float = field(default_factory=real_time.seconds)
    #: What is sent, if anything is.
    response: Response = field(default_factory=lambda: Response(0, b""))

    async def hold(self, ms: int) -> bool:
        """Wait until ``ms`` after the beginning, by the fault's clock; ``False``: it left."""
        if self.hit.fault.clock == "real":
            reached = real_time.reached(self.began_real + ms / 1000)
        else:
            reached = self.service.clocks.reached(self.exchange.account, self.began + ms)
        try:
            await unless_left(reached, self.connection.receive)
        except Disconnected:
            return False
        return True


class Effect(NamedTuple):
    """What a type of fault does.

    ``act`` sends the response, spoilt or not, or breaks the connection. ``carried_out``: the
    request takes effect. ``instead`` makes a response without that. ``usable``: the client gets
    a response as HTTP has it; ``sent``: it gets one at all, and the journal keeps it.
    """

    act: Callable[[Injection], Awaitable[None]]
    carried_out: bool = False
    instead: Callable[[Injection], Response] | None = None
    usable: bool = True
    sent: bool = True


async def inject(
    service: FakeService,
    hit: FaultHit,
    exchange: Exchange,
    answering: Callable[[], Awaitable[Response]],
    connection: Connection,
) -> None:
    """Let a fault act on a request; ``answering`` carries it out.

    The journal has the request before any delay. Raises ``ConnectionFault``.
    """
    effect = EFFECTS[hit.fault.type]
    exchange.fault, exchange.lost = hit.fault.id, not effect.usable
    response = await answering() if effect.carried_out else None
    # Read before anybody can know of the request and move the clock for it.
    began = service.clocks.now(exchange.account)
    injection = Injection(service, hit, exchange, connection, began, hit.wait_ms)
    if effect.instead is not None:
        response = effect.instead(injection)
    if response is not None:
        injection.response = response
    service.journal.keep(exchange)
    waits = effect.act is not _trickle and injection.wait_ms > 0
    if waits and not await injection.hold(injection.wait_ms):
        exchange.lost = True
        service.journal.answered(exchange, None)
        return
    service.journal.answered(exchange, response if effect.sent else None)
    await effect.act(injection)


def _errno(injection: Injection) -> Response:
    exchange, fault = injection.exchange, injection.hit.fault
    envelopes = injection.service.rules_for(exchange.account).envelopes
    operation = exchange.operation
    envelope = envelopes.of_errno(
        501 if fault.errno is None else fault.errno,
        fault.errmsg,
        None if operation is None else operation.id,
        submission=operation is not None and operation.submits,
    )
    headers = fault.with_headers((*JSON, _reason(injection)))
    return Response(fault.status or envelope.status, envelope.body, headers)


def _http_status(injection: Injection) -> Response:
    fault = injection.hit.fault
    status = fault.status or 503
    type, body = fault.content or (HTML, _GATEWAY % (status, status))
    headers = fault.with_headers((*type, _reason(injection)))
    return Response(status, b"" if status in WITHOUT_BODY else body, headers)


def _reason(injection: Injection) -> tuple[bytes, bytes]:
    return text_header(b"x-fake-reason", f"sent by fault {injection.hit.fault.id}")


async def _send(injection: Injection) -> None:
    connection = injection.connection
    await injection.response(connection.scope, connection.receive, connection.send)


async def _send_half_the_json(injection: Injection) -> None:
    whole = injection.response
    injection.response = Response(200, whole.body[: len(whole.body) // 2], whole.headers)
    await _send(injection)


async def _truncate(injection: Injection) -> None:
    """Half of what the Content-Length says, then the end of the connection."""
    response, connection = injection.response, injection.connection
    await connection.send(response.start())
    half = response.body[: len(response.body) // 2]
    await connection.send({"type": "http.response.body", "body": half, "more_body": True})
    connection.to_break(injection.hit).close()
    await connection.closed()


async def _trickle(injection: Injection) -> None:
    """The body in pieces, the first at once and then one every ``wait_ms``."""
    response, connection = injection.response, injection.connection
    body = b"" if injection.exchange.method == "HEAD" else response.body
    await connection.send(response.start())
    step = max(-(-len(body) // _PIECES), 1)
    for index, start in enumerate(range(0, len(body), step)):
        if index and not await injection.hold(index * injection.wait_ms):
            return
        piece = body[start : start + step]
        await connection.send({"type": "http.response.body", "body": piece, "more_body": True})
    await connection.send({"type": "http.response.body", "body": b""})


async def _reset(injection: Injection) -> None:
    """Close with RST: lingering for no time drops what is unsent, and says so."""
    transport = injection.connection.to_break(injection.hit)
    peer = transport.get_extra_info("socket")
    peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    transport.abort()
    await injection.connection.closed()


def _close_after(make: Callable[[FaultHit], bytes]) -> Callable[[Injection], Awaitable[None]]:
    async def act(injection: Injection) -> None:
        transport = injection.connection.to_break(injection.hit)
        transport.write(make(injection.hit))
        transport.close()
        await injection.connection.closed()

    return act


EFFECTS: Mapping[FaultType, Effect] = {
    "ERRNO": Effect(_send, instead=_errno),
    "DELAY": Effect(_send, carried_out=True),
    "HTTP_STATUS": Effect(_send, instead=_http_status),
    "CONNECTION_RESET_BY_PEER": Effect(_reset, usable=False, sent=False),
    "EMPTY_RESPONSE": Effect(_close_after(lambda hit: b""), usable=False, sent=False),
    "MALFORMED_RESPONSE_CHUNK": Effect(
        _close_after(lambda hit: _MALFORMED), usable=False, sent=False
    ),
    "RANDOM_DATA_THEN_CLOSE": Effect(
        _close_after(lambda hit: hit.drawn.randbytes(64)), usable=False, sent=False
    ),
    "MALFORMED_JSON": Effect(_send_half_the_json, carried_out=True, usable=False),
    "TRUNCATED_BODY": Effect(_truncate, carried_out=True, usable=False),
    "TRICKLE": Effect(_trickle, carried_out=True),
    "COMMIT_THEN_DROP": Effect(_reset, carried_out=True, usable=False, sent=False),
}
