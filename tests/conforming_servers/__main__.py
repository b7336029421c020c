"""``python -m tests.conforming_servers``: a line a server; and how often each question was named
rightly. One that is failed falsely, or taken for another, is exit 1."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence

from tests.conforming_servers.conforming_server import ConformingServer
from tests.conforming_servers.judging import chosen, free_outcomes, outcomes, table


def main(arguments: Sequence[str] | None = None) -> int:
    """Returns the exit code; ``arguments`` are those of the command if none are given."""
    parser = argparse.ArgumentParser(prog="python -m tests.conforming_servers", description=__doc__)
    parser.add_argument("only", nargs="*", help="part of an id: find-, mixed")
    parser.add_argument("--workers", type=int, help="processes; three a core if not given")
    parser.add_argument("--every", type=int, default=1, help="try each Nth server only")
    parser.add_argument(
        "--rounds", type=int, default=1, help="try each so many times, with other seeds (1)"
    )
    parser.add_argument(
        "--free", action="store_true", help="with 200 generated requests, and no job to spend"
    )
    given = parser.parse_args(arguments)
    servers = chosen(given.only)[:: given.every]
    if not servers:
        parser.error(f"{' '.join(given.only)} names no server")
    if given.free:
        return _free(servers, given.workers)
    started, falsely_failed = time.monotonic(), 0
    seen = []
    for one in outcomes(servers, given.workers, given.rounds):
        seen.append(one)
        falsely_failed += not one.fine
        undecided = f"undecided {' '.join(one.undecided)}" if one.undecided else ""
        word = "fine" if one.fine else "FALSELY FAILED"
        print(f"{one.server.id:46}{word:9}{one.seconds:5.1f}  {undecided}".rstrip(), flush=True)
        for problem in (*one.falsely_failed, *one.mistaken, *filter(None, [one.broken])):
            print(f"    {problem}", flush=True)
    print("", *table(seen), sep="\n")
    seconds = time.monotonic() - started
    print(
        f"\n{len(seen)} runs on {len(servers)} conforming servers, {falsely_failed} falsely failed,"
        f" {seconds:.0f} s"
    )
    return 1 if falsely_failed else 0


def _free(servers: Sequence[ConformingServer], workers: int | None) -> int:
    bad = 0
    for id, problems in free_outcomes(servers, workers):
        bad += bool(problems)
        print(f"{id:46}{'; '.join(problems) or 'fine, no job spent'}", flush=True)
    print(f"\n{len(servers)} conforming servers without a job, {bad} falsely failed")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
