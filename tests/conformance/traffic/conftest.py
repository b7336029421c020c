"""The wire between a client and a fake in this process."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.conforming_servers.conforming_server import plain
from tests.support.tampering.server import tampered
from tests.support.traffic.observed import Clock, Observed


@pytest.fixture(name="wire")
def observed_fake() -> Iterator[Observed]:
    clock = Clock()
    observed = Observed(tampered(plain, clock.settings()), clock)
    yield observed
    observed.close()
