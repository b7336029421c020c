"""``python -m bench``: every figure, in a table."""

from __future__ import annotations

import argparse
import platform
from collections.abc import Callable

from . import double, install, memory, pictures, proxy, scale, startup, throughput, workers


def _throughput(quick: bool) -> None:
    print("Requests, one process, 16 connections, beside a bare starlette route (100 bytes):\n")
    print(f"  {'':20}{'req/s':>9}{'ratio':>8}{'(low–high)':>14}{'CPU µs':>9}")
    for row in throughput.measure(3 if quick else 7, 0.5 if quick else 2.0):
        spread = f"({row.low:.2f}–{row.high:.2f})"
        print(f"  {row.name:20}{row.rate:9.0f}{row.ratio:8.2f}{spread:>14}{row.micros:9.0f}")


def _startup(quick: bool) -> None:
    found = startup.measure(5 if quick else 15)
    print("Command to first answered request, medians:\n")
    print(f"  bare {found['bare']:.0f} ms, fake {found['fake']:.0f} ms: {found['ratio']:.2f} ×")


def _memory(quick: bool) -> None:
    found = memory.measure()
    print("Resident memory:\n")
    print(f"  after start {found['start']:.1f} MB; 10,000 jobs add {found['jobs']:.1f} MB")


def _scale(quick: bool) -> None:
    accounts = 50 if quick else 1000
    found = scale.measure(accounts, 3 if quick else 7, 0.5 if quick else 1.0)
    print(f"Find with {accounts * 1000:,} stored jobs over {accounts:,} accounts, to 1,000 jobs:\n")
    for name, ratio in found.items():
        print(f"  {name:14}{ratio:8.2f} × the time")


def _workers(quick: bool) -> None:
    accounts = 50 if quick else 1000
    print(
        f"Requests over {workers.jobs(accounts):,} jobs of {accounts:,} accounts, 16 connections"
        " of 16 accounts:\n"
    )
    print(f"  {'':34}{'':8}{'req/s':>8}{'CPU µs':>9}{'PostgreSQL µs':>15}", flush=True)
    rows = []
    for row in workers.measure(accounts, 1.0 if quick else 4.0):
        rows.append(row)
        micros = "" if row.micros is None else f"{row.micros:.0f}"
        database = "" if row.database is None else f"{row.database:.0f}"
        print(f"  {row.where:34}{row.what:8}{row.rate:8.0f}{micros:>9}{database:>15}", flush=True)
    for what, served, stored in workers.of_hosts(rows, 8):
        print(
            f"\n  8 hosts like this one: {served:.0f} {what} requests/s by the fakes' CPU, of which"
        )
        print(f"  PostgreSQL on a ninth takes {stored:.0f}")


def _pictures(quick: bool) -> None:
    found = pictures.measure()
    print(f"A picture by GET, CPU of the server, mean of {found['pictures']:.0f}:\n")
    first, again, thumb = (f"{found[name]:.2f} ms" for name in ("first", "again", "thumb"))
    print(f"  first {first}, again {again}, its thumb {thumb}")


def _proxy(quick: bool) -> None:
    found = proxy.measure(100 if quick else 500)
    print("A find through `sampan proxy`, CPU of the proxy, means:\n")
    for records, (passing, again, judging) in found.items():
        print(
            f"  {records:3} records: {passing:.2f} ms to pass it on; to judge it {again:.2f} ms"
            f" where it repeats the one before, else {judging:.2f} ms"
        )


def _double(quick: bool) -> None:
    found = double.measure(5 if quick else 15)
    print("In a test's process, medians (bare: uvicorn alone in a thread):\n")
    for name, ms in found.items():
        if not name.endswith(" bare"):
            yardstick = found.get(f"{name} bare")
            beside = "" if yardstick is None else f", bare {yardstick:.1f} ms"
            print(f"  {name:28}{ms:7.2f} ms{beside}")


def _install(quick: bool) -> None:
    found = install.measure()
    print("Installing the fake without the kit:\n")
    print(f"  {found['packages']:.0f} packages, {found['megabytes']:.1f} MB")


_SECTIONS: dict[str, Callable[[bool], None]] = {
    "throughput": _throughput,
    "startup": _startup,
    "memory": _memory,
    "scale": _scale,
    "workers": _workers,
    "pictures": _pictures,
    "proxy": _proxy,
    "double": _double,
    "install": _install,
}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("sections", nargs="*", choices=[*_SECTIONS, []], help="default: all")
    parser.add_argument("--quick", action="store_true", help="fewer and shorter rounds")
    chosen = parser.parse_args()
    print(f"Python {platform.python_version()}, {platform.machine()}\n")
    for name in chosen.sections or _SECTIONS:
        _SECTIONS[name](chosen.quick)
        print()


main()
