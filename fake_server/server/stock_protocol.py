"""uvicorn's stock protocol on h11, which bounds a request's head and refuses what is not HTTP."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import h11
from uvicorn.protocols.http.flow_control import HIGH_WATER_LIMIT
from uvicorn.protocols.http.h11_impl import H11Protocol

from ..http.exchange import MAX_HEAD, MAX_HEADERS
from .connection import Connection, with_transport
from .turns import TURN


class StockProtocol(Connection, H11Protocol):
    """One connection, with the fake's envelope for what is not HTTP."""

    def __init__(self, *args: Any, **named: Any) -> None:
        super().__init__(*args, **named)
        self.conn: Parser = Parser(self.config.h11_max_incomplete_event_size)
        # Whether what has come is not parsed as far as it could be; whether an answer ends now.
        self._more = False
        self._in_answer = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self.app_state = with_transport(self.app_state, self.transport)

    def data_received(self, data: bytes) -> None:
        if self._refused:
            self.drop()
            return
        if self._more:
            self.conn.receive_data(data)
        else:
            super().data_received(data)
        self.bound_reading()
        self.go_on()

    def on_response_complete(self) -> None:
        self._in_answer = True
        super().on_response_complete()
        self._in_answer = False
        self.bound_reading()
        self.answered()

    def handle_events(self) -> None:
        """Parse what has come, for as long as a turn; nothing yet where it waited for an answer."""
        if self._in_answer:
            self._more = self.held() > 0
        else:
            self._more = False
            self.conn.until = time.perf_counter() + TURN
            super().handle_events()
            self._more = self.conn.stopped

    def send_400_response(self, msg: str) -> None:
        self.refuse(
            f"the request is not valid HTTP/1.1, or its headers are larger than {MAX_HEAD} bytes"
        )

    # What connection.py asks

    def owes(self) -> bool:
        cycle = self.cycle
        return cycle is not None and not cycle.response_complete and not cycle.more_body

    def holds(self) -> bool:
        return self._more and not self._refused and not self.owes()

    def held(self) -> int:
        return len(self.conn.trailing_data[0])

    def is_full(self) -> bool:
        # Once it has answered, nobody takes the rest, which is read and dropped.
        taken = self.conn.in_body and not self.cycle.response_complete
        return taken and len(self.cycle.body) > HIGH_WATER_LIMIT

    def parse_held(self) -> None:
        self.handle_events()

    def is_coming(self) -> bool:
        return self.conn.in_body or bool(self.conn.trailing_data[0])

    def drop_unfinished(self) -> bool:
        if not self.conn.in_body:
            return True
        unanswered = not self.cycle.response_started
        self.abandon()
        return unanswered


class Parser(h11.Connection):
    """h11's server, which bounds head and trailers together, and stops when its time is up."""

    def __init__(self, max_incomplete_event_size: int) -> None:
        super().__init__(h11.SERVER, max_incomplete_event_size)
        #: Whether a request's head has come and its end has not.
        self.in_body = False
        #: When to stop (``time.perf_counter``), and whether it has.
        self.until = 0.0
        self.stopped = False
        self._fields = self._lines = 0

    def next_event(self) -> Any:
        """Raises ``RemoteProtocolError`` on trailers that are too large."""
        self.stopped = time.perf_counter() >= self.until
        if self.stopped:
            return h11.NEED_DATA
        event = super().next_event()
        if isinstance(event, h11.Request):
            self.in_body = True
            self._fields = len(event.target) + _size(event.headers)
            self._lines = len(event.headers)
        elif isinstance(event, h11.EndOfMessage):
            size = self._fields + _size(event.headers)
            lines = self._lines + len(event.headers)
            if event.headers and (size > MAX_HEAD or lines > MAX_HEADERS):
                raise h11.RemoteProtocolError("the trailers are too large", 431)
            self.in_body = False
        return event


def _size(headers: Any) -> int:
    return sum(len(name) + len(value) for name, value in headers)
