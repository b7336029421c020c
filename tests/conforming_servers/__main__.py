"""``python -m tests.legal``: a line for each right server; one that is wronged is exit 1."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence

from tests.conforming_servers.judging import chosen, outcomes


def main(arguments: Sequence[str] | None = None) -> int:
    """Returns the exit code; ``arguments`` are those of the command if none are given."""
    parser = argparse.ArgumentParser(prog="python -m tests.legal", description=__doc__)
    parser.add_argument("only", nargs="*", help="part of an id: find-, mixed")
    parser.add_argument("--workers", type=int, help="processes; three a core if not given")
    given = parser.parse_args(arguments)
    servers = chosen(given.only)
    if not servers:
        parser.error(f"{' '.join(given.only)} names no server")
    started, wronged = time.monotonic(), 0
    for one in outcomes(servers, given.workers):
        wronged += not one.fine
        undecided = f"undecided {' '.join(one.undecided)}" if one.undecided else ""
        word = "fine" if one.fine else "WRONGED"
        print(f"{one.legal.id:46}{word:9}{one.seconds:5.1f}  {undecided}".rstrip(), flush=True)
        for problem in (*one.wronged, *one.mistaken, *filter(None, [one.broken])):
            print(f"    {problem}", flush=True)
    print(f"\n{len(servers)} right servers, {wronged} wronged, {time.monotonic() - started:.0f} s")
    return 1 if wronged else 0


if __name__ == "__main__":
    sys.exit(main())
