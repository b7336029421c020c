"""Find with a million stored jobs over a thousand accounts, beside a thousand stored jobs."""

from __future__ import annotations

import hashlib
import statistics
import tempfile
from collections.abc import Iterator
from pathlib import Path

from sampan.fake_server.jobs.lifecycle import Job, Plan
from sampan.fake_server.service import FakeService
from sampan.fake_server.settings import NewAccount, Settings
from sampan.fake_server.store.account import Account
from sampan.fake_server.store.ids import as_uuid

from .load import load, request
from .processes import Process, fake

_EACH = 1000
_BODIES = {
    "findJobs": b'{"limit":10}',
    "by cursor": b'{"limit":10,"timestamp_smaller_than":1700000500000}',
    "by type": b'{"limit":10,"job_type":["upscale"]}',
}


def measure(accounts: int, rounds: int, seconds: float) -> dict[str, float]:
    """How many times as long a find takes with so many accounts of 1,000 jobs as with one."""
    with tempfile.TemporaryDirectory() as folder:
        small, large = Path(folder, "small.db"), Path(folder, "large.db")
        _fill(small, 1)
        _fill(large, accounts)
        with fake("--data", str(small)) as few, fake("--data", str(large)) as many:
            return {
                name: _ratio(few, many, body, rounds, seconds) for name, body in _BODIES.items()
            }


def _ratio(few: Process, many: Process, body: bytes, rounds: int, seconds: float) -> float:
    ratios = []
    for _ in range(rounds):
        base, other = (_rate(process, body, seconds) for process in (few, many))
        ratios.append(base / other)
    return statistics.median(ratios)


def _rate(process: Process, body: bytes, seconds: float) -> float:
    token = process.login("user0", "secret")
    measured = load(process.port, request(process.port, "/jobs/find", body, token), seconds)
    if b'"total":1000' not in measured.answer and b'"total":500' not in measured.answer:
        raise RuntimeError(f"not the jobs that were stored: {measured.answer[-100:]!r}")
    return measured.rate


def _fill(path: Path, accounts: int) -> None:
    service = FakeService(Settings(accounts=(), data=path))
    made = [service.put_account(NewAccount(f"user{n}", "secret")) for n in range(accounts)]
    for account in made:
        service.store.put(_jobs(account))
    service.close()


def _jobs(account: Account) -> Iterator[Job]:
    for n in range(_EACH):
        id = (account.id - 1) * 1_000_000_000 + n + 1
        drawn = hashlib.blake2b(str(id).encode()).hexdigest()
        yield Job(
            id=id,
            account=account.id,
            hash=drawn[:64],
            job_id=as_uuid(drawn[64:96]),
            id_uuid=as_uuid(drawn[96:]),
            kind="upscale" if n % 2 else "main",
            prompt="Shanghai cyberpunk",
            service="main",
            created=1_700_000_000_000 + 1000 * n,
            plan=Plan(300, 1700),
            colours=("#aa0000", "#00aa00", "#0000aa", "#aaaa00"),
            grid_num=1 if n % 2 else None,
        )
