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

#: Share of the services with a mistake that have to fail by the right requirement, of those whose
#: pictures can show it.
LEAST = 0.95
#: Services that can show the mistake; how these were judged; those that can't, and of these failed.
_HEAD = ("shown", "failed", "open", "PASSED", "unshown", "failed")


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
        f"\n{len(found)} services with each mistake\n{'':36}"
        + "".join(f"{one:>9}" for one in _HEAD)
    )
    breached = False
    for mistake in MISTAKES.values():
        missed, passed, failed, others = [], [], 0, 0
        for one in found:
            run, can_be_shown = one.wrong[mistake.id], mistake.id not in one.unshown
            verdicts = [run.findings[id].verdict for id in mistake.requirements]
            if Verdict.FAIL in verdicts:
                failed += can_be_shown
                others += not can_be_shown
            elif set(verdicts) == {Verdict.PASS}:
                passed.append(run)
            elif can_be_shown:
                missed.append(run)
        shown = sum(mistake.id not in one.unshown for one in found)
        row = [shown, failed, len(missed), len(passed), len(found) - shown, others]
        print(f"{mistake.id:36}" + "".join(f"{count:9}" for count in row))
        breached |= bool(passed) or failed < LEAST * shown
        for run in [*missed, *passed] if verbose else passed:
            told = "; ".join(run.findings[id].message for id in mistake.requirements)
            print(f"    {run.service}: {told}")
    return breached


if __name__ == "__main__":
    sys.exit(main())
