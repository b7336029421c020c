"""``python -m tests.stock_tools``: a row for each server, and how many were found of each kind."""

from __future__ import annotations

import argparse
import logging
import random
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from tests.conforming_servers import CONFORMING_SERVERS
from tests.conforming_servers.conforming_server import ConformingServer
from tests.stock_tools.cases import cases_at
from tests.stock_tools.kinds import kind
from tests.stock_tools.other_tools import dredd, specmatic
from tests.stock_tools.schemathesis_runs import PHASES, REPORTS, few, st_run
from tests.support.tampering.server import TamperedFake, settings
from tests.support.tampering.trial import JOB_SECONDS
from tests.wrong_servers import WRONG_SERVERS
from tests.wrong_servers.wrong_server import WrongServer

#: The two profiles that are shipped.
_PROFILES = ("documented-1", "mixed-1")
Server = WrongServer | ConformingServer
_Server = TypeVar("_Server", WrongServer, ConformingServer)


@dataclass(frozen=True, slots=True)
class Row:
    """What a tool made of one server: failures, jobs, whether a secret leaked, seconds."""

    failures: frozenset[object]
    jobs: int
    leaked: str
    seconds: float
    whole: bool


#: Runs a tool on a server, with a seed.
Tool = Callable[[Server, int], Row]


def main(arguments: Sequence[str] | None = None) -> int:
    """Returns the exit code: 1 if a run with the hooks fails a right server."""
    given = _parser().parse_args(arguments)
    logging.disable(logging.CRITICAL)  # wrong servers have much to say
    if given.what == "right":
        return _right(_sample(CONFORMING_SERVERS, given), tuple(given.only))
    tool = _TOOLS[given.what](given)
    _wrong(tool, _sample(WRONG_SERVERS, given), _usual(tool))
    return 0


def _sample(servers: Sequence[_Server], given: argparse.Namespace) -> Sequence[_Server]:
    """So many of them, drawn once for all: the first of a larger sample are the smaller one."""
    drawn = list(servers)
    random.Random(1).shuffle(drawn)
    return drawn[given.skip : given.count]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.stock_tools", description=__doc__)
    parser.add_argument("what", choices=["right", *_TOOLS])
    parser.add_argument("--count", type=int, help="so many servers, drawn at random")
    parser.add_argument("--skip", type=int, default=0, help="the first so many of them")
    parser.add_argument("--only", action="append", default=[], help="part of an id of a right one")
    parser.add_argument("--plain", action="store_true", help="schemathesis without sampan's hooks")
    parser.add_argument("--phases", default=PHASES, help="of schemathesis; fewer are quicker")
    parser.add_argument("--npm", type=Path, default=Path(), help="where npm installed the tool")
    return parser


def _schemathesis(given: argparse.Namespace) -> Tool:
    def run(server: Server, seed: int) -> Row:
        app, arguments = server.build(settings(JOB_SECONDS)), few(given.phases, seed)
        reports = REPORTS if isinstance(server, ConformingServer) else ("ndjson",)
        one = st_run(app, arguments, hooks=not given.plain, reports=reports, around=server.around)
        leaked = " ".join(one.leaks) or "none"
        return Row(frozenset(one.failures), one.jobs, leaked, one.seconds, one.whole)

    return run


def _other(tool: Callable[[TamperedFake, Path], object]) -> Callable[[argparse.Namespace], Tool]:
    def made(given: argparse.Namespace) -> Tool:
        def run(server: Server, seed: int) -> Row:
            one = tool(server.build(settings(JOB_SECONDS)), given.npm.resolve())
            leaked = "console" if one.leaks else "none"
            return Row(frozenset(one.failures), one.jobs, leaked, one.seconds, one.whole)

        return run

    return made


def _cases(_: argparse.Namespace) -> Tool:
    def run(server: Server, seed: int) -> Row:
        started = time.monotonic()
        one = cases_at(server)
        seconds = time.monotonic() - started
        return Row(frozenset(one.failures), one.jobs, "not written", seconds, one.whole)

    return run


_TOOLS: dict[str, Callable[[argparse.Namespace], Tool]] = {
    "schemathesis": _schemathesis,
    "cases": _cases,
    "dredd": _other(dredd),
    "specmatic": _other(specmatic),
}


def _usual(tool: Tool) -> frozenset[object]:
    """What is failed on the honest fake, with either of two seeds: no find elsewhere."""
    print("| server | breaks | to be seen in | failures of its own | jobs | secrets in | time |")
    print("|---|---|---|---|---|---|---|")
    right = {one.id: one for one in CONFORMING_SERVERS}
    rows = {id: tool(right[id], 1) for id in _PROFILES}
    for id, row in rows.items():
        _print(f"right: {id}", "", "", len(row.failures), row)
    return rows["documented-1"].failures | tool(right["documented-1"], 2).failures


def _wrong(tool: Tool, servers: Iterable[WrongServer], usual: frozenset[object]) -> None:
    tried: Counter[str] = Counter()
    found: Counter[str] = Counter()
    try:
        for server in servers:
            row = tool(server, 1)
            own = row.failures - usual
            tried[kind(server)] += 1
            found[kind(server)] += bool(own)
            _print(server.id, server.requirement, kind(server), len(own), row)
    except KeyboardInterrupt:
        print("interrupted")
    for name, count in tried.most_common():
        print(f"found {found[name]} of {count} to be seen in {name}")
    print(f"found {found.total()} of {tried.total()}")


def _print(name: str, requirement: str, seen_in: str, failures: int, row: Row) -> None:
    ended = "" if row.whole else ", cut off"
    cells = (name, requirement, seen_in, failures, row.jobs, row.leaked)
    print(f"| {' | '.join(map(str, cells))} | {row.seconds:.0f} s{ended} |", flush=True)


def _right(servers: Iterable[ConformingServer], only: Sequence[str]) -> int:
    alarms, count = 0, 0
    for server in servers:
        if only and not any(part in server.id for part in only):
            continue
        app = server.build(settings(JOB_SECONDS))
        one = st_run(app, few(), hooks=True, around=server.around, accounts=server.accounts)
        fine = one.code == 0 and not one.leaks
        count, alarms = count + 1, alarms + (not fine)
        word = "fine" if fine else f"FALSE ALARM (exit {one.code}) {' '.join(one.leaks)}"
        print(f"{server.id:46}{one.jobs:5} jobs{one.seconds:6.0f} s  {word}", flush=True)
        for operation, failed in sorted(one.failures):
            print(f"    {operation}: {failed}", flush=True)
    print(f"{count} right servers, {alarms} false alarms")
    return 1 if alarms or not count else 0


if __name__ == "__main__":
    sys.exit(main())
