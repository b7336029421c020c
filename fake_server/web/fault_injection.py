"""What a fault does to a request, down to the connection.

``serving.py``'s protocol puts the transport into the scope. Without one (the application called
in-process) what befalls a connection is raised to the caller as :class:`ConnectionFault`.
"""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial

from ..contract.errors import ApiError
from ..faults.faults import CARRIED_OUT, LOST, ConnectionFault, FaultHit
from ..http import exchange as request
from ..http.exchange import Exchange, Receive, Scope, Send
from ..http.responses import HTML, JSON, Response, told
from ..service import FakeService

#: The key of ``scope["extensions"]`` under which the transport is found.
TRANSPORT = "sampan.transport"
_PIECES = 8
_GATEWAY = b"<html><head><title>%d</title></head><body><h1>%d</h1></body></html>\n"


@dataclass(frozen=True, slots=True)
class Connection:
    """The connection that a request came on, and the two ends of its ASGI call."""

    scope: Scope
    receive: Receive
    send: Send

    @property
    def transport(self) -> asyncio.Transport | None:
        """The transport; ``None`` in-process."""
        found: asyncio.Transport | None = (
            (self.scope.get("extensions") or {}).get(TRANSPORT, {}).get("transport")
        )
        return found


async def inject(
    service: FakeService,
    hit: FaultHit,
    exchange: Exchange,
    answering: Callable[[], Response],
    connection: Connection,
) -> None:
    """Let a fault befall a request; ``answering`` carries it out.

    The journal has the request from before any delay on. Raises :class:`ConnectionFault`.
    """
    fault = hit.fault
    exchange.fault, exchange.lost = fault.id, fault.type in LOST
    answer = answering() if fault.type in CARRIED_OUT else _instead(service, hit, exchange)
    # Read before anybody can know of the request and move the clock for it.
    begun, wait = service.clocks.now(exchange.account), hit.wait_ms
    service.journal.keep(exchange)
    held = fault.type != "TRICKLE" and wait > 0
    if held and not await _hold(service, exchange.account, begun + wait, connection):
        exchange.lost = True
        service.journal.answered(exchange, None)
        return
    service.journal.answered(exchange, None if answer is None or fault.type in _SILENT else answer)
    if fault.type == "TRICKLE":
        assert answer is not None
        body = b"" if exchange.method == "HEAD" else answer.body
        await _begin(answer, connection)
        await _trickle(body, partial(_hold, service, exchange.account), begun, wait, connection)
    elif fault.type == "TRUNCATED_BODY":
        assert answer is not None
        await _truncate(answer, connection)
    elif fault.type == "MALFORMED_JSON":
        assert answer is not None
        half = Response(200, answer.body[: len(answer.body) // 2], answer.headers)
        await request.send(connection.send, half, exchange.method == "HEAD")
    elif answer is not None and fault.type != "COMMIT_THEN_DROP":
        await request.send(connection.send, answer, exchange.method == "HEAD")
    else:
        await _break(hit, connection)


#: Nothing that is an answer reaches the client.
_SILENT = frozenset(
    {
        "CONNECTION_RESET_BY_PEER",
        "EMPTY_RESPONSE",
        "MALFORMED_RESPONSE_CHUNK",
        "RANDOM_DATA_THEN_CLOSE",
        "COMMIT_THEN_DROP",
    }
)


def _instead(service: FakeService, hit: FaultHit, exchange: Exchange) -> Response | None:
    """What is answered without the request being carried out; ``None`` for no answer."""
    fault = hit.fault
    reason = told(b"x-fake-reason", f"fault {fault.id}")
    if fault.type == "HTTP_STATUS":
        status = fault.status or 503
        page = b"" if status in (204, 304) else _GATEWAY % (status, status)
        return Response(status, page, (*HTML, reason))
    if fault.type != "ERRNO":
        return None
    operation = exchange.operation
    envelopes = service.for_account(exchange.account).envelopes
    submission = operation is not None and operation.submits
    name = envelopes.named(fault.errno or 501, submission=submission)
    envelope = envelopes.of(ApiError(name, "a fault"))
    return Response(envelope.status, envelope.body, (*JSON, reason))


async def _hold(
    service: FakeService, account: int | None, until: int, connection: Connection
) -> bool:
    """Wait until the account's clock says ``until``; ``False`` if the client left meanwhile."""
    waiting = asyncio.ensure_future(service.clocks.reached(account, until))
    leaving = asyncio.ensure_future(_gone(connection))
    try:
        await asyncio.wait((waiting, leaving), return_when=asyncio.FIRST_COMPLETED)
        return waiting.done()
    finally:
        waiting.cancel()
        leaving.cancel()


async def _trickle(
    body: bytes,
    hold: Callable[[int, Connection], Awaitable[bool]],
    begun: int,
    ms: int,
    connection: Connection,
) -> None:
    """The body in pieces, the first at once and then one every ``ms``."""
    step = max(-(-len(body) // _PIECES), 1)
    for index, start in enumerate(range(0, len(body), step)):
        if index and not await hold(begun + index * ms, connection):
            return
        piece = body[start : start + step]
        await connection.send({"type": "http.response.body", "body": piece, "more_body": True})
    await connection.send({"type": "http.response.body", "body": b""})


async def _truncate(answer: Response, connection: Connection) -> None:
    """Half of what the Content-Length says, then the end of the connection."""
    await _begin(answer, connection)
    half = answer.body[: len(answer.body) // 2]
    await connection.send({"type": "http.response.body", "body": half, "more_body": True})
    transport = connection.transport
    if transport is None:
        raise ConnectionFault("TRUNCATED_BODY: the body ended early")
    transport.close()
    await _gone(connection)


async def _begin(answer: Response, connection: Connection) -> None:
    headers = [*answer.headers, (b"content-length", b"%d" % len(answer.body))]
    await connection.send(
        {"type": "http.response.start", "status": answer.status, "headers": headers}
    )


async def _break(hit: FaultHit, connection: Connection) -> None:
    """End the connection without an answer, in the way of the fault."""
    kind = hit.fault.type
    transport = connection.transport
    if transport is None:
        raise ConnectionFault(f"{kind}: the connection would have broken here")
    if kind in ("CONNECTION_RESET_BY_PEER", "COMMIT_THEN_DROP"):
        _reset(transport)
    else:
        if kind == "MALFORMED_RESPONSE_CHUNK":
            transport.write(_MALFORMED)
        elif kind == "RANDOM_DATA_THEN_CLOSE":
            transport.write(hit.drawn.randbytes(64))
        transport.close()
    await _gone(connection)


_MALFORMED = (
    b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n"
    b'zz\r\n{"errno":\r\n'
)


def _reset(transport: asyncio.Transport) -> None:
    """Close with RST: to linger for no time drops what is unsent, and says so."""
    connection = transport.get_extra_info("socket")
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    transport.abort()


async def _gone(connection: Connection) -> None:
    """Wait until the server has seen that the connection has ended."""
    while (await connection.receive())["type"] != "http.disconnect":
        pass
