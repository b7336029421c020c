"""uvicorn's stock protocol on h11, which bounds a request's head and refuses what is not HTTP."""

from __future__ import annotations

import asyncio
from typing import Any, cast

from uvicorn.protocols.http.h11_impl import H11Protocol

from ..http.exchange import MAX_HEAD, TRANSPORT
from ..web.app import App
from .protocols import LINGER, keeps_for_response, refusal


class StockProtocol(H11Protocol):
    """One connection, with the fake's envelope for what is not HTTP."""

    _refused = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(cast(asyncio.Transport, transport))  # uvloop's is one by shape only
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
        reason = (
            f"the request is not valid HTTP/1.1, or its headers are larger than {MAX_HEAD} bytes"
        )
        self.transport.write(refusal(app, reason))
        # Closing on bytes that are still unread would reset the connection, and lose the response.
        self.transport.write_eof()
        self.loop.call_later(LINGER, self.transport.close)
