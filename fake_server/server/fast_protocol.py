"""uvicorn's HTTP protocol, quick for what is usual and patient with what is not HTTP.

A whole POST to an operation is answered where it is parsed, without a task and an ASGI call, which
would cost more than the answer. Everything else goes uvicorn's way: pages, pictures, the control
API, bodies too large to wait for, offers to continue, whatever a fault may act on.

What never becomes a request reaches no application, so it is answered here: with an envelope like
everything else, on a connection that stays open long enough for the answer to be read.
"""

from __future__ import annotations

import asyncio
from functools import lru_cache
from typing import Any, cast

import httptools
from uvicorn.protocols.http.flow_control import HIGH_WATER_LIMIT
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from ..http.exchange import MAX_HEAD, TRANSPORT, Exchange
from ..http.responses import Headers, Response
from ..web.app import App
from .protocols import LINGER, abandon, keeps_for_response, refusal


class FastProtocol(HttpToolsProtocol):
    """One connection."""

    def __init__(self, *args: Any, **named: Any) -> None:
        super().__init__(*args, **named)
        self._app: App = self.config.loaded_app
        # Bytes of a request's head received so far; None while its body comes.
        self._head: int | None = 0
        self._chunk = 0
        # Whether a request has begun to come and has not come whole.
        self._coming = False
        self._refused = False
        # A request's headers by name, the operation's path if it is to be answered here, and the
        # body so far.
        self._named: dict[bytes, bytes] = {}
        self._path: str | None = None
        self._body = b""
        # Answers not yet written, and how many bytes they are.
        self._due: list[bytes] = []
        self._due_bytes = 0
        self._stamp: tuple[object, bytes] = (None, b"")
        self._answered_at = 0.0
        self._idle_timer: asyncio.TimerHandle | None = None

    def connection_lost(self, exc: Exception | None) -> None:
        """The end."""
        super().connection_lost(exc)
        if self._idle_timer is not None:
            self._idle_timer.cancel()

    def data_received(self, data: bytes) -> None:
        """Parse what came. The head is bounded here: the parser would hoard one without end."""
        if self._refused:
            return
        self._chunk = len(data)
        if self.timeout_keep_alive_task is not None:
            self._unset_keepalive_if_required()
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade as offer:
            self._decline(data[offer.args[0] :])
            return
        except httptools.HttpParserCallbackError as error:
            if not isinstance(error.__context__, httptools.HttpParserError):
                raise  # a fault of our own
            self._refuse("the request is not valid HTTP/1.1")
        except httptools.HttpParserError:
            self._refuse("the request is not valid HTTP/1.1")
        if self._head is not None:
            self._head += self._chunk
            if self._head > MAX_HEAD and not self._refused:
                self._refuse(f"the headers are larger than {MAX_HEAD} bytes")

    # The parser's callbacks

    def on_message_begin(self) -> None:
        """A new head begins. uvicorn makes a scope here, which few requests need."""
        self.url = b""
        self.headers = []
        self.expect_100_continue = False
        self._coming = True
        self._path = None
        self._body = b""
        self._head = -self._chunk  # this chunk may hold the body of the request before

    def on_headers_complete(self) -> None:
        """The head ends; a request that will be refused unread must not leave its body behind."""
        self._head = None
        if self.parser.should_upgrade():
            return  # the head comes again without the offer
        self._named = dict(self.headers)
        if self._is_plain():
            self._path = self._app.targets.get(self.url)
        if self._path is None:
            self._begin_cycle()

    def on_body(self, body: bytes) -> None:
        """A part of the body."""
        if self._path is None:
            super().on_body(body)
        elif len(self._body) + len(body) > HIGH_WATER_LIMIT:
            self._begin_cycle()
            super().on_body(body)
        else:
            self._body += body

    def on_message_complete(self) -> None:
        """The body ends, unless an offer of another protocol had hidden it."""
        if self.parser.should_upgrade():
            return
        self._coming = False
        path, self._path = self._path, None
        if path is None or not self._answer_at_once(path):
            super().on_message_complete()

    # A request answered here

    def _is_plain(self) -> bool:
        """Whether it is a POST by HTTP/1.1 with nothing before it and nothing to be waited for."""
        return (
            (self.cycle is None or self.cycle.response_complete)
            and not self.expect_100_continue
            and not self.flow.write_paused
            and self._due_bytes < HIGH_WATER_LIMIT
            and self.parser.get_method() == b"POST"
            and self.parser.get_http_version() == "1.1"
            and self.parser.should_keep_alive()
            and int(self._named.get(b"content-length", b"0")) <= HIGH_WATER_LIMIT
        )

    def _answer_at_once(self, path: str) -> bool:
        exchange = Exchange("POST", path, self.headers, cast(str, self.scheme), self.server)
        exchange.body = self._body
        answer = self._app.respond_now(exchange, self._named)
        if answer is None:
            self._begin_cycle()  # a fault may act on it
            return False
        self.server_state.total_requests += 1
        self._send(answer)
        self._await_next()
        return True

    def _send(self, answer: Response) -> None:
        """Write an answer with those to other clients, when all that has come is worked off.

        A write wakes its reader, which costs as much as the answer where each is woken in turn.
        """
        if not self._due:
            self.loop.call_soon(self._flush)
        body = answer.body
        head = b"%b%b%bcontent-length: %d\r\n\r\n" % (
            STATUS_LINE[answer.status],
            self._defaults(),
            _lines(answer.headers),
            len(body),
        )
        self._due += (head, body)
        self._due_bytes += len(head) + len(body)

    def _defaults(self) -> bytes:
        """uvicorn's own headers, which it makes anew each second."""
        headers = self.server_state.default_headers
        if self._stamp[0] is not headers:
            self._stamp = headers, _lines(tuple(headers))
        return self._stamp[1]

    def _flush(self) -> None:
        due, self._due, self._due_bytes = self._due, [], 0
        if due and not self.transport.is_closing():
            self.transport.write(b"".join(due))

    def _await_next(self) -> None:
        """Close the connection if nothing more comes; one timer serves many requests."""
        self._answered_at = self.loop.time()
        if self._idle_timer is None:
            due = self._answered_at + self.timeout_keep_alive
            self._idle_timer = self.loop.call_at(due, self._look_idle)

    def _look_idle(self) -> None:
        self._idle_timer = None
        due = self._answered_at + self.timeout_keep_alive
        if self.loop.time() < due:
            self._idle_timer = self.loop.call_at(due, self._look_idle)
        elif self.timeout_keep_alive_task is None and self._at_rest():
            self.timeout_keep_alive_handler()

    def _at_rest(self) -> bool:
        """Whether no request is under way."""
        ended = self.cycle is None or self.cycle.response_complete
        return ended and not self._coming

    # A request that goes uvicorn's way

    def _begin_cycle(self) -> None:
        """Have uvicorn call the application, with what has come of the request so far."""
        url, headers, body = self.url, self.headers, self._body
        continues = self.expect_100_continue
        super().on_message_begin()
        self.url, self.expect_100_continue = url, continues
        self.headers += headers
        # Faults of the connection need it: see web/fault_injection.py.
        self.scope["state"][TRANSPORT] = self.transport
        self._path = None
        super().on_headers_complete()
        if body:
            super().on_body(body)

    # The end, by either side

    def eof_received(self) -> Any:
        """The client will send no more. True keeps the connection for the response that is due."""
        self._flush()
        return not self._refused and keeps_for_response(self)

    def shutdown(self) -> None:
        """The server ends: what is answered is written first."""
        self._flush()
        super().shutdown()

    def _decline(self, rest: bytes) -> None:
        """Parse a request again that came with an offer of another protocol, less the offer.

        The parser takes an offer for accepted and the body for that protocol's. Java's own client
        offers h2c with every request.
        """
        method = self.parser.get_method()
        if method == b"CONNECT":
            self._refuse("CONNECT is not supported")
            return
        version = self.parser.get_http_version().encode()
        lines = [b"%b %b HTTP/%b" % (method, self.url, version)]
        lines += [b"%b: %b" % header for header in self.headers if header[0] != b"upgrade"]
        self.parser = httptools.HttpRequestParser(self)
        self.parser.set_dangerous_leniencies(lenient_data_after_close=True)
        self.data_received(b"\r\n".join((*lines, b"", rest)))

    def _refuse(self, reason: str) -> None:
        self._refused = True
        self._flush()
        abandon(self)
        self.transport.write(refusal(self._app, reason))
        # Closing on bytes that are still unread would reset the connection, and lose the response.
        self.transport.write_eof()
        self.loop.call_later(LINGER, self.transport.close)


@lru_cache(maxsize=256)
def _lines(headers: Headers) -> bytes:
    """Headers as they are sent."""
    return b"".join([b"%b: %b\r\n" % header for header in headers])
