"""How bytes become requests: uvicorn's stock protocol, or the quick one where it was tested.

The stock one is uvicorn's on h11, which bounds a request's head and refuses what is not HTTP.
"""

from __future__ import annotations

import asyncio
from importlib.metadata import version
from typing import Any

from uvicorn.protocols.http.h11_impl import H11Protocol

from ..contract.errors import ApiError
from ..http.exchange import MAX_HEAD, TRANSPORT
from ..web.app import App

#: The first and the last uvicorn that fast_protocol.py, which relies on its internals, was
#: tested with; tests/project/test_version_ranges.py tries both ends of what pyproject.toml admits.
FAST_VERSIONS = ((0, 30), (0, 54))
#: How long (s) a refused client may go on sending before it is cut off.
LINGER = 2.0


def choose(*, fast: bool) -> type[asyncio.Protocol]:
    """The protocol to serve with."""
    first, last = FAST_VERSIONS
    major, minor, *_ = version("uvicorn").split(".")
    if fast and first <= (int(major), int(minor)) <= last:
        from .fast_protocol import FastProtocol

        return FastProtocol
    return StockProtocol


def refusal(app: App, reason: str) -> bytes:
    """The response to bytes that are not a request: an envelope like every other refusal's."""
    error = ApiError("invalid-parameter", reason, http_status=400)
    body = app.service.rules.envelopes.of(error).body
    return (
        b"HTTP/1.1 400 Bad Request\r\ncontent-type: application/json\r\ncontent-length: %d\r\n"
        b"connection: close\r\nx-fake-reason: %b\r\n\r\n%b"
        % (len(body), reason.encode("ascii"), body)
    )


def abandon(connection: Any) -> None:
    """Let go of a request that is not answered yet."""
    cycle = connection.cycle
    if cycle is not None and not cycle.response_complete:
        cycle.disconnected = True
        cycle.message_event.set()


def keeps_for_response(connection: Any) -> bool:
    """Whether a connection whose client has sent its last byte waits for a response."""
    cycle = connection.cycle
    if cycle is None or cycle.response_complete or cycle.more_body:
        return False
    cycle.keep_alive = False
    return True


class StockProtocol(H11Protocol):
    """uvicorn's protocol, with the fake's envelope for what is not HTTP.

    Unlike the quick one it takes any HTTP version for 1.1.
    """

    _refused = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)  # type: ignore[arg-type]
        # Faults of the connection need it: see web/fault_injection.py.
        self.app_state = {**self.app_state, TRANSPORT: transport}

    def data_received(self, data: bytes) -> None:
        if not self._refused:
            super().data_received(data)

    def eof_received(self) -> Any:
        return not self._refused and keeps_for_response(self)

    def send_400_response(self, msg: str) -> None:
        self._refused = True
        app: App = self.config.loaded_app
        reason = f"this is not HTTP/1.1, or its headers are larger than {MAX_HEAD} bytes"
        self.transport.write(refusal(app, reason))
        # Closing on bytes that are still unread would reset the connection, and lose the response.
        self.transport.write_eof()
        self.loop.call_later(LINGER, self.transport.close)
