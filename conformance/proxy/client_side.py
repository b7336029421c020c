"""A client's connection: uvicorn's protocol on h11, with what ASGI has no words for.

ASGI lowers the names of fields, knows no reason phrase, no 1xx but 100 and no trailers. h11 keeps
them all, so what came is read here, and what goes out is put in the place of uvicorn's event.
"""

from __future__ import annotations

import logging
import traceback
from collections.abc import Callable
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from .upstream import MAX_HEAD, Upstream, without_bytes

#: The most clients' connections at a time; each may have one to the server.
MAX_CONNECTIONS = 1_000
#: How long (s) a client that will send no more is waited on for its answer. It may have closed its
#: half only, or have left: nothing but data that is sent to it tells which (RFC 9112, 9.5).
_LEAVING = 1.0

_TOO_MANY = (
    b"HTTP/1.1 503 Service Unavailable\r\ncontent-type: text/plain\r\nconnection: close\r\n\r\n"
    b"sampan proxy: there are more than %d open connections\n" % MAX_CONNECTIONS
)
_INVALID = (
    b"HTTP/1.1 400 Bad Request\r\ncontent-type: text/plain\r\ncontent-length: %d\r\n"
    b"connection: close\r\n\r\n%b"
)

_LOGGER = logging.getLogger("sampan.proxy")
_LOGGER.setLevel(logging.ERROR)  # that a request was invalid is in its answer


def _without_text(record: logging.LogRecord) -> bool:
    """A fault of ours is shown by its place: its text may quote what passed."""
    if record.exc_info and record.exc_info[1] is not None:
        fault = record.exc_info[1]
        record.msg = f"{type(fault).__name__}\n{''.join(traceback.format_tb(fault.__traceback__))}"
        record.exc_info, record.args = None, ()
    return True


_LOGGER.addFilter(_without_text)


class Talk(h11.Connection):
    """h11's server: keeps the request as it came, and writes the head and the trailers given."""

    def __init__(self) -> None:
        super().__init__(h11.SERVER, MAX_HEAD)
        self.request: h11.Request | None = None
        #: The request's, once it has come whole.
        self.trailers: list[tuple[bytes, bytes]] = []
        #: Written instead of the next response and the next end that uvicorn makes.
        self.response: h11.Response | None = None
        self.end: h11.EndOfMessage | None = None
        self.problem = ""

    def next_event(self) -> Any:
        try:
            event = super().next_event()
        except h11.RemoteProtocolError as problem:
            self.problem = without_bytes(problem)
            raise
        if isinstance(event, h11.Request):
            if not event.http_version.startswith(b"1."):
                self.problem = f"it says HTTP/{event.http_version.decode()}"
                raise h11.RemoteProtocolError(self.problem)
            self.request, self.trailers = event, []
        elif isinstance(event, h11.EndOfMessage):
            self.trailers = event.headers.raw_items() if event.headers else []
        return event

    def send(self, event: Any) -> Any:
        if isinstance(event, h11.Response) and self.response is not None:
            event, self.response = self.response, None
        elif isinstance(event, h11.EndOfMessage) and self.end is not None:
            event, self.end = self.end, None
        return super().send(event)


class ClientSide(H11Protocol):
    """One connection of a client, and the one to a server that belongs to it."""

    conn: Talk

    def __init__(self, *args: Any, **named: Any) -> None:
        super().__init__(*args, **named)
        self.conn = Talk()
        self.app_state = {**self.app_state, "client": self}
        self.logger = _LOGGER
        self.upstream: Upstream | None = None
        self._at_end = False
        #: Ends the exchange that is under way; called when the client has left.
        self.cancel: Callable[[], object] | None = None

    # What uvicorn calls

    def connection_made(self, transport: Any) -> None:
        """A client has connected; beyond the bound it is told so and let go."""
        super().connection_made(transport)
        self._await_request()
        if len(self.connections) > MAX_CONNECTIONS:
            transport.write(_TOO_MANY)
            transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self._unset_keepalive_if_required()
        if self.cancel is not None:
            self.cancel()
        if self.upstream is not None:
            self.upstream.close()

    def eof_received(self) -> Any:
        """The client will send no more. An answer that is due is waited for, not for ever."""
        self._at_end = True
        if not self._owes():
            return None
        self.loop.call_later(_LEAVING, self._give_up, self.cycle)
        return True

    def _give_up(self, cycle: Any) -> None:
        """Let go of a request without an answer; what is written finds out by itself."""
        if cycle is self.cycle and not cycle.response_started:
            self.transport.close()

    def on_response_complete(self) -> None:
        super().on_response_complete()  # begins with the next request, if it has come
        if self._at_end and not self._owes():
            self.transport.close()

    def _owes(self) -> bool:
        return self.cycle is not None and not self.cycle.response_complete

    def data_received(self, data: bytes) -> None:
        """Unlike uvicorn's, no byte but a whole head stops the time that a request has to come."""
        self.conn.receive_data(data)
        self.handle_events()

    def send_400_response(self, msg: str) -> None:
        text = f"sampan proxy: not a valid HTTP/1.1 request: {self.conn.problem}\n".encode()
        begun = self._owes() and self.cycle.response_started
        if not begun:
            self.transport.write(_INVALID % (len(text), text))
        if self._owes():
            self.drop()
        else:
            self.transport.close()

    def _unsupported_upgrade_warning(self) -> None:
        """It is not passed on (RFC 9110, 7.8), and the answer says so."""

    def _await_request(self) -> None:
        self.timeout_keep_alive_task = self.loop.call_later(
            self.timeout_keep_alive, self.timeout_keep_alive_handler
        )

    # What an exchange calls

    def has_whole_request(self) -> bool:
        """Whether nothing of the body is still to come."""
        return not self.cycle.more_body

    def leave_continue_to_server(self) -> None:
        """Send no 100 of our own: that of the server is passed on (RFC 9110, 10.1.1)."""
        self.cycle.waiting_for_100_continue = False

    def inform(self, response: h11.InformationalResponse) -> None:
        """Pass a 1xx on; a client of HTTP/1.0 knows none (15.2)."""
        if self._is_modern():
            self.transport.write(self.conn.send(response))

    def begin_with(self, response: h11.Response) -> None:
        """What is to be written for the beginning of a response that ASGI is told of next."""
        self.conn.response = response

    def end_with(self, trailers: list[tuple[bytes, bytes]]) -> None:
        """The same for its end; a client of HTTP/1.0 knows no trailers."""
        if self._is_modern():
            self.conn.end = h11.EndOfMessage(headers=trailers)

    def _is_modern(self) -> bool:
        return (self.conn.their_http_version or b"1.0") >= b"1.1"

    def has_left(self) -> bool:
        """Whether nothing can be sent to the client any more."""
        return bool(self.cycle.disconnected or self.transport.is_closing())

    def drop(self) -> None:
        """Close without an end of the answer, so that the client sees that it is not whole."""
        self.cycle.disconnected = True
        self.transport.close()
