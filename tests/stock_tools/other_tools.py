"""Dredd and Specmatic, each in a process of its own, against a server in this one."""

from __future__ import annotations

import os
import re
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml

from tests.stock_tools.schemathesis_runs import jobs_at, token_at
from tests.support.paths import OPENAPI
from tests.support.tampering.server import ACCOUNTS, TamperedFake, running

_DOCUMENT = OPENAPI / "openapi.yaml"
#: The name of a test that failed, as each tool prints it.
_DREDD = re.compile(r"^(?:\x1b\[\d+m)*fail:(?:\x1b\[\d+m)* (.*?) duration: ", re.MULTILINE)
_SPECMATIC = re.compile(r"^\s*(Scenario: .*) has FAILED$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class ToolRun:
    """``failures``: the tests that failed, by name. ``whole``: it came to its end in time."""

    failures: frozenset[str]
    jobs: int
    leaks: bool
    seconds: float
    whole: bool


def dredd(app: TamperedFake, folder: Path, limit: float = 120.0) -> ToolRun:
    """Dredd, installed by npm in ``folder``; ``limit`` in seconds."""

    def command(url: str, token: str) -> list[str]:
        dredd = str(folder / "node_modules" / ".bin" / "dredd")
        return [
            dredd,
            str(_DOCUMENT),
            url,
            "--header",
            f"Authorization: Bearer {token}",
            "--no-color",
        ]

    return _run(app, command, {}, folder, _DREDD, limit)


def specmatic(app: TamperedFake, folder: Path, limit: float = 120.0) -> ToolRun:
    """Specmatic, installed by npm in ``folder``; needs Java."""
    jar = folder / "node_modules" / "specmatic" / "specmatic.jar"

    document = folder / "openapi.yaml"
    document.write_text(_without_ranges())

    def command(url: str, token: str) -> list[str]:
        return ["java", "-jar", str(jar), "test", str(document), f"--testBaseURL={url}"]

    more = {"SPECMATIC_DISABLE_TELEMETRY": "true"}
    return _run(app, command, more, folder, _SPECMATIC, limit)


def _without_ranges() -> str:
    """The document without its responses ``4XX``: of a range beside a ``default`` Specmatic says
    "List has more than one element", and tests nothing."""
    document = yaml.safe_load(_DOCUMENT.read_text("utf-8"))
    for item in document["paths"].values():
        item["post"]["responses"].pop("4XX", None)
    return yaml.safe_dump(document, allow_unicode=True, sort_keys=False)


def _run(
    app: TamperedFake,
    command: Callable[[str, str], Sequence[str]],
    environment: Mapping[str, str],
    folder: Path,
    failed: re.Pattern[str],
    limit: float,
) -> ToolRun:
    with running(app) as url:
        token = token_at(url, ACCOUNTS["first"])
        started = time.monotonic()
        output = folder / "output.txt"
        whole = True
        with output.open("w") as stream:
            try:
                subprocess.run(
                    command(url, token),
                    stdout=stream,
                    stderr=stream,
                    cwd=folder,
                    env={**os.environ, "bearerAuth": token, **environment},
                    timeout=limit,
                    check=False,
                )
            except subprocess.TimeoutExpired:
                whole = False
        said = output.read_text("utf-8", "replace")
        failures = frozenset("".join(filter(None, one.groups())) for one in failed.finditer(said))
        seconds = time.monotonic() - started
        return ToolRun(failures, jobs_at(app), token in said, seconds, whole)
