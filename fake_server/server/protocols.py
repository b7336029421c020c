"""How bytes become requests: uvicorn's stock protocol, or the quick one where it was tested.

What both have in common is in connection.py; each is imported when it is chosen.
"""

from __future__ import annotations

import asyncio

import uvicorn

#: The first and the last uvicorn that fast_protocol.py, which relies on its internals, was
#: tested with; tests/project/test_version_ranges.py tries both ends of what pyproject.toml admits.
FAST_VERSIONS = ((0, 30), (0, 54))


def choose(*, fast: bool) -> type[asyncio.Protocol]:
    """The protocol to serve with."""
    first, last = FAST_VERSIONS
    major, minor, *_ = uvicorn.__version__.split(".")
    if fast and first <= (int(major), int(minor)) <= last:
        from .fast_protocol import FastProtocol

        return FastProtocol
    from .stock_protocol import StockProtocol

    return StockProtocol
