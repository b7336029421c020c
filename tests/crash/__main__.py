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
from tests.crash.tenant import Tenant
from tests.support.fakes import Served

_TENANTS = 4


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.crash", description=__doc__)
    parser.add_argument("--rounds", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        return rounds(chosen.rounds, chosen.seed, Path(folder) / "sampan.db")


def rounds(number: int, seed: int, data: Path) -> int:
    """Print the table; the exit code: 1 if anything that was acknowledged is lost."""
    drawn = random.Random(seed)
    facts = Facts()
    tenants = [Tenant(f"tenant-{each}", facts, seed + each) for each in range(_TENANTS)]
    began = time.monotonic()
    lost: list[str] = []
    for round in range(number + 1):
        served = Served("--data", str(data))
        try:
            for tenant in tenants if round else ():
                lost += [f"round {round}: {each}" for each in tenant.lost(served.url)]
            if round < number:
                _load(served, tenants, facts, drawn.randint(5, 400))
        finally:
            served.process.kill()
            served.process.communicate(timeout=20)
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


def _load(served: Served, tenants: list[Tenant], facts: Facts, count: int) -> None:
    """Let all tenants work, and kill the fake under them when so much has been acknowledged."""
    with ThreadPoolExecutor(len(tenants)) as pool:
        working = [pool.submit(tenant.work, served.url) for tenant in tenants]
        reached = facts.wait_for(facts.acknowledged + count)
        served.process.kill()
        for each in working:
            each.result(timeout=60)
    if not reached:
        raise RuntimeError(f"fewer than {count} changes were acknowledged in a minute")


if __name__ == "__main__":
    sys.exit(main())
