"""A run of the proxy: the transport, those who observe it, and what they found."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from ..findings import Finding
from ..har.writer import HarWriter
from ..report import Report
from ..target import is_loopback
from ..traffic.judge import TrafficJudge
from ..traffic.seen import Seen
from .observers import Observers
from .passing import Proxy
from .pictures import PictureFetcher
from .record import Store
from .routes import Routes
from .server import Server, allow_many_connections

#: So many exchanges are judged before anybody asks what the proxy is waiting for.
_MANY = 100


@dataclass(frozen=True, slots=True)
class ProxyOptions:
    """``target`` without a trailing slash; ``timeout`` in seconds; ``har``: a file to write."""

    target: str
    timeout: float = 300.0
    rewrite_host: bool = False
    fetch_pictures: bool = False
    har: Path | None = None


@dataclass(frozen=True, slots=True)
class Passed:
    """The end of a run. ``faults`` are the kit's own, one line each."""

    report: Report
    faults: tuple[str, ...]


def run(
    options: ProxyOptions,
    listening: socket.socket,
    ready: Callable[[str], None],
    on_finding: Callable[[Finding], None],
    on_backlog: Callable[[int], None],
) -> Passed:
    """Pass on what comes until a signal ends it; ``ready`` is given the address.

    ``on_finding`` is called for each failure when it is seen, from another thread. All that passed
    has been judged when this returns, unless a second signal comes; ``on_backlog`` is given the
    number that are still to be judged, if they are many. Raises ``HarError`` if the HAR can't be
    made.
    """
    allow_many_connections()
    routes = routes_of(options, listening)
    judge = TrafficJudge(options.target)
    started = datetime.now(UTC)

    def judged(seen: Seen) -> None:
        for finding in judge.observe(seen):
            on_finding(finding)

    with contextlib.ExitStack() as ending:
        observers: list[Callable[[Seen], None]] = [judged]
        har = fetcher = None
        if options.har is not None:
            har = ending.enter_context(HarWriter(options.har))
            observers.append(_of_target(judge, har.write))
        if options.fetch_pictures:
            fetcher = PictureFetcher(options.target, routes)
            observers.append(fetcher.observe)
        watching = Observers(observers)
        if fetcher is not None:
            fetcher.start(watching.add_seen)
        proxy = Proxy(routes, Store(), watching.add, options.timeout)
        try:
            server = Server(proxy, lambda: ready(_address(listening)), watching.give_up)
            server.run(sockets=[listening])
        finally:
            if watching.waiting > _MANY:
                on_backlog(watching.waiting)
            if fetcher is not None:
                fetcher.close()
            watching.close()
        remarks = [*_remarks(proxy, watching.missed), *(fetcher.remarks() if fetcher else ())]
        if har is not None and har.left_out:
            many = f"exchange{'s' * (har.left_out != 1)}"
            remarks.append(f"{har.left_out} {many} had no room in {options.har}")
    return Passed(judge.report(started, remarks=tuple(remarks)), tuple(watching.faults))


def routes_of(options: ProxyOptions, listening: socket.socket) -> Routes:
    """Off loopback, requests for other hosts are not passed on: anybody could send them."""
    return Routes(
        options.target,
        listening.getsockname()[1],
        others=is_loopback(_address(listening)),
        rewrite_host=options.rewrite_host,
    )


def _of_target(judge: TrafficJudge, write: Callable[[Seen], None]) -> Callable[[Seen], None]:
    def observe(seen: Seen) -> None:
        if judge.target.path(seen.request.target) is not None:
            write(seen)

    return observe


def _address(listening: socket.socket) -> str:
    host, port = listening.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _remarks(proxy: Proxy, missed: int) -> Iterator[str]:
    """What was passed on and not judged, a sentence each."""
    if number := proxy.elsewhere.total:
        which = "for another host" if number == 1 else "for other hosts"
        yield f"{_unjudged(number, 'request', which)}: {proxy.elsewhere}"
    if number := proxy.pathless:
        yield _unjudged(number, "request", "for the whole server (OPTIONS *)")
    if missed:
        yield (
            f"{_unjudged(missed, 'exchange')}: bodies were too large, answers came before the"
            " whole request, or all came faster than they could be judged"
        )


def _unjudged(number: int, what: str, which: str = "") -> str:
    words = [f"{number} {what}{'s' * (number != 1)}", which, "was" if number == 1 else "were"]
    return f"{' '.join(filter(None, words))} passed on and not judged"
