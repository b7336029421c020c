"""``python -m tests.crash``: kill -9 under load, again and again, and a table of what was lost."""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.crash.facts import Facts
from tests.crash.targets import Target, target
from tests.crash.tenant import Tenant

_TENANTS = 4
#: How long (s) those whose process was not killed work on.
_AFTER = 0.1


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.crash", description=__doc__)
    parser.add_argument("--rounds", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--workers", type=int, default=1, help="kill some of several processes")
    parser.add_argument("--data", choices=["file", "postgres"], default="file")
    chosen = parser.parse_args()
    if chosen.data == "postgres" and chosen.workers == 1:
        parser.error("--data postgres needs --workers 2 or more: workers are what is killed there")
    with tempfile.TemporaryDirectory() as folder:
        killed = target(chosen.workers, chosen.data, Path(folder), chosen.seed)
        try:
            return rounds(chosen.rounds, chosen.seed, killed)
        finally:
            killed.close()


def rounds(number: int, seed: int, killed: Target) -> int:
    """Print the table; the exit code: 1 if anything that was acknowledged is lost."""
    drawn = random.Random(seed)
    facts = Facts()
    tenants = [Tenant(f"tenant-{each}", facts, seed + each) for each in range(_TENANTS)]
    began = time.monotonic()
    lost: list[str] = []
    for round in range(number + 1):
        url = killed.begin()
        for tenant in tenants if round else ():
            lost += [f"round {round}: {each}" for each in tenant.lost(url)]
        if round < number:
            _load(killed, url, tenants, facts, drawn.randint(5, 400))
    _table(number, facts, lost, time.monotonic() - began)
    return 1 if lost else 0


def _table(number: int, facts: Facts, lost: list[str], seconds: float) -> None:
    kinds = sorted({key[0] for key in facts.may_be})
    print(f"{'rounds of kill -9':28}{number:>8}")
    print(f"{'changes acknowledged':28}{facts.acknowledged:>8}")
    for kind in kinds:
        print(f"  {kind + ' facts kept':26}{sum(key[0] == kind for key in facts.may_be):>8}")
    print(f"{'lost or changed':28}{len(lost):>8}")
    print(f"{'seconds':28}{seconds:>8.0f}")
    for each in lost[:20]:
        print(f"  {each}")


def _load(target: Target, url: str, tenants: list[Tenant], facts: Facts, count: int) -> None:
    """Let all tenants work, and kill the fake under them when so much has been acknowledged."""
    facts.over.clear()
    with ThreadPoolExecutor(len(tenants)) as pool:
        working = [pool.submit(tenant.work, url) for tenant in tenants]
        reached = facts.wait_for(facts.acknowledged + count)
        target.kill()
        time.sleep(_AFTER)
        facts.over.set()
        for each in working:
            each.result(timeout=60)
    if not reached:
        raise RuntimeError(f"fewer than {count} changes were acknowledged in a minute")


if __name__ == "__main__":
    sys.exit(main())
