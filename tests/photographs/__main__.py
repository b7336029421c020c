"""``python -m tests.photographs``: verdicts on right services and on wrong ones.

A right service that is failed, or a mistake that is overlooked, or seen in fewer than 95 of 100
services, is exit 1.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from itertools import islice, product

from sampan.conformance.verdict import Verdict
from tests.photographs.judging import Trial, trial
from tests.photographs.mistakes import MISTAKES
from tests.photographs.service import sources

#: Share of the services with a mistake that have to fail by the right requirement.
LEAST = 0.95


def main(arguments: Sequence[str] | None = None) -> int:
    """Returns the exit code; ``arguments`` are those of the command if none are given."""
    parser = argparse.ArgumentParser(prog="python -m tests.photographs", description=__doc__)
    parser.add_argument("--right", type=int, default=300, help="right services (300)")
    parser.add_argument("--wrong", type=int, default=100, help="services for each mistake (100)")
    parser.add_argument("--source", action="append", help="of these pictures only: night, grass")
    parser.add_argument("--seed", type=int, default=0, help="other pictures of the same kinds")
    parser.add_argument("--workers", type=int, default=os.cpu_count())
    parser.add_argument("--verbose", action="store_true", help="say which were inconclusive")
    given = parser.parse_args(arguments)
    unknown = set(given.source or ()) - set(sources())
    if unknown:
        parser.error(f"no pictures are called {' or '.join(sorted(unknown))}")
    started = time.monotonic()
    chosen = _services(given.source or sources(), given.seed)
    with ProcessPoolExecutor(given.workers) as pool:
        wrong = list(pool.map(_tried, islice(chosen, given.wrong)))
        rest = islice(chosen, max(0, given.right - given.wrong))
        right = [*wrong, *pool.map(partial(_tried, wrong=False), rest)]
    breached = _told_right(right[: given.right], given.verbose) if given.right else False
    breached |= _told_wrong(wrong, given.verbose) if given.wrong else False
    print(f"{time.monotonic() - started:.0f} s, {os.cpu_count()} cores")
    return 1 if breached else 0


def _services(names: Sequence[str], seed: int) -> Iterator[tuple[str, int]]:
    """One of each kind of picture, then the next of each."""
    for number, name in product(range(1_000_000), names):
        yield name, seed * 1_000_000 + number


def _tried(service: tuple[str, int], *, wrong: bool = True) -> Trial:
    return trial(*service, wrong=wrong)


def _told_right(found: Sequence[Trial], verbose: bool) -> bool:
    """Print what right services got; whether one was failed."""
    counts: Counter[tuple[str, Verdict]] = Counter()
    failures = []
    for one in found:
        for id, finding in one.right.findings.items():
            counts[id, finding.verdict] += 1
        for verdict in (Verdict.FAIL, Verdict.ERROR):
            failures += [f"{one.right.service}: {told}" for told in one.right.messages(verdict)]
        if verbose:
            for told in one.right.messages(Verdict.INCONCLUSIVE):
                print(f"    {one.right.service}: {told}")
    print(f"{len(found)} right services\n{'':36}{'pass':>8}{'open':>8}{'FAILED':>8}")
    for id in found[0].right.findings if found else ():
        row = [counts[id, one] for one in (Verdict.PASS, Verdict.INCONCLUSIVE, Verdict.FAIL)]
        print(f"{id:36}" + "".join(f"{count:8}" for count in row))
    for told in failures:
        print(f"FAILED {told}")
    return bool(failures)


def _told_wrong(found: Sequence[Trial], verbose: bool) -> bool:
    """Print what wrong services got; whether a mistake was overlooked too often."""
    print(
        f"\n{len(found)} services with each mistake\n{'':36}{'failed':>8}{'open':>8}{'PASSED':>8}"
    )
    breached = False
    for mistake in MISTAKES.values():
        rows = [one.wrong[mistake.id] for one in found]
        failed = [
            any(one.findings[id].verdict is Verdict.FAIL for id in mistake.requirements)
            for one in rows
        ]
        missed = [one for one, seen in zip(rows, failed, strict=True) if not seen]
        passed = [
            one
            for one in missed
            if all(one.findings[id].verdict is Verdict.PASS for id in mistake.requirements)
        ]
        print(f"{mistake.id:36}{sum(failed):8}{len(missed) - len(passed):8}{len(passed):8}")
        breached |= bool(passed) or sum(failed) < LEAST * len(rows)
        for one in missed if verbose else passed:
            told = "; ".join(one.findings[id].message for id in mistake.requirements)
            print(f"    {one.service}: {told}")
    return breached


if __name__ == "__main__":
    sys.exit(main())
