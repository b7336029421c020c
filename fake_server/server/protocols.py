"""How bytes become requests: uvicorn's stock protocol, or the quick one where it was tested.

What both need is here; each is imported when it is chosen.
"""

from __future__ import annotations

import asyncio
from typing import Any

import uvicorn

from ..contract.errors import ApiError
from ..web.app import App

#: The first and the last uvicorn that fast_protocol.py, which relies on its internals, was
#: tested with; tests/project/test_version_ranges.py tries both ends of what pyproject.toml admits.
FAST_VERSIONS = ((0, 30), (0, 54))
#: How long (s) a refused client may go on sending before it is cut off.
LINGER = 2.0


def choose(*, fast: bool) -> type[asyncio.Protocol]:
    """The protocol to serve with."""
    first, last = FAST_VERSIONS
    major, minor, *_ = uvicorn.__version__.split(".")
    if fast and first <= (int(major), int(minor)) <= last:
        from .fast_protocol import FastProtocol

        return FastProtocol
    from .stock_protocol import StockProtocol

    return StockProtocol


def refusal(app: App, reason: str) -> bytes:
    """The response to bytes that are not a request: an envelope like every other refusal's."""
    error = ApiError("invalid-parameter", reason, http_status=400)
    body = app.service.rules.envelopes.of(error, None).body
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
