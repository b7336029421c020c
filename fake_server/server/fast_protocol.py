"""uvicorn's HTTP protocol, quick for what is usual and patient with what is not HTTP.

A whole POST to an operation is answered where it is parsed, without a task and an ASGI call, which
would cost more than the answer. Everything else goes uvicorn's way: pages, pictures, the control
API, bodies too large to wait for, offers to continue, whatever a fault may act on.

What never becomes a request reaches no application, so it is answered here: with an envelope like
everything else, on a connection that stays open long enough for the answer to be read.

The parser can't be stopped in the middle of what it is given, and a request takes a hundred times
its bytes while it waits for its turn. So it is given little at a time, and nothing while a request
that came whole is not answered; what has been read by then is held as bytes.
"""

from __future__ import annotations

import logging
import time
from collections import deque
from typing import Any, cast
from urllib.parse import unquote

import httptools
from uvicorn.protocols.http.flow_control import HIGH_WATER_LIMIT
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from ..http.exchange import MAX_HEAD, MAX_HEADERS, TRANSPORT, Exchange
from ..http.target import is_authority, is_chunked
from .connection import why_no_http
from .due_answers import DueAnswers
from .repeated_head import Halves, RepeatedHead, halves
from .turns import TURN

log = logging.getLogger("sampan")

#: How many bytes the parser is given at a time.
_SLICE = 1 << 10
_HEAD_END = b"\r\n\r\n"
_NOTHING = memoryview(b"")


class _TooLarge(Exception):
    """Raised in a callback, which ends the parsing."""


class FastProtocol(DueAnswers, HttpToolsProtocol):
    """One connection."""

    def __init__(self, *args: Any, **named: Any) -> None:
        super().__init__(*args, **named)
        # Of ten thousand silent connections each object counts, since a full search for garbage
        # visits all of them and stops everything meanwhile: what can be is made when it is needed.
        self.parser: Any = None
        # What has been read and not been parsed.
        self._held = _NOTHING
        # The size of what the parser was given last, and of what it was given since the request
        # began or since the last byte of its body: a head, a chunk's extension, trailers.
        self._slice = 0
        self._apart = 0
        # The size of head and trailers, once there is a trailer, and how many of these there are.
        self._fields = 0
        self._trailers = 0
        # Whether a request has begun to come and has not come whole; whether its head is complete.
        self._coming = False
        self._in_body = False
        # The requests that went uvicorn's way and are not answered yet; the first is under way.
        self._open: deque[Any] = deque()
        # A request's headers by name, the operation's path if it is to be answered here, and the
        # body so far.
        self._named: dict[bytes, bytes] = {}
        self._path: str | None = None
        self._body = b""
        # The head of the last request that was answered here, and the last that came twice.
        self._last: Halves | None = None
        self._repeated: RepeatedHead | None = None

    def connection_lost(self, exc: Exception | None) -> None:
        """The end."""
        super().connection_lost(exc)
        self.abandon()
        self._held = _NOTHING

    # What comes

    def data_received(self, data: bytes) -> None:
        """Parse what came, or as much of it as may be parsed now."""
        if self._refused:
            self.drop()
            return
        if self.timeout_keep_alive_task is not None:
            self._unset_keepalive_if_required()
        if len(data) <= _SLICE and not self._open and not self._held:
            if not self._answer_again(data):
                self._parse_one(data)
            return
        self._held = memoryview(bytes(self._held) + data if self._held else data)
        if not self._waits and self.holds():
            self._parse_slice()
        self.bound_reading()
        self.go_on()

    def parse_held(self) -> None:
        """Parse what is held as far as that can be now, or for as long as a turn."""
        end = time.perf_counter() + TURN
        while self.holds():
            self._parse_slice()
            if time.perf_counter() >= end:
                break

    def _parse_slice(self) -> None:
        data = self._held[:_SLICE]
        if not self._in_body:  # a turn is for one request
            end = bytes(data).find(_HEAD_END)
            data = data if end < 0 else data[: end + len(_HEAD_END)]
        self._held = self._held[len(data) :]
        self._parse(data)

    def _parse(self, data: bytes | memoryview) -> None:
        self._slice = len(data)
        if self.parser is None:
            self._make_parser()
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade as offer:
            self._decline(bytes(data[offer.args[0] :]))
            return
        except httptools.HttpParserCallbackError as error:
            self._refuse_for(error.__context__)
        except httptools.HttpParserError as error:
            self.refuse(why_no_http(bytes(data), str(error)))
        self._apart += self._slice
        if self._apart > MAX_HEAD:  # the parser would hoard it without end
            self.refuse(f"the headers are larger than {MAX_HEAD} bytes")
        elif self._apart > 0 and len(self.headers or ()) > MAX_HEADERS:
            self.refuse(f"there are more than {MAX_HEADERS} headers")

    def _make_parser(self) -> None:
        self.parser = httptools.HttpRequestParser(self)
        if hasattr(self.parser, "set_dangerous_leniencies"):  # of httptools 0.6.3
            self.parser.set_dangerous_leniencies(lenient_data_after_close=True)

    def _refuse_for(self, cause: BaseException | None) -> None:
        """Refuse what a callback has raised about."""
        if isinstance(cause, _TooLarge):
            self.refuse(
                f"headers and trailers are larger than {MAX_HEAD} bytes, or more than {MAX_HEADERS}"
            )
        elif isinstance(cause, httptools.HttpParserError):
            self.refuse(why_no_http(b"", str(cause)))
        else:
            log.error("a request could not be parsed", exc_info=cause)
            self.refuse("internal error of the fake; see its log", status=500, name="general-error")

    # The parser's callbacks

    def on_message_begin(self) -> None:
        """A new head begins. uvicorn makes a scope here, which few requests need."""
        self.url = b""
        self.headers = []
        self.expect_100_continue = False
        self._coming = True
        self._path = None
        self._body = b""
        self._fields = 0
        self._apart = -self._slice  # this slice may hold the body of the request before

    def on_header(self, name: bytes, value: bytes) -> None:
        """A header; or a trailer, which is dropped."""
        if self._in_body:
            self._count_trailer(len(name) + len(value))
            return
        name = name.lower()
        if name == b"expect" and value.lower() == b"100-continue":
            # HTTP/1.0 knows no interim answers (RFC 9110, 10.1.1).
            self.expect_100_continue = self.parser.get_http_version() != "1.0"
        self.headers.append((name, value))

    def _count_trailer(self, size: int) -> None:
        if not self._fields:
            self._fields = len(self.url) + sum(len(n) + len(v) for n, v in self.headers)
            self._trailers = 0
        self._fields += size
        self._trailers += 1
        if self._fields > MAX_HEAD or self._trailers + len(self.headers) > MAX_HEADERS:
            raise _TooLarge

    def on_headers_complete(self) -> None:
        """The head ends; a request that will be refused unread must not leave its body behind."""
        if self.parser.should_upgrade():
            return  # the head comes again without the offer
        self._in_body = True
        self._named = dict(self.headers)
        if self._is_plain():
            self._path = self._app.targets.get(self.url)
        if self._path is None:
            self._begin_cycle()

    def on_body(self, body: bytes) -> None:
        """A part of the body."""
        self._apart = -self._slice
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
        self._coming = self._in_body = False
        path, self._path = self._path, None
        if path is not None:
            exchange = Exchange("POST", path, self.headers, cast(str, self.scheme), self.server)
            exchange.body = self._body
            if self._answer(exchange, self._named):
                return
            self._begin_cycle()
        super().on_message_complete()

    # A request answered here

    def _answer_again(self, data: bytes) -> bool:
        """Answer a request whose head has come before, unparsed; whether that could be done."""
        if self._repeated is None or self._coming or not self._may_answer():
            return False
        head = self._repeated.fitting(data)
        if head is None:
            return False
        self._repeated = head
        try:
            again = head.again(data, cast(str, self.scheme), self.server)
            if not self._answer(again, head.named):
                return False
        except Exception as problem:
            self._refuse_for(problem)
        self._apart = 0
        return True

    def _parse_one(self, data: bytes) -> None:
        """Parse what may be one request; a head that comes the second time is remembered."""
        coming, answers = self._coming, self.answers
        self._parse(data)
        if coming or self.answers != answers + 1:
            return
        last, self._last = self._last, halves(data, self._body)
        if last is not None and last == self._last:
            self._repeated = RepeatedHead.of(last, self._app.targets[self.url], self._named)

    def _may_answer(self) -> bool:
        """Whether nothing is before a request, and its answer is not waited for."""
        return not self._open and not self.flow.write_paused and self.due_bytes < HIGH_WATER_LIMIT

    def _is_plain(self) -> bool:
        """Whether it is a POST by HTTP/1.1 with nothing before it and nothing to be waited for."""
        named = self._named
        return (
            self._may_answer()
            and not self.expect_100_continue
            and self.parser.get_method() == b"POST"
            and self.parser.get_http_version() == "1.1"
            and self.parser.should_keep_alive()
            and len(named) == len(self.headers)
            and is_authority(named.get(b"host", b" "))
            and is_chunked(named.get(b"transfer-encoding", b"chunked"))
            and int(named.get(b"content-length", b"0")) <= HIGH_WATER_LIMIT
        )

    def _answer(self, exchange: Exchange, named: dict[bytes, bytes]) -> bool:
        """Answer a request, unless a fault may act on it; whether that was done."""
        answer = self._app.respond_now(exchange, named)
        if answer is None:
            return False
        self.server_state.total_requests += 1
        self.send_soon(answer)
        self.answers += 1
        return True

    # A request that goes uvicorn's way

    def _begin_cycle(self) -> None:
        """Have uvicorn call the application, with what has come of the request so far."""
        url, headers, body = self.url, self.headers, self._body
        continues = self.expect_100_continue
        super().on_message_begin()
        self.expect_100_continue = continues
        self.headers += headers
        # Faults of the connection need it: see web/fault_injection.py.
        self.scope["state"][TRANSPORT] = self.transport
        self._path = None
        # uvicorn's parser of URLs takes an absolute one apart, and fails on some. It gets none.
        self.url = b"/"
        super().on_headers_complete()
        self._open.append(self.cycle)
        raw_path, _, query = url.partition(b"?")
        self.scope["path"] = unquote(raw_path.decode("latin-1"))
        self.scope["raw_path"], self.scope["query_string"] = raw_path, query
        self.url = url
        if body:
            super().on_body(body)

    def on_response_complete(self) -> None:
        """An answer of the application is complete."""
        self._open.popleft()
        super().on_response_complete()
        if self._held and not self.transport.is_closing():
            self.bound_reading()  # uvicorn has just resumed it
        self.answered()

    # What connection.py asks

    def owes(self) -> bool:
        """Whether a request that has come whole is not answered yet."""
        return len(self._open) > self._is_unfinished()

    def holds(self) -> bool:
        """Whether something has come that is not parsed yet, and could be now."""
        return len(self._held) > 0 and not self._refused and not self.owes()

    def held(self) -> int:
        """How many bytes are not parsed."""
        return len(self._held)

    def is_full(self) -> bool:
        """Whether uvicorn reads nothing until the application takes what it has of the body."""
        return self._is_unfinished() and len(self.cycle.body) > HIGH_WATER_LIMIT

    def _is_unfinished(self) -> bool:
        """Whether the request that is coming went uvicorn's way, and is not answered yet."""
        return self._in_body and self._path is None and not self.cycle.response_complete

    def is_coming(self) -> bool:
        """Whether a request has begun to come and has not come whole."""
        return self._coming

    def drop_unfinished(self) -> bool:
        """Let go of the request that is coming; whether it is still without an answer."""
        self._held = _NOTHING
        if not self._in_body or self._path is not None:
            return True
        if not self._is_unfinished():
            return False
        if self.pipeline and self.pipeline[0][0] is self.cycle:
            self.pipeline.popleft()
        _let_go(self._open.pop())
        self._in_body = False
        return True

    def abandon(self) -> None:
        """Let go of all that is not answered yet."""
        while self._open:
            _let_go(self._open.popleft())

    # The end, by either side

    def shutdown(self) -> None:
        """The server ends: what is answered is written first."""
        self.flush()
        super().shutdown()

    def _decline(self, rest: bytes) -> None:
        """Parse a request again that came with an offer of another protocol, less the offer.

        The parser takes an offer for accepted and the body for that protocol's. Java's own client
        offers h2c with every request.
        """
        method = self.parser.get_method()
        if method == b"CONNECT":
            self.refuse("CONNECT is not supported")
            return
        version = self.parser.get_http_version().encode()
        lines = [b"%b %b HTTP/%b" % (method, self.url, version)]
        lines += [b"%b: %b" % header for header in self.headers if header[0] != b"upgrade"]
        self._make_parser()
        self._parse(b"\r\n".join((*lines, b"", rest)))


def _let_go(cycle: Any) -> None:
    """Tell the application that its client has left."""
    cycle.disconnected = True
    cycle.message_event.set()
