"""What both protocols have in common: refusals, the client's end, and bounds in time and number.

A client may send anything, or nothing, and stop at any byte; it may not read what it is sent.
None of that may cost other clients their answers, so every connection ends at some time.
"""

from __future__ import annotations

import abc
import asyncio
from collections.abc import Sequence
from enum import Enum
from typing import Any, cast

from ..contract.errors import ApiError
from ..http.exchange import TRANSPORT
from ..web.app import App
from . import limits


class Phase(Enum):
    """What a connection waits for: a request, its rest, our answer, or the client to read."""

    IDLE = "idle"
    COMING = "coming"
    OWED = "owed"
    UNREAD = "unread"


#: How long (s) a connection may stay in a phase without an answer being completed. Clients poll
#: every few seconds, or once a minute: a connection that is closed meanwhile, just as the next
#: poll is sent, would look like a failure of the service.
LIMITS: dict[Phase, float] = {
    Phase.IDLE: 75.0,
    Phase.COMING: 60.0,
    Phase.OWED: float("inf"),  # a delay, or a wait for requests, is as long as was asked for
    Phase.UNREAD: 60.0,
}
#: How often (s) every connection is looked at, and at how many in a round of the loop.
LOOK_SECONDS = 5.0
LOOKED_AT = 200
#: How long (s) a refused client may go on sending before it is cut off.
LINGER = 2.0
#: How long (s) a client that has sent its last byte is waited on for its next answer. It may have
#: closed its half only, and nothing but data that is sent to it tells that from a client that has
#: left: Linux acknowledges a keep-alive probe for a minute after either. RFC 9112 (9.5) wants the
#: second released promptly. uvicorn waits for neither.
LEAVING = 1.0
#: How many bytes are read of what follows a request that is not answered yet.
READ_AHEAD = 64 << 10


class Connection(asyncio.Protocol, abc.ABC):
    """One connection; mixed into a protocol of uvicorn's, whose attributes it uses."""

    config: Any
    connections: Any
    cycle: Any
    flow: Any
    loop: Any
    transport: Any

    def __init__(self, *args: Any, **named: Any) -> None:
        super().__init__(*args, **named)
        self._app: App = self.config.loaded_app
        #: How many answers have been completed.
        self.answers = 0
        self._refused = False
        self._refusal = b""
        self._parted = False
        self._at_end = False
        self._waits = False
        self._seen: tuple[tuple[Phase, int], float] | None = None

    # What the protocols know

    @abc.abstractmethod
    def owes(self) -> bool:
        """Whether a request that has come whole is not answered yet."""

    @abc.abstractmethod
    def holds(self) -> bool:
        """Whether something has come that is not parsed yet, and could be now."""

    @abc.abstractmethod
    def held(self) -> int:
        """How many bytes are not parsed."""

    @abc.abstractmethod
    def parse_held(self) -> None:
        """Parse what is held as far as that can be now, or for as long as a turn."""

    @abc.abstractmethod
    def is_full(self) -> bool:
        """Whether uvicorn reads nothing until the application takes what it has of the body."""

    @abc.abstractmethod
    def is_coming(self) -> bool:
        """Whether a request has begun to come and has not come whole."""

    @abc.abstractmethod
    def drop_unfinished(self) -> bool:
        """Let go of the request that is coming; whether it is still without an answer."""

    # The beginning and the end

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """A client has connected; beyond the bound it is refused and the connection closed."""
        super().connection_made(cast(asyncio.Transport, transport))  # uvloop's by its shape only
        bound = limits.max_connections()
        if len(self.connections) > bound:
            self._refused = True
            self._write_refusal(503, f"there are more than {bound} open connections")
            self.transport.close()

    def eof_received(self) -> Any:
        """The client will send no more: the answers that are due are waited for, then it is closed.

        That is done in turns, where True keeps it open until then: many may leave at once.
        """
        self.flush()
        self._at_end = True
        if self._refused or not (self.owes() or self.holds()):
            self.config.ending.wait(self.loop, self.transport.close)
        else:
            self._wait_for_answer()
        return True

    def _wait_for_answer(self) -> None:
        self.loop.call_later(LEAVING, self._give_up, self.answers)

    def _give_up(self, answers: int) -> None:
        if self.transport.is_closing():
            return
        if self.answers == answers:
            self.transport.abort()
        else:
            self._wait_for_answer()

    def abandon(self) -> None:
        """Let go of a request that is not answered yet."""
        cycle = self.cycle
        if cycle is not None and not cycle.response_complete:
            cycle.disconnected = True
            cycle.message_event.set()

    def answered(self) -> None:
        """An answer is complete: what came after its request may have its turn."""
        self.answers += 1
        self.go_on()

    # What waits for its turn

    def drop(self) -> None:
        """Something came of a client that has been refused: read on when it is its turn."""
        self.flow.pause_reading()
        self._wait_for_turn()

    def _wait_for_turn(self) -> None:
        if not self._waits:
            self._waits = True
            self.config.parsing.wait(self.loop, self.take_turn)

    def take_turn(self) -> None:
        """Parse something of what is held: see turns.py."""
        self._waits = False
        if self.transport.is_closing():
            return
        if self.holds():
            self.parse_held()
        self.bound_reading()
        self.go_on()

    def go_on(self) -> None:
        """Wait for an answer, or for a turn; without either, end what is to end."""
        if self.transport.is_closing() or self.owes():
            return
        if self.holds():
            self._wait_for_turn()
            return
        if self._refused:
            self._part()
        elif self._at_end:
            self.flush()
            self.transport.close()

    def flush(self) -> None:
        """Write what is answered and not yet written."""

    # Refusals

    def refuse(self, reason: str, *, status: int = 400, name: str = "invalid-parameter") -> None:
        """Answer what is no request, after all that was asked before it, and close.

        A request that has its answer already gets no second one.
        """
        if self._refused:
            return
        self._refused = True
        if self.drop_unfinished():
            self._refusal = refusal(self._app, ApiError(name, reason, http_status=status))
        if not self.owes():
            self._part()

    def _part(self) -> None:
        if self._parted:
            return
        self._parted = True
        self.flush()
        if self._refusal:
            self.transport.write(self._refusal)
        # Closing on bytes that are still unread would reset the connection, and lose the response.
        self.transport.write_eof()
        self.loop.call_later(LINGER, self.transport.close)

    def _write_refusal(self, status: int, reason: str) -> None:
        error = ApiError("general-error", reason, http_status=status)
        self.transport.write(refusal(self._app, error))

    # Bounds

    def bound_reading(self) -> None:
        """Read on, or not, by how much is held that waits for an answer or for a turn.

        Where nothing is read, nobody sees that the client has left.
        """
        if (self.owes() or self.holds()) and self.held() >= READ_AHEAD:
            self.flow.pause_reading()
        elif not self.is_full():
            self.flow.resume_reading()

    def look(self, now: float) -> None:
        """End the connection where it has stayed as it is for too long; ``now`` is in s."""
        state = self._phase(), self.answers
        if self._seen is None or self._seen[0] != state:
            self._seen = state, now
        elif now - self._seen[1] >= LIMITS[state[0]]:
            self._end(state[0])

    def _phase(self) -> Phase:
        unsent = self.transport.is_closing() or self.transport.get_write_buffer_size()
        if unsent or self.flow.read_paused:
            return Phase.UNREAD
        if self.owes():
            return Phase.OWED
        return Phase.COMING if self.is_coming() else Phase.IDLE

    def _end(self, phase: Phase) -> None:
        if phase is Phase.UNREAD or self._refused:
            self.transport.abort()
        elif phase is Phase.COMING:
            seconds = LIMITS[phase]
            self.refuse(f"the request did not come whole within {seconds:g} s", status=408)
        else:
            self.transport.close()


def look_at_all(
    loop: asyncio.AbstractEventLoop, connections: set[Connection], rest: Sequence[Connection] = ()
) -> None:
    """Look at every connection, now and again: at some of them in a round of the loop."""
    rest = rest or tuple(connections)
    now = loop.time()
    for connection in rest[:LOOKED_AT]:
        connection.look(now)
    rest = rest[LOOKED_AT:]
    loop.call_later(0 if rest else LOOK_SECONDS, look_at_all, loop, connections, rest)


def refusal(app: App, error: ApiError) -> bytes:
    """The response to what is not a request: an envelope like every other refusal's."""
    envelope = app.service.rules.envelopes.of(error, None)
    if app.service.log is not None:
        app.service.log.refused(envelope.status, error.reason)
    return (
        b"HTTP/1.1 %b\r\ncontent-type: application/json\r\ncontent-length: %d\r\n"
        b"connection: close\r\nx-fake-reason: %b\r\n\r\n%b"
        % (_STATUS[envelope.status], len(envelope.body), error.reason.encode(), envelope.body)
    )


_STATUS = {
    400: b"400 Bad Request",
    408: b"408 Request Timeout",
    500: b"500 Internal Server Error",
    503: b"503 Service Unavailable",
}


def why_no_http(data: bytes, said: str) -> str:
    """The reason for bytes that are no request of HTTP/1.1.

    ``data`` is how they begin, or the request before them; ``said`` is what the parser says, which
    repeats nothing of them: it may be a secret.
    """
    if data.startswith(b"\x16\x03"):  # a handshake (RFC 8446, 5.1)
        return "the client speaks TLS; the fake is reached by http://, not by https://"
    if data.startswith(b"PRI * HTTP/2"):
        return "HTTP/2 is not supported; the request must be valid HTTP/1.1"
    if said.startswith("Invalid method"):
        method = data.split(b" ", 1)[0]
        said = "it begins with no method such as POST; was more sent than its Content-Length says?"
        if method != method.upper() and method.upper() in _METHODS:
            said = f"the method is {method.upper().decode()}, in capitals"
    return f"the request is not valid HTTP/1.1: {said}"


_METHODS = frozenset((b"GET", b"HEAD", b"POST", b"PUT", b"PATCH", b"DELETE", b"OPTIONS", b"TRACE"))


def with_transport(state: dict[str, Any], transport: asyncio.Transport) -> dict[str, Any]:
    """A scope's state with what faults of the connection need: see web/fault_injection.py."""
    return {**state, TRANSPORT: transport}
