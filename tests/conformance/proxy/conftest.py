"""A server that does what a test says, and a proxy in front of it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.network.proxies import OddServer, Proxied


@pytest.fixture(scope="module")
def server() -> Iterator[OddServer]:
    """One for all tests of a module; each says what it does."""
    server = OddServer()
    yield server
    server.close()


@pytest.fixture(scope="module")
def proxied(server: OddServer) -> Iterator[Proxied]:
    proxied = Proxied(server.url)
    yield proxied
    proxied.close()
