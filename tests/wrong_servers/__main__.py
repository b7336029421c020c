"""``python -m tests.wrong_servers``: print the matrix; a survivor is exit 1."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence

from tests.wrong_servers.trying.budgets import BUDGETS, rows, table
from tests.wrong_servers.trying.generated import PARTS
from tests.wrong_servers.trying.generated import rows as rows_of_parts
from tests.wrong_servers.trying.generated import table as parts_table
from tests.wrong_servers.trying.matrix import Outcome, chosen, outcomes
from tests.wrong_servers.trying.traffic import rows as rows_of_traffic
from tests.wrong_servers.wrong_server import WrongServer


def main(arguments: Sequence[str] | None = None) -> int:
    """Returns the exit code; ``arguments`` are those of the command if none are given."""
    parser = argparse.ArgumentParser(prog="python -m tests.wrong_servers", description=__doc__)
    parser.add_argument("--only", action="append", default=[], help="a wrong server, UP-4 or FIND")
    parser.add_argument("--alone", action="store_true", help="run the one check of each only")
    parser.add_argument("--workers", type=int, help="processes; three a core if not given")
    parser.add_argument(
        "--budgets",
        nargs="*",
        type=int,
        metavar="JOBS",
        help=f"print how many are failed at each budget; {BUDGETS} if none is given",
    )
    parser.add_argument(
        "--generated",
        nargs="*",
        type=int,
        metavar="PART",
        help="print how many each part of the kit finds alone; 1 to 5 name some of them",
    )
    parser.add_argument(
        "--traffic",
        action="store_true",
        help="print how many a client's traffic alone shows, which the kit only sees",
    )
    parser.add_argument("--every", type=int, default=1, help="try each Nth wrong server only")
    given = parser.parse_args(arguments)
    servers = chosen(given.only)[:: given.every]
    if not servers:
        parser.error(f"--only {' '.join(given.only)} names no wrong server")
    if given.budgets is not None:
        return _budgets(servers, given.budgets or BUDGETS, given.workers)
    if given.generated is not None:
        return _generated(servers, given.generated, given.workers)
    if given.traffic:
        return _traffic(servers, given.workers)
    started = time.monotonic()
    survivors: list[Outcome] = []
    errors: list[Outcome] = []
    print(f"{'requirement':12}{'wrong server':46}{'seen':14}{'s':>5}  also failed (+ unforeseen)")
    for one in outcomes(servers, alone=given.alone, workers=given.workers):
        print(_line(one), flush=True)
        survivors += [] if one.killed else [one]
        errors += [one] if one.errors else []
    killed = len(servers) - len(survivors)
    print(f"\n{killed} of {len(servers)} killed in {time.monotonic() - started:.0f} s")
    for one in survivors:
        print(f"SURVIVED {one.server.id} ({one.server.requirement}): {one.server.mistake}")
        print(f"    {one.verdict.word}: {one.broken or one.message}")
    for one in errors:
        print(f"ERROR of the kit at {one.server.id}: {', '.join(one.errors)}")
    return 1 if survivors or errors else 0


def _budgets(servers: Sequence[WrongServer], budgets: Sequence[int], workers: int | None) -> int:
    """Print the table; a wrong server that is missed, or an overspent budget, is exit 1."""
    found = []
    for one in rows(servers, budgets, workers):
        found.append(one)
        print(f"budget {one.budget}: {one.failed} of {one.servers}", flush=True)
        for id in one.missed:
            print(f"MISSED at {one.budget}: {id}", flush=True)
        for id in one.overspent:
            print(f"OVERSPENT at {one.budget}: {id}", flush=True)
    print(f"\n{table(found)}")
    return 1 if any(one.missed or one.overspent for one in found) else 0


def _generated(servers: Sequence[WrongServer], parts: Sequence[int], workers: int | None) -> int:
    """Print the table, and what each part missed."""
    chosen = [PARTS[number - 1] for number in parts] or list(PARTS)
    kept = []
    for one in rows_of_parts(servers, chosen, workers):
        kept.append(one)
        seen = f"failed {' '.join(one.failed)}" if one.failed else "MISSED"
        print(f"{one.part.name}: {one.server}: {seen} {' '.join(one.errors)}", flush=True)
    print(f"\n{parts_table(kept)}")
    return 0


def _traffic(servers: Sequence[WrongServer], workers: int | None) -> int:
    """Print what the traffic of one client's flow fails each for, and how many it fails."""
    found = []
    for one in rows_of_traffic(servers, workers):
        found.append(one)
        seen = f"failed {' '.join(one.failed)}" if one.found else one.broken or "MISSED"
        print(f"{one.server.requirement:12}{one.server.id:46}{seen}", flush=True)
    named, any_of_them = sum(one.named for one in found), sum(one.found for one in found)
    print(f"\n{any_of_them} of {len(found)} failed by traffic alone, {named} for what they break")
    return 0


def _line(one: Outcome) -> str:
    seen = "killed" if one.killed else f"SURVIVED {one.verdict.word}"
    if one.broken:
        seen = "BROKEN"
    others = [id if id in one.server.touches else f"+{id}" for id in one.others]
    server = one.server
    return (
        f"{server.requirement:12}{server.id:46}{seen:14}{one.seconds:5.1f}  {' '.join(others)}"
    ).rstrip()


if __name__ == "__main__":
    sys.exit(main())
