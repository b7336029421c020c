"""Create and find with several workers, on a file and on PostgreSQL; the database alone beside it.

Load, workers and database share the machine's cores, so it is the CPU of a request that counts.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.support.stores.postgres import Server, binaries, why_not

from .load import load, request
from .million import EACH, fill_database, fill_file
from .processes import Process, environment

_CONNECTIONS = 16
_BODIES = {"find": b'{"limit":10}', "create": b'{"content":"Shanghai cyberpunk"}'}
#: As PostgreSQL is shipped: a commit is on the disk when it is answered.
_SETTINGS = {
    "fsync": "on", "synchronous_commit": "on", "full_page_writes": "on", "autovacuum": "on",
    "shared_buffers": "512MB", "max_wal_size": "4GB",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Row:
    """``micros``: CPU of all workers for a request; ``database``: of PostgreSQL, ``None``: none."""

    where: str
    what: str
    rate: float
    micros: float | None
    database: float | None


def of_hosts(rows: Sequence[Row], hosts: int) -> Iterator[tuple[str, float, float]]:
    """For each operation how many requests a second so many hosts with as many cores as this one
    could serve by the CPU of a request, and how many PostgreSQL could on another such host."""
    cores = os.cpu_count() or 1
    for row in rows:
        if row.where == "PostgreSQL, 2 workers" and row.micros and row.database:
            yield row.what, 1e6 * cores * hosts / row.micros, 1e6 * cores / row.database


@dataclass(frozen=True, slots=True)
class _Fake:
    """A fake that runs, and its processes."""

    port: int
    processes: tuple[int, ...]

    def cpu(self) -> float:
        return sum(_cpu(pid) for pid in self.processes)


def measure(accounts: int, seconds: float) -> Iterator[Row]:
    """A row for each operation with no data, with a file and with PostgreSQL."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "jobs.db")
        fill_file(file, accounts)
        with _serving() as fake:
            yield from _rows("in memory, 1 process", fake, _new_accounts(fake), seconds)
        yield from _with_workers("file", str(file), seconds)
    if why_not() is None:
        yield from _postgres(accounts, seconds)


def _with_workers(
    name: str, data: str, seconds: float, database: Callable[[], float] | None = None
) -> Iterator[Row]:
    several = [("1 process, shared", ("--shared",))]
    if database is None:
        several.insert(0, ("1 process, its own", ()))
    several += [(f"{count} workers", ("--workers", str(count))) for count in (2, 4)]
    for label, arguments in several:
        with _serving("--data", data, *arguments) as fake:
            names = [f"user{number}" for number in range(2 * _CONNECTIONS)]
            yield from _rows(f"{name}, {label}", fake, names, seconds, database)


def _postgres(accounts: int, seconds: float) -> Iterator[Row]:
    server = Server(**_SETTINGS)
    try:
        url = server.url()
        fill_database(url, accounts)
        pid = int(Path(server.folder, "data", "postmaster.pid").read_text().split()[0])

        def used() -> float:
            return _cpu_of_ended(pid) + sum(map(_cpu, _children(pid)))

        yield from _with_workers("PostgreSQL", url.secret, seconds, used)
        for clients in (1, 2, 4):
            for what, script in _scripts(accounts).items():
                before = used()
                rate = _alone(server, script, clients, seconds)
                micros = 1e6 * (used() - before) / (rate * seconds)
                yield Row(f"PostgreSQL alone, {clients} clients", what, rate, None, micros)
    finally:
        server.close()


def _rows(
    where: str,
    fake: _Fake,
    names: list[str],
    seconds: float,
    database: Callable[[], float] | None = None,
) -> Iterator[Row]:
    process = Process(fake.port, fake.processes[0])
    tokens = [process.login(name, "secret") for name in names]
    for what, path, some in (
        ("find", "/jobs/find", tokens[:_CONNECTIONS]),
        ("create", "/jobs/create", tokens[_CONNECTIONS:]),
    ):
        sent = [request(fake.port, path, _BODIES[what], token) for token in some]
        load(fake.port, sent, min(0.5, seconds))  # what is remembered is, as it is later
        before, stored = fake.cpu(), 0.0 if database is None else database()
        measured = load(fake.port, sent, seconds)
        if b'"errno":0' not in measured.answer:
            raise RuntimeError(f"not a success: {measured.answer[:300]!r}")
        count = measured.rate * seconds
        micros = 1e6 * (fake.cpu() - before) / count
        by_database = None if database is None else 1e6 * (database() - stored) / count
        yield Row(where, what, measured.rate, micros, by_database)


def _new_accounts(fake: _Fake) -> list[str]:
    """Accounts in memory: those that find have as many jobs as in the file."""
    process = Process(fake.port, fake.processes[0])
    names = [f"new{number}" for number in range(2 * _CONNECTIONS)]
    for name in names:
        process.post("/__admin/accounts", {"username": name, "password": "secret"})
    for name in names[:_CONNECTIONS]:
        sent = request(fake.port, "/jobs/create", _BODIES["create"], process.login(name, "secret"))
        load(fake.port, sent, 0.02)
    return names


@contextlib.contextmanager
def _serving(*arguments: str) -> Iterator[_Fake]:
    command = [sys.executable, "-m", "sampan", "serve", "--port", "0", "--ready-json"]
    command += ["--job-seconds", "0", *arguments]
    served = subprocess.Popen(command, env=environment(), stdout=subprocess.PIPE, text=True)
    assert served.stdout is not None
    with served.stdout:
        try:
            ready = json.loads(served.stdout.readline())
            yield _Fake(ready["port"], tuple(ready.get("workers", [ready["pid"]])))
        finally:
            served.terminate()
            served.wait()


def _cpu(pid: int) -> float:
    """CPU seconds of a process's first thread; it may have ended."""
    with contextlib.suppress(OSError):
        return int(Path(f"/proc/{pid}/schedstat").read_text().split()[0]) / 1e9
    return 0.0


def _cpu_of_ended(pid: int) -> float:
    """CPU seconds of the children that have ended."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[13]) + int(fields[14])) / os.sysconf("SC_CLK_TCK")


def _children(pid: int) -> list[int]:
    return [int(each) for each in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


# The statements of a request, as PostgreSQL's log has them (log_statement = all)

_FOLLOW = r"""\set a random(1, :accounts)
SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint, revision, writer, what, account
FROM (SELECT) AS one LEFT JOIN changes ON revision > 1000000000 ORDER BY revision;
"""
_FIND = """SELECT id FROM jobs WHERE account = :a AND (visible IS NULL OR visible <= 1900000000000)
ORDER BY created DESC, id DESC LIMIT 10;
SELECT sum(stored), sum(ordinal), max(created), max(visible) FROM counters WHERE account = :a;
"""
_CREATE = """BEGIN;
UPDATE counters SET ordinal = ordinal + 1, stored = stored + 1, previous = created,
created = CASE WHEN created < 1 THEN 1 ELSE created END WHERE account = :a
RETURNING ordinal, previous, burst_first, burst_last;
INSERT INTO jobs SELECT nextval('bench_ids'), :a,
encode(sha256(gen_random_uuid()::text::bytea), 'hex')::bytea, gen_random_uuid()::text::bytea,
1800000000000, 1800000000000, NULL, 'main', 'main', 'Shanghai cyberpunk', false,
repeat('x', 150)::bytea,'shanghai cyberpunk', ' shanghai cyberpunk ';
COMMIT;
"""
_JOURNAL = """WITH head AS (
UPDATE journal_head SET last = last + 1, total = total + {size} RETURNING last, total)
INSERT INTO journal SELECT last - 1 + n, account, total - {size} + upto, exchange FROM head,
unnest(ARRAY[:a]::bigint[], ARRAY[{size}]::bigint[], ARRAY[repeat('x', {size})::bytea])
WITH ORDINALITY AS given(account, upto, exchange, n) RETURNING number;
"""


def _scripts(accounts: int) -> dict[str, str]:
    start = _FOLLOW.replace(":accounts", str(accounts))
    return {
        "find": start + _FIND + _JOURNAL.format(size=19_000),
        "create": start + _CREATE + _JOURNAL.format(size=2_000),
    }


def _alone(server: Server, script: str, clients: int, seconds: float) -> float:
    """Transactions a second of pgbench."""
    programs = binaries()
    assert programs is not None
    where = ("-h", str(server.folder), "-U", "sampan")
    sequence = "CREATE SEQUENCE IF NOT EXISTS bench_ids START 1000000000000000"
    _run(programs / "psql", *where, "-q", "-c", sequence, "sampan")
    with tempfile.NamedTemporaryFile("w", suffix=".sql") as file:
        file.write(script)
        file.flush()
        options = ("-n", "-M", "prepared", "-c", str(clients), "-T", str(max(1, round(seconds))))
        told = _run(programs / "pgbench", *where, *options, "-f", file.name, "sampan")
    found = re.search(r"tps = ([\d.]+)", told)
    if found is None:
        raise RuntimeError(told)
    return float(found[1])


def _run(program: Path, *arguments: str) -> str:
    done = subprocess.run([program, *arguments], capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(done.stderr)
    return done.stdout


def jobs(accounts: int) -> int:
    """How many jobs there are."""
    return accounts * EACH
