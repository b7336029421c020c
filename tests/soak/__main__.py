"""Withstand a long load and hostile clients for a bounded time; 1 on a breach of a bound.

A million requests are asked for. Where the time is over before, the table says so, and what they
would take of a processor; that is a matter of the machine, and no breach.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import sys
import time
from collections.abc import Iterable

import uvloop

from bench.processes import Process, bare, environment, fake

from .hostile import FAIR, HOSTILE, allow_descriptors
from .measured import Peak, Row, descriptors
from .usual import Usage, use

#: Milliseconds of answers: each whole, and less what its two ends waited for a processor.
Times = list[tuple[float, float]]

_ASKED = 1_000_000
_GROWTH = 1.3
_MEGABYTES = 200.0
#: What an answer of health may take (ms): so much, or so many times what a bare server takes at
#: worst under the milder attacks in the same run, which is what a busy machine allows.
_WORST = 50.0
_BUSY = 2.0
#: The parts of the time: the usual clients, a bare server under attack, the fake under attack.
_USUAL, _BARE, _HOSTILE = 0.7, 0.1, 0.15


async def _usual(server: Process, wanted: int, seconds: float) -> list[Row]:
    usage = Usage(wanted, seconds)
    began = server.cpu()
    first = await use(server, usage)
    spent = time.perf_counter() - usage.began
    each = (server.cpu() - began) / usage.answered
    return [
        Row("requests", usage.answered, "", wanted=_ASKED),
        Row("requests per second", usage.answered / spent, ""),
        Row("a request, of the server's processor", 1e6 * each, "µs"),
        Row("so many would take one processor", _ASKED * each, "s"),
        Row("memory after the first tenth", first, "MB"),
        Row("memory at the end", server.memory(), "MB", _GROWTH * first),
    ]


async def _hostile(server: Process, seconds: float, yardstick: Times) -> list[Row]:
    spare = allow_descriptors()
    server.post("/__admin/reset", {})  # the control API is loaded when it is first called
    before = descriptors(server)
    async with Peak(server) as peak:
        times = await _attacked(server, "/__admin/health", HOSTILE, seconds)
    rows = [
        *(
            Row(name, attack.clients(spare), "", wanted=attack.count)
            for name, attack in HOSTILE.items()
        ),
        Row("memory at most", peak.megabytes, "MB", _MEGABYTES),
        *_health("health", times, yardstick),
    ]
    end = time.perf_counter() + 20
    while descriptors(server) > before and time.perf_counter() < end:
        await asyncio.sleep(0.1)
    return [*rows, Row("descriptors left open", descriptors(server) - before, "", 0)]


def _health(name: str, times: Times, yardstick: Times | None = None) -> list[Row]:
    """The rows of one server's answers, bounded where there are those of another to go by."""
    rows = [Row(f"{name}, answers", len(times), "")]
    for column, what in enumerate(("", ", with a processor")):
        taken = sorted(each[column] for each in times)
        worst, median = (None, None) if yardstick is None else (_WORST, _WORST)
        if yardstick is not None:
            worst = max(_WORST, _BUSY * max(each[column] for each in yardstick))
        rows += [
            Row(f"{name}, median{what}", statistics.median(taken), "ms", median),
            Row(f"{name}, 99 of 100{what}", taken[len(taken) * 99 // 100], "ms"),
            Row(f"{name}, worst{what}", taken[-1], "ms", worst),
        ]
    return rows


async def _attacked(server: Process, path: str, attacks: Iterable[str], seconds: float) -> Times:
    """How long the answers to who asks for ``path`` took while others attacked."""
    spare = allow_descriptors()
    probe = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.soak.health", str(server.port), path, str(server.pid)),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        env=environment(),
    )
    chosen = [HOSTILE[name] for name in attacks]
    await asyncio.gather(
        *(attack.run(server.port, attack.clients(spare), seconds) for attack in chosen)
    )
    out, _ = await probe.communicate(b"end\n")
    return [(whole, own) for whole, own in json.loads(out)]


async def _bare(server: Process, seconds: float) -> Times:
    """The same of a server that is nothing but its framework, by what it survives."""
    return await _attacked(server, "/", FAIR, seconds)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.soak", description=__doc__)
    parser.add_argument("--seconds", type=float, default=290, help="of everything (290)")
    parser.add_argument(
        "--requests", type=int, default=_ASKED, help=f"at most, if time allows ({_ASKED:,})"
    )
    parser.add_argument("--no-fast", action="store_true", help="on uvicorn's stock protocol")
    chosen = parser.parse_args()
    options = ["--job-seconds", "0", *(["--no-fast"] if chosen.no_fast else [])]
    rows: list[Row] = []
    with fake(*options) as server:
        rows += uvloop.run(_usual(server, chosen.requests, _USUAL * chosen.seconds))
    with bare(100) as server:
        times = asyncio.run(_bare(server, _BARE * chosen.seconds))
    rows += _health("a bare server", times)
    with fake(*options) as server:
        rows += asyncio.run(_hostile(server, _HOSTILE * chosen.seconds, times))
    print("\n".join(map(str, rows)))
    sys.exit(any(row.is_breach for row in rows))


if __name__ == "__main__":
    main()
