"""Conforming servers that differ from the fake as far as the page lets them: no check may fail one.

Each turns open questions to other answers, or does what any server may do: wait, add, compress,
name things otherwise, fail a job. What the kit learns of a question must be what was set
(``python -m tests.conforming_servers``).
"""

from __future__ import annotations

from tests.conforming_servers import (
    clocks,
    courses,
    credentials,
    listings,
    pictures,
    records,
    requests,
    variants,
)
from tests.conforming_servers import transport as wire
from tests.conforming_servers.conforming_server import REGISTERED, ConformingServer

__all__ = ["LEGAL", "SECTIONS", "Legal"]

#: Each registers its servers when it is imported.
SECTIONS = (variants, wire, listings, records, pictures, courses, clocks, credentials, requests)

CONFORMING_SERVERS: tuple[ConformingServer, ...] = tuple(REGISTERED.values())
