"""What stock tools find on the wrong servers of ``tests/wrong_servers``, given ``openapi.yaml``.

    python -m bench.stock_tools [--sample 12] [--seconds 90]

Runs the schemathesis CLI at its defaults against right servers (the fake under two profiles) and
against a sample of wrong ones, one of every so many. A complaint that the honest fake gets too is
a false alarm there and no find elsewhere: a wrong server counts as found if it gets one that the
honest fake does not get with either of two seeds. Everything is on loopback.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.support.tampering.exchange import Go, Reply, Request, Tampering
from tests.support.tampering.server import ACCOUNTS, running, settings, tampered
from tests.wrong_servers import WRONG_SERVERS

_DOCUMENT = Path(__file__).parent.parent / "openapi" / "openapi.yaml"


@dataclass(frozen=True, slots=True)
class Outcome:
    """``complaints``: (operation, check) pairs. ``whole``: it came to its end in time."""

    complaints: frozenset[tuple[str, str]]
    jobs: int
    leaks: tuple[str, ...]
    seconds: float
    whole: bool


async def honest(request: Request, go: Go) -> Reply:
    return await go(request)


def tried(tampering: Tampering, limit: float, seed: int, profile: str = "documented") -> Outcome:
    """Let ``st run`` loose on a fake behind ``tampering``, given a token and the password."""
    account = ACCOUNTS["first"]
    app = tampered(tampering, settings(0.3, profile=profile))
    with running(app) as url, tempfile.TemporaryDirectory() as folder:
        token = _token(url, account.username, account.password)
        command = [str(Path(sys.executable).with_name("st")), "run", str(_DOCUMENT), "--url", url]
        command += ["-H", f"Authorization: Bearer {token}", "--seed", str(seed), "--no-color"]
        command += ["--report", "ndjson,vcr,har", "--report-dir", folder]
        started = time.monotonic()
        output = Path(folder, "output.txt")
        with output.open("w") as stream:
            process = subprocess.Popen(command, stdout=stream, stderr=stream, cwd=folder)
            try:
                process.wait(limit)
                whole = True
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
                whole = False
        seconds = time.monotonic() - started
        leaks = _leaks(Path(folder), token, account.password)
        return Outcome(_complaints(Path(folder)), _jobs(url, token), leaks, seconds, whole)


def _post(url: str, body: object, token: str = "") -> Any:
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {token}"}
    request = urllib.request.Request(url, json.dumps(body).encode(), headers)
    with urllib.request.urlopen(request, timeout=10) as answer:
        return json.load(answer)


def _token(url: str, username: str, password: str) -> str:
    found = _post(f"{url}/auth/login", {"username": username, "password": password})
    return str(found["data"]["token"])


def _jobs(url: str, token: str) -> int:
    return int(_post(f"{url}/jobs/find", {"limit": 1}, token)["data"]["total"])


def _leaks(folder: Path, *secrets: str) -> tuple[str, ...]:
    """The artefacts that hold one of the secrets, or any token that a login answered with."""
    found = []
    for file in sorted(folder.rglob("*")):
        if file.is_file():
            held = file.read_bytes()
            if any(one.encode() in held for one in secrets) or b'"token": "eyJ' in held:
                found.append(file.suffix or file.name)
    return tuple(found)


def _complaints(folder: Path) -> frozenset[tuple[str, str]]:
    found: set[tuple[str, str]] = set()
    for file in folder.glob("*.ndjson"):
        for line in file.read_text(encoding="utf-8", errors="replace").splitlines():
            found |= set(_failed(json.loads(line)))
    return frozenset(found)


def _failed(node: Any, where: str = "") -> list[tuple[str, str]]:
    """Every failed check of an event, with the operation that it is about."""
    if isinstance(node, list):
        return [one for inner in node for one in _failed(inner, where)]
    if not isinstance(node, dict):
        return []
    where = str(node.get("label") or where)
    here = []
    if node.get("status") == "failure" and isinstance(node.get("name"), str):
        here.append((where, node["name"]))
    return here + [one for inner in node.values() for one in _failed(inner, where)]


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sample", type=int, default=12, help="how many wrong servers")
    parser.add_argument("--seconds", type=float, default=90.0, help="the longest run")
    asked = parser.parse_args()
    print("| server | breaks | complaints that are its own | jobs | secrets in | time |")
    print("|---|---|---|---|---|---|")
    right = {name: tried(honest, asked.seconds, 1, name) for name in ("documented", "mixed")}
    usual = right["documented"].complaints | tried(honest, asked.seconds, 2).complaints
    for name, outcome in right.items():
        _show(f"legal: {name}", "", len(outcome.complaints), outcome)
    step = max(1, len(WRONG_SERVERS) // asked.sample)
    sample = WRONG_SERVERS[step // 2 :: step][: asked.sample]
    killed = 0
    with ThreadPoolExecutor(3) as pool:
        outcomes = pool.map(lambda one: tried(one.make(), asked.seconds, 1), sample)
        for wrong_server, outcome in zip(sample, outcomes, strict=True):
            new = outcome.complaints - usual
            killed += bool(new)
            _show(wrong_server.id, wrong_server.requirement, len(new), outcome)
    print(f"found {killed} of {len(sample)}, on {os.cpu_count()} cores")


def _show(name: str, requirement: str, complaints: int, outcome: Outcome) -> None:
    ended = "" if outcome.whole else ", cut off"
    leaks = " ".join(outcome.leaks) or "none"
    print(
        f"| {name} | {requirement} | {complaints} | {outcome.jobs} | {leaks} |"
        f" {outcome.seconds:.0f} s{ended} |",
        flush=True,
    )


if __name__ == "__main__":
    main()
