"""Bear a long load and hostile clients for a bounded time; 1 on a breach of a bound."""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import sys
import time
from collections.abc import Iterable

from bench.processes import Process, bare, environment, fake

from .hostile import FAIR, HOSTILE, allow_descriptors, churned
from .measured import Peak, Row, descriptors
from .usual import Usage, use

_GROWTH = 1.3
_MEGABYTES = 200.0
#: What an answer of health may take (ms): so much, or so many times what a bare server takes at
#: worst under the milder attacks in the same run, which is what a busy machine allows.
_WORST = 50.0
_BUSY = 2.0


async def _usual(server: Process, wanted: int, seconds: float) -> list[Row]:
    usage = Usage(wanted, seconds)
    first = await use(server, usage)
    spent = time.perf_counter() - usage.began
    return [
        Row("requests", usage.answered, ""),
        Row("requests per second", usage.answered / spent, ""),
        Row("memory after the first tenth", first, "MB"),
        Row("memory at the end", server.memory(), "MB", _GROWTH * first),
    ]


async def _hostile(server: Process, seconds: float, yardstick: float) -> list[Row]:
    spare = allow_descriptors()
    server.post("/__admin/reset", {})  # the control API is loaded when it is first called
    before = descriptors(server)
    async with Peak(server) as peak:
        times = await _attacked(server, "/__admin/health", HOSTILE, seconds)
    rows = [
        *(Row(name, min(count, spare), "") for name, (_, count) in HOSTILE.items()),
        Row("memory at most", peak.megabytes, "MB", _MEGABYTES),
        Row("health, median", statistics.median(times), "ms", _WORST),
        Row("health, worst", max(times), "ms", max(_WORST, _BUSY * yardstick)),
    ]
    end = time.perf_counter() + 20
    while descriptors(server) > before and time.perf_counter() < end:
        await asyncio.sleep(0.1)
    return [*rows, Row("descriptors left open", descriptors(server) - before, "", 0)]


async def _attacked(
    server: Process, path: str, attacks: Iterable[str], seconds: float
) -> list[float]:
    """How long (ms) the answers to who asks for ``path`` took while others attacked."""
    spare = allow_descriptors()
    probe = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.soak.health", str(server.port), path),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        env=environment(),
    )
    chosen = [HOSTILE[name] for name in attacks]
    await asyncio.gather(
        *(attack(server.port, count if attack is churned else min(count, spare), seconds)
          for attack, count in chosen)
    )  # fmt: skip
    out, _ = await probe.communicate(b"end\n")
    times: list[float] = json.loads(out)
    return times


async def _bare(server: Process, seconds: float) -> list[float]:
    """The same of a server that is nothing but its framework, by what it survives."""
    return await _attacked(server, "/", FAIR, seconds)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.soak", description=__doc__)
    parser.add_argument("--seconds", type=float, default=280, help="of everything (280)")
    parser.add_argument("--requests", type=int, default=1_000_000, help="at most (1,000,000)")
    parser.add_argument("--no-fast", action="store_true", help="on uvicorn's stock protocol")
    chosen = parser.parse_args()
    options = ["--job-seconds", "0", *(["--no-fast"] if chosen.no_fast else [])]
    rows: list[Row] = []
    with fake(*options) as server:
        rows += asyncio.run(_usual(server, chosen.requests, 0.6 * chosen.seconds))
    with bare(100) as server:
        times = asyncio.run(_bare(server, 0.15 * chosen.seconds))
    rows.append(Row("health, a bare server, median", statistics.median(times), "ms"))
    rows.append(Row("health, a bare server, worst", max(times), "ms"))
    with fake(*options) as server:
        rows += asyncio.run(_hostile(server, 0.15 * chosen.seconds, max(times)))
    print("\n".join(map(str, rows)))
    sys.exit(any(row.is_breach for row in rows))


if __name__ == "__main__":
    main()
