"""A run of the proxy: transport, observers and what they found at the end."""

from __future__ import annotations

import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ..target import is_loopback
from ..traffic.seen import Seen
from .judging import Observers
from .passing import Proxy
from .record import Store
from .routes import Routes
from .server import Server, allow_many_connections


@dataclass(frozen=True, slots=True)
class ProxyOptions:
    """``target`` without a trailing slash; ``timeout`` in seconds."""

    target: str
    timeout: float
    rewrite_host: bool = False


@dataclass(frozen=True, slots=True)
class Passed:
    """What passed and was not judged, for the report's remarks: one sentence each."""

    remarks: tuple[str, ...]
    faults: tuple[str, ...]


def run(
    options: ProxyOptions,
    listening: socket.socket,
    observers: Sequence[Callable[[Seen], object]],
    ready: Callable[[str], None],
) -> Passed:
    """Pass on what comes until a signal ends it; ``ready`` is given the address.

    All that passed has been observed when this returns.
    """
    allow_many_connections()
    host, port = listening.getsockname()[:2]
    address = f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
    routes = Routes(
        options.target, port, others=is_loopback(address), rewrite_host=options.rewrite_host
    )
    watching = Observers(observers)
    proxy = Proxy(routes, Store(), watching.add, options.timeout)
    try:
        Server(proxy, lambda: ready(address)).run(sockets=[listening])
    finally:
        watching.close()
    return Passed(_remarks(proxy.elsewhere, watching.missed), tuple(watching.faults))


def _remarks(elsewhere: int, missed: int) -> tuple[str, ...]:
    said = []
    if elsewhere:
        said.append(f"{elsewhere} requests for other hosts were passed on and not judged")
    if missed:
        said.append(
            f"{missed} exchanges were passed on and not judged: their bodies were too large, or"
            " they came faster than they could be judged"
        )
    return tuple(said)
