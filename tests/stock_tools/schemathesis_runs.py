"""``st run`` in a process of its own, against a server in this one."""

from __future__ import annotations

import base64
import html
import json
import os
import shlex
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sampan.fake_server.settings import NewAccount
from tests.stock_tools.forked import st
from tests.support.paths import OPENAPI, ROOT
from tests.support.tampering.server import ACCOUNTS, TamperedFake, running
from tests.support.tampering.trial import Around, quiet

HOOKS = "sampan.conformance.schemathesis_gateway.hooks"
REPORTS = ("ndjson", "vcr", "har", "junit")
#: The phases of a run against one server; walks by links take as long as all of them.
PHASES = "examples,coverage,fuzzing"


def few(phases: str = PHASES, seed: int = 1) -> tuple[str, ...]:
    """Few examples: what a longer run finds besides is not measured here."""
    return ("--max-examples", "5", "--phases", phases, "--seed", str(seed))


@dataclass(frozen=True, slots=True)
class Outcome:
    """``failures``: pairs of operation and check, or with the hooks the requirement. ``leaks``:
    the artefacts with a secret in them. ``whole``: the run came to its end in time."""

    failures: frozenset[tuple[str, str]]
    jobs: int
    leaks: tuple[str, ...]
    seconds: float
    whole: bool
    code: int
    output: str


def st_run(
    app: TamperedFake,
    arguments: Sequence[str],
    *,
    hooks: bool,
    reports: Sequence[str] = REPORTS,
    around: Around = quiet,
    accounts: Mapping[str, NewAccount] = ACCOUNTS,
    environment: Mapping[str, str] | None = None,
    limit: float = 240.0,
) -> Outcome:
    """Let it loose on ``app``; ``limit`` in seconds."""
    with running(app) as url, around(app, url), _folder() as folder:
        command = ["--config-file", str(OPENAPI / "schemathesis.toml")] if hooks else []
        command += ["run", str(OPENAPI / "openapi.yaml"), "--url", url, "--no-color", *arguments]
        command += ["--report", ",".join(reports), "--report-dir", str(folder)]
        first = accounts["first"]
        token = "" if hooks else token_at(url, first)
        command += [] if hooks else ["-H", f"Authorization: Bearer {token}"]
        started = time.monotonic()
        made = {**environment_of(accounts), **(environment or {})}
        console = folder / "console.txt"
        code = st(command, made, folder, console, limit)
        seconds = time.monotonic() - started
        secrets = [token, *(one.password for one in accounts.values())]
        return Outcome(
            frozenset(_failures(folder)),
            jobs_at(app),
            _leaks(folder, [one for one in secrets if _can_leak(one)]),
            seconds,
            code is not None,
            -1 if code is None else code,
            console.read_text("utf-8", "replace"),
        )


@contextmanager
def _folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as name:
        yield Path(name)


def environment_of(accounts: Mapping[str, NewAccount]) -> dict[str, str]:
    made = {**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "200"}
    # The first worker has the budget, whichever pytest runs this in.
    made.pop("PYTEST_XDIST_WORKER", None)
    for role, account in accounts.items():
        stem = "SAMPAN_" if role == "first" else f"SAMPAN_{role.upper()}_"
        made[f"{stem}USERNAME"], made[f"{stem}PASSWORD"] = account.username, account.password
    return made


def token_at(url: str, account: NewAccount) -> str:
    body = json.dumps({"username": account.username, "password": account.password}).encode()
    headers = {"Content-Type": "application/json"}
    request = urllib.request.Request(f"{url}/auth/login", body, headers)
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return str(json.load(answer)["data"]["token"])
    except (OSError, ValueError, KeyError, TypeError):
        return "no-token"  # the login is what is wrong


def jobs_at(app: TamperedFake) -> int:
    """How many jobs there are, in whatever account."""
    return sum(1 for _ in app.service.store.jobs())


def _failures(folder: Path) -> Iterator[tuple[str, str]]:
    for file in folder.glob("*.ndjson"):
        for line in file.read_text(encoding="utf-8", errors="replace").splitlines():
            yield from _failed(json.loads(line))


def _failed(node: Any, where: str = "") -> Iterator[tuple[str, str]]:
    """Every failed check of an event, with the operation that it is about."""
    if isinstance(node, list):
        for inner in node:
            yield from _failed(inner, where)
    if not isinstance(node, dict):
        return
    where = str(node.get("operation") or node.get("label") or where)
    if node.get("status") == "failure" and isinstance(node.get("name"), str):
        yield where, node["name"]
    elif node.get("type") == "Breach":
        yield where, str(node["title"]).partition(":")[0]
    for inner in node.values():
        yield from _failed(inner, where)


def _can_leak(secret: str) -> bool:
    """A short password may be a part of any word, and a word of the contract is everywhere."""
    return len(secret) >= _SHORT and secret not in (OPENAPI / "openapi.yaml").read_text("utf-8")


def _leaks(folder: Path, secrets: Sequence[str]) -> tuple[str, ...]:
    """The artefacts that hold one of the secrets in the form of some writer, or any token."""
    forms = {one for secret in (*secrets, _TOKEN) for one in _forms(secret)}
    found = []
    for file in sorted(folder.rglob("*")):
        # Hypothesis keeps the words of this project, which are no answer of a server.
        if file.is_file() and ".hypothesis" not in file.parts:
            held = file.read_bytes()
            if any(one in held for one in forms):
                found.append(file.suffix or file.name)
    return tuple(found)


#: Characters: what is shorter is found in any text.
_SHORT = 8
#: How the tokens of the fake begin.
_TOKEN = "eyJhbGciOiJIUzI1NiI"


def _forms(secret: str) -> Iterator[bytes]:
    """As it is, and as JSON, XML, a URL, a shell and base64 have it."""
    escaped = json.dumps(secret)[1:-1]
    for text in (secret, escaped, json.dumps(secret, ensure_ascii=False)[1:-1], repr(secret)[1:-1]):
        for one in (text, json.dumps(text)[1:-1], html.escape(text), shlex.quote(text)[1:-1]):
            yield one.encode()
            yield quote(one, safe="").encode()
    raw = secret.encode()
    for offset in range(3):
        # The characters at both ends are shared with what stands beside it.
        inner = base64.b64encode(b"\0" * offset + raw)[4:-4]
        if len(inner) >= _SHORT:
            yield inner
