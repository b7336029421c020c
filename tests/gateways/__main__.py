"""``python -m tests.gateways``: a line a gateway; a breach is exit code 1."""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Sequence
from functools import partial

from tests.gateways.table import CASES
from tests.gateways.trying import tried
from tests.support.tampering.trial import side_by_side


def main(arguments: Sequence[str] | None = None) -> int:
    """Returns the exit code; ``arguments`` are those of the command if none are given."""
    parser = argparse.ArgumentParser(prog="python -m tests.gateways", description=__doc__)
    parser.add_argument("only", nargs="*", help="part of a name: 429, reset, 20%%")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--workers", type=int, help="processes; three a core if not given")
    given = parser.parse_args(arguments)
    names = [one for one in CASES if not given.only or any(text in one for text in given.only)]
    if not names:
        parser.error(f"{' '.join(given.only)} names no gateway")
    started, bad = time.monotonic(), 0
    print(f"{'gateway':40}{'seconds':>8}{'pass':>6}{'open':>6}{'requests':>9}{'hit':>6}{'jobs':>6}")
    workers = given.workers or 3 * (os.cpu_count() or 1)
    for one in side_by_side(partial(tried, seed=given.seed), names, workers):
        bad += bool(one.breaches)
        print(
            f"{one.name:40}{one.seconds:8.1f}{one.passed:6}{one.undecided:6}{one.requests:9}"
            f"{one.hit:6}{one.jobs:6}",
            flush=True,
        )
        for line in (*(f"BREACH {each}" for each in one.breaches), *one.remarks):
            print(f"    {line}", flush=True)
    seconds = time.monotonic() - started
    print(f"\n{len(names)} gateways, {bad} with a breach, {seconds:.0f} s")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
