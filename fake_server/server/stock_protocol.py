"""uvicorn's stock protocol on h11, which bounds a request's head and refuses what is not HTTP."""

from __future__ import annotations

import asyncio
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from ..http.exchange import MAX_HEAD, MAX_HEADERS
from .connection import Connection, with_transport


class StockProtocol(Connection, H11Protocol):
    """One connection, with the fake's envelope for what is not HTTP."""

    def __init__(self, *args: Any, **named: Any) -> None:
        super().__init__(*args, **named)
        self.conn: Parser = Parser(self.config.h11_max_incomplete_event_size)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self.app_state = with_transport(self.app_state, self.transport)

    def data_received(self, data: bytes) -> None:
        if not self._refused:
            super().data_received(data)
            self._read_on()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        self.answered()
        self._read_on()

    def _read_on(self) -> None:
        if self.owes():
            self.read_ahead(len(self.conn.trailing_data[0]))

    def send_400_response(self, msg: str) -> None:
        self.refuse(
            f"the request is not valid HTTP/1.1, or its headers are larger than {MAX_HEAD} bytes"
        )

    # What connection.py asks

    def owes(self) -> bool:
        cycle = self.cycle
        return cycle is not None and not cycle.response_complete and not cycle.more_body

    def is_coming(self) -> bool:
        return self.conn.in_body or bool(self.conn.trailing_data[0])

    def drop_unfinished(self) -> bool:
        if not self.conn.in_body:
            return True
        unanswered = not self.cycle.response_started
        self.abandon()
        return unanswered


class Parser(h11.Connection):
    """h11's server, which bounds head and trailers together."""

    def __init__(self, max_incomplete_event_size: int) -> None:
        super().__init__(h11.SERVER, max_incomplete_event_size)
        #: Whether a request's head has come and its end has not.
        self.in_body = False
        self._fields = self._lines = 0

    def next_event(self) -> Any:
        """Raises ``RemoteProtocolError`` on trailers that are too large."""
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
