"""uvicorn's HTTP protocol, for clients that do not keep to HTTP.

What never becomes a request reaches no application, so it is answered here: with an envelope like
everything else, on a connection that stays open long enough for the answer to be read.
"""

from __future__ import annotations

from typing import Any

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from .app import MOST_BODY, MOST_HEADERS, App
from .errors import ApiError

#: How long (s) a refused client may go on sending before it is cut off.
_LINGER = 2.0


class Protocol(HttpToolsProtocol):
    """One connection."""

    def __init__(self, *args: Any, **named: Any) -> None:
        super().__init__(*args, **named)
        # Bytes of a request's head received so far; None while its body comes.
        self._head: int | None = 0
        self._chunk = 0
        self._refused = False

    def data_received(self, data: bytes) -> None:
        """Parse what came. The head is bounded here: the parser would hoard one without end."""
        if self._refused:
            return
        self._chunk = len(data)
        super().data_received(data)
        if self._head is not None:
            self._head += self._chunk
            if self._head > MOST_HEADERS and not self._refused:
                self._refuse(f"the headers are larger than {MOST_HEADERS} bytes")

    def on_message_begin(self) -> None:
        """A new head begins."""
        super().on_message_begin()
        self._head = -self._chunk  # this chunk may hold the body of the request before

    def on_headers_complete(self) -> None:
        """The head ends; a request that will be refused unread must not leave its body behind."""
        super().on_headers_complete()
        self._head = None
        if self.expect_100_continue:
            declared = dict(self.headers).get(b"content-length", b"0")
            # A client that is not told to continue sends no body, and the next request instead.
            if int(declared) > MOST_BODY:
                self.cycle.keep_alive = False

    def send_400_response(self, msg: str) -> None:
        """Answer what is not HTTP."""
        self._refuse(msg)

    def _unsupported_upgrade_warning(self) -> None:
        # Clients that offer h2c with every request are answered in HTTP/1.1, and that is that.
        pass

    def _refuse(self, reason: str) -> None:
        app: App = self.config.loaded_app
        envelope = app.world.envelopes.of(ApiError("invalid-parameter", reason, http_status=400))
        self._refused = True
        if self.cycle is not None and not self.cycle.response_complete:
            self.cycle.disconnected = True
            self.cycle.message_event.set()
        self.transport.write(
            b"%bcontent-type: application/json\r\ncontent-length: %d\r\nconnection: close\r\n"
            b"x-fake-reason: %b\r\n\r\n%b"
            % (STATUS_LINE[400], len(envelope.body), reason.encode("ascii"), envelope.body)
        )
        # Closing on bytes that are still unread would reset the connection, and the answer be lost.
        self.transport.write_eof()
        self.loop.call_later(_LINGER, self.transport.close)
