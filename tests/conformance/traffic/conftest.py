"""The wire between a client and a fake in this process."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.conforming_servers.conforming_server import ConformingServer, plain
from tests.support.tampering.server import tampered
from tests.support.traffic.client import Client
from tests.support.traffic.made import Clients
from tests.support.traffic.observed import Clock, Observed


@pytest.fixture(name="wire")
def observed_fake() -> Iterator[Observed]:
    clock = Clock()
    observed = Observed(tampered(plain, clock.settings()), clock)
    yield observed
    observed.close()


@pytest.fixture(name="clients")
def two_clients() -> Iterator[Clients]:
    """Makes two clients of a server, logged in."""
    wires: list[Observed] = []

    def two(server: ConformingServer) -> tuple[Client, Client]:
        clock = Clock()
        wires.append(Observed(server.build(clock.settings()), clock))
        first, second = Client(wires[-1], "abc"), Client(wires[-1], "second")
        for one in (first, second):
            one.login()
        return first, second

    yield two
    for wire in wires:
        wire.close()
