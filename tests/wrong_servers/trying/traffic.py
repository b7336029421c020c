"""The wrong servers against traffic alone: a whole client's flow, of which nothing is the kit's."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tests.support.tampering.trial import side_by_side
from tests.support.traffic.flow_judged import traffic
from tests.support.traffic.observed import Clock
from tests.wrong_servers import WRONG_SERVERS
from tests.wrong_servers.wrong_server import WrongServer


@dataclass(frozen=True, slots=True)
class Row:
    """A wrong server, and the requirements that its traffic failed."""

    server: WrongServer
    failed: tuple[str, ...]
    broken: str | None

    @property
    def found(self) -> bool:
        return bool(self.failed) and self.broken is None

    @property
    def named(self) -> bool:
        """Whether the very requirement that it breaks is among them."""
        return self.found and self.server.requirement in self.failed


def rows(servers: Sequence[WrongServer], workers: int | None = None) -> Iterator[Row]:
    """Try each in processes."""
    found = side_by_side(_tried, [one.id for one in servers], workers)
    for server, (failed, broken) in zip(servers, found, strict=True):
        yield Row(server, failed, broken)


def tried(server: WrongServer) -> Row:
    """The flow at one wrong server."""
    failed, broken = _tried(server.id)
    return Row(server, failed, broken)


def _tried(id: str) -> tuple[tuple[str, ...], str | None]:
    clock = Clock()
    server = next(one for one in WRONG_SERVERS if one.id == id)
    found = traffic(server.build(clock.settings()), clock, pictures=True)
    return tuple(found.failed), found.broken
