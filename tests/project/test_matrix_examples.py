"""The matrix finds exactly the five readings that the hasty client relies on, as the README shows.

``make fuzz`` runs it whole; ``make test`` an answer of each of the five, and a few others.
"""

from __future__ import annotations

import importlib
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any, get_args

import pytest

from sampan import FakeServer
from sampan.fake_server.armed.fault import FaultType
from tests.support.examples import some
from tests.support.paths import EXAMPLES, ROOT

pytest_plugins = ["tests.support.handles"]

MATRIX = EXAMPLES / "matrix"
FIVE = {
    *("success-http-status", "find-order", "pending-statuses", "progress-type"),
    "describe-result",
}
#: One answer of each, and of questions that it tolerates or never touches.
SHORT = [
    *("success-http-status", "find-order", "pending-statuses=null", "progress-type=percent-string"),
    *("describe-result=msg-content", "error-on-success", "find-total-scope", "mixed"),
]
_README = (ROOT / "README.md").read_text()
#: Whether everything is run.
_WHOLE = len(some((1, 2), 2)) == 2


def ran(folder: Path, command: Sequence[str], only: Sequence[str]) -> tuple[int, set[str]]:
    """The exit code of a matrix, and the questions that COMMAND fails at."""
    report = _report(folder, ["sampan", "matrix", "--clock", "auto", "--", *command], only)
    return report["exit_code"], _failing(report)


def _report(folder: Path, command: Sequence[str], only: Sequence[str]) -> dict[str, Any]:
    """The JSON of a ``sampan matrix …`` that is run with ``only``, if that names anything."""
    assert command[:2] == ["sampan", "matrix"]
    file = folder / f"matrix-{os.getpid()}.json"
    options = ["--json", str(file), *(part for name in only for part in ("--only", name))]
    python = {"python3": sys.executable}
    done = subprocess.run(
        [sys.executable, "-m", "sampan", "matrix", *options]
        + [python.get(part, part) for part in command[2:]],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert file.exists(), done.stdout + done.stderr
    report: dict[str, Any] = json.loads(file.read_text())
    file.unlink()
    assert report["exit_code"] == done.returncode
    return report


def _failing(report: dict[str, Any]) -> set[str]:
    return {each["id"] for each in report["questions"] if each["result"] == "fails"}


def _commands(text: str) -> list[list[str]]:
    """The commands of a document that run the example in Python."""
    found = re.findall(r"^\$ (sampan matrix .*suite\.py.*)$", text, re.MULTILINE)
    return [shlex.split(each) for each in found]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where the examples are, and reports may be written."""
    shutil.copytree(MATRIX, tmp_path / "examples" / "matrix")
    return tmp_path


def test_the_hasty_client_relies_on_the_readings_that_the_readme_shows(folder: Path) -> None:
    (command,) = _commands(_README)
    report = _report(folder, command, [] if _WHOLE else SHORT)
    assert report["exit_code"] == 1
    assert _failing(report) == FIVE
    every = [answer for each in report["questions"] for answer in each["answers"]]
    failing = {(each["subject"], each["value"]) for each in every if each["result"] == "fails"} | {
        ("mixed", "all others") for each in report["mixed"] if each["result"] == "fails"
    }
    shown = _README.partition("FAILS IF ")[2].partition("```")[0].splitlines()[1:]
    rows = {tuple(re.split(r" {2,}", row)[:2]) for row in shown}
    assert failing <= rows
    assert {subject for subject, _ in rows} == {*FIVE, "mixed"}
    if _WHOLE:
        assert failing == rows
        count = Counter(each["result"] for each in report["questions"])
        words = (count["fails"], count["tolerates"], count["never touched"])
        sentence = "relies on {}, tolerates {}, and never touches {}".format(*words)
        assert sentence in re.sub(r"\s+", " ", _README)


@pytest.mark.whole
def test_the_careful_client_bears_everything(folder: Path) -> None:
    text = (ROOT / "docs" / "matrix.md").read_text()
    (command,) = (each for each in _commands(text) if each[-1] == "careful")
    assert "--faults" in command
    short = ["mixed", "find-order", "answer-lost=upscaleJob", "token-expires", "job-fails"]
    report = _report(folder, command, [] if _WHOLE else short)
    assert report["exit_code"] == 0
    results = [each["result"] for each in (*report["mixed"], *report["mishaps"])]
    assert "tolerates" in results
    # It blends nothing.
    assert {each["result"] for each in report["mishaps"]} <= {"tolerates", "never touched"}


@pytest.mark.parametrize("type", get_args(FaultType))
def test_the_careful_client_survives_any_fault_and_pays_once(
    server: FakeServer, monkeypatch: pytest.MonkeyPatch, type: FaultType
) -> None:
    monkeypatch.syspath_prepend(MATRIX)
    client = importlib.import_module("careful").Client
    more: dict[str, Any] = {
        "ERRNO": {"errno": 501},
        "HTTP_STATUS": {"status": 503},
        "DELAY": {"delay": 0},
        "TRICKLE": {"delay": 0},
    }.get(type, {})
    for operation in ("login", "findJobs", "createJob"):
        account = server.account()
        account.admin.auto()
        account.admin.fault(type, operation=operation, times=1, **more)
        careful = client(account.url, account.username, account.password, pause=0)
        assert careful.draw("a cat")["status"] == 2000
        assert len(account.admin.jobs()) == 1
        account.admin.assert_all_used()
