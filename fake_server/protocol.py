"""uvicorn's HTTP protocol, for clients that do not keep to HTTP.

What never becomes a request reaches no application, so it is answered here: with an envelope like
everything else, on a connection that stays open long enough for the answer to be read.
"""

from __future__ import annotations

import asyncio
from typing import Any, cast

import httptools
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from .app import App
from .errors import ApiError
from .misfortune import TRANSPORT
from .request import MOST_BODY, MOST_HEADERS

#: How long (s) a refused client may go on sending before it is cut off.
_LINGER = 2.0


class _Corked:
    """A transport that holds the head of an answer back until its body begins.

    uvicorn writes them one after the other, which is two system calls and two packets.
    """

    __slots__ = ("_held", "_open", "_transport")

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self._held: bytes | None = None
        self._open = False

    def write(self, data: bytes) -> None:
        if self._open or data.startswith(b"HTTP/1.1 100 "):
            self._transport.write(data)
        elif self._held is None:
            self._held = data
        else:
            self._open = True
            self._transport.write(self._held + data)

    def close(self) -> None:
        if self._held is not None and not self._open:
            self._transport.write(self._held)
        self._transport.close()

    def is_closing(self) -> bool:
        return self._transport.is_closing()


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
        self._unset_keepalive_if_required()
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade as offer:
            self._decline(data[offer.args[0] :])
            return
        except httptools.HttpParserError:
            self._refuse("this is not HTTP/1.1")
        if self._head is not None:
            self._head += self._chunk
            if self._head > MOST_HEADERS and not self._refused:
                self._refuse(f"the headers are larger than {MOST_HEADERS} bytes")

    def on_message_begin(self) -> None:
        """A new head begins."""
        super().on_message_begin()
        # Faults of the connection need it: see misfortune.py.
        self.scope["extensions"] = {TRANSPORT: {"transport": self.transport}}
        self._head = -self._chunk  # this chunk may hold the body of the request before

    def on_headers_complete(self) -> None:
        """The head ends; a request that will be refused unread must not leave its body behind."""
        self._head = None
        if self.parser.should_upgrade():
            return  # the head comes again without the offer
        super().on_headers_complete()
        if self.scope["method"] != "HEAD":  # to which nothing follows the head
            self.cycle.transport = cast(asyncio.Transport, _Corked(self.transport))
        if self.expect_100_continue:
            declared = dict(self.headers).get(b"content-length", b"0")
            # A client that is not told to continue sends no body, and the next request instead.
            if int(declared) > MOST_BODY:
                self.cycle.keep_alive = False

    def on_message_complete(self) -> None:
        """The body ends, unless an offer of another protocol had hidden it."""
        if not self.parser.should_upgrade():
            super().on_message_complete()

    def eof_received(self) -> Any:
        """The client will send no more. True keeps the connection for the answer that is due."""
        cycle = self.cycle
        if self._refused or cycle is None or cycle.response_complete or cycle.more_body:
            return False
        cycle.keep_alive = False
        return True

    def abandon(self) -> None:
        """Let go of a request that is not answered yet."""
        if self.cycle is not None and not self.cycle.response_complete:
            self.cycle.disconnected = True
            self.cycle.message_event.set()

    def _decline(self, rest: bytes) -> None:
        """Parse a request again that came with an offer of another protocol, less the offer.

        The parser takes an offer for accepted and the body for that protocol's. Java's own client
        offers h2c with every request.
        """
        method = self.parser.get_method()
        if method == b"CONNECT":
            self._refuse("this is no proxy")
            return
        version = self.parser.get_http_version().encode()
        lines = [b"%b %b HTTP/%b" % (method, self.url, version)]
        lines += [b"%b: %b" % header for header in self.headers if header[0] != b"upgrade"]
        self.parser = httptools.HttpRequestParser(self)
        self.parser.set_dangerous_leniencies(lenient_data_after_close=True)
        self.data_received(b"\r\n".join((*lines, b"", rest)))

    def _refuse(self, reason: str) -> None:
        app: App = self.config.loaded_app
        envelope = app.world.envelopes.of(ApiError("invalid-parameter", reason, http_status=400))
        self._refused = True
        self.abandon()
        self.transport.write(
            b"%bcontent-type: application/json\r\ncontent-length: %d\r\nconnection: close\r\n"
            b"x-fake-reason: %b\r\n\r\n%b"
            % (STATUS_LINE[400], len(envelope.body), reason.encode("ascii"), envelope.body)
        )
        # Closing on bytes that are still unread would reset the connection, and the answer be lost.
        self.transport.write_eof()
        self.loop.call_later(_LINGER, self.transport.close)
